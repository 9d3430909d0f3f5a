"""Say whether a member came."""

from __future__ import annotations

import uuid

from booking.domain import errors
from booking.domain.bookings import day_agenda
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import VisitOutcome
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.bookings.bookings import Booking
from booking.store.queries.bookings import booking_lookup


@transactional
def mark(context: ActionContext, booking_id: uuid.UUID, outcome: VisitOutcome | None) -> Booking:
    """Mark a booking `came` or `no-show` from its start; None takes the mark back.

    Its analyst and any coordinator may; the analyst changes a mark until the end of that day in their zone.
    What is marked so already stays as it is (a form sent twice). Nothing of it shows in a calendar.
    Raises NotFound (also for whose booking it is not), NotConfirmed, NotBegun, MarkStands; ValueError for any
    other text.
    """
    now = context.now
    if outcome is not None:
        outcome = VisitOutcome(outcome)
    booking, is_coordinator = booking_lookup.locked_for_staff(context.session, booking_id, context.actor)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if booking.outcome == outcome:
        return booking
    if now < booking.starts_at:
        raise errors.NotBegun()
    stands_from = day_agenda.stands_from(booking.starts_at, booking.analyst.time_zone or context.organisation.zone)
    if booking.outcome is not None and now >= stands_from and not is_coordinator:
        raise errors.MarkStands(stands_from)
    before, booking.outcome = booking.outcome, outcome
    action = AuditAction.UNMARKED if outcome is None else AuditAction(outcome)
    context.record(action, AuditSubject.BOOKING, booking.public_id, by=context.actor.staff_id, before=before)
    return booking
