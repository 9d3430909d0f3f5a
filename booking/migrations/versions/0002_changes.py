"""What a programme is made of beyond its rules: changes, drafts, time away, offers, waitlists, enrolments."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "away",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("analyst_id", ID, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by_id", ID, nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_away_ends_after_start")),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_away_analyst_id")),
        sa.ForeignKeyConstraint(["reported_by_id"], ["person.id"], name=op.f("fk_away_reported_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_away")),
        sa.UniqueConstraint("public_id", name=op.f("uq_away_public_id")),
    )
    with op.batch_alter_table("away", schema=None) as batch_op:
        batch_op.create_index("ix_away_analyst_id", ["analyst_id", "ends_at"], unique=False)
        batch_op.create_index("ix_away_ends_at", ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_away_reported_by_id"), ["reported_by_id"], unique=False)

    op.create_table(
        "change",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_change_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sa.UniqueConstraint("public_id", name=op.f("uq_change_public_id")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index("ix_change_due_at", ["due_at"], unique=False)
        batch_op.create_index("ix_change_published_at", ["published_at", "id"], unique=False)

    op.create_table(
        "draft",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("coordinator_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("change_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_draft_change_id")),
        sa.ForeignKeyConstraint(["coordinator_id"], ["person.id"], name=op.f("fk_draft_coordinator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("public_id", name=op.f("uq_draft_public_id")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_change_id"), ["change_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_draft_coordinator_id"), ["coordinator_id"], unique=False)
        batch_op.create_index("ix_draft_updated_at", ["updated_at", "id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("occurrence_id", ID, nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_enrolment_member_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_enrolment_occurrence_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_enrolment_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_enrolment_public_id")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index("ix_enrolment_member_id", ["member_id", "id"], unique=False)
        batch_op.create_index("ix_enrolment_occurrence_id", ["occurrence_id"], unique=False)
        batch_op.create_index("ix_enrolment_series_id", ["series_id", "occurrence_id", "id"], unique=False)
        batch_op.create_index(
            "uq_enrolment_one",
            ["member_id", "occurrence_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL AND occurrence_id IS NOT NULL"),
            postgresql_where=sa.text("left_at IS NULL AND occurrence_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_enrolment_whole",
            ["member_id", "series_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL AND occurrence_id IS NULL"),
            postgresql_where=sa.text("left_at IS NULL AND occurrence_id IS NULL"),
        )

    op.create_table(
        "waiting",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("analyst_id", ID, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("outcome IN ('booked', 'left', 'gone')", name=op.f("ck_waiting_outcome")),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_waiting_ended")),
        sa.CheckConstraint("minutes > 0 AND minutes % 15 = 0", name=op.f("ck_waiting_minutes")),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_waiting_analyst_id")),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_waiting_member_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_waiting_occurrence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sa.UniqueConstraint("public_id", name=op.f("uq_waiting_public_id")),
    )
    with op.batch_alter_table("waiting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiting_analyst_id"), ["analyst_id"], unique=False)
        batch_op.create_index("ix_waiting_member_id", ["member_id", "id"], unique=False)
        batch_op.create_index("ix_waiting_occurrence_id", ["occurrence_id", "joined_at", "id"], unique=False)
        batch_op.create_index(
            "uq_waiting_occurrence_id_member_id",
            ["occurrence_id", "member_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "offer",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("waiting_id", ID, nullable=True),
        sa.Column("booking_id", ID, nullable=True),
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("analyst_id", ID, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'open') = (ended_at IS NULL)", name=op.f("ck_offer_ended")),
        sa.CheckConstraint(
            "status IN ('open', 'accepted', 'declined', 'lapsed', 'gone')", name=op.f("ck_offer_status")
        ),
        sa.CheckConstraint("(waiting_id IS NULL) <> (booking_id IS NULL)", name=op.f("ck_offer_for_one_thing")),
        sa.CheckConstraint("minutes > 0 AND minutes % 15 = 0", name=op.f("ck_offer_minutes")),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_offer_analyst_id")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_offer_booking_id")),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_offer_member_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_offer_occurrence_id")),
        sa.ForeignKeyConstraint(["waiting_id"], ["waiting.id"], name=op.f("fk_offer_waiting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_offer_public_id")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_analyst_id"), ["analyst_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_booking_id"), ["booking_id"], unique=False)
        batch_op.create_index(
            "ix_offer_lapses_at",
            ["lapses_at", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'open'"),
            postgresql_where=sa.text("status = 'open'"),
        )
        batch_op.create_index("ix_offer_member_id", ["member_id", "id"], unique=False)
        batch_op.create_index("ix_offer_occurrence_id", ["occurrence_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_waiting_id"), ["waiting_id"], unique=False)
        batch_op.create_index(
            "uq_offer_member_id",
            ["member_id"],
            unique=True,
            sqlite_where=sa.text("status = 'open'"),
            postgresql_where=sa.text("status = 'open'"),
        )

    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.add_column(sa.Column("offer_id", ID, nullable=True))
        batch_op.add_column(sa.Column("change_id", ID, nullable=True))
        batch_op.create_index(batch_op.f("ix_claim_change_id"), ["change_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_offer_id"), ["offer_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_claim_change_id"), "change", ["change_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_claim_offer_id"), "offer", ["offer_id"], ["id"])

    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("change_id", ID, nullable=True))
        batch_op.create_index("ix_letter_change_id", ["change_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_letter_change_id"), "change", ["change_id"], ["id"])

    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rule_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("recording_url", sa.String(), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("slides_url", sa.String(), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("change_id", ID, nullable=True))
        batch_op.create_index(batch_op.f("ix_occurrence_change_id"), ["change_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_occurrence_change_id"), "change", ["change_id"], ["id"])

    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(sa.Column("aest_zone", sa.String(), nullable=True))

    with op.batch_alter_table("roster", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_away", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.add_column(sa.Column("terms", sa.JSON(), server_default=sa.text("'{}'"), nullable=False))

    day = "CAST(key AS DATE)" if op.get_bind().dialect.name == "postgresql" else "key"
    op.execute(f"UPDATE occurrence SET rule_on = {day} WHERE module_number IS NULL")
