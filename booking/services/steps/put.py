"""A booking goes to another slot: the one place in which its quarters move."""

from __future__ import annotations

from booking.domain.bookings.slots import Slot
from booking.services.action_context import ActionContext
from booking.store.bookings import bookings, claims, offers
from booking.store.bookings.bookings import Booking


def put(context: ActionContext, booking: Booking, occurrence_id: int, slot: Slot) -> tuple[int, Slot]:
    """Give up the booking's quarters, and what is offered instead of it, and claim those of `slot`.

    Answers where it was, for `serve`. Raises IntegrityError where a quarter is owned by something else.
    """
    session, now = context.session, context.now
    was = (booking.occurrence_id, booking.slot)
    claims.release(session, [booking.id])
    offers.end_instead_of(session, booking.id, now)
    bookings.move(session, booking, occurrence_id, slot, now)
    claims.take(session, slot, booking.member_id, booking.id)
    return was
