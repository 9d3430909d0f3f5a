"""Weeks of the reports that are counted once and kept, and the triggers that forget what was counted."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: By table: the instant in whose week a row was counted, and the columns that count.
OF_ITS_OCCURRENCE = "(SELECT starts_at FROM occurrence WHERE id = {row}.occurrence_id)"
COUNTED = {
    "booking": (
        "{row}.starts_at",
        "starts_at, analyst_id, minutes, status, cancelled_by, is_late, outcome, began_at, created_at",
    ),
    "occurrence": ("{row}.starts_at", "starts_at, ends_at, status, series_id"),
    "roster": (OF_ITS_OCCURRENCE, "occurrence_id, analyst_id, is_away"),
    "waitlist_entry": (OF_ITS_OCCURRENCE, "occurrence_id"),
    "offer": (OF_ITS_OCCURRENCE, "occurrence_id, waiting_id, status"),
}
EVENTS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}
FORGET = "UPDATE report_week SET version = version + 1, figures = NULL"


def upgrade() -> None:
    op.create_table(
        "report_week",
        sa.Column("id", ID, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_week")),
        sa.UniqueConstraint("starts_at", "ends_at", "kinds", name=op.f("uq_report_week_starts_at_ends_at_kinds")),
    )
    op.create_index("ix_report_week_ends_at", "report_week", ["ends_at", "starts_at"], unique=False)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, (instant, columns) in COUNTED.items():
        for event, rows in EVENTS.items():
            of = f"UPDATE OF {columns}" if event == "update" else event.upper()
            statements = [
                f"{FORGET} WHERE ends_at > {instant.format(row=row)} AND starts_at <= {instant.format(row=row)};"
                for row in rows
            ]
            _trigger(f"report_week_{table}_{event}", f"AFTER {of} ON {table}", " ".join(statements), is_sqlite)
    _trigger("report_week_series_update", "AFTER UPDATE OF kind ON series", f"{FORGET};", is_sqlite)


def _trigger(name: str, when: str, statements: str, is_sqlite: bool) -> None:
    if is_sqlite:
        op.execute(f"CREATE TRIGGER {name} {when} FOR EACH ROW BEGIN {statements} END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statements} RETURN NULL; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}()")
