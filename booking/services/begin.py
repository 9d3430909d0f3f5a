"""Start: the analyst turns to a member; their door opens, and the one before closes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.domain import errors, policy, turns
from booking.domain.organisation import Organisation
from booking.services.deed import deed
from booking.store import register
from booking.store.bookings import Booking
from booking.store.queries import bookings as queries
from booking.store.queries import turns as turn_queries

OVERRUN = timedelta(hours=1)  # how long after the hours somebody may still be let in


@deed
def begin(
    session: Session, booking_id: uuid.UUID, organisation: Organisation, now: datetime, *, actor_id: int
) -> Booking:
    """Note that the visit begins; who is in already stays in (a form sent twice), who was in may be called back.

    Its analyst and any coordinator may, from when its door opens until an hour after the occurrence. Nothing of it
    shows in a calendar. Raises NotFound (also for whose booking it is not), NotConfirmed, NotBegun, AlreadyOver.
    """
    booking, _ = queries.locked_for_staff(session, booking_id, actor_id)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    rules = organisation.policy_for(booking.occurrence.series.slug)
    if now < policy.door_opens_at(rules, booking.starts_at):
        raise errors.NotBegun()
    if now >= booking.occurrence.ends_at + OVERRUN:
        raise errors.AlreadyOver(booking.occurrence.ends_at)
    hours = turn_queries.of_hours(session, [booking.occurrence_id])[booking.occurrence_id, booking.analyst_id]
    running = turns.current(hours)
    if running is None or running.id != booking.id:
        booking.began_at = now
        register.write(session, "began", "booking", booking.public_id, now, actor_id=actor_id)
        session.flush()
    return booking
