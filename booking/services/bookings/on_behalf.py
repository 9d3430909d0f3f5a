"""Act for members: cancel, hand over, lengthen, book. Until it is over, with a reason, and always with an email."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, exists, select

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.bookings.lengths import GRID_MINUTES
from booking.domain.bookings.slots import QUARTER, Slot
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import CancelledBy, VisitOutcome
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.services.bookings.book import BookingRequest, pick, why_not
from booking.services.bookings.move import is_there
from booking.services.steps import pass_on
from booking.services.steps.give_up import Ending, confirm_cancelled, give_up
from booking.services.steps.put import put
from booking.services.steps.serve import serve
from booking.services.steps.tell_colleagues import tell_colleagues
from booking.services.transaction import transactional
from booking.store.bookings import bookings, claims, offers, reminders
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.outbox.email_facts import Was
from booking.store.people.people import Person
from booking.store.programme.programme import Roster
from booking.store.queries.bookings import booking_lookup
from booking.store.queries.people import commitments
from booking.store.queries.programme import occurrence_lookup

REASON = 500


@transactional
def cancel_for(context: ActionContext, booking_id: uuid.UUID, reason: str) -> Booking:
    """Cancel a member's booking that is not over and that nobody has marked; they get the reason. Twice is once.

    Raises NotFound, AlreadyOver, AlreadyMarked, TextNotAccepted.
    """
    now = context.now
    why = topics.clean_line("reason", reason, REASON)
    booking = booking_lookup.locked(context.session, booking_id)
    if booking.is_cancelled:
        confirm_cancelled(booking, now)
        return booking
    if now >= booking.ends_at:
        raise errors.AlreadyOver(booking.ends_at)
    _check_unmarked(booking)
    give_up(context, booking, Ending(CancelledBy.STAFF, why, actor_id=context.actor.staff_id))
    return booking


_IS_THERE = select(
    exists().where(
        Roster.occurrence_id == bindparam("occurrence_id"),
        Roster.analyst_id == bindparam("colleague_id"),
        Roster.is_away.is_(False),
    )
)
_COLLEAGUE = select(Person).where(Person.public_id == bindparam("analyst"))


@transactional
def hand_over(context: ActionContext, booking_id: uuid.UUID, analyst: uuid.UUID, reason: str) -> Booking:
    """Give a booking to a colleague of the same roster, at the same time; its member is told.

    Raises NotFound, NotConfirmed, AlreadyOver, AlreadyMarked, NotOnRoster, SlotTaken, TextNotAccepted.
    """
    session = context.session
    why = topics.clean_line("reason", reason, REASON)
    booking = _standing(context, booking_id)
    _check_unmarked(booking)
    colleague = session.scalars(_COLLEAGUE, {"analyst": analyst}).one_or_none()
    if colleague is None:
        raise errors.NotOnRoster()
    if colleague.id == booking.analyst_id:
        return booking
    if not session.scalar(_IS_THERE, {"occurrence_id": booking.occurrence_id, "colleague_id": colleague.id}):
        raise errors.NotOnRoster()
    pass_on.lapse_due_offers(context, booking.occurrence_id)
    was, freed = Was.of(booking), booking.slot
    if colleague.id == booking.member_id or commitments.is_engaged(session, colleague.id, context.organisation, freed):
        raise errors.SlotTaken()
    slot = Slot(colleague.id, booking.starts_at, booking.minutes)
    left = put(context, booking, booking.occurrence_id, slot)
    _moved(context, booking, was, why)
    tell_colleagues(context, [booking], was.analyst)
    context.record(
        AuditAction.HANDED_OVER, AuditSubject.BOOKING, booking.public_id, by=context.actor.staff_id, to=colleague.name
    )
    serve(context, [booking.occurrence_id], left)
    return booking


@transactional
def move_for(context: ActionContext, booking_id: uuid.UUID, request: BookingRequest, reason: str) -> Booking:
    """Move a booking that is not over and not marked to any free slot that is still ahead; its member gets the reason.

    Neither notice, horizon nor the member's limits count; where a limit is passed the audit log says so. A move to
    where it is changes nothing. Raises NotFound, NotConfirmed, AlreadyOver, AlreadyMarked, SlotTaken, TooLate and the
    like.
    """
    session, now = context.session, context.now
    why = topics.clean_line("reason", reason, REASON)
    target_id = occurrence_lookup.occurrence_id(session, request.occurrence)
    booking = booking_lookup.locked(session, booking_id, target_id)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if now >= booking.ends_at:
        raise errors.AlreadyOver(booking.ends_at)
    _check_unmarked(booking)
    if is_there(booking, request):
        return booking
    member_id = booking.member_id
    open_to_staff = replace(context, organisation=context.organisation.for_staff())
    picked = pick(open_to_staff, request, member_id, moving=booking)
    refusal = why_not(context, member_id, picked, booking.id)
    if refusal is not None and not isinstance(refusal, errors.LimitReached):
        raise refusal
    was = Was.of(booking)
    offers.end_held(session, picked.found, picked.slot, member_id, now)
    left = put(context, booking, target_id, picked.slot)
    _moved(context, booking, was, why)
    more = {"was_at": email_facts.stamp(was.starts_at), "starts_at": email_facts.stamp(picked.slot.starts_at)}
    if refusal is not None:
        more["limit_passed"] = refusal.scope
    context.record(
        AuditAction.MOVED, AuditSubject.BOOKING, booking.public_id, by=context.actor.staff_id, reason=why, **more
    )
    reminders.plan(session, [booking.id], context.organisation, now)
    serve(context, [left[0], target_id], left)
    return booking


@transactional
def lengthen(context: ActionContext, booking_id: uuid.UUID) -> Booking:
    """Extend it by one step of the grid, whichever lengths are offered, where that is free and inside the hours.

    Raises NotFound, NotConfirmed, AlreadyOver, OutsideHours, SlotTaken.
    """
    session, now = context.session, context.now
    booking = _standing(context, booking_id)
    was, end = Was.of(booking), booking.ends_at + QUARTER
    if end > booking.occurrence.ends_at:
        raise errors.OutsideHours()
    pass_on.lapse_due_offers(context, booking.occurrence_id)
    more = Slot(booking.analyst_id, booking.ends_at, GRID_MINUTES)
    if commitments.is_engaged(session, more.analyst_id, context.organisation, more):
        raise errors.SlotTaken()
    offers.give_way(session, more, booking.member_id, now, to=[booking.member_id])
    claims.take(session, more, booking.member_id, booking.id)
    booking.ends_at, booking.minutes = end, booking.minutes + GRID_MINUTES
    bookings.revise(booking, now)
    session.flush()
    _moved(context, booking, was, "")
    context.record(AuditAction.LENGTHENED, AuditSubject.BOOKING, booking.public_id, by=context.actor.staff_id)
    return booking


def _standing(context: ActionContext, booking_id: uuid.UUID) -> Booking:
    booking = booking_lookup.locked(context.session, booking_id)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if context.now >= booking.ends_at:
        raise errors.AlreadyOver(booking.ends_at)
    return booking


def _check_unmarked(booking: Booking) -> None:
    """Raises if the booking is marked as attended or missed: the mark is taken back first."""
    if booking.outcome is not None:
        raise errors.AlreadyMarked(VisitOutcome(booking.outcome))


def _moved(context: ActionContext, booking: Booking, was: Was, reason: str) -> None:
    _tell(context, EmailName.MOVED_BY_US, booking, **was.facts, reason=reason, may_wait=False)


def _tell(context: ActionContext, name: EmailName, booking: Booking, **more: Any) -> None:
    session = context.session
    told = email_facts.booking_facts(session, booking, **more)
    emails.enqueue(
        session, name, booking.member.email, told, context.now, person_id=booking.member_id, booking_id=booking.id
    )
