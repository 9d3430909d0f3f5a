"""What coordinators set of the organisation itself: every version, of which the newest holds."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisation_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_organisation_version_number")),
        sa.CheckConstraint("part IN ('rules')", name=op.f("ck_organisation_version_part")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_organisation_version_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_version")),
        sa.UniqueConstraint("part", "number", name=op.f("uq_organisation_version_part_number")),
    )
    op.create_index("ix_organisation_version_person_id", "organisation_version", ["person_id"], unique=False)
