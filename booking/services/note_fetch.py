"""Note that a calendar has begun to fetch somebody's private feed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.services.deed import deed
from booking.store.people import Person
from booking.store.queries.feeds import FETCHED_AT


@deed
def note_fetch(session: Session, person_id: int, role: str, now: datetime) -> None:
    """Keep `now` as the first fetch of the person's feed as `role` (`member` or `analyst`); a later one is not kept."""
    column = FETCHED_AT[role]
    session.execute(update(Person).where(Person.id == person_id, column.is_(None)).values({column.key: now}))
