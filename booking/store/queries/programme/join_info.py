"""What a join link needs: its meeting link and the queue, read when it is opened."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from booking.domain.bookings import join_links
from booking.domain.bookings.running_order import QueueEntry
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Roster, Series
from booking.store.queries.bookings import visit_queue


@dataclass(frozen=True, slots=True)
class Opened:
    """The meeting link, None where nobody has set one, and the end of another member's slot that is running now.

    `turn` and `turns` are the booking's own and all of its analyst in the same hours.
    """

    meeting_url: str | None
    busy_until: datetime | None
    turn: QueueEntry | None = None
    turns: tuple[QueueEntry, ...] = ()


_other = aliased(Booking)
_RUNNING = (
    select(func.max(_other.ends_at))
    .where(
        _other.analyst_id == Booking.analyst_id,
        _other.id != Booking.id,
        _other.member_id != Booking.member_id,
        _other.status == CONFIRMED,
        _other.starts_at <= bindparam("now"),
        _other.starts_at < Booking.starts_at,
        _other.ends_at > bindparam("now"),
    )
    .correlate(Booking)
    .scalar_subquery()
)
#: Every meeting link that may hold, the nearest first, as `join_links.meeting_url` takes them.
_URLS = (Roster.meeting_url, Person.meeting_url, Occurrence.meeting_url, Series.meeting_url)


def _where_it_meets(asked: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """What is asked of one booking, by public id, with everything that may have its meeting link."""
    roster = and_(Roster.occurrence_id == Booking.occurrence_id, Roster.analyst_id == Booking.analyst_id)
    return (
        asked.select_from(Booking)
        .join(Occurrence, Occurrence.id == Booking.occurrence_id)
        .join(Series, Series.id == Occurrence.series_id)
        .join(Person, Person.id == Booking.analyst_id)
        .outerjoin(Roster, roster)
        .where(Booking.public_id == bindparam("public_id"))
    )


_OF_BOOKING = _where_it_meets(
    select(
        *_URLS,
        _RUNNING.label("busy_until"),
        Booking.occurrence_id,
        Booking.analyst_id,
        *visit_queue.COLUMNS,
    )
)
_OF_OCCURRENCE = (
    select(*_URLS)
    .select_from(Occurrence)
    .join(Series, Series.id == Occurrence.series_id)
    .outerjoin(Roster, and_(Roster.occurrence_id == Occurrence.id, Roster.analyst_id == bindparam("analyst_id")))
    .outerjoin(Person, Person.id == Roster.analyst_id)
    .where(Occurrence.public_id == bindparam("public_id"))
)


def of_booking(session: Session, public_id: uuid.UUID, now: datetime) -> Opened | None:
    """For a booking's join link: two statements; None if there is no such booking."""
    row = session.execute(_OF_BOOKING, {"public_id": public_id, "now": now}).one_or_none()
    if row is None:
        return None
    *urls, busy_until, occurrence_id, analyst_id = row[:7]
    hours = visit_queue.of_hours(session, [occurrence_id]).get((occurrence_id, analyst_id), [])
    return Opened(join_links.meeting_url(*urls), busy_until, QueueEntry(*row[7:]), tuple(hours))


def of_occurrence(session: Session, public_id: uuid.UUID, analyst_id: int | None = None) -> Opened | None:
    """For an occurrence's own join link; `analyst_id` is the analyst on its roster who opens it, None for others."""
    row = session.execute(_OF_OCCURRENCE, {"public_id": public_id, "analyst_id": analyst_id}).one_or_none()
    return None if row is None else Opened(join_links.meeting_url(*row), None)


_LINKS = _where_it_meets(select(*_URLS))
_LINKS_OF_DATES = (
    select(Occurrence.public_id, Series.kind, *_URLS)
    .select_from(Occurrence)
    .join(Series, Series.id == Occurrence.series_id)
    .join(Person, Person.id == bindparam("analyst_id"))
    .outerjoin(Roster, and_(Roster.occurrence_id == Occurrence.id, Roster.analyst_id == Person.id))
    .where(Occurrence.public_id.in_(bindparam("public_ids", expanding=True)))
)


def has_link(session: Session, booking: uuid.UUID) -> bool:
    """Whether the join link of that booking leads to a meeting: one statement."""
    row = session.execute(_LINKS, {"public_id": booking}).one_or_none()
    return row is not None and join_links.meeting_url(*row) is not None


def without_link(
    session: Session, analyst_id: int, public_ids: Collection[uuid.UUID], bookable: Collection[str]
) -> set[uuid.UUID]:
    """Those of the dates in which whoever comes to this analyst gets to no meeting: one statement.

    What one enrols in (its kind is not among the `bookable`) has one link for all, never its analysts' own.
    """
    if not public_ids:
        return set()
    rows = session.execute(_LINKS_OF_DATES, {"analyst_id": analyst_id, "public_ids": list(public_ids)})
    return {
        public_id
        for public_id, kind, of_roster, of_person, *rest in rows
        if not join_links.meeting_url(*((of_roster, of_person) if kind in bookable else ()), *rest)
    }
