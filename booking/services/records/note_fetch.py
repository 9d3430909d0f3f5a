"""Note that a calendar has begun to fetch somebody's private feed, and when calendars fetched last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from booking.domain.enums.people import RoleName
from booking.services.transaction import transactional
from booking.store import feed_fetches
from booking.store.bookings.bookings import Booking
from booking.store.db import locks
from booking.store.queries.feeds.feed_versions import FETCHED_AT, GENERATION

_LAST_BOOKED_AT = select(func.max(Booking.created_at)).where(Booking.member_id == bindparam("person_id"))


@transactional
def note_fetch(session: Session, person_id: int, role: RoleName, generation: int, now: datetime) -> None:
    """Keep `now` as the first fetch of the person's feed as `role` (`member` or `analyst`).

    A later one is not kept, nor one of an address that has ended meanwhile: `generation` is that of the address.

    It waits for whatever this person is booking at the moment, as a booking waits for it: a booking that was quicker
    comes before the fetch, also by the clock, and any other comes without an invitation. Whoever serves the feed
    notes the fetch before the answer is out.
    """
    column = FETCHED_AT[role].key
    person = locks.person(session, person_id)
    if getattr(person, GENERATION[role].key) == generation and getattr(person, column) is None:
        last = session.scalar(_LAST_BOOKED_AT, {"person_id": person.id})
        setattr(person, column, max(now, last or now))


@transactional
def record_fetches(session: Session, fetched: Mapping[str, tuple[int | None, datetime]]) -> None:
    """Keep when those addresses were fetched, all in one statement; each with its owner's internal id, or None."""
    feed_fetches.record(session, fetched)
