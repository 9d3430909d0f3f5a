"""Move a booking to another start, length, analyst or clinic."""

from __future__ import annotations

import uuid

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.services.bookings.book import BookingRequest, Picked, check_may_book, pick
from booking.services.steps.put import put as put_there
from booking.services.steps.serve import serve
from booking.services.transaction import transactional
from booking.store.bookings import offers, reminders
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts, emails
from booking.store.outbox.email_facts import Was
from booking.store.queries.bookings import booking_lookup
from booking.store.queries.programme import occurrence_lookup


@transactional
def move(context: ActionContext, booking_id: uuid.UUID, request: BookingRequest) -> Booking:
    """Move a booking that has not started; it keeps its id, its UID, and its brief where the request has none.

    It does not count against the member's own limits, and its own quarters count as free. Where any analyst will do
    it stays with the one it is with, if they are free then. A move to where it already is changes nothing (a form
    sent twice). Raises what `book` raises, and AlreadyStarted and NotConfirmed; then nothing is written.
    """
    session, now = context.session, context.now
    topic, link = topics.clean_topic(request.topic), topics.clean_link(request.link)
    target_id = occurrence_lookup.occurrence_id(session, request.occurrence)
    booking = booking_lookup.locked_for_member(session, booking_id, context.actor, target_id)
    was_in = booking.occurrence_id
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if is_there(booking, request):
        return booking
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    picked = pick(context, request, booking.member_id, moving=booking)
    check_may_book(context, booking.member_id, picked, moving=booking.id)
    was = booking.slot
    booking.topic, booking.link = topic or booking.topic, link or booking.link
    chose = request.analyst is not None or (booking.chose_analyst and picked.slot.analyst_id == was.analyst_id)
    offers.end_place_of(session, target_id, booking.member_id, WaitlistOutcome.BOOKED, now)
    offers.end_held(session, picked.found, picked.slot, booking.member_id, now)
    put(context, booking, picked, chose_analyst=chose)
    serve(context, [was_in, target_id], (was_in, was))
    return booking


def put(context: ActionContext, booking: Booking, picked: Picked, *, chose_analyst: bool) -> None:
    """Write that the booking is at that slot now: claims, SEQUENCE, email, audit log."""
    session, now = context.session, context.now
    was = Was.of(booking)
    booking.chose_analyst = chose_analyst
    put_there(context, booking, picked.found.id, picked.slot)
    told = email_facts.booking_facts(session, booking, picked.analyst.name, **was.facts)
    emails.enqueue(
        session, EmailName.MOVED, booking.member.email, told, now, person_id=booking.member_id, booking_id=booking.id
    )
    context.record(
        AuditAction.MOVED,
        AuditSubject.BOOKING,
        booking.public_id,
        by=booking.member_id,
        was_at=email_facts.stamp(was.starts_at),
        starts_at=email_facts.stamp(picked.slot.starts_at),
    )
    reminders.plan(session, [booking.id], context.organisation, now)


def is_there(booking: Booking, request: BookingRequest) -> bool:
    """Whether the booking already is what the request asks for."""
    same_analyst = request.analyst is None or request.analyst == booking.analyst.public_id
    same_place = booking.occurrence.public_id == request.occurrence and booking.starts_at == request.starts_at
    return same_place and booking.minutes == request.minutes and same_analyst
