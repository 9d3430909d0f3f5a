"""Edit what a booking is about, until it starts."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.people.actor import Actor
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.bookings import bookings
from booking.store.bookings.bookings import Booking
from booking.store.queries.bookings import booking_lookup


@transactional
def edit_brief(
    session: Session,
    booking_id: uuid.UUID,
    now: datetime,
    *,
    actor: Actor,
    topic: str | None = None,
    link: str | None = None,
) -> Booking:
    """Change topic or link (None leaves it); calendars see it. Nothing new changes nothing.

    Raises NotFound, NotConfirmed, AlreadyStarted, TextNotAccepted.
    """
    new_topic = None if topic is None else topics.clean_topic(topic)
    new_link = None if link is None else topics.clean_link(link)
    booking = booking_lookup.locked_for_member(session, booking_id, actor)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    wanted = (booking.topic if new_topic is None else new_topic, booking.link if new_link is None else new_link)
    if wanted == (booking.topic, booking.link):
        return booking
    booking.topic, booking.link = wanted
    bookings.revise(booking, now)
    audit_log.write(
        session,
        AuditAction.BRIEF_EDITED,
        AuditSubject.BOOKING,
        booking.public_id,
        now,
        actor_id=actor.recorded(booking.member_id),
    )
    session.flush()
    return booking
