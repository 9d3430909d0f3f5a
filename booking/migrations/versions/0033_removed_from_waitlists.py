"""Who was taken off a waitlist by staff is told so, and not that they left it."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("waitlist_entry", "place_wait"):
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"ck_{name}_outcome"), type_="check")
            table.create_check_constraint(
                op.f(f"ck_{name}_outcome"), "outcome IN ('booked', 'left', 'removed', 'gone')"
            )
