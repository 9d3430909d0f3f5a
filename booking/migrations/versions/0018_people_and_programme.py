"""The first tables: people and the programme. The numbers before it were drafts that no release had."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
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
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_is_own", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("time_zone_is_own", sa.Boolean(), nullable=False),
        sa.Column("asked_time_zone", sa.String(), nullable=True),
        sa.Column("member_until", sa.Date(), nullable=True),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("meeting_url", sa.String(), nullable=True),
        sa.Column("meeting_url_is_own", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("invitations", sa.String(), nullable=False),
        sa.Column("member_feed_generation", sa.Integer(), nullable=False),
        sa.Column("member_feed_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("analyst_feed_generation", sa.Integer(), nullable=False),
        sa.Column("analyst_feed_fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wants_reminders", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("agenda_hour", sa.Integer(), server_default="7", nullable=True),
        sa.Column("agenda_sent_on", sa.Date(), nullable=True),
        sa.Column("feed_kinds", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "invitations IN ('until-subscribed', 'always', 'never')", name=op.f("ck_person_invitations")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email_key", name=op.f("uq_person_email_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_person_public_id")),
    )
    op.create_index("ix_person_name", "person", ["name", "id", "email_key"], unique=False)

    op.create_table(
        "programme",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid_domain", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("aest_zone", sa.String(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_programme_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
    )
    op.create_table(
        "rate_limit",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hits", sa.JSON(), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "key", name=op.f("pk_rate_limit")),
    )
    op.create_index("ix_rate_limit_over_at", "rate_limit", ["over_at"], unique=False)

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
        sa.Column("meeting_url", sa.String(), nullable=True),
        sa.Column("terms", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
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
    op.create_index("ix_worker_seen_at", "worker", ["seen_at"], unique=False)

    op.create_table(
        "address_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_address_change_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("public_id", name=op.f("uq_address_change_public_id")),
    )
    op.create_index("ix_address_change_person_id", "address_change", ["person_id", "requested_at"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index("ix_api_token_person_id", "api_token", ["person_id"], unique=False)

    op.create_table(
        "audit_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_audit_log_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_log_at", "audit_log", ["at", "id"], unique=False)
    op.create_index("ix_audit_log_subject_id", "audit_log", ["subject_id"], unique=False)

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
    op.create_index("ix_change_actor_id", "change", ["actor_id"], unique=False)
    op.create_index("ix_change_due_at", "change", ["due_at"], unique=False)
    op.create_index("ix_change_published_at", "change", ["published_at", "id"], unique=False)

    op.create_table(
        "feed_fetch",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_before_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_feed_fetch_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_feed_fetch")),
    )
    op.create_index("ix_feed_fetch_fetched_at", "feed_fetch", ["fetched_at"], unique=False)
    op.create_index("ix_feed_fetch_person_id", "feed_fetch", ["person_id"], unique=False)

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
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)

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
    op.create_index("ix_series_analyst_analyst_id", "series_analyst", ["analyst_id"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("person_id", ID, nullable=True),
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
    op.create_index("ix_sign_in_person_id", "sign_in", ["person_id"], unique=False)
    op.create_index("ix_sign_in_requested_at", "sign_in", ["requested_at"], unique=False)

    op.create_table(
        "time_off",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("analyst_id", ID, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by_id", ID, nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_time_off_ends_after_start")),
        sa.ForeignKeyConstraint(["analyst_id"], ["person.id"], name=op.f("fk_time_off_analyst_id")),
        sa.ForeignKeyConstraint(["reported_by_id"], ["person.id"], name=op.f("fk_time_off_reported_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
        sa.UniqueConstraint("public_id", name=op.f("uq_time_off_public_id")),
    )
    op.create_index("ix_time_off_analyst_id", "time_off", ["analyst_id", "ends_at"], unique=False)
    op.create_index("ix_time_off_ends_at", "time_off", ["ends_at"], unique=False)
    op.create_index("ix_time_off_reported_by_id", "time_off", ["reported_by_id"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_user_session_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_user_session_digest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_user_session_public_id")),
    )
    op.create_index("ix_user_session_last_seen_at", "user_session", ["last_seen_at"], unique=False)
    op.create_index("ix_user_session_person_id", "user_session", ["person_id"], unique=False)

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
    op.create_index("ix_draft_change_id", "draft", ["change_id"], unique=False)
    op.create_index("ix_draft_coordinator_id", "draft", ["coordinator_id"], unique=False)
    op.create_index("ix_draft_updated_at", "draft", ["updated_at", "id"], unique=False)
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
        sa.Column("meeting_url", sa.String(), nullable=True),
        sa.Column("rule_on", sa.Date(), nullable=True),
        sa.Column("recording_url", sa.String(), server_default="", nullable=False),
        sa.Column("slides_url", sa.String(), server_default="", nullable=False),
        sa.Column("change_id", ID, nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('scheduled', 'cancelled')", name=op.f("ck_occurrence_status")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_occurrence_ends_after_start")),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_occurrence_sequence")),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_occurrence_change_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_occurrence_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
        sa.UniqueConstraint("public_id", name=op.f("uq_occurrence_public_id")),
        sa.UniqueConstraint("series_id", "key", name=op.f("uq_occurrence_series_id_key")),
    )
    op.create_index("ix_occurrence_change_id", "occurrence", ["change_id"], unique=False)
    op.create_index("ix_occurrence_series_starts_at", "occurrence", ["series_id", "starts_at"], unique=False)
    op.create_index("ix_occurrence_starts_at", "occurrence", ["starts_at", "id"], unique=False)
    op.execute(sa.text("INSERT INTO programme (id, version, is_demo) VALUES (1, 0, false)"))
