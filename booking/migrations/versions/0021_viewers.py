"""Viewers: a role that reads the coordinators' lists and reports, and changes nothing."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("role") as table:
        table.drop_constraint(op.f("ck_role_role"), type_="check")
        table.create_check_constraint(op.f("ck_role_role"), "role IN ('member', 'analyst', 'coordinator', 'viewer')")
