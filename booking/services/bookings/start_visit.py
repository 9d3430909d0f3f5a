"""A visit begins: its analyst presses Start, or its member goes in by the join link."""

from __future__ import annotations

import uuid
from datetime import timedelta

from booking.domain import errors
from booking.domain.bookings import join_links, policy, running_order
from booking.domain.bookings.join_links import Showing
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import VisitOutcome
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.bookings.bookings import Booking
from booking.store.queries.bookings import booking_lookup, visit_queue
from booking.store.queries.programme import join_info

OVERRUN = timedelta(hours=1)  # how long after the hours somebody may still be let in


@transactional
def begin(context: ActionContext, booking_id: uuid.UUID) -> Booking:
    """Note that the visit begins; who is in already stays in (a form sent twice), who was in may be called back.

    Its analyst and any coordinator may, from when its join link opens until an hour after the occurrence. Nothing of it
    shows in a calendar. Raises NotFound (also for whose booking it is not), NotConfirmed, NotBegun, AlreadyOver,
    AlreadyMarked.
    """
    session, now = context.session, context.now
    booking, _ = booking_lookup.locked_for_staff(session, booking_id, context.actor)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    rules = context.organisation.policy_for(booking.occurrence.series.slug)
    if now < policy.join_opens_at(rules, booking.starts_at):
        raise errors.NotBegun()
    if now >= booking.occurrence.ends_at + OVERRUN:
        raise errors.AlreadyOver(booking.occurrence.ends_at)
    if booking.outcome is not None:
        raise errors.AlreadyMarked(VisitOutcome(booking.outcome))
    hours = visit_queue.of_hours(session, [booking.occurrence_id])[booking.occurrence_id, booking.analyst_id]
    running = running_order.current(hours, booking.occurrence.ends_at, now)
    if running is None or running.turn.id != booking.id:
        booking.began_at = now
        context.record(AuditAction.BEGAN, AuditSubject.BOOKING, booking.public_id, by=context.actor.staff_id)
        session.flush()
    return booking


@transactional
def enter(context: ActionContext, booking_id: uuid.UUID) -> str | None:
    """Note that the booking's member goes in; the meeting link, None where nobody has set one.

    After somebody's Start this ends their visit, as Start would: see `turns.latest`. Going in again while one is in
    changes nothing. Raises NotFound, NotConfirmed, NotBegun (its time has not come, or the member before is still
    in), AlreadyOver.
    """
    session, now = context.session, context.now
    booking = booking_lookup.locked(session, booking_id)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    found = join_info.of_booking(session, booking_id, now)
    if found is None or found.turn is None:
        raise errors.NotFound()
    closes_at = booking.occurrence.ends_at
    rules = context.organisation.policy_for(booking.occurrence.series.slug)
    opens_at = policy.join_opens_at(rules, booking.starts_at)
    one = running_order.join_link(found.turn, found.turns, opens_at, closes_at, found.busy_until)
    showing = join_links.showing(one, now)
    if showing is Showing.OVER:
        raise errors.AlreadyOver(one.ends_at)
    if showing is not Showing.OPEN:
        raise errors.NotBegun()
    running = running_order.current(found.turns, closes_at, now)
    if running is None or running.turn.id != booking.id:
        booking.entered_at = now
        context.record(AuditAction.ENTERED, AuditSubject.BOOKING, booking.public_id, by=booking.member_id)
        session.flush()
    return found.meeting_url
