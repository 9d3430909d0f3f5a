"""Move a booking to another start, length, analyst or clinic."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.bookings.slots import Slot
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.services.bookings.book import BookingRequest, check_may_book, pick
from booking.services.steps.put import put as put_there
from booking.services.steps.serve import serve
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.bookings import offers, reminders
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import booking_lookup
from booking.store.queries.programme import occurrence_lookup


@transactional
def move(
    session: Session,
    booking_id: uuid.UUID,
    request: BookingRequest,
    organisation: Organisation,
    now: datetime,
    *,
    actor: Actor,
) -> Booking:
    """Move a booking that has not started; it keeps its id, its UID, and its brief where the request has none.

    It does not count against the member's own limits, and its own quarters count as free. Where any analyst will do
    it stays with the one it is with, if they are free then. A move to where it already is changes nothing (a form
    sent twice). Raises what `book` raises, and AlreadyStarted and NotConfirmed; then nothing is written.
    """
    topic, link = topics.clean_topic(request.topic), topics.clean_link(request.link)
    target_id = occurrence_lookup.occurrence_id(session, request.occurrence)
    booking = booking_lookup.locked_for_member(session, booking_id, actor, target_id)
    was_in = booking.occurrence_id
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if is_there(booking, request):
        return booking
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    picked = pick(session, request, organisation, now, booking.member_id, moving=booking)
    slot, rules, analyst = picked.slot, picked.rules, picked.analyst.name
    target = session.get_one(Occurrence, target_id)
    check_may_book(session, booking.member, target, slot, rules, organisation, now, moving=booking.id)
    was = booking.slot
    booking.topic, booking.link = topic or booking.topic, link or booking.link
    chose = request.analyst is not None or (booking.chose_analyst and slot.analyst_id == was.analyst_id)
    offers.end_place_of(session, target_id, booking.member_id, WaitlistOutcome.BOOKED, now)
    offers.end_held(session, picked.found, slot, booking.member_id, now)
    put(session, booking, target, slot, analyst, organisation, now, chose_analyst=chose)
    serve(session, [was_in, target_id], organisation, now, (was_in, was))
    return booking


def put(
    session: Session,
    booking: Booking,
    target: Occurrence,
    slot: Slot,
    analyst: str,
    organisation: Organisation,
    now: datetime,
    *,
    chose_analyst: bool,
) -> None:
    """Write that the booking is at that slot now: claims, SEQUENCE, email, register; `analyst` is a name."""
    was_at, was_minutes, was_with = booking.starts_at, booking.minutes, booking.analyst.name
    booking.chose_analyst = chose_analyst
    put_there(session, booking, target.id, slot, now)
    told = email_facts.booking_facts(
        session, booking, analyst, was_at=email_facts.stamp(was_at), was_minutes=was_minutes, was_with=was_with
    )
    emails.enqueue(
        session, EmailName.MOVED, booking.member.email, told, now, person_id=booking.member_id, booking_id=booking.id
    )
    audit_log.write(
        session,
        AuditAction.MOVED,
        AuditSubject.BOOKING,
        booking.public_id,
        now,
        actor_id=booking.member_id,
        was_at=email_facts.stamp(was_at),
        starts_at=email_facts.stamp(slot.starts_at),
    )
    reminders.plan(session, [booking.id], organisation, now)


def is_there(booking: Booking, request: BookingRequest) -> bool:
    """Whether the booking already is what the request asks for."""
    same_analyst = request.analyst is None or request.analyst == booking.analyst.public_id
    same_place = booking.occurrence.public_id == request.occurrence and booking.starts_at == request.starts_at
    return same_place and booking.minutes == request.minutes and same_analyst
