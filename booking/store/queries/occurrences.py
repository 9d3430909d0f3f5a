"""What deeds and pages read of one occurrence, and what a member already holds."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, exists, func, null, or_, select, union_all
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.policy import Standing
from booking.domain.slots import Leaning
from booking.store.bookings import CAME, CONFIRMED, NO_SHOW, Booking
from booking.store.people import Person, Role
from booking.store.programme import Occurrence
from booking.store.waiting import Waiting


def occurrence_id(session: Session, public_id: uuid.UUID) -> int:
    """The internal id; raises NotFound."""
    found = session.execute(select(Occurrence.id).where(Occurrence.public_id == public_id)).scalar_one_or_none()
    if found is None:
        raise errors.NotFound()
    return found


def with_public_id(session: Session, public_id: uuid.UUID) -> Occurrence | None:
    """The occurrence of that id, or None."""
    return session.scalars(select(Occurrence).where(Occurrence.public_id == public_id)).one_or_none()


_MINE = (
    (Booking.member_id == bindparam("member_id")) & (Booking.status == CONFIRMED) & (Booking.id != bindparam("moving"))
)
_STANDING = select(
    exists().where(Role.person_id == Person.id, Role.role == "member"),
    Person.closed_at,
    Person.member_until,
    select(func.count()).select_from(Booking).where(_MINE, Booking.starts_at > bindparam("now")).scalar_subquery(),
    select(func.count())
    .select_from(Booking)
    .where(_MINE, Booking.occurrence_id == bindparam("occurrence_id"))
    .scalar_subquery(),
    select(func.count())
    .select_from(Booking)
    .where(_MINE, Booking.starts_at >= bindparam("monday"), Booking.starts_at < bindparam("next_monday"))
    .scalar_subquery(),
    select(func.count())
    .select_from(Booking)
    .where(_MINE, Booking.outcome == NO_SHOW, Booking.starts_at >= bindparam("since"))
    .scalar_subquery(),
    exists().where(
        Waiting.occurrence_id == bindparam("occurrence_id"),
        Waiting.member_id == bindparam("member_id"),
        Waiting.ended_at.is_(None),
    ),
).where(Person.id == bindparam("member_id"))


def standing(
    session: Session,
    occurrence_id: int,
    member_id: int,
    now: datetime,
    week: tuple[datetime, datetime],
    no_shows_since: datetime,
    moving: int | None = None,
) -> Standing:
    """What the member holds at `now`, the booking `moving` (an internal id) not counted: one statement."""
    values = {
        "occurrence_id": occurrence_id,
        "member_id": member_id,
        "now": now,
        "moving": moving or 0,
        "monday": week[0],
        "next_monday": week[1],
        "since": no_shows_since,
    }
    row = session.connection().execute(_STANDING, values).one_or_none()
    if row is None:
        raise errors.NotFound()
    return Standing(bool(row[0]) and row[1] is None, row[2], row[3], row[4], row[5], row[6], bool(row[7]))


_LAST_SEEN = (
    select(Booking.analyst_id)
    .where(
        Booking.member_id == bindparam("member_id"),
        Booking.status == CONFIRMED,
        Booking.starts_at < bindparam("now"),
        or_(Booking.outcome.is_(None), Booking.outcome == CAME),
    )
    .order_by(Booking.starts_at.desc(), Booking.id.desc())
    .limit(1)
)
_BOOKED = (
    select(Booking.analyst_id, func.count())
    .where(
        Booking.analyst_id.in_(bindparam("analyst_ids", expanding=True)),
        Booking.status == CONFIRMED,
        Booking.starts_at >= bindparam("monday"),
        Booking.starts_at < bindparam("next_monday"),
    )
    .group_by(Booking.analyst_id)
)


_last_seen = _LAST_SEEN.subquery()
#: How many bookings each has; and, with no count, who was seen last.
_LEANING = union_all(_BOOKED, select(_last_seen.c.analyst_id, null()))


def leaning(
    session: Session, member_id: int, names: Mapping[int, str], week: tuple[datetime, datetime], now: datetime
) -> Leaning:
    """What decides between those analysts for a member who takes anyone: one statement."""
    values = {
        "member_id": member_id,
        "now": now,
        "analyst_ids": list(names),
        "monday": week[0],
        "next_monday": week[1],
    }
    seen, booked = None, {}
    for analyst_id, count in session.connection().execute(_LEANING, values):
        if count is None:
            seen = analyst_id
        else:
            booked[analyst_id] = count
    return Leaning(seen, booked, names)
