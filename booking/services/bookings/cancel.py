"""Give up a booking."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import policy
from booking.domain.enums.bookings import CancelledBy
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.services.steps.give_up import Ending, confirm_cancelled, give_up
from booking.services.transaction import transactional
from booking.store.bookings.bookings import Booking
from booking.store.queries.bookings import booking_lookup


@transactional
def cancel(
    session: Session,
    booking_id: uuid.UUID,
    organisation: Organisation,
    now: datetime,
    *,
    actor: Actor,
) -> Booking:
    """Cancel a member's own booking until it starts; its quarters are free at once.

    Within the policy's `late_minutes` it is marked late. A booking that is cancelled already stays as it is (a form
    sent twice). Raises NotFound, AlreadyStarted.
    """
    booking = booking_lookup.locked_for_member(session, booking_id, actor)
    if booking.is_cancelled:
        confirm_cancelled(booking, now)
        return booking
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    rules = organisation.policy_for(booking.occurrence.series.slug)
    is_late = policy.is_late(rules, booking.starts_at, now)
    ending = Ending(CancelledBy.MEMBER, is_late=is_late, actor_id=actor.recorded(booking.member_id))
    give_up(session, booking, ending, organisation, now)
    return booking
