"""What deeds and pages read of one occurrence, and what a member already holds."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.policy import Standing
from booking.store.bookings import CONFIRMED, Booking
from booking.store.people import Person, Role
from booking.store.programme import Occurrence


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
).where(Person.id == bindparam("member_id"))


def standing(
    session: Session, occurrence_id: int, member_id: int, now: datetime, moving: int | None = None
) -> Standing:
    """What the member holds at `now`, the booking `moving` (an internal id) not counted: one statement."""
    values = {"occurrence_id": occurrence_id, "member_id": member_id, "now": now, "moving": moving or 0}
    row = session.execute(_STANDING, values).one_or_none()
    if row is None:
        raise errors.NotFound()
    return Standing(bool(row[0]) and row[1] is None, row[2], row[3], row[4])
