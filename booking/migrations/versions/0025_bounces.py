"""Emails that bounce after they left, those that somebody has seen to, and addresses that don't work."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("bounced", "dismissed"):
        op.add_column("outgoing_email", sa.Column(f"{name}_at", sa.DateTime(timezone=True), nullable=True))
        op.create_index(
            f"ix_outgoing_email_{name}",
            "outgoing_email",
            [f"{name}_at", "id"],
            unique=False,
            sqlite_where=sa.text(f"{name}_at IS NOT NULL"),
            postgresql_where=sa.text(f"{name}_at IS NOT NULL"),
        )
    op.add_column("person", sa.Column("email_failing_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column("email_failure", sa.String(), server_default=sa.text("''"), nullable=False))
    op.create_index(
        "ix_person_email_failing_at",
        "person",
        ["email_failing_at", "id"],
        unique=False,
        sqlite_where=sa.text("email_failing_at IS NOT NULL"),
        postgresql_where=sa.text("email_failing_at IS NOT NULL"),
    )
