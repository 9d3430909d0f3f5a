"""The people that a plan touches, as the values that it is made of: booked, enrolled, waiting, offered a slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import QUARTER
from booking.domain.enums.bookings import OfferStatus
from booking.domain.enums.planning import PlaceKind
from booking.domain.planning.consequences import AffectedPerson, Claimed, Offered, TouchedBooking
from booking.domain.planning.notices import SeriesEnrolment
from booking.domain.planning.plan import Changes
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import table_of
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import CANCELLED, Occurrence, Roster

_occurrence, _roster, _person = table_of(Occurrence), table_of(Roster), table_of(Person)
_booking, _claim, _offer = table_of(Booking), table_of(Claim), table_of(Offer)
_enrolment, _waiting = table_of(Enrolment), table_of(WaitlistEntry)
_HELD = (
    select(
        _booking.c.id,
        _booking.c.public_id,
        _booking.c.occurrence_id,
        _booking.c.analyst_id,
        _booking.c.member_id,
        _person.c.name,
        _booking.c.starts_at,
        _booking.c.minutes,
        _booking.c.chose_analyst,
        func.coalesce(_roster.c.is_away, False),
    )
    .join(_person, _person.c.id == _booking.c.member_id)
    .outerjoin(
        _roster,
        (_roster.c.occurrence_id == _booking.c.occurrence_id) & (_roster.c.analyst_id == _booking.c.analyst_id),
    )
    .where(
        _booking.c.occurrence_id.in_(bindparam("part", expanding=True)),
        _booking.c.status == CONFIRMED,
        _booking.c.starts_at > bindparam("now"),
    )
)


def held(session: Session, occurrence_ids: Iterable[int], now: datetime) -> list[TouchedBooking]:
    """The confirmed bookings of those occurrences that have not started."""
    ids = list(occurrence_ids)
    found: list[TouchedBooking] = []
    for part in _parts(ids):
        rows = session.execute(_HELD, {"part": list(part), "now": now})
        found += [TouchedBooking(booking_id, str(public_id), *rest) for booking_id, public_id, *rest in rows]
    return found


_OFFERS = (
    select(
        *(_offer.c.id, _offer.c.occurrence_id, _offer.c.analyst_id, _offer.c.member_id),
        *(_offer.c.starts_at, _offer.c.minutes, _offer.c.booking_id, _person.c.name),
    )
    .join(_person, _person.c.id == _offer.c.member_id)
    .where(_offer.c.occurrence_id.in_(bindparam("part", expanding=True)), _offer.c.status == OfferStatus.OPEN)
    .order_by(_offer.c.id)
)


def offers(session: Session, occurrence_ids: Iterable[int]) -> list[Offered]:
    """The open offers in those occurrences."""
    found: list[Offered] = []
    for part in _parts(list(occurrence_ids)):
        rows = session.execute(_OFFERS, {"part": list(part)})
        found += [Offered(*row) for row in rows]
    return found


_PLACES = (
    select(_enrolment.c.id, _occurrence.c.id, _enrolment.c.member_id, _person.c.name)
    .join(
        _occurrence,
        or_(
            _occurrence.c.id == _enrolment.c.occurrence_id,
            (_enrolment.c.occurrence_id.is_(None)) & (_occurrence.c.series_id == _enrolment.c.series_id),
        ),
    )
    .join(_person, _person.c.id == _enrolment.c.member_id)
    .where(
        _occurrence.c.id.in_(bindparam("part", expanding=True)),
        _enrolment.c.series_id.in_(
            select(_occurrence.c.series_id).where(_occurrence.c.id.in_(bindparam("part", expanding=True)))
        ),
        _enrolment.c.left_at.is_(None),
    )
    .order_by(_enrolment.c.id, _occurrence.c.id)
)
_WAITING = (
    select(_waiting.c.id, _waiting.c.occurrence_id, _waiting.c.member_id, _person.c.name)
    .join(_person, _person.c.id == _waiting.c.member_id)
    .where(_waiting.c.occurrence_id.in_(bindparam("part", expanding=True)), _waiting.c.ended_at.is_(None))
    .order_by(_waiting.c.id)
)


def places(session: Session, changes: Changes) -> list[AffectedPerson]:
    """The people enrolled in, or waiting for, the occurrences that a plan touches."""
    ids = changes.touched_ids
    found: list[AffectedPerson] = []
    for part in _parts(ids):
        enrolled = session.execute(_PLACES, {"part": list(part)})
        found += [AffectedPerson(PlaceKind.ENROLLED, *row) for row in enrolled]
        waiting = session.execute(_WAITING, {"part": list(part)})
        found += [AffectedPerson(PlaceKind.WAITING, *row) for row in waiting]
    return found


_ENROLLED = (
    select(_enrolment.c.series_id, _enrolment.c.member_id, _person.c.name)
    .join(_person, _person.c.id == _enrolment.c.member_id)
    .where(
        _enrolment.c.series_id.in_(bindparam("slugs", expanding=True)),
        _enrolment.c.occurrence_id.is_(None),
        _enrolment.c.left_at.is_(None),
    )
    .order_by(_enrolment.c.id)
)


def enrolled(session: Session, slugs: Mapping[int, str]) -> list[SeriesEnrolment]:
    """The people enrolled in all dates of those series, given as short names by id."""
    if not slugs:
        return []
    rows = session.execute(_ENROLLED, {"slugs": list(slugs)})
    return [SeriesEnrolment(slugs[series_id], member_id, member) for series_id, member_id, member in rows]


_CLAIMED = (
    select(_claim.c.person_id, _claim.c.quarter_at, _claim.c.booking_id, _claim.c.offer_id)
    .outerjoin(_offer, _offer.c.id == _claim.c.offer_id)
    .where(
        _claim.c.person_id.in_(bindparam("part", expanding=True)),
        _claim.c.quarter_at >= bindparam("start"),
        _claim.c.quarter_at < bindparam("end"),
        # what an earlier publish holds to be undone is free for this one: it has to be undone first
        _claim.c.change_id.is_(None),
        _offer.c.id.is_(None) | (_offer.c.member_id != _claim.c.person_id),
    )
)


def claimed(
    session: Session,
    changes: Changes,
    held: Sequence[TouchedBooking],
    places: Sequence[AffectedPerson],
    lost: Sequence[Offered] = (),
) -> Claimed:
    """The quarters of the analysts and members concerned that something else owns while the changed occurrences last.

    `held` and `lost` are the bookings and open offers that cannot stay where they are: their own quarters are not
    counted. Nor is what an offer holds of the time of the person it is made to: a booking of theirs comes first.
    """
    steps = [step for step in changes.steps if step.occurrence_id is not None and step.after.reason is None]
    if not steps or not (held or places):
        return Claimed()
    start = min(step.after.starts_at for step in steps)
    end = max(step.after.ends_at for step in steps)
    own, own_offers = {booking.id for booking in held}, {one.id for one in lost}
    members = {booking.member_id for booking in held} | {place.member_id for place in places}
    people = members | {analyst_id for step in steps for analyst_id in step.after.analysts}
    people |= {booking.analyst_id for booking in held}  # one of them may wait for cover at its new time
    taken: set[tuple[int, datetime]] = set()
    for part in _parts(sorted(people)):
        rows = session.execute(_CLAIMED, {"part": list(part), "start": start, "end": end})
        taken |= {
            (row.person_id, row.quarter_at)
            for row in rows
            if row.booking_id not in own and row.offer_id not in own_offers
        }
    enrolled = _enrolled_quarters(session, {place.member_id for place in places}, start, end, changes)
    return Claimed(
        frozenset(taken),
        frozenset(enrolled),
        _with_offer(session, members, own_offers),
        frozenset(one.booking_id for one in lost if one.booking_id is not None),
    )


_OFFERED = select(_offer.c.member_id, _offer.c.id).where(
    _offer.c.member_id.in_(bindparam("part", expanding=True)), _offer.c.status == OfferStatus.OPEN
)


def _with_offer(session: Session, members: set[int], lost: set[int]) -> frozenset[int]:
    """Returns those who have an open offer that stays."""
    found: set[int] = set()
    for part in _parts(sorted(members)):
        rows = session.execute(_OFFERED, {"part": list(part)})
        found |= {member_id for member_id, offer_id in rows if offer_id not in lost}
    return frozenset(found)


_ENROLLED_IN = (
    select(_enrolment.c.member_id, _occurrence.c.id, _occurrence.c.starts_at, _occurrence.c.ends_at)
    .join(_occurrence, _occurrence.c.series_id == _enrolment.c.series_id)
    .where(
        _enrolment.c.member_id.in_(bindparam("part", expanding=True)),
        _enrolment.c.left_at.is_(None),
        or_(_enrolment.c.occurrence_id.is_(None), _enrolment.c.occurrence_id == _occurrence.c.id),
        _occurrence.c.starts_at < bindparam("end"),
        _occurrence.c.ends_at > bindparam("start"),
        _occurrence.c.status != CANCELLED,
    )
)


def _enrolled_quarters(
    session: Session, members: set[int], start: datetime, end: datetime, changes: Changes
) -> set[tuple[int, datetime]]:
    touched = set(changes.touched_ids)
    found: set[tuple[int, datetime]] = set()
    for part in _parts(sorted(members)):
        for member_id, occurrence_id, starts_at, ends_at in session.execute(
            _ENROLLED_IN, {"part": list(part), "end": end, "start": start}
        ):
            if occurrence_id not in touched:
                count = int((ends_at - starts_at) / QUARTER)
                found |= {(member_id, starts_at + n * QUARTER) for n in range(count)}
    return found


def _parts(ids: Sequence[int], size: int = 5000) -> Iterable[Sequence[int]]:
    """SQLite takes 32,766 values a statement."""
    for first in range(0, len(ids), size):
        yield ids[first : first + size]
