"""What deeds and pages read of one occurrence, and what a member already holds."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import exists, func, select
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


def standing(
    session: Session, occurrence_id: int, member_id: int, now: datetime, moving: int | None = None
) -> Standing:
    """What the member holds at `now`, the booking `moving` (an internal id) not counted: one statement."""
    mine = (Booking.member_id == member_id) & (Booking.status == CONFIRMED)
    if moving is not None:
        mine &= Booking.id != moving
    upcoming = select(func.count()).select_from(Booking).where(mine, Booking.starts_at > now).scalar_subquery()
    here = select(func.count()).select_from(Booking).where(mine, Booking.occurrence_id == occurrence_id)
    is_member = exists().where(Role.person_id == Person.id, Role.role == "member")
    row = session.execute(
        select(is_member, Person.closed_at, Person.member_until, upcoming, here.scalar_subquery()).where(
            Person.id == member_id
        )
    ).one_or_none()
    if row is None:
        raise errors.NotFound()
    return Standing(bool(row[0]) and row[1] is None, row[2], row[3], row[4])
