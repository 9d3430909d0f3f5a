"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_is_own", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("time_zone_is_own", sa.Boolean(), nullable=False),
        sa.Column("asked_time_zone", sa.String(), nullable=True),
        sa.Column("member_until", sa.Date(), nullable=True),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("room_url", sa.String(), nullable=True),
        sa.Column("invitations", sa.String(), nullable=False),
        sa.Column("member_feed_generation", sa.Integer(), nullable=False),
        sa.Column("member_feed_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("analyst_feed_generation", sa.Integer(), nullable=False),
        sa.Column("analyst_feed_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_generation", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "invitations IN ('until-subscribed', 'always', 'never')", name=op.f("ck_person_invitations")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_public_id")),
    )
    op.create_index("ix_person_name", "person", ["name", "id"], unique=False)
    op.create_table(
        "programme",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid_domain", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_programme_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
    )
    op.create_table(
        "series",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("rrule", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("start_wall", sa.Time(), nullable=False),
        sa.Column("end_wall", sa.Time(), nullable=False),
        sa.Column("slot_minutes", sa.String(), nullable=False),
        sa.Column("room_url", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("end_wall > start_wall", name=op.f("ck_series_ends_after_start")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("public_id", name=op.f("uq_series_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_series_slug")),
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
    op.create_index(op.f("ix_worker_seen_at"), "worker", ["seen_at"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("answer", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_idempotency_key_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "module",
        sa.Column("series_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_module_number")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_module_series_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("series_id", "number", name=op.f("pk_module")),
    )
    op.create_table(
        "occurrence",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("module_number", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_from_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("room_url", sa.String(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('scheduled', 'cancelled')", name=op.f("ck_occurrence_status")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_occurrence_ends_after_start")),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_occurrence_sequence")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_occurrence_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
        sa.UniqueConstraint("public_id", name=op.f("uq_occurrence_public_id")),
        sa.UniqueConstraint("series_id", "key", name=op.f("uq_occurrence_series_id_key")),
    )
    op.create_index("ix_occurrence_series_starts_at", "occurrence", ["series_id", "starts_at"], unique=False)
    op.create_index("ix_occurrence_starts_at", "occurrence", ["starts_at", "id"], unique=False)
    op.create_table(
        "register",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_register_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register")),
    )
    op.create_index("ix_register_actor_id", "register", ["actor_id", "id"], unique=False)
    op.create_index("ix_register_at", "register", ["at", "id"], unique=False)
    op.create_index("ix_register_subject_id", "register", ["subject_id"], unique=False)
    op.create_table(
        "role",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.CheckConstraint("role IN ('member', 'analyst', 'coordinator')", name=op.f("ck_role_role")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_role")),
    )
    op.create_index("ix_role_role", "role", ["role", "person_id"], unique=False)
    op.create_table(
        "series_analyst",
        sa.Column("series_id", ID, nullable=False),
        sa.Column("analyst_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_series_analyst_analyst_id")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_series_analyst_series_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("series_id", "analyst_id", name=op.f("pk_series_analyst")),
    )
    op.create_index(op.f("ix_series_analyst_analyst_id"), "series_analyst", ["analyst_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("return_to", sa.String(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_sign_in_tries")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sign_in_public_id")),
    )
    op.create_index("ix_sign_in_email", "sign_in", ["email", "requested_at"], unique=False)
    op.create_index(op.f("ix_sign_in_person_id"), "sign_in", ["person_id"], unique=False)
    op.create_index(op.f("ix_sign_in_requested_at"), "sign_in", ["requested_at"], unique=False)
    op.create_index("ix_sign_in_sender", "sign_in", ["sender", "requested_at"], unique=False)
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
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
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
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_booking_member_id")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_booking_occurrence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("public_id", name=op.f("uq_booking_public_id")),
    )
    op.create_index("ix_booking_analyst_starts_at", "booking", ["analyst_id", "starts_at"], unique=False)
    op.create_index("ix_booking_member_starts_at", "booking", ["member_id", "starts_at"], unique=False)
    op.create_index("ix_booking_occurrence_member", "booking", ["occurrence_id", "member_id"], unique=False)
    op.create_table(
        "roster",
        sa.Column("occurrence_id", ID, nullable=False),
        sa.Column("analyst_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("room_url", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_roster_analyst_id")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_roster_occurrence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "analyst_id", name=op.f("pk_roster")),
    )
    op.create_index(op.f("ix_roster_analyst_id"), "roster", ["analyst_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("analyst_id", ID, autoincrement=False, nullable=False),
        sa.Column("quarter_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", ID, nullable=True),
        sa.Column("booking_id", ID, nullable=True),
        sa.CheckConstraint("booking_id IS NULL OR member_id IS NOT NULL", name=op.f("ck_claim_booked_by_a_member")),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_claim_analyst_id")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_claim_booking_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["person.id"], name=op.f("fk_claim_member_id")),
        sa.PrimaryKeyConstraint("analyst_id", "quarter_at", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_booking_id"), "claim", ["booking_id"], unique=False)
    op.create_index("uq_claim_member_id_quarter_at", "claim", ["member_id", "quarter_at"], unique=True)
    op.create_table(
        "letter",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("to_email", sa.String(), nullable=False),
        sa.Column("booking_id", ID, nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_letter_booking_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_letter_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("public_id", name=op.f("uq_letter_public_id")),
    )
    op.create_index("ix_letter_booking_id", "letter", ["booking_id"], unique=False)
    op.create_index("ix_letter_created_at", "letter", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_letter_outbox",
        "letter",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )
    op.create_index("ix_letter_person_id", "letter", ["person_id", "id"], unique=False)
    op.create_index(
        "ix_letter_waiting_for",
        "letter",
        ["person_id", "booking_id", "id"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )
    op.execute(sa.text("INSERT INTO programme (id, version, is_demo) VALUES (1, 0, false)"))
