"""Rows as they were before a publish, as JSON, and how they are put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Date, Table, Time, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from booking.domain.planning.adjustments import Definition
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import UTCDateTime, table_of
from booking.store.programme.adjustments_json import definition
from booking.store.programme.programme import Module, Occurrence, Roster, Series, SeriesAnalyst

#: What a publish may change of each table, by its key; SEQUENCE is never put back.
_TABLES: dict[str, tuple[Table, str, tuple[str, ...]]] = {
    "series": (
        table_of(Series),
        "id",
        (
            *("slug", "kind", "title", "summary", "zone", "rrule", "starts_on", "ends_on", "start_wall", "end_wall"),
            *("slot_minutes", "meeting_url", "terms"),
        ),
    ),
    "occurrence": (
        table_of(Occurrence),
        "id",
        (
            *("rule_on", "starts_at", "ends_at", "moved_from_at", "title", "meeting_url", "status", "reason"),
            *("recording_url", "slides_url"),
        ),
    ),
    "booking": (
        table_of(Booking),
        "id",
        (
            "occurrence_id",
            "analyst_id",
            "starts_at",
            "ends_at",
            "minutes",
            "status",
            "cancelled_at",
            "cancelled_by",
            "reason",
        ),
    ),
    "waiting": (table_of(WaitlistEntry), "id", ("ended_at", "outcome")),
    "offer": (table_of(Offer), "id", ("status", "ended_at")),
}
BATCH_SIZE = 5000  # ids in one statement
#: Rows that are rewritten as a whole, by the key of what they belong to.
_LISTS: dict[str, tuple[Table, str]] = {
    "module": (table_of(Module), "series_id"),
    "series_analyst": (table_of(SeriesAnalyst), "series_id"),
    "roster": (table_of(Roster), "occurrence_id"),
    "claim": (table_of(Claim), "booking_id"),
    "offer_claim": (table_of(Claim), "offer_id"),
    "held_claim": (table_of(Claim), "change_id"),
}


def take(session: Session, name: str, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of that table with those ids, as JSON values."""
    table, key, columns = _TABLES[name]
    wanted = [table.c[key], *(table.c[column] for column in columns)]
    if "sequence" in table.c:
        wanted.append(table.c.sequence)
    return _read(session, table, key, wanted, ids)


def take_list(session: Session, name: str, owners: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of that table that belong to those owners, whole."""
    table, key = _LISTS[name]
    return _read(session, table, key, list(table.c), owners)


def _read(session: Session, table: Table, key: str, columns: list[Any], ids: Sequence[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for first in range(0, len(ids), BATCH_SIZE):
        rows = session.execute(select(*columns).where(table.c[key].in_(ids[first : first + BATCH_SIZE]))).mappings()
        found += [{name: _json(value) for name, value in row.items()} for row in rows]
    return found


def put_back(session: Session, name: str, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Give the rows back what they held; where SEQUENCE has risen since, it rises once more."""
    table, key, columns = _TABLES[name]
    for row in rows:
        values = {column: _value(table, column, row[column]) for column in columns}
        session.execute(update(table).where(table.c[key] == row[key]).values(**values))
        if "sequence" in row:
            session.execute(
                update(table)
                .where(table.c[key] == row[key], table.c.sequence > row["sequence"])
                .values(sequence=table.c.sequence + 1, revised_at=now.replace(microsecond=0))
            )


def put_list_back(session: Session, name: str, owners: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    """The rows of these owners, exactly as they were."""
    table, key = _LISTS[name]
    for first in range(0, len(owners), BATCH_SIZE):
        session.execute(delete(table).where(table.c[key].in_(owners[first : first + BATCH_SIZE])))
    if rows:
        session.execute(
            insert(table), [{name: _value(table, name, value) for name, value in row.items()} for row in rows]
        )


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date | time) else value


def _value(table: Table, column: str, value: Any) -> Any:
    """The JSON value as the column's own type."""
    if not isinstance(value, str):
        return value
    kind = table.c[column].type
    for column_type, python_type in ((UTCDateTime, datetime), (Date, date), (Time, time)):
        if isinstance(kind, column_type):
            return python_type.fromisoformat(value)
    return value


_PRESENT = select(Booking.id).where(
    Booking.occurrence_id.in_(bindparam("part", expanding=True)), Booking.status == CONFIRMED
)


def present(session: Session, occurrence_ids: Sequence[int]) -> list[int]:
    """The ids of the confirmed bookings in those occurrences."""
    found: list[int] = []
    for first in range(0, len(occurrence_ids), BATCH_SIZE):
        part = occurrence_ids[first : first + BATCH_SIZE]
        found += session.scalars(_PRESENT, {"part": list(part)})
    return sorted(found)


def definitions(before: dict[str, Any]) -> list[Definition]:
    """The series of a snapshot as values."""
    table, _, columns = _TABLES["series"]
    found = []
    for row in before.get("series", []):
        values = {column: _value(table, column, row[column]) for column in columns}
        modules = sorted((m for m in before["module"] if m["series_id"] == row["id"]), key=lambda m: m["number"])
        staff = sorted(
            (a for a in before["series_analyst"] if a["series_id"] == row["id"]), key=lambda a: a["position"]
        )
        found.append(
            definition(row["id"], values, tuple(m["title"] for m in modules), tuple(a["analyst_id"] for a in staff))
        )
    return found
