"""Edit what a booking is about, until it starts."""

from __future__ import annotations

import uuid

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.bookings import bookings
from booking.store.bookings.bookings import Booking
from booking.store.queries.bookings import booking_lookup


@transactional
def edit_brief(
    context: ActionContext, booking_id: uuid.UUID, *, topic: str | None = None, link: str | None = None
) -> Booking:
    """Change topic or link (None leaves it); calendars see it. Nothing new changes nothing.

    Raises NotFound, NotConfirmed, AlreadyStarted, TextNotAccepted.
    """
    session, now = context.session, context.now
    new_topic = None if topic is None else topics.clean_topic(topic)
    new_link = None if link is None else topics.clean_link(link)
    booking = booking_lookup.locked_for_member(session, booking_id, context.actor)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    wanted = (booking.topic if new_topic is None else new_topic, booking.link if new_link is None else new_link)
    if wanted == (booking.topic, booking.link):
        return booking
    booking.topic, booking.link = wanted
    bookings.revise(booking, now)
    context.record(
        AuditAction.BRIEF_EDITED, AuditSubject.BOOKING, booking.public_id, by=context.actor.recorded(booking.member_id)
    )
    session.flush()
    return booking
