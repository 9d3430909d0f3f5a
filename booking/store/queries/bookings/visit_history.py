"""Earlier visits: for the member who comes again, and for the analyst who sees them next."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, func, null, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import AnalystPreference
from booking.store.bookings.bookings import CAME, CONFIRMED, Booking
from booking.store.bookings.notes import Note
from booking.store.db.base import Id, UTCDateTime
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Series


@dataclass(frozen=True, slots=True)
class Before:
    """A visit that a member has had: with whom (a name), what about, what was agreed. `zone` is the series' own."""

    booking: uuid.UUID
    starts_at: datetime
    zone: str
    analyst: str
    analyst_public_id: uuid.UUID
    topic: str
    agreed: str


_BEFORE = (
    select(
        *in_field_order(
            Before,
            {
                "booking": Booking.public_id,
                "starts_at": Booking.starts_at,
                "zone": Series.zone,
                "analyst": Person.name,
                "analyst_public_id": Person.public_id.label("analyst_public_id"),
                "topic": Booking.topic,
                "agreed": func.coalesce(Note.agreed, "").label("agreed"),
            },
        )
    )
    .join(Occurrence, Occurrence.id == Booking.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .join(Person, Person.id == Booking.analyst_id)
    .outerjoin(Note, Note.booking_id == Booking.id)
    .where(Booking.status == CONFIRMED, or_(Booking.outcome.is_(None), Booking.outcome == CAME))
)


_OWN = _BEFORE.where(Booking.member_id == bindparam("member_id"))
_last = (
    _OWN.add_columns(Booking.analyst_id)
    .where(Booking.starts_at <= bindparam("now"))
    .order_by(Booking.starts_at.desc(), Booking.id.desc())
    .limit(1)
    .subquery()
)
#: The member's latest visit; and, with a count in place of one, how many bookings each analyst has that week.
_HISTORY = union_all(
    select(*_last.c, null().label("count")),
    select(*(null() for _ in fields(Before)), Booking.analyst_id, func.count())
    .where(
        Booking.analyst_id.in_(bindparam("analyst_ids", expanding=True)),
        Booking.status == CONFIRMED,
        Booking.starts_at >= bindparam("monday"),
        Booking.starts_at < bindparam("next_monday"),
    )
    .group_by(Booking.analyst_id),
)
_OF_BOOKING = _OWN.where(Booking.public_id == bindparam("public_id"))
_NOTE = (
    select(Note.private, Note.agreed)
    .join(Booking, Booking.id == Note.booking_id)
    .where(Booking.public_id == bindparam("public_id"))
)
_MEMBER = select(Person).where(Person.public_id == bindparam("public_id"))


@dataclass(frozen=True, slots=True)
class History:
    """A member's latest visit that has begun, None for who never came, and whom they get where any analyst will do."""

    last: Before | None
    preference: AnalystPreference


def history(
    session: Session, member_id: int, names: Mapping[int, str], week: tuple[datetime, datetime], now: datetime
) -> History:
    """The member's history, for a slot in that week with one of those analysts (names by internal id).

    One statement.
    """
    values = {
        "member_id": member_id,
        "now": now,
        "analyst_ids": list(names),
        "monday": week[0],
        "next_monday": week[1],
    }
    last, seen, booked = None, None, {}
    for *visit, analyst_id, count in session.connection().execute(_HISTORY, values):
        if count is None:
            last, seen = Before(*visit), analyst_id
        else:
            booked[analyst_id] = count
    return History(last, AnalystPreference(seen, booked, names))


def of_booking(session: Session, public_id: uuid.UUID, member_id: int) -> Before | None:
    """That visit, if it is this member's own."""
    values = {"public_id": public_id, "member_id": member_id}
    row = session.connection().execute(_OF_BOOKING, values).one_or_none()
    return None if row is None else Before(*row)


@dataclass(frozen=True, slots=True)
class EarlierVisit:
    """One visit of a member in the list that staff read: with whom, what about, what was agreed, how it was marked."""

    id: int
    public_id: uuid.UUID
    starts_at: datetime
    zone: str
    minutes: int
    analyst: str
    topic: str
    link: str
    agreed: str
    outcome: str | None

    @property
    def place(self) -> tuple[datetime, int]:
        """Returns its place in the list."""
        return self.starts_at, self.id


HISTORY = 10  # earlier visits on one page
_HERE = tuple_(Booking.starts_at, Booking.id)
_EARLIER = (
    select(
        *in_field_order(
            EarlierVisit,
            {
                "id": Booking.id,
                "public_id": Booking.public_id,
                "starts_at": Booking.starts_at,
                "zone": Series.zone,
                "minutes": Booking.minutes,
                "analyst": Person.name,
                "topic": Booking.topic,
                "link": Booking.link,
                "agreed": func.coalesce(Note.agreed, "").label("agreed"),
                "outcome": Booking.outcome,
            },
        )
    )
    .join(Occurrence, Occurrence.id == Booking.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .join(Person, Person.id == Booking.analyst_id)
    .outerjoin(Note, Note.booking_id == Booking.id)
    .where(
        Booking.member_id == bindparam("member_id"),
        Booking.status == CONFIRMED,
        tuple_(bindparam("before_at", type_=UTCDateTime()), bindparam("before_id", type_=Id)) > _HERE,
    )
    .order_by(Booking.starts_at.desc(), Booking.id.desc())
    .limit(HISTORY + 1)
)


def earlier(session: Session, member_id: int, before: tuple[datetime, int]) -> list[EarlierVisit]:
    """The member's visits before that place, latest first: one page and one more, in one statement."""
    values = {"member_id": member_id, "before_at": before[0], "before_id": before[1]}
    return [EarlierVisit(*row) for row in session.execute(_EARLIER, values)]


def note_of(session: Session, public_id: uuid.UUID) -> tuple[str, str]:
    """Returns the notes of a booking: the private one and what was agreed, both empty where there is none."""
    row = session.connection().execute(_NOTE, {"public_id": public_id}).one_or_none()
    return ("", "") if row is None else (row.private, row.agreed)


def member(session: Session, public_id: uuid.UUID) -> Person:
    """Returns the member of a visit, with all that analysts may be shown of them."""
    return session.scalars(_MEMBER, {"public_id": public_id}).one()
