"""The waitlist of labs and masterclasses."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "place_wait",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("outcome IN ('booked', 'left', 'gone')", name=op.f("ck_place_wait_outcome")),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_place_wait_ended")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_place_wait_occurrence_id")),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_place_wait_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_wait")),
        sa.UniqueConstraint("public_id", name=op.f("uq_place_wait_public_id")),
    )
    op.create_index("ix_place_wait_member_id", "place_wait", ["member_id", "id"], unique=False)
    op.create_index("ix_place_wait_occurrence_id", "place_wait", ["occurrence_id", "joined_at", "id"], unique=False)
    op.create_index(
        "uq_place_wait_occurrence_id_member_id",
        "place_wait",
        ["occurrence_id", "member_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
