"""Give up a booking."""

from __future__ import annotations

import uuid

from booking.domain import errors
from booking.domain.bookings import policy
from booking.domain.enums.bookings import CancelledBy
from booking.services.action_context import ActionContext
from booking.services.steps.give_up import Ending, confirm_cancelled, give_up
from booking.services.transaction import transactional
from booking.store.bookings.bookings import Booking
from booking.store.queries.bookings import booking_lookup


@transactional
def cancel(context: ActionContext, booking_id: uuid.UUID) -> Booking:
    """Cancel a member's own booking until it starts; its quarters are free at once.

    Within the policy's `late_minutes` it is marked late. A booking that is cancelled already stays as it is (a form
    sent twice). Raises NotFound, AlreadyStarted.
    """
    now = context.now
    booking = booking_lookup.locked_for_member(context.session, booking_id, context.actor)
    if booking.is_cancelled:
        confirm_cancelled(booking, now)
        return booking
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    rules = context.organisation.policy_for(booking.occurrence.series.slug)
    is_late = policy.is_late(rules, booking.starts_at, now)
    ending = Ending(CancelledBy.MEMBER, is_late=is_late, actor_id=context.actor.recorded(booking.member_id))
    give_up(context, booking, ending)
    return booking
