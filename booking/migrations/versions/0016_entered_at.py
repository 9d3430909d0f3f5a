"""When a booking's member last went in by the join link."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking", sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True))
