"""Closures: periods in which all or some series do not take place."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "closure",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("closes_all", sa.Boolean(), nullable=False),
        sa.Column("change_id", ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_change_id", ID, nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_closure_ends_after_start")),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_closure_change_id")),
        sa.ForeignKeyConstraint(["lifted_change_id"], ["change.id"], name=op.f("fk_closure_lifted_change_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
        sa.UniqueConstraint("public_id", name=op.f("uq_closure_public_id")),
    )
    op.create_index("ix_closure_change_id", "closure", ["change_id"], unique=False)
    op.create_index("ix_closure_last_on", "closure", ["last_on", "id"], unique=False)
    op.create_index("ix_closure_lifted_change_id", "closure", ["lifted_change_id"], unique=False)
    op.create_table(
        "closure_series",
        sa.Column("closure_id", ID, autoincrement=False, nullable=False),
        sa.Column("series_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["closure_id"], ["closure.id"], name=op.f("fk_closure_series_closure_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_closure_series_series_id")),
        sa.PrimaryKeyConstraint("closure_id", "series_id", name=op.f("pk_closure_series")),
    )
    op.create_index("ix_closure_series_series_id", "closure_series", ["series_id"], unique=False)
