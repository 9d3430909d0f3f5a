"""The holdings of an account: read before it is closed, changed or merged, and for the page of one person."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from booking.domain.people import email_addresses
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.people.api_tokens import ApiToken
from booking.store.people.people import Person
from booking.store.people.sessions import UserSession
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import SCHEDULED, Occurrence, Roster, Series
from booking.store.queries.people import people_list
from booking.store.queries.people.people_list import PeopleFilter


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One upcoming booking as a list names it: `other` is the analyst of a member's, the member of an analyst's."""

    public_id: uuid.UUID
    title: str
    zone: str
    starts_at: datetime
    minutes: int
    other: str


@dataclass(frozen=True, slots=True)
class Account:
    """The upcoming and open things of one person; numbers where the single things do not matter."""

    bookings: list[Upcoming]
    staffed: list[Upcoming]
    dates_staffed: int
    enrolments: int
    waitlist_places: int
    sessions: int
    tokens: int


_WITH_PUBLIC_ID = select(Person).where(Person.public_id == bindparam("public_id"))


def with_public_id(session: Session, public_id: uuid.UUID) -> Person | None:
    """Anybody by public id, also with a closed account."""
    return session.scalars(_WITH_PUBLIC_ID, {"public_id": public_id}).one_or_none()


_WITH_EMAIL = select(Person).where(Person.email_key == bindparam("key"))


def with_email(session: Session, email: str) -> Person | None:
    """Returns the person with that address, also with a closed account."""
    return session.scalars(_WITH_EMAIL, {"key": email_addresses.key(email)}).one_or_none()


def ids_matching(session: Session, text: str, most: int) -> list[int]:
    """The ids of those whom the list of people finds for that text, at most so many; one statement."""
    return people_list.ids(session, PeopleFilter(text), None, most)


_UPCOMING_BOOKINGS = (
    select(Booking)
    .where(
        Booking.member_id == bindparam("member_id"), Booking.status == CONFIRMED, Booking.starts_at > bindparam("now")
    )
    .order_by(Booking.starts_at, Booking.id)
    .execution_options(populate_existing=True)
)


def upcoming_bookings(session: Session, member_id: int, now: datetime) -> list[Booking]:
    """The member's confirmed bookings that have not begun, earliest first."""
    return list(session.scalars(_UPCOMING_BOOKINGS, {"member_id": member_id, "now": now}))


_STAFFED_BOOKINGS = (
    select(Booking)
    .where(
        Booking.analyst_id == bindparam("analyst_id"), Booking.status == CONFIRMED, Booking.starts_at > bindparam("now")
    )
    .order_by(Booking.starts_at, Booking.id)
    .execution_options(populate_existing=True)
)


def staffed_bookings(session: Session, analyst_id: int, now: datetime) -> list[Booking]:
    """Members' confirmed bookings with that analyst that have not begun, earliest first."""
    return list(session.scalars(_STAFFED_BOOKINGS, {"analyst_id": analyst_id, "now": now}))


_BOOKED_WITH = select(Booking.member_id).where(
    Booking.analyst_id.in_(bindparam("analyst_ids", expanding=True)),
    Booking.status == CONFIRMED,
    Booking.ends_at > bindparam("now"),
)


def booked_with(session: Session, analyst_ids: Collection[int], now: datetime) -> set[int]:
    """The members who have a confirmed booking, not over yet, with any of these analysts."""
    return set(session.scalars(_BOOKED_WITH, {"analyst_ids": list(analyst_ids), "now": now})) if analyst_ids else set()


_WITH_IDS = (
    select(Person)
    .where(Person.id.in_(bindparam("ids", expanding=True)))
    .order_by(Person.id)
    .execution_options(populate_existing=True)
)


def with_ids(session: Session, ids: Collection[int]) -> list[Person]:
    """These people, ascending by id, as they are stored now."""
    return list(session.scalars(_WITH_IDS, {"ids": list(ids)})) if ids else []


_WAITLIST_PLACES = (
    select(WaitlistEntry)
    .where(WaitlistEntry.member_id == bindparam("member_id"), WaitlistEntry.ended_at.is_(None))
    .order_by(WaitlistEntry.id)
    .execution_options(populate_existing=True)
)


def waitlist_places(session: Session, member_id: int) -> list[WaitlistEntry]:
    """The member's open places on waitlists."""
    return list(session.scalars(_WAITLIST_PLACES, {"member_id": member_id}))


_OPEN_ENROLMENTS = (
    select(Enrolment)
    .where(Enrolment.member_id == bindparam("member_id"), Enrolment.left_at.is_(None))
    .order_by(Enrolment.id)
    .execution_options(populate_existing=True)
)


def open_enrolments(session: Session, member_id: int) -> list[Enrolment]:
    """The member's places in labs and masterclasses, past dates included."""
    return list(session.scalars(_OPEN_ENROLMENTS, {"member_id": member_id}))


def occurrences_held(session: Session, member_id: int, now: datetime) -> set[int]:
    """The occurrences in which the member has an upcoming booking or waits, to be locked first."""
    booked = {booking.occurrence_id for booking in upcoming_bookings(session, member_id, now)}
    return booked | {place.occurrence_id for place in waitlist_places(session, member_id)}


_other = aliased(Person)
_UPCOMING = (
    select(Booking, Occurrence.title, Series.title, Series.zone, _other.name)
    .join(Occurrence, Occurrence.id == Booking.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .where(Booking.status == CONFIRMED, Booking.starts_at > bindparam("now"))
    .order_by(Booking.starts_at, Booking.id)
)
_AS_MEMBER = _UPCOMING.join(_other, _other.id == Booking.analyst_id).where(Booking.member_id == bindparam("person_id"))
_AS_ANALYST = _UPCOMING.join(_other, _other.id == Booking.member_id).where(Booking.analyst_id == bindparam("person_id"))
_DATES_STAFFED = (
    select(func.count())
    .select_from(Roster)
    .join(Occurrence)
    .where(
        Roster.analyst_id == bindparam("person_id"),
        Roster.is_away.is_(False),
        Occurrence.starts_at > bindparam("now"),
        Occurrence.status == SCHEDULED,
    )
)
_ENROLMENTS = select(func.count()).where(Enrolment.member_id == bindparam("person_id"), Enrolment.left_at.is_(None))
_FOR_SLOTS = select(func.count()).where(
    WaitlistEntry.member_id == bindparam("person_id"), WaitlistEntry.ended_at.is_(None)
)
_FOR_PLACES = select(func.count()).where(PlaceWait.member_id == bindparam("person_id"), PlaceWait.ended_at.is_(None))
_PLACES = select(_FOR_SLOTS.scalar_subquery() + _FOR_PLACES.scalar_subquery())
_SESSIONS = select(func.count()).where(UserSession.person_id == bindparam("person_id"), UserSession.ended_at.is_(None))
_TOKENS = select(func.count()).where(ApiToken.person_id == bindparam("person_id"), ApiToken.revoked_at.is_(None))


def account(session: Session, person_id: int, now: datetime) -> Account:
    """Everything upcoming or open of one person, in seven statements."""
    of = {"person_id": person_id}
    return Account(
        bookings=_named(session, _AS_MEMBER, person_id, now),
        staffed=_named(session, _AS_ANALYST, person_id, now),
        dates_staffed=session.execute(_DATES_STAFFED, {**of, "now": now}).scalar_one(),
        enrolments=session.execute(_ENROLMENTS, of).scalar_one(),
        waitlist_places=session.execute(_PLACES, of).scalar_one(),
        sessions=session.execute(_SESSIONS, of).scalar_one(),
        tokens=session.execute(_TOKENS, of).scalar_one(),
    )


def _named(
    session: Session, statement: Select[Booking, str | None, str, str, str], person_id: int, now: datetime
) -> list[Upcoming]:
    rows = session.execute(statement, {"person_id": person_id, "now": now})
    return [
        Upcoming(booking.public_id, title or series, zone, booking.starts_at, booking.minutes, name)
        for booking, title, series, zone, name in rows
    ]
