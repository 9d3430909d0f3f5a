"""The people of one date for a coordinator: who is enrolled, who waits, and whom an email to all of them reaches."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from booking.domain.enums.bookings import OfferStatus
from booking.domain.enums.emails import DateGroup
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence, Roster

PAGE = 50  # people who are enrolled, on one page
MOST_RECIPIENTS = 10_000


@dataclass(frozen=True, slots=True)
class EnrolledPerson:
    """One place in the date. `is_whole`: a place in all dates of its series."""

    enrolment: uuid.UUID
    person: uuid.UUID
    name: str
    email: str
    is_whole: bool
    member_id: int


_IN_IT = and_(
    Enrolment.series_id == bindparam("series_id"),
    or_(Enrolment.occurrence_id.is_(None), Enrolment.occurrence_id == bindparam("occurrence_id")),
    Enrolment.left_at.is_(None),
)
_ENROLLED = (
    select(
        *in_field_order(
            EnrolledPerson,
            {
                "enrolment": Enrolment.public_id,
                "person": Person.public_id.label("person"),
                "name": Person.name,
                "email": Person.email,
                "is_whole": Enrolment.occurrence_id.is_(None).label("is_whole"),
                "member_id": Person.id.label("member_id"),
            },
        )
    )
    .join(Person, Person.id == Enrolment.member_id)
    .where(
        _IN_IT,
        or_(
            Person.name > bindparam("after_name"),
            and_(Person.name == bindparam("after_name"), Person.id > bindparam("after_id")),
        ),
    )
    .order_by(Person.name, Person.id)
    .limit(bindparam("most"))
)
_ENROLLED_COUNT = select(func.count(func.distinct(Enrolment.member_id))).where(_IN_IT)


def enrolled(session: Session, series_id: int, occurrence_id: int, after: tuple[str, int]) -> list[EnrolledPerson]:
    """Who is enrolled in the date, by name, beyond that place: one page and one more."""
    values = {"series_id": series_id, "occurrence_id": occurrence_id, "most": PAGE + 1}
    return [
        EnrolledPerson(*row)
        for row in session.execute(_ENROLLED, {**values, "after_name": after[0], "after_id": after[1]})
    ]


def enrolled_count(session: Session, series_id: int, occurrence_id: int) -> int:
    """Returns how many people are enrolled in the date."""
    return session.scalar(_ENROLLED_COUNT, {"series_id": series_id, "occurrence_id": occurrence_id}) or 0


@dataclass(frozen=True, slots=True)
class WaitingPerson:
    """Somebody on a date's waitlist: what they wait for, and the slot that is held for them, None where none is."""

    id: int
    public_id: uuid.UUID
    person: uuid.UUID
    name: str
    email: str
    minutes: int
    analyst: str
    joined_at: datetime
    earliest_at: datetime | None
    latest_at: datetime | None
    offered_at: datetime | None
    offered_with: str
    lapses_at: datetime | None


_wished, _giver = aliased(Person), aliased(Person)
_WAITING = (
    select(
        *in_field_order(
            WaitingPerson,
            {
                "id": WaitlistEntry.id,
                "public_id": WaitlistEntry.public_id,
                "person": Person.public_id.label("person"),
                "name": Person.name,
                "email": Person.email,
                "minutes": WaitlistEntry.minutes,
                "analyst": func.coalesce(_wished.name, "").label("analyst"),
                "joined_at": WaitlistEntry.joined_at,
                "earliest_at": WaitlistEntry.earliest_at,
                "latest_at": WaitlistEntry.latest_at,
                "offered_at": Offer.starts_at.label("offered_at"),
                "offered_with": func.coalesce(_giver.name, "").label("offered_with"),
                "lapses_at": Offer.lapses_at,
            },
        )
    )
    .select_from(WaitlistEntry)
    .join(Person, Person.id == WaitlistEntry.member_id)
    .outerjoin(_wished, _wished.id == WaitlistEntry.analyst_id)
    .outerjoin(Offer, and_(Offer.waiting_id == WaitlistEntry.id, Offer.status == OfferStatus.OPEN))
    .outerjoin(_giver, _giver.id == Offer.analyst_id)
    .where(WaitlistEntry.id.in_(bindparam("ids", expanding=True)))
)


def waiting(session: Session, ids: Collection[int]) -> dict[int, WaitingPerson]:
    """Those places on a waitlist, by internal id; one statement."""
    if not ids:
        return {}
    return {row.id: WaitingPerson(*row) for row in session.execute(_WAITING, {"ids": sorted(ids)})}


@dataclass(frozen=True, slots=True)
class PlaceWaiting:
    """Somebody who waits for a place in a full lab or masterclass; `lapses_at`: until when one is held for them."""

    public_id: uuid.UUID
    person: uuid.UUID
    name: str
    joined_at: datetime
    lapses_at: datetime | None


_PLACES = (
    select(PlaceWait.public_id, Person.public_id.label("person"), Person.name, PlaceWait.joined_at, PlaceWait.lapses_at)
    .join(Person, Person.id == PlaceWait.member_id)
    .where(PlaceWait.occurrence_id == bindparam("occurrence_id"), PlaceWait.ended_at.is_(None))
    .order_by(PlaceWait.joined_at, PlaceWait.id)
    .limit(200)
)


def places(session: Session, occurrence_id: int) -> list[PlaceWaiting]:
    """Those who wait for a place in the date, in the order in which they are served; the first 200."""
    return [PlaceWaiting(*row) for row in session.execute(_PLACES, {"occurrence_id": occurrence_id})]


@dataclass(frozen=True, slots=True)
class MessageRecipient:
    """Somebody whom an email to everybody of a date reaches, and why; each person once."""

    id: int
    name: str
    email: str
    group: DateGroup


_GROUPS = {
    DateGroup.BOOKED: select(Booking.member_id).where(
        Booking.occurrence_id == bindparam("occurrence_id"), Booking.status == CONFIRMED
    ),
    DateGroup.ENROLLED: select(Enrolment.member_id).where(_IN_IT),
    DateGroup.WAITING: union_all(
        select(WaitlistEntry.member_id).where(
            WaitlistEntry.occurrence_id == bindparam("occurrence_id"), WaitlistEntry.ended_at.is_(None)
        ),
        select(PlaceWait.member_id).where(
            PlaceWait.occurrence_id == bindparam("occurrence_id"), PlaceWait.ended_at.is_(None)
        ),
    ),
    DateGroup.ROSTER: select(Roster.analyst_id).where(
        Roster.occurrence_id == bindparam("occurrence_id"), Roster.is_away.is_(False)
    ),
}
_RECIPIENTS = {
    group: select(Person.id, Person.name, Person.email)
    .where(Person.id.in_(ids), Person.closed_at.is_(None))
    .order_by(Person.id)
    .limit(MOST_RECIPIENTS)
    for group, ids in _GROUPS.items()
}


_COUNTS = select(
    *(
        select(func.count(func.distinct(Person.id)))
        .where(Person.id.in_(ids), Person.closed_at.is_(None))
        .scalar_subquery()
        .label(group)
        for group, ids in _GROUPS.items()
    )
)


def counts(session: Session, occurrence: Occurrence) -> dict[DateGroup, int]:
    """How many people an email to each group alone reaches; one statement."""
    values = {"occurrence_id": occurrence.id, "series_id": occurrence.series_id}
    row = session.execute(_COUNTS, values).one()
    return {group: min(getattr(row, group), MOST_RECIPIENTS) for group in DateGroup}


def recipients(session: Session, occurrence: Occurrence, groups: Collection[DateGroup]) -> list[MessageRecipient]:
    """Whom an email to those groups reaches, each person once, in the order of the groups; closed accounts left out."""
    values = {"occurrence_id": occurrence.id, "series_id": occurrence.series_id}
    found: dict[int, MessageRecipient] = {}
    for group in DateGroup:
        if group in groups:
            for row in session.execute(_RECIPIENTS[group], values):
                found.setdefault(row.id, MessageRecipient(*row, group))
    return list(found.values())
