"""Note that a calendar has begun to fetch somebody's private feed, and when calendars fetched last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.services.deed import deed
from booking.store import feed_fetches
from booking.store.people import Person
from booking.store.queries.feeds import FETCHED_AT


@deed
def note_fetch(session: Session, person_id: int, role: str, now: datetime) -> None:
    """Keep `now` as the first fetch of the person's feed as `role` (`member` or `analyst`); a later one is not kept."""
    column = FETCHED_AT[role]
    session.execute(update(Person).where(Person.id == person_id, column.is_(None)).values({column.key: now}))


@deed
def record_fetches(session: Session, fetched: Mapping[str, tuple[int | None, datetime]]) -> None:
    """Keep when those addresses were fetched, all in one statement; each with its owner's internal id, or None."""
    feed_fetches.record(session, fetched)
