"""A quarter of an hour that an analyst keeps free of bookings."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

OWNERS = ("booking_id", "offer_id", "change_id", "blocked_at")


def upgrade() -> None:
    one_owner = " + ".join(f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END" for name in OWNERS) + " = 1"
    with op.batch_alter_table("claim") as table:
        table.add_column(sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint(op.f("ck_claim_one_owner"), type_="check")
        table.create_check_constraint(op.f("ck_claim_one_owner"), one_owner)
