"""The first tables: bookings, the waitlist and emails."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "attendance",
        sa.Column("occurrence_id", ID, autoincrement=False, nullable=False),
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("marked_by_id", ID, nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["marked_by_id"], ["person.id"], name=op.f("fk_attendance_marked_by_id")),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_attendance_member_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_attendance_occurrence_id")),
        sa.PrimaryKeyConstraint("occurrence_id", "member_id", name=op.f("pk_attendance")),
    )
    op.create_index("ix_attendance_marked_by_id", "attendance", ["marked_by_id"], unique=False)
    op.create_index("ix_attendance_member_id", "attendance", ["member_id"], unique=False)

    op.create_table(
        "booking",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("analyst_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("chose_analyst", sa.Boolean(), nullable=False),
        sa.Column("asked_for_id", ID, nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_invited", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_booking_cancelled_at")),
        sa.CheckConstraint("cancelled_by IN ('member', 'staff')", name=op.f("ck_booking_cancelled_by")),
        sa.CheckConstraint("outcome IN ('came', 'no-show')", name=op.f("ck_booking_outcome")),
        sa.CheckConstraint("status IN ('confirmed', 'cancelled')", name=op.f("ck_booking_status")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_booking_ends_after_start")),
        sa.CheckConstraint("minutes > 0 AND minutes % 15 = 0", name=op.f("ck_booking_minutes")),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_booking_analyst_id")),
        sa.ForeignKeyConstraint(["asked_for_id"], ["person.id"], name=op.f("fk_booking_asked_for_id")),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_booking_member_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_booking_occurrence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("public_id", name=op.f("uq_booking_public_id")),
    )
    op.create_index("ix_booking_analyst_starts_at", "booking", ["analyst_id", "starts_at"], unique=False)
    op.create_index("ix_booking_asked_for_id", "booking", ["asked_for_id"], unique=False)
    op.create_index("ix_booking_member_starts_at", "booking", ["member_id", "starts_at"], unique=False)
    op.create_index("ix_booking_occurrence_member", "booking", ["occurrence_id", "member_id"], unique=False)

    op.create_table(
        "departure",
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("analyst_id", ID, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_departure_analyst_id")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_departure_occurrence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "analyst_id", name=op.f("pk_departure")),
    )
    op.create_index("ix_departure_analyst_id", "departure", ["analyst_id"], unique=False)

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
    op.create_index("ix_enrolment_member_id", "enrolment", ["member_id", "id"], unique=False)
    op.create_index("ix_enrolment_occurrence_id", "enrolment", ["occurrence_id"], unique=False)
    op.create_index("ix_enrolment_series_id", "enrolment", ["series_id", "occurrence_id", "id"], unique=False)
    op.create_index(
        "uq_enrolment_one",
        "enrolment",
        ["member_id", "occurrence_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL AND occurrence_id IS NOT NULL"),
        postgresql_where=sa.text("left_at IS NULL AND occurrence_id IS NOT NULL"),
    )
    op.create_index(
        "uq_enrolment_whole",
        "enrolment",
        ["member_id", "series_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL AND occurrence_id IS NULL"),
        postgresql_where=sa.text("left_at IS NULL AND occurrence_id IS NULL"),
    )

    op.create_table(
        "reminder_progress",
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("up_to_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_reminder_progress_occurrence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "hours", "starts_at", name=op.f("pk_reminder_progress")),
    )
    op.create_index("ix_reminder_progress_starts_at", "reminder_progress", ["starts_at"], unique=False)

    op.create_table(
        "roster",
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("analyst_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("meeting_url", sa.String(), nullable=True),
        sa.Column("is_away", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_roster_analyst_id")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_roster_occurrence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "analyst_id", name=op.f("pk_roster")),
    )
    op.create_index("ix_roster_analyst_id", "roster", ["analyst_id"], unique=False)

    op.create_table(
        "note",
        sa.Column("booking_id", ID, autoincrement=False, nullable=False),
        sa.Column("private", sa.String(), nullable=False),
        sa.Column("agreed", sa.String(), nullable=False),
        sa.Column("written_by_id", ID, nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_note_booking_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["written_by_id"], ["person.id"], name=op.f("fk_note_written_by_id")),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_written_by_id", "note", ["written_by_id"], unique=False)

    op.create_table(
        "outgoing_email",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("to_email", sa.String(), nullable=False),
        sa.Column("booking_id", ID, nullable=True),
        sa.Column("change_id", ID, nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_outgoing_email_booking_id")),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_outgoing_email_change_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outgoing_email_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outgoing_email_public_id")),
    )
    op.create_index("ix_outgoing_email_booking_id", "outgoing_email", ["booking_id"], unique=False)
    op.create_index("ix_outgoing_email_change_id", "outgoing_email", ["change_id"], unique=False)
    op.create_index(
        "ix_outgoing_email_failed",
        "outgoing_email",
        ["failed_at", "id"],
        unique=False,
        sqlite_where=sa.text("failed_at IS NOT NULL"),
        postgresql_where=sa.text("failed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outgoing_email_failing",
        "outgoing_email",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("name = 'emails-failing'"),
        postgresql_where=sa.text("name = 'emails-failing'"),
    )
    op.create_index(
        "ix_outgoing_email_outbox",
        "outgoing_email",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )
    op.create_index("ix_outgoing_email_person_id", "outgoing_email", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_outgoing_email_sent",
        "outgoing_email",
        ["sent_at", "id"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NOT NULL"),
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outgoing_email_waiting_for",
        "outgoing_email",
        ["person_id", "booking_id", "id"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )

    op.create_table(
        "waitlist_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("analyst_id", ID, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("earliest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaces_id", ID, nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_for", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.CheckConstraint("outcome IN ('booked', 'left', 'gone')", name=op.f("ck_waitlist_entry_outcome")),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name=op.f("ck_waitlist_entry_ended")),
        sa.CheckConstraint("minutes > 0 AND minutes % 15 = 0", name=op.f("ck_waitlist_entry_minutes")),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_waitlist_entry_analyst_id")),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_waitlist_entry_member_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_waitlist_entry_occurrence_id")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["booking.id"], name=op.f("fk_waitlist_entry_replaces_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
        sa.UniqueConstraint("public_id", name=op.f("uq_waitlist_entry_public_id")),
    )
    op.create_index("ix_waitlist_entry_analyst_id", "waitlist_entry", ["analyst_id"], unique=False)
    op.create_index("ix_waitlist_entry_member_id", "waitlist_entry", ["member_id", "id"], unique=False)
    op.create_index(
        "ix_waitlist_entry_occurrence_id", "waitlist_entry", ["occurrence_id", "joined_at", "id"], unique=False
    )
    op.create_index("ix_waitlist_entry_replaces_id", "waitlist_entry", ["replaces_id"], unique=False)
    op.create_index(
        "uq_waitlist_entry_occurrence_id_member_id",
        "waitlist_entry",
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
        sa.ForeignKeyConstraint(["waiting_id"], ["waitlist_entry.id"], name=op.f("fk_offer_waiting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_offer_public_id")),
    )
    op.create_index("ix_offer_analyst_id", "offer", ["analyst_id"], unique=False)
    op.create_index("ix_offer_booking_id", "offer", ["booking_id"], unique=False)
    op.create_index(
        "ix_offer_lapses_at",
        "offer",
        ["lapses_at", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("ix_offer_member_id", "offer", ["member_id", "id"], unique=False)
    op.create_index("ix_offer_occurrence_id", "offer", ["occurrence_id", "id"], unique=False)
    op.create_index("ix_offer_waiting_id", "offer", ["waiting_id"], unique=False)
    op.create_index(
        "uq_offer_member_id",
        "offer",
        ["member_id"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )

    op.create_table(
        "claim",
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("quarter_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booking_id", ID, nullable=True),
        sa.Column("offer_id", ID, nullable=True),
        sa.Column("change_id", ID, nullable=True),
        sa.CheckConstraint(
            "CASE WHEN booking_id IS NULL THEN 0 ELSE 1 END + CASE WHEN offer_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN change_id IS NULL THEN 0 ELSE 1 END = 1",
            name=op.f("ck_claim_one_owner"),
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_claim_booking_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_claim_change_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_claim_offer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_person_id")),
        sa.PrimaryKeyConstraint("person_id", "quarter_at", name=op.f("pk_claim")),
    )
    op.create_index("ix_claim_booking_id", "claim", ["booking_id"], unique=False)
    op.create_index("ix_claim_change_id", "claim", ["change_id"], unique=False)
    op.create_index("ix_claim_offer_id", "claim", ["offer_id"], unique=False)
