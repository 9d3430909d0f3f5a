"""The organisation's texts among what coordinators set of it, and its logos."""

import sqlalchemy as sa
from alembic import op

from booking.store.db.base import UTCDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    an_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("organisation_version") as table:
        table.drop_constraint(op.f("ck_organisation_version_part"), type_="check")
        table.create_check_constraint(op.f("ck_organisation_version_part"), "part IN ('rules', 'texts')")
    op.create_table(
        "logo",
        sa.Column("id", an_id, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("person_id", an_id, nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("saved_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_logo_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logo")),
        sa.UniqueConstraint("public_id", name=op.f("uq_logo_public_id")),
    )
    op.create_index(op.f("ix_logo_person_id"), "logo", ["person_id"], unique=False)
