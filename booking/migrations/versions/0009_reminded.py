"""How far the reminders of a lab or masterclass have been written."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reminded",
        sa.Column("occurrence_id", ID, autoincrement=False, nullable=False),
        sa.Column("hours", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("up_to_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_reminded_occurrence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "hours", "starts_at", name=op.f("pk_reminded")),
    )
    with op.batch_alter_table("reminded", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reminded_starts_at"), ["starts_at"], unique=False)
