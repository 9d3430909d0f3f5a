"""Who let a place of a lab or masterclass pass waits on, behind the others."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("place_wait", sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True))
