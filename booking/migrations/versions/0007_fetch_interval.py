"""The fetch before the last one, so that a calendar's interval can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feed_fetch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fetched_before_at", sa.DateTime(timezone=True), nullable=True))
