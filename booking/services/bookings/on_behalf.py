"""Act for members: cancel, hand over, lengthen, book. Until it is over, with a reason, and always with an email."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.bookings.lengths import GRID_MINUTES
from booking.domain.bookings.slots import QUARTER, Slot
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import CancelledBy, VisitOutcome
from booking.domain.enums.emails import EmailName
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.services.bookings.book import BookingRequest, RequestedStart, pick, why_not
from booking.services.bookings.move import is_there
from booking.services.steps import pass_on
from booking.services.steps.give_up import Ending, confirm_cancelled, give_up
from booking.services.steps.put import put
from booking.services.steps.serve import serve
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.bookings import bookings, claims, offers, reminders
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Roster
from booking.store.queries.bookings import booking_lookup
from booking.store.queries.people import commitments
from booking.store.queries.programme import occurrence_lookup

REASON = 500


@transactional
def cancel_for(
    session: Session, booking_id: uuid.UUID, reason: str, organisation: Organisation, now: datetime, *, actor: Actor
) -> Booking:
    """Cancel a member's booking that is not over and that nobody has marked; they get the reason. Twice is once.

    Raises NotFound, AlreadyOver, AlreadyMarked, TextNotAccepted.
    """
    why = topics.clean_line("reason", reason, REASON)
    booking = booking_lookup.locked(session, booking_id)
    if booking.is_cancelled:
        confirm_cancelled(booking, now)
        return booking
    if now >= booking.ends_at:
        raise errors.AlreadyOver(booking.ends_at)
    _check_unmarked(booking)
    give_up(session, booking, Ending(CancelledBy.STAFF, why, actor_id=actor.staff_id), organisation, now)
    return booking


@transactional
def hand_over(
    session: Session,
    booking_id: uuid.UUID,
    analyst: uuid.UUID,
    reason: str,
    organisation: Organisation,
    now: datetime,
    *,
    actor: Actor,
) -> Booking:
    """Give a booking to a colleague of the same roster, at the same time; its member is told.

    Raises NotFound, NotConfirmed, AlreadyOver, AlreadyMarked, NotOnRoster, SlotTaken, TextNotAccepted.
    """
    why = topics.clean_line("reason", reason, REASON)
    booking = _standing(session, booking_id, now)
    _check_unmarked(booking)
    colleague = session.scalars(select(Person).where(Person.public_id == analyst)).one_or_none()
    if colleague is None:
        raise errors.NotOnRoster()
    if colleague.id == booking.analyst_id:
        return booking
    is_there = exists().where(
        Roster.occurrence_id == booking.occurrence_id, Roster.analyst_id == colleague.id, Roster.is_away.is_(False)
    )
    if not session.scalar(select(is_there)):
        raise errors.NotOnRoster()
    pass_on.lapse_due_offers(session, booking.occurrence_id, organisation, now)
    was, freed = booking.analyst.name, booking.slot
    if colleague.id == booking.member_id or commitments.is_engaged(session, colleague.id, organisation, freed):
        raise errors.SlotTaken()
    slot = Slot(colleague.id, booking.starts_at, booking.minutes)
    left = put(session, booking, booking.occurrence_id, slot, now)
    _moved(session, booking, now, booking.minutes, was, why)
    audit_log.write(
        session,
        AuditAction.HANDED_OVER,
        AuditSubject.BOOKING,
        booking.public_id,
        now,
        actor_id=actor.staff_id,
        to=colleague.name,
    )
    serve(session, [booking.occurrence_id], organisation, now, left)
    return booking


@transactional
def move_for(
    session: Session,
    booking_id: uuid.UUID,
    request: BookingRequest,
    reason: str,
    organisation: Organisation,
    now: datetime,
    *,
    actor: Actor,
) -> Booking:
    """Move a booking that is not over and not marked to any free slot that is still ahead; its member gets the reason.

    Neither notice, horizon nor the member's limits count; where a limit is passed the audit log says so. A move to
    where it is changes nothing. Raises NotFound, NotConfirmed, AlreadyOver, AlreadyMarked, SlotTaken, TooLate and the
    like.
    """
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
    open_to_staff = organisation.for_staff()
    picked = pick(session, request, open_to_staff, now, member_id, moving=booking)
    slot, rules = picked.slot, picked.rules
    target = session.get_one(Occurrence, target_id)
    at = RequestedStart(target_id, target.starts_at, slot.starts_at)
    refusal = why_not(session, member_id, at, rules, organisation, now, booking.id)
    if refusal is not None and not isinstance(refusal, errors.LimitReached):
        raise refusal
    was_at, was_minutes, was_with = booking.starts_at, booking.minutes, booking.analyst.name
    offers.end_held(session, picked.found, slot, member_id, now)
    left = put(session, booking, target_id, slot, now)
    _moved(session, booking, now, was_minutes, was_with, why, was_at)
    passed = {} if refusal is None else {"limit_passed": refusal.scope}
    audit_log.write(
        session,
        AuditAction.MOVED,
        AuditSubject.BOOKING,
        booking.public_id,
        now,
        actor_id=actor.staff_id,
        reason=why,
        **passed,
    )
    reminders.plan(session, [booking.id], organisation, now)
    serve(session, [left[0], target_id], organisation, now, left)
    return booking


@transactional
def lengthen(
    session: Session, booking_id: uuid.UUID, organisation: Organisation, now: datetime, *, actor: Actor
) -> Booking:
    """Extend it by one step of the grid, whichever lengths are offered, where that is free and inside the hours.

    Raises NotFound, NotConfirmed, AlreadyOver, OutsideHours, SlotTaken.
    """
    booking = _standing(session, booking_id, now)
    was_minutes, end = booking.minutes, booking.ends_at + QUARTER
    if end > booking.occurrence.ends_at:
        raise errors.OutsideHours()
    pass_on.lapse_due_offers(session, booking.occurrence_id, organisation, now)
    more = Slot(booking.analyst_id, booking.ends_at, GRID_MINUTES)
    if commitments.is_engaged(session, more.analyst_id, organisation, more):
        raise errors.SlotTaken()
    offers.give_way(session, more, booking.member_id, now, to=[booking.member_id])
    claims.take(session, more, booking.member_id, booking.id)
    booking.ends_at, booking.minutes = end, booking.minutes + GRID_MINUTES
    bookings.revise(booking, now)
    session.flush()
    _moved(session, booking, now, was_minutes, booking.analyst.name, "")
    audit_log.write(
        session, AuditAction.LENGTHENED, AuditSubject.BOOKING, booking.public_id, now, actor_id=actor.staff_id
    )
    return booking


def _standing(session: Session, booking_id: uuid.UUID, now: datetime) -> Booking:
    booking = booking_lookup.locked(session, booking_id)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if now >= booking.ends_at:
        raise errors.AlreadyOver(booking.ends_at)
    return booking


def _check_unmarked(booking: Booking) -> None:
    """Raises if the booking is marked as attended or missed: the mark is taken back first."""
    if booking.outcome is not None:
        raise errors.AlreadyMarked(VisitOutcome(booking.outcome))


def _moved(
    session: Session,
    booking: Booking,
    now: datetime,
    was_minutes: int,
    was_with: str,
    reason: str,
    was_at: datetime | None = None,
) -> None:
    was = email_facts.stamp(was_at or booking.starts_at)
    _tell(
        session,
        EmailName.MOVED_BY_US,
        booking,
        now,
        was_at=was,
        was_minutes=was_minutes,
        was_with=was_with,
        reason=reason,
        may_wait=False,
    )


def _tell(session: Session, name: EmailName, booking: Booking, now: datetime, **more: Any) -> None:
    told = email_facts.booking_facts(session, booking, **more)
    emails.enqueue(session, name, booking.member.email, told, now, person_id=booking.member_id, booking_id=booking.id)
