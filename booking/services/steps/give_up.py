"""A booking is given up: the one place in which that happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import CancelledBy
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.services.steps.serve import serve
from booking.store.bookings import bookings, claims, offers, reminders
from booking.store.bookings.bookings import CANCELLED, Booking
from booking.store.outbox import email_facts, emails


@dataclass(frozen=True, slots=True)
class Ending:
    """How a booking ends. `reason` is for the member's email.

    `action` and `actor_id` are for the audit log: what was done, and by whom (None for the service itself).
    """

    by: CancelledBy
    reason: str = ""
    is_late: bool = False
    action: AuditAction = AuditAction.CANCELLED
    actor_id: int | None = field(kw_only=True)


def give_up(context: ActionContext, booking: Booking, ending: Ending, *, together: bool = False) -> None:
    """Cancel the booking: free its quarters and what is offered instead of it, tell its member, serve the waitlist.

    The caller has locked its occurrence and its member, and has checked that it may end. `together`: it is one of
    several things done at once, and the caller sends each member one email about all of them, then serves the waitlist.
    """
    session, now = context.session, context.now
    claims.release(session, [booking.id])
    offers.end_instead_of(session, booking.id, now)
    reminders.drop(session, [booking.id])
    booking.status, booking.cancelled_at, booking.cancelled_by = CANCELLED, now, ending.by
    booking.is_late, booking.reason = ending.is_late, ending.reason
    bookings.revise(booking, now)
    session.flush()
    details = {"is_late": ending.is_late} if ending.by == CancelledBy.MEMBER else {"reason": ending.reason}
    at = email_facts.stamp(booking.starts_at)
    context.record(ending.action, AuditSubject.BOOKING, booking.public_id, by=ending.actor_id, starts_at=at, **details)
    if together:
        return
    name = EmailName.CANCELLED if ending.by == CancelledBy.MEMBER else EmailName.CANCELLED_BY_US
    told = email_facts.booking_facts(session, booking, **details)
    emails.enqueue(session, name, booking.member.email, told, now, person_id=booking.member_id, booking_id=booking.id)
    serve(context, [booking.occurrence_id], (booking.occurrence_id, booking.slot))


def confirm_cancelled(booking: Booking, now: datetime) -> None:
    """Note that somebody asked to cancel a booking that is cancelled already; idempotent for them.

    A publish may have cancelled it. Its undo would bring the booking back, so it is refused from here on: undo compares
    `cancelled_at` with the time of the publish.
    """
    if booking.cancelled_by == CancelledBy.STAFF:
        booking.cancelled_at = now
