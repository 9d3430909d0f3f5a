"""Files of people that a coordinator looks at before they are imported."""

import sqlalchemy as sa
from alembic import op

from booking.store.db.base import UTCDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    an_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "people_import",
        sa.Column("id", an_id, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("coordinator_id", an_id, nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("imported_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["coordinator_id"], ["person.id"], name=op.f("fk_people_import_coordinator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_people_import_public_id")),
    )
    for name in ("coordinator_id", "created_at"):
        op.create_index(op.f(f"ix_people_import_{name}"), "people_import", [name], unique=False)
