"""What people want by letter, what their calendars hold, and when calendars were last fetched."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wants_reminders", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("run_sheet_hour", sa.Integer(), nullable=True, server_default="7"))
        batch_op.add_column(sa.Column("run_sheet_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("feed_kinds", sa.JSON(none_as_null=True), nullable=True))

    op.create_table(
        "feed_fetch",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_feed_fetch_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_feed_fetch")),
    )
    with op.batch_alter_table("feed_fetch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_fetch_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_feed_fetch_fetched_at", ["fetched_at"], unique=False)
