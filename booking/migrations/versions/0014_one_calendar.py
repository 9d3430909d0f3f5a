"""Key claims by person and quarter, with a row for the analyst and one for the member: a person has one calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWNERS = ("booking_id", "offer_id", "change_id")
ONE_OWNER = " + ".join(f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END" for name in OWNERS) + " = 1"
#: The analysts' quarters first; then the members', where the same person is not booked as an analyst at that time.
COPIES = (
    "INSERT INTO claim (person_id, quarter_at, booking_id, offer_id, change_id) "
    f"SELECT analyst_id, quarter_at, booking_id, offer_id, change_id FROM claim_before WHERE {ONE_OWNER}",
    "INSERT INTO claim (person_id, quarter_at, booking_id, offer_id, change_id) "
    "SELECT b.member_id, b.quarter_at, b.booking_id, b.offer_id, b.change_id FROM claim_before b "
    f"WHERE {ONE_OWNER} AND b.member_id IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM claim c WHERE c.person_id = b.member_id AND c.quarter_at = b.quarter_at)",
    "INSERT INTO claim (person_id, quarter_at, offer_id) "
    "SELECT o.member_id, b.quarter_at, o.id FROM claim_before b JOIN offer o ON o.id = b.offer_id "
    "WHERE o.status = 'open' AND NOT EXISTS "
    "(SELECT 1 FROM claim c WHERE c.person_id = o.member_id AND c.quarter_at = b.quarter_at)",
)


def upgrade() -> None:
    op.execute("CREATE TABLE claim_before AS SELECT * FROM claim")
    op.drop_table("claim")
    op.create_table(
        "claim",
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("quarter_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booking_id", ID, nullable=True),
        sa.Column("offer_id", ID, nullable=True),
        sa.Column("change_id", ID, nullable=True),
        sa.CheckConstraint(ONE_OWNER, name=op.f("ck_claim_one_owner")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_claim_booking_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["change_id"], ["change.id"], name=op.f("fk_claim_change_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_claim_offer_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_person_id")),
        sa.PrimaryKeyConstraint("person_id", "quarter_at", name=op.f("pk_claim")),
    )
    for copy in COPIES:
        op.execute(copy)
    op.drop_table("claim_before")
    for owner in OWNERS:
        op.create_index(op.f(f"ix_claim_{owner}"), "claim", [owner], unique=False)
    rewrite_what_undo_puts_back()


def rewrite_what_undo_puts_back() -> None:
    """Give the claims that a publish of the last minutes has noted, as JSON, the new columns."""
    columns = (sa.column("id", ID), sa.column("before", sa.JSON()), sa.column("closed_at", sa.DateTime(timezone=True)))
    change = sa.table("change", *columns)
    connection = op.get_bind()
    noted = connection.execute(sa.select(change.c.id, change.c.before).where(change.c.closed_at.is_(None))).all()
    for change_id, before in noted:
        claims = [
            {"person_id": row[who], **{name: row[name] for name in ("quarter_at", *OWNERS)}}
            for who in ("analyst_id", "member_id")
            for row in before.get("claim", [])
        ]
        values = {"before": {**before, "claim": claims}}
        connection.execute(sa.update(change).where(change.c.id == change_id).values(values))
