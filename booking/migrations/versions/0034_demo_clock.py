"""The demo's own clock: how far it runs ahead of the real one."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programme", sa.Column("demo_seconds", sa.Integer(), nullable=False, server_default="0"))
