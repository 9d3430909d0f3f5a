"""Free trials: the sign-ups, and of a person the last day of their trial."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TRIAL = sa.text("trial_until IS NOT NULL")
CONFIRMED = sa.text("confirmed_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("person", sa.Column("trial_until", sa.Date(), nullable=True))
    op.add_column("person", sa.Column("trial_ending_told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_person_trial_until",
        "person",
        ["trial_until", "id", "member_until"],
        unique=False,
        sqlite_where=TRIAL,
        postgresql_where=TRIAL,
    )
    op.create_table(
        "trial_sign_up",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", ID, nullable=True),
        sa.CheckConstraint("answer IN ('confirm', 'has-account', 'had-trial')", name=op.f("ck_trial_sign_up_answer")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_trial_sign_up_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_sign_up")),
        sa.UniqueConstraint("public_id", name=op.f("uq_trial_sign_up_public_id")),
    )
    op.create_index(
        "uq_trial_sign_up_key",
        "trial_sign_up",
        ["key"],
        unique=True,
        sqlite_where=CONFIRMED,
        postgresql_where=CONFIRMED,
    )
    op.create_index("ix_trial_sign_up_expires_at", "trial_sign_up", ["expires_at"], unique=False)
    op.create_index(op.f("ix_trial_sign_up_person_id"), "trial_sign_up", ["person_id"], unique=False)
