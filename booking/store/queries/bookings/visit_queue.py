"""The queue of visits of each analyst, for join links and for members waiting to be called."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain.bookings.running_order import QueueEntry
from booking.store.bookings.bookings import CONFIRMED, Booking

#: In the order of Turn's fields.
COLUMNS: tuple[Any, ...] = (
    Booking.id,
    Booking.starts_at,
    Booking.ends_at,
    Booking.began_at,
    Booking.entered_at,
    Booking.outcome.is_not(None),
)


_OF_HOURS = (
    select(Booking.occurrence_id, Booking.analyst_id, *COLUMNS)
    .where(Booking.occurrence_id.in_(bindparam("occurrence_ids", expanding=True)), Booking.status == CONFIRMED)
    .order_by(Booking.starts_at, Booking.id)
)


def of_hours(session: Session, occurrence_ids: Collection[int]) -> dict[tuple[int, int], list[QueueEntry]]:
    """The confirmed bookings of those occurrences, by (occurrence, analyst), by start; one statement."""
    found: dict[tuple[int, int], list[QueueEntry]] = {}
    if not occurrence_ids:
        return found
    rows = session.execute(_OF_HOURS, {"occurrence_ids": list(occurrence_ids)})
    for occurrence_id, analyst_id, *turn in rows:
        found.setdefault((occurrence_id, analyst_id), []).append(QueueEntry(*turn))
    return found
