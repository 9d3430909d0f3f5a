"""Say whether a member came."""

from __future__ import annotations

import uuid

from booking.domain import errors
from booking.domain.bookings import day_agenda, topics
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import VisitOutcome
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.bookings.bookings import Booking
from booking.store.queries.bookings import booking_lookup

REASON = 500


@transactional
def mark(context: ActionContext, booking_id: uuid.UUID, outcome: VisitOutcome | None, reason: str = "") -> Booking:
    """Mark a booking `came` or `no-show` from its start; None takes the mark back.

    Its analyst and any coordinator may, on its day and later; the audit log has what it was before, whether it was
    corrected after its day (in the analyst's zone), and the reason. What is marked so already stays as it is (a form
    sent twice). Nothing of it shows in a calendar.
    Raises NotFound (also for whose booking it is not), NotConfirmed, NotBegun, TextNotAccepted; ValueError for any
    other text.
    """
    now = context.now
    if outcome is not None:
        outcome = VisitOutcome(outcome)
    why = topics.clean_line("reason", reason, REASON)
    booking, _ = booking_lookup.locked_for_staff(context.session, booking_id, context.actor)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if booking.outcome == outcome:
        return booking
    if now < booking.starts_at:
        raise errors.NotBegun()
    day_ends_at = day_agenda.day_ends_at(booking.starts_at, booking.analyst.time_zone or context.organisation.zone)
    details: dict[str, object] = {"before": booking.outcome}
    if booking.outcome is not None and now >= day_ends_at:
        details["corrected"] = True
    if why:
        details["reason"] = why
    booking.outcome = outcome
    action = AuditAction.UNMARKED if outcome is None else AuditAction(outcome)
    context.record(action, AuditSubject.BOOKING, booking.public_id, by=context.actor.staff_id, **details)
    return booking
