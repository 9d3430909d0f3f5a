"""The audit log read back: what was done by a link in an email, and indexes for its filters."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_log", sa.Column("is_by_link", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index("ix_audit_log_actor_id", table_name="audit_log")
    op.drop_index("ix_audit_log_subject_id", table_name="audit_log")
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor_id", "at", "id"], unique=False)
    op.create_index("ix_audit_log_action", "audit_log", ["action", "at", "id"], unique=False)
    op.create_index("ix_audit_log_subject", "audit_log", ["subject", "at", "id"], unique=False)
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject_id", "at", "id"], unique=False)
