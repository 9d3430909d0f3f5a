"""The fetch before the last one, so that a calendar's interval can be told; and which address of a person it was."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feed_fetch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fetched_before_at", sa.DateTime(timezone=True), nullable=True))
    for role in ("member", "analyst"):
        op.execute(
            f"UPDATE feed_fetch SET address = address || '/' || (SELECT {role}_feed_generation FROM person"
            f" WHERE person.id = feed_fetch.person_id) WHERE address LIKE '{role}/%'"
        )
