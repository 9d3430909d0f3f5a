"""People's commitments beside their bookings: where they are enrolled, and what they present.

A person has one calendar. Claims decide about bookings and offers; a meeting that nobody books slots in has no claims,
so whoever looks for a free slot with somebody reads these too.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import QUARTER, Slot
from booking.domain.organisation import Organisation
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.db.base import table_of
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import SCHEDULED, Occurrence, Roster, Series

#: What somebody has at a time, beside bookings and offers (0).
ENROLLED, PRESENTS, BLOCKED = 1, 2, 3
Quarters = set[tuple[int, datetime]]

_occurrence, _series, _roster = table_of(Occurrence), table_of(Series), table_of(Roster)
_enrolment, _booking = table_of(Enrolment), table_of(Booking)
#: `since` is `start` less the longest that a meeting can last, so that an index on the start can be used.
_RUNS = (
    _occurrence.c.starts_at > bindparam("since"),
    _occurrence.c.starts_at < bindparam("end"),
    _occurrence.c.ends_at > bindparam("start"),
    _occurrence.c.status == SCHEDULED,
)
#: Person, what (ENROLLED or PRESENTS), start, end.
WHERE_ENROLLED = (
    select(_enrolment.c.member_id, literal(ENROLLED), _occurrence.c.starts_at, _occurrence.c.ends_at)
    .join(_occurrence, _occurrence.c.series_id == _enrolment.c.series_id)
    .where(
        _enrolment.c.member_id.in_(bindparam("person_ids", expanding=True)),
        _enrolment.c.left_at.is_(None),
        or_(_enrolment.c.occurrence_id.is_(None), _enrolment.c.occurrence_id == _occurrence.c.id),
        *_RUNS,
    )
)
WHAT_IS_PRESENTED = (
    select(_roster.c.analyst_id, literal(PRESENTS), _occurrence.c.starts_at, _occurrence.c.ends_at)
    .join(_occurrence, _occurrence.c.id == _roster.c.occurrence_id)
    .join(_series, _series.c.id == _occurrence.c.series_id)
    .where(
        _roster.c.analyst_id.in_(bindparam("person_ids", expanding=True)),
        _roster.c.is_away.is_(False),
        _series.c.kind.in_(bindparam("without_slots", expanding=True)),
        *_RUNS,
    )
)
_BOTH = union_all(WHERE_ENROLLED, WHAT_IS_PRESENTED)


def bounds(start: datetime, end: datetime) -> dict[str, datetime]:
    """The values of the parameters that say which time is looked at."""
    return {"since": start - MAX_DURATION, "start": start, "end": end}


def engaged(
    session: Session,
    person_ids: Collection[int],
    organisation: Organisation,
    start: datetime,
    end: datetime,
    *,
    only_presented: bool = False,
) -> list[tuple[int, datetime, datetime]]:
    """Returns where these people are enrolled and what they present in [start, end): (person, start, end), in no
    order.
    """
    if not person_ids:
        return []
    statement = WHAT_IS_PRESENTED if only_presented else _BOTH
    values = {
        "person_ids": list(person_ids),
        "without_slots": list(organisation.without_slots),
        **bounds(start, end),
    }
    rows = session.connection().execute(statement, values)
    return [(person_id, starts_at, ends_at) for person_id, _, starts_at, ends_at in rows]


def is_engaged(session: Session, person_id: int, organisation: Organisation, slot: Slot) -> bool:
    """Whether the person is enrolled, or presents, in any part of that slot."""
    return bool(engaged(session, [person_id], organisation, slot.starts_at, slot.ends_at))


@dataclass(frozen=True, slots=True)
class Commitment:
    """Where a member is booked or enrolled: in which occurrence, from when; `booking` None for a place in it."""

    occurrence: uuid.UUID
    starts_at: datetime
    booking: uuid.UUID | None


_OF_MEMBER = union_all(
    select(_occurrence.c.public_id, _booking.c.starts_at, _booking.c.public_id.label("booking"))
    .join(_booking, _booking.c.occurrence_id == _occurrence.c.id)
    .where(
        _booking.c.member_id == bindparam("member_id"),
        _booking.c.status == CONFIRMED,
        _booking.c.starts_at >= bindparam("start"),
        _booking.c.starts_at < bindparam("end"),
    ),
    select(_occurrence.c.public_id, _occurrence.c.starts_at, null())
    .join(_enrolment, _enrolment.c.series_id == _occurrence.c.series_id)
    .where(
        _enrolment.c.member_id == bindparam("member_id"),
        _enrolment.c.left_at.is_(None),
        or_(_enrolment.c.occurrence_id.is_(None), _enrolment.c.occurrence_id == _occurrence.c.id),
        _occurrence.c.starts_at >= bindparam("start"),
        _occurrence.c.starts_at < bindparam("end"),
    ),
).order_by("starts_at")


def of_member(session: Session, member_id: int, start: datetime, end: datetime) -> list[Commitment]:
    """What a member is booked or enrolled in that starts in [start, end), earliest first; one statement."""
    values = {"member_id": member_id, "start": start, "end": end}
    return [Commitment(*row) for row in session.connection().execute(_OF_MEMBER, values)]


def touched(engagements: Iterable[tuple[int, datetime, datetime]], quarters: Iterable[datetime]) -> Quarters:
    """Returns the quarters of each person that lie, wholly or in part, in a meeting of theirs: (person, quarter)."""
    spans = list(engagements)
    return {
        (person_id, quarter)
        for quarter in quarters
        for person_id, start, end in spans
        if start < quarter + QUARTER and quarter < end
    }
