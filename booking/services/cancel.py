"""Give up a booking."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors, policy
from booking.domain.organisation import Organisation
from booking.services.deed import deed
from booking.store import bookings, claims, facts, letters, offers, register, reminders
from booking.store.bookings import CANCELLED, Booking
from booking.store.queries import bookings as queries


@deed
def cancel(
    session: Session,
    booking_id: uuid.UUID,
    organisation: Organisation,
    now: datetime,
    *,
    member_id: int | None = None,
    actor_id: int | None = None,
) -> Booking:
    """Cancel a member's own booking until it starts; its quarters are free at once.

    `member_id` is whose it must be, None for whoever holds its manage address. Within the policy's
    `late_minutes` it is marked late. A booking that is cancelled already stays as it is (a form sent twice).
    Raises NotFound, AlreadyStarted.
    """
    booking = queries.locked_for_member(session, booking_id, member_id)
    if booking.is_cancelled:
        return booking
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    rules = organisation.policy_for(booking.occurrence.series.slug)
    claims.release(session, [booking.id])
    reminders.drop(session, [booking.id])
    booking.status = CANCELLED
    booking.cancelled_at = now
    booking.cancelled_by = "member"
    booking.is_late = policy.is_late(rules, booking.starts_at, now)
    bookings.revise(booking, now)
    session.flush()
    told = facts.booking_facts(session, booking, is_late=booking.is_late)
    letters.enqueue(
        session, "cancelled", booking.member.email, told, now, person_id=booking.member_id, booking_id=booking.id
    )
    register.write(
        session,
        "cancelled",
        "booking",
        booking.public_id,
        now,
        actor_id=actor_id or booking.member_id,
        is_late=booking.is_late,
    )
    offers.pass_on(session, booking.occurrence_id, organisation, now, [booking.slot])
    return booking
