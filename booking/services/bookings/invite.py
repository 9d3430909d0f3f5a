"""Send an invitation for one booking that would reach its member's calendar by their own address only."""

from __future__ import annotations

import uuid

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.queries.bookings import booking_lookup


@transactional
def invite(context: ActionContext, booking_id: uuid.UUID) -> Booking:
    """Invite the member to a booking that was born without an invitation; its moves and its end then carry one too.

    What comes by itself reaches a calendar one way. This is asked for by hand, and the exception: the calendar that
    fetches shows the booking twice. Nothing of the booking changes, so SEQUENCE stays. Twice is once.
    Raises NotFound, NotConfirmed, AlreadyStarted.
    """
    session, now = context.session, context.now
    booking = booking_lookup.locked_for_member(session, booking_id, context.actor)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    if booking.is_invited:
        return booking
    booking.is_invited = True
    session.flush()
    told = email_facts.booking_facts(session, booking)
    emails.enqueue(
        session,
        EmailName.INVITATION,
        booking.member.email,
        told,
        now,
        person_id=booking.member_id,
        booking_id=booking.id,
    )
    context.record(
        AuditAction.INVITED, AuditSubject.BOOKING, booking.public_id, by=context.actor.recorded(booking.member_id)
    )
    return booking
