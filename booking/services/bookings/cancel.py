"""Give up a booking."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import policy
from booking.domain.organisation import Organisation
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
    member_id: int | None = None,
    actor_id: int | None = None,
) -> Booking:
    """Cancel a member's own booking until it starts; its quarters are free at once.

    `member_id` is whose it must be, None for whoever holds its manage address. Within the policy's
    `late_minutes` it is marked late. A booking that is cancelled already stays as it is (a form sent twice).
    Raises NotFound, AlreadyStarted.
    """
    booking = booking_lookup.locked_for_member(session, booking_id, member_id)
    if booking.is_cancelled:
        confirm_cancelled(booking, now)
        return booking
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    rules = organisation.policy_for(booking.occurrence.series.slug)
    is_late = policy.is_late(rules, booking.starts_at, now)
    ending = Ending("member", is_late=is_late, actor_id=actor_id or booking.member_id)
    give_up(session, booking, ending, organisation, now)
    return booking
