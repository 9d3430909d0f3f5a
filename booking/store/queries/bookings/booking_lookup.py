"""Look one booking up for a service function, before it locks what it concerns."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.people import RoleName
from booking.domain.people.actor import Actor
from booking.store.bookings.bookings import Booking
from booking.store.db import locks
from booking.store.people.people import Person


def locked_for_member(session: Session, public_id: uuid.UUID, actor: Actor, *more_occurrence_ids: int) -> Booking:
    """As `locked`, for its member and whoever holds its signed link. NotFound for all others."""
    booking = locked(session, public_id, *more_occurrence_ids)
    if not actor.may_act_for(booking.member_id):
        raise errors.NotFound()
    return booking


def locked_for_staff(session: Session, public_id: uuid.UUID, actor: Actor) -> tuple[Booking, bool]:
    """As `locked`, for its analyst and for any coordinator; whether it is a coordinator. NotFound for all others."""
    booking = locked(session, public_id)
    person = session.get(Person, actor.staff_id)
    is_coordinator = person is not None and RoleName.COORDINATOR in person.role_names
    if not is_coordinator and booking.analyst_id != actor.staff_id:
        raise errors.NotFound()
    return booking, is_coordinator


_LOCKED = select(Booking.id, Booking.occurrence_id, Booking.member_id).where(
    Booking.public_id == bindparam("public_id")
)


def locked(session: Session, public_id: uuid.UUID, *more_occurrence_ids: int) -> Booking:
    """The booking, read afresh once its occurrence (and `more_occurrence_ids`) and its member are locked.

    Raises NotFound. A booking that moved to another occurrence in between is locked anew.
    """
    while True:
        seen = session.execute(_LOCKED, {"public_id": public_id}).one_or_none()
        if seen is None:
            raise errors.NotFound()
        locks.occurrences(session, {seen.occurrence_id, *more_occurrence_ids})
        locks.person(session, seen.member_id)
        booking = session.get_one(Booking, seen.id, populate_existing=True)
        if booking.occurrence_id == seen.occurrence_id:
            return booking
