"""The holdings of an account: read before it is closed, changed or merged, and for the page of one person."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from booking.domain.people import email_addresses
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.people.api_tokens import ApiToken
from booking.store.people.people import Person
from booking.store.people.sessions import UserSession
from booking.store.programme.enrolments import Enrolment
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


def with_public_id(session: Session, public_id: uuid.UUID) -> Person | None:
    """Anybody by public id, also with a closed account."""
    return session.scalars(select(Person).where(Person.public_id == public_id)).one_or_none()


def with_email(session: Session, email: str) -> Person | None:
    """Returns the person with that address, also with a closed account."""
    return session.scalars(select(Person).where(Person.email_key == email_addresses.key(email))).one_or_none()


def ids_matching(session: Session, text: str, most: int) -> list[int]:
    """The ids of those whom the list of people finds for that text, at most so many; one statement."""
    return people_list.ids(session, PeopleFilter(text), None, most)


def upcoming_bookings(session: Session, member_id: int, now: datetime) -> list[Booking]:
    """The member's confirmed bookings that have not begun, earliest first."""
    wanted = select(Booking).where(Booking.member_id == member_id, Booking.status == CONFIRMED, Booking.starts_at > now)
    return list(
        session.scalars(wanted.order_by(Booking.starts_at, Booking.id).execution_options(populate_existing=True))
    )


def staffed_bookings(session: Session, analyst_id: int, now: datetime) -> list[Booking]:
    """Members' confirmed bookings with that analyst that have not begun, earliest first."""
    wanted = select(Booking).where(
        Booking.analyst_id == analyst_id, Booking.status == CONFIRMED, Booking.starts_at > now
    )
    return list(
        session.scalars(wanted.order_by(Booking.starts_at, Booking.id).execution_options(populate_existing=True))
    )


def booked_with(session: Session, analyst_ids: Collection[int], now: datetime) -> set[int]:
    """The members who have a confirmed booking, not over yet, with any of these analysts."""
    wanted = select(Booking.member_id).where(
        Booking.analyst_id.in_(analyst_ids), Booking.status == CONFIRMED, Booking.ends_at > now
    )
    return set(session.scalars(wanted)) if analyst_ids else set()


def with_ids(session: Session, ids: Collection[int]) -> list[Person]:
    """These people, ascending by id, as they are stored now."""
    wanted = select(Person).where(Person.id.in_(ids)).order_by(Person.id).execution_options(populate_existing=True)
    return list(session.scalars(wanted)) if ids else []


def waitlist_places(session: Session, member_id: int) -> list[WaitlistEntry]:
    """The member's open places on waitlists."""
    wanted = select(WaitlistEntry).where(WaitlistEntry.member_id == member_id, WaitlistEntry.ended_at.is_(None))
    return list(session.scalars(wanted.order_by(WaitlistEntry.id).execution_options(populate_existing=True)))


def open_enrolments(session: Session, member_id: int) -> list[Enrolment]:
    """The member's places in labs and masterclasses, past dates included."""
    wanted = select(Enrolment).where(Enrolment.member_id == member_id, Enrolment.left_at.is_(None))
    return list(session.scalars(wanted.order_by(Enrolment.id).execution_options(populate_existing=True)))


def occurrences_held(session: Session, member_id: int, now: datetime) -> set[int]:
    """The occurrences in which the member has an upcoming booking or waits, to be locked first."""
    booked = {booking.occurrence_id for booking in upcoming_bookings(session, member_id, now)}
    return booked | {place.occurrence_id for place in waitlist_places(session, member_id)}


def account(session: Session, person_id: int, now: datetime) -> Account:
    """Everything upcoming or open of one person, in seven statements."""
    return Account(
        bookings=_named(session, Booking.member_id, Booking.analyst_id, person_id, now),
        staffed=_named(session, Booking.analyst_id, Booking.member_id, person_id, now),
        dates_staffed=_count(
            session,
            select(func.count())
            .select_from(Roster)
            .join(Occurrence)
            .where(
                Roster.analyst_id == person_id,
                Roster.is_away.is_(False),
                Occurrence.starts_at > now,
                Occurrence.status == SCHEDULED,
            ),
        ),
        enrolments=_count(
            session,
            select(func.count()).where(Enrolment.member_id == person_id, Enrolment.left_at.is_(None)),
        ),
        waitlist_places=_count(
            session, select(func.count()).where(WaitlistEntry.member_id == person_id, WaitlistEntry.ended_at.is_(None))
        ),
        sessions=_count(
            session, select(func.count()).where(UserSession.person_id == person_id, UserSession.ended_at.is_(None))
        ),
        tokens=_count(
            session, select(func.count()).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
        ),
    )


def _count(session: Session, statement: Select[int]) -> int:
    return session.scalar(statement) or 0


def _named(
    session: Session, own: InstrumentedAttribute[int], others: InstrumentedAttribute[int], person_id: int, now: datetime
) -> list[Upcoming]:
    other = aliased(Person)
    rows = session.execute(
        select(Booking, Occurrence.title, Series.title, Series.zone, other.name)
        .join(Occurrence, Occurrence.id == Booking.occurrence_id)
        .join(Series, Series.id == Occurrence.series_id)
        .join(other, other.id == others)
        .where(
            own == person_id,
            Booking.status == CONFIRMED,
            Booking.starts_at > now,
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    return [
        Upcoming(booking.public_id, title or series, zone, booking.starts_at, booking.minutes, name)
        for booking, title, series, zone, name in rows
    ]
