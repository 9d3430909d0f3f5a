"""A member answers: takes the other slot that is offered, or waits for the analyst whom they asked for."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings.slots import Slot
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import CancelledBy, OfferStatus
from booking.domain.enums.emails import EmailName
from booking.domain.planning.consequences import COVER_ENDS
from booking.services.action_context import ActionContext
from booking.services.cover.steps import offer_for
from booking.services.steps.give_up import Ending, give_up
from booking.services.steps.put import put
from booking.services.steps.serve import serve
from booking.services.transaction import transactional
from booking.store.bookings import offers, reminders
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import Offer
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.programme import Roster
from booking.store.queries.bookings import booking_lookup

_IS_TAKEN = select(exists().where(Offer.booking_id == bindparam("booking_id"), Offer.status == OfferStatus.ACCEPTED))


@transactional
def accept(context: ActionContext, booking_id: uuid.UUID) -> Booking:
    """Take the other slot that is offered for a booking whose analyst is away.

    Accepting twice changes nothing. Raises NotFound, NotConfirmed, OfferLapsed.
    """
    session, now = context.session, context.now
    booking = booking_lookup.locked_for_member(session, booking_id, context.actor)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    offer = offer_for(session, booking)
    if offer is None:
        if session.scalar(_IS_TAKEN, {"booking_id": booking.id}):
            return booking
        raise errors.OfferLapsed()
    if now >= offer.lapses_at:
        raise errors.OfferLapsed()
    was_at, was_with = booking.starts_at, booking.analyst.name
    offers.end(session, offer.id, OfferStatus.ACCEPTED, now)
    slot = Slot(offer.analyst_id, offer.starts_at, offer.minutes)
    was = put(context, booking, booking.occurrence_id, slot)
    told = email_facts.booking_facts(
        session, booking, was_at=email_facts.stamp(was_at), was_minutes=booking.minutes, was_with=was_with
    )
    emails.enqueue(
        session, EmailName.MOVED, booking.member.email, told, now, person_id=booking.member_id, booking_id=booking.id
    )
    context.record(
        AuditAction.COVER_ACCEPTED,
        AuditSubject.BOOKING,
        booking.public_id,
        by=context.actor.recorded(booking.member_id),
    )
    reminders.plan(session, [booking.id], context.organisation, now)
    serve(context, [booking.occurrence_id], was)
    return booking


@transactional
def rather_wait(context: ActionContext, booking_id: uuid.UUID) -> Booking:
    """Give up a booking that was handed to somebody else, to wait for the analyst who was asked for: never late.

    Raises NotFound, AlreadyStarted, NotConfirmed where nobody else stands in.
    """
    booking = booking_lookup.locked_for_member(context.session, booking_id, context.actor)
    if booking.is_cancelled:
        return booking
    if booking.asked_for_id is None:
        raise errors.NotConfirmed()
    if context.now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    ending = Ending(
        CancelledBy.MEMBER, action=AuditAction.RATHER_WAITS, actor_id=context.actor.recorded(booking.member_id)
    )
    give_up(context, booking, ending)
    return booking


_OFFER_OF = (
    select(Offer, Person.name)
    .join(Booking, Booking.id == Offer.booking_id)
    .join(Person, Person.id == Offer.analyst_id)
    .where(
        Booking.public_id == bindparam("booking_id"),
        Offer.status == OfferStatus.OPEN,
        Offer.lapses_at > bindparam("now"),
    )
)


def offer_of(session: Session, booking_id: uuid.UUID, now: datetime) -> tuple[Offer, str] | None:
    """The open offer for a booking with the analyst's name, None where there is none or it has lapsed."""
    row = session.execute(_OFFER_OF, {"booking_id": booking_id, "now": now}).one_or_none()
    return None if row is None else (row.Offer, row.name)


_WAITS_UNTIL = (
    select(Booking.starts_at)
    .join(Roster, (Roster.occurrence_id == Booking.occurrence_id) & (Roster.analyst_id == Booking.analyst_id))
    .where(Booking.public_id == bindparam("booking_id"), Booking.status == CONFIRMED, Roster.is_away.is_(True))
)


def waits_until(session: Session, booking_id: uuid.UUID) -> datetime | None:
    """Until when a booking whose analyst cannot come waits for cover; None for any other booking."""
    starts_at = session.scalar(_WAITS_UNTIL, {"booking_id": booking_id})
    return None if starts_at is None else starts_at - COVER_ENDS


_STANDS_IN_FOR = (
    select(Person.name)
    .join(Booking, Booking.asked_for_id == Person.id)
    .where(Booking.public_id == bindparam("booking_id"))
)


def stands_in_for(session: Session, booking_id: uuid.UUID) -> str:
    """The name of the analyst whom the member asked for and somebody else stands in for; empty if nobody."""
    found = session.scalar(_STANDS_IN_FOR, {"booking_id": booking_id})
    return found or ""
