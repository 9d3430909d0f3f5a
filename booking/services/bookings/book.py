"""Book a slot."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import policy, slots, topics
from booking.domain.bookings.policy import Standing
from booking.domain.bookings.slots import AnalystPreference, Slot
from booking.domain.bookings.timetable import RosterAnalyst, Timetable
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import InvitationPreference
from booking.domain.organisation import Organisation, Policy
from booking.domain.people.actor import Actor
from booking.services.steps import pass_on
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.bookings import bookings, claims, idempotency, offers, reminders
from booking.store.bookings.bookings import Booking
from booking.store.db import locks
from booking.store.db.base import new_public_id
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import holdings, timetables
from booking.store.queries.programme import occurrence_lookup


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """A member's request for a slot. `analyst` is a person's public id, None for anyone; `key` makes a twin
    harmless.
    """

    occurrence: uuid.UUID
    starts_at: datetime
    minutes: int
    analyst: uuid.UUID | None = None
    topic: str = ""
    link: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking and its analyst, None where an earlier twin of the request made it."""

    booking: Booking
    analyst: RosterAnalyst | None


def book(
    session: Session,
    request: BookingRequest,
    actor: Actor,
    organisation: Organisation,
    now: datetime,
) -> Booking:
    """As `book_with`, for whoever needs the booking only."""
    return book_with(session, request, actor, organisation, now).booking


@transactional
def book_with(
    session: Session,
    request: BookingRequest,
    actor: Actor,
    organisation: Organisation,
    now: datetime,
) -> Booked:
    """Book a slot; booking, claims, emails and audit log entry commit together.

    A second request with the same key answers the booking that the first one made. Staff may book for a member past the
    member's limits: the audit log says so. Raises TooLate, TooEarly, LimitReached, SlotTaken and
    the like (domain/errors.py); then nothing is written.
    """
    topic, link = topics.clean_topic(request.topic), topics.clean_link(request.link)
    public_id = new_public_id()
    member_id, by_id = actor.for_member_id, actor.present_id
    if request.key:
        answer = idempotency.begin(session, by_id, request.key, {**asdict(request), "for": member_id}, public_id, now)
        if answer != public_id:
            return Booked(answered(session, answer), None)
    occurrence_id = locks.hours(session, request.occurrence)
    member = locks.booker(session, member_id)
    picked = pick(session, request, organisation, now, member.id)
    slot, rules = picked.slot, picked.rules
    at = RequestedStart(occurrence_id, picked.found.hours.starts_at, slot.starts_at)
    standing = standing_of(session, member.id, at, rules, organisation, now)
    refusal = policy.refusal(standing, rules, slot.starts_at, organisation.zone, clinic_at=at.clinic_at, now=now)
    passed = None
    if isinstance(refusal, errors.LimitReached) and actor.is_staff:
        passed = refusal.scope
    elif refusal is not None:
        raise refusal
    booking = Booking(
        public_id=public_id,
        chose_analyst=request.analyst is not None,
        topic=topic,
        link=link,
    )
    if standing.is_waiting:
        offers.end_place_of(session, occurrence_id, member.id, WaitlistOutcome.BOOKED, now)
    make(session, booking, member, picked, now, actor_id=by_id, passed=passed)
    if standing.is_waiting:
        pass_on.pass_on(session, occurrence_id, organisation, now)
    return Booked(booking, picked.analyst)


def make(
    session: Session,
    booking: Booking,
    member: Person,
    picked: Picked,
    now: datetime,
    *,
    actor_id: int,
    passed: str | None = None,
) -> None:
    """Write the booking of that slot, its claims, its emails and its line in the audit log."""
    slot = picked.slot
    booking.member_id = member.id
    booking.is_invited = invites(member)
    booking.revised_at, booking.created_at = now.replace(microsecond=0), now
    bookings.place(booking, picked.found.id, slot)
    bookings.add(session, booking)
    offers.end_held(session, picked.found, slot, member.id, now)
    claims.take(session, slot, member.id, booking.id)
    told = email_facts.booking_facts(session, booking, picked.analyst.name, picked.found)
    first = emails.row(EmailName.BOOKED, member.email, told, now, person_id=member.id, booking_id=booking.id)
    emails.add(session, [first, *reminders.rows(booking, member, picked.rules.reminder_hours, now)])
    more = {"minutes": slot.minutes} if passed is None else {"minutes": slot.minutes, "limit_passed": passed}
    audit_log.write(
        session,
        AuditAction.BOOKED,
        AuditSubject.BOOKING,
        booking.public_id,
        now,
        actor_id=actor_id,
        **more,
    )


@dataclass(frozen=True, slots=True)
class Picked:
    """A slot that can be had: where, by which policy, and with whom."""

    slot: Slot
    rules: Policy
    found: Timetable
    analyst: RosterAnalyst


def pick(
    session: Session,
    request: BookingRequest,
    organisation: Organisation,
    now: datetime,
    member_id: int,
    moving: Booking | None = None,
) -> Picked:
    """The slot that was asked for, with its analyst: chosen where any analyst will do.

    The quarters of the booking `moving` count as free, and its analyst is kept where they are free; the waitlist is
    served first. Raises why the slot cannot be had.
    """
    moving_id = None if moving is None else moving.id
    found = timetables.timetable(session, request.occurrence, organisation, member_id, moving_id)
    if found is None:
        raise errors.NotFound()
    if not organisation.kinds[found.kind].bookable:
        raise errors.NotBookable()
    if found.is_awaited:
        pass_on.pass_on(session, found.id, organisation, now, asking=member_id)
        found = timetables.timetable(session, request.occurrence, organisation, member_id, moving_id) or found
    rules = found.policy(organisation)
    wanted = [analyst.id for analyst in found.analysts if request.analyst in {None, analyst.public_id}]
    candidates = [Slot(analyst_id, request.starts_at, request.minutes) for analyst_id in wanted]
    refusals = [slots.refusal(found.hours, slot, rules, now) for slot in candidates]
    free = [slot for slot, why in zip(candidates, refusals, strict=True) if why is None]
    preference = None
    if len(free) > 1:
        preference = preference_of(session, found, member_id, organisation, now, moving.analyst_id if moving else None)
    chosen = slots.choose(found.hours, free, rules, preference)
    if chosen is None:
        raise next((why for why in refusals if why is not None), errors.NotOnRoster())
    return Picked(chosen, rules, found, next(a for a in found.analysts if a.id == chosen.analyst_id))


def preference_of(
    session: Session,
    found: Timetable,
    member_id: int,
    organisation: Organisation,
    now: datetime,
    kept: int | None = None,
) -> AnalystPreference:
    """Returns the preference among analysts for a member who takes any; the page says it, booking follows it.

    `kept` is the analyst (an internal id) whom the booking that moves is with.
    """
    week = policy.week_of(found.hours.starts_at, organisation.zone)
    preference = occurrence_lookup.preference(session, member_id, {a.id: a.name for a in found.analysts}, week, now)
    return replace(preference, kept=kept)


def check_may_book(
    session: Session,
    member: Person,
    occurrence: Occurrence,
    slot: Slot,
    rules: Policy,
    organisation: Organisation,
    now: datetime,
    moving: int | None = None,
) -> None:
    """Raise why this member may not hold the slot, the booking `moving` not counted."""
    at = RequestedStart(occurrence.id, occurrence.starts_at, slot.starts_at)
    refusal = why_not(session, member.id, at, rules, organisation, now, moving)
    if refusal is not None:
        raise refusal


@dataclass(frozen=True, slots=True)
class RequestedStart:
    """The start of a requested slot: its occurrence, when that begins, when the slot does."""

    occurrence_id: int
    clinic_at: datetime
    starts_at: datetime


def why_not(
    session: Session,
    member_id: int,
    at: RequestedStart,
    rules: Policy,
    organisation: Organisation,
    now: datetime,
    moving: int | None = None,
) -> errors.Refusal | None:
    """Why this member may not hold a slot there; None if they may.

    The page says it beforehand and the service function enforces it: both ask here.
    """
    standing = standing_of(session, member_id, at, rules, organisation, now, moving)
    return policy.refusal(standing, rules, at.starts_at, organisation.zone, clinic_at=at.clinic_at, now=now)


def standing_of(
    session: Session,
    member_id: int,
    at: RequestedStart,
    rules: Policy,
    organisation: Organisation,
    now: datetime,
    moving: int | None = None,
) -> Standing:
    """Returns the member's holdings, as they count for a slot there."""
    held = holdings.of_member(session, member_id, organisation, now, at.occurrence_id)
    return held.standing(at.occurrence_id, at.starts_at, rules, organisation.zone, now, moving)


def invites(member: Person) -> bool:
    """Whether a booking made now reaches this member's calendar by invitation, rather than by their feed."""
    if member.invitations == InvitationPreference.UNTIL_SUBSCRIBED:
        return member.member_feed_fetched_at is None
    return member.invitations == InvitationPreference.ALWAYS


def answered(session: Session, public_id: uuid.UUID) -> Booking:
    """The booking that an earlier twin made."""
    booking = bookings.with_public_id(session, public_id)
    if booking is None:
        raise errors.NotFound()
    return booking
