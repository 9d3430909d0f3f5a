"""What bookings that left an analyst's hour had brought to its SEQUENCE."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "departure",
        sa.Column("occurrence_id", ID, autoincrement=False, nullable=False),
        sa.Column("analyst_id", ID, autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_departure_occurrence_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_departure_analyst_id")),
        sa.PrimaryKeyConstraint("occurrence_id", "analyst_id", name=op.f("pk_departure")),
    )
    with op.batch_alter_table("departure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_departure_analyst_id"), ["analyst_id"], unique=False)
