"""Book a slot."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import policy, slots, topics
from booking.domain.bookings.policy import RequestedStart, Rules, Standing
from booking.domain.bookings.slots import Slot
from booking.domain.bookings.timetable import RosterAnalyst, Timetable
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import InvitationPreference
from booking.domain.organisation import Organisation
from booking.services.action_context import ActionContext
from booking.services.steps import pass_on
from booking.services.transaction import transactional
from booking.store.bookings import bookings, claims, idempotency, offers, reminders
from booking.store.bookings.bookings import Booking
from booking.store.db import locks
from booking.store.db.base import new_public_id
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.queries.bookings import holdings, timetables, visit_history
from booking.store.queries.bookings.visit_history import History


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


@transactional
def book(context: ActionContext, request: BookingRequest) -> Booked:
    """Book a slot; booking, claims, emails and audit log entry commit together.

    A second request with the same key answers the booking that the first one made. Staff may book for a member past the
    member's limits: the audit log says so. Raises TooLate, TooEarly, LimitReached, SlotTaken and
    the like (domain/errors.py); then nothing is written.
    """
    session, now, actor = context.session, context.now, context.actor
    topic, link = topics.clean_topic(request.topic), topics.clean_link(request.link)
    public_id = new_public_id()
    member_id, by_id = actor.for_member_id, actor.present_id
    if request.key:
        answer = idempotency.begin(session, by_id, request.key, {**asdict(request), "for": member_id}, public_id, now)
        if answer != public_id:
            return Booked(answered(session, answer), None)
    occurrence_id = locks.hours(session, request.occurrence)
    member = locks.booker(session, member_id)
    picked = pick(context, request, member.id)
    standing = standing_of(context, member.id, picked)
    refusal = policy.refusal(standing, picked.start, picked.rules)
    passed = None
    if isinstance(refusal, errors.LimitReached) and actor.is_staff:
        passed = refusal.scope
    elif refusal is not None:
        raise refusal
    booking = Booking(public_id=public_id, chose_analyst=request.analyst is not None, topic=topic, link=link)
    if standing.is_waiting:
        offers.end_place_of(session, occurrence_id, member.id, WaitlistOutcome.BOOKED, now)
    make(context, booking, member, picked, passed=passed)
    if standing.is_waiting:
        pass_on.pass_on(context, occurrence_id)
    return Booked(booking, picked.analyst)


def make(
    context: ActionContext, booking: Booking, member: Person, picked: Picked, *, passed: str | None = None
) -> None:
    """Write the booking of that slot, its claims, its emails and its line in the audit log.

    `passed` is the limit that staff book past.
    """
    session, now = context.session, context.now
    slot = picked.slot
    booking.member_id = member.id
    booking.is_invited = invites(member)
    booking.revised_at, booking.created_at = now.replace(microsecond=0), now
    bookings.place(booking, picked.found.id, slot)
    session.add(booking)
    session.flush()  # claims and emails need its id
    offers.end_held(session, picked.found, slot, member.id, now)
    claims.take(session, slot, member.id, booking.id)
    told = email_facts.booking_facts(session, booking, picked.analyst.name, picked.found)
    first = emails.row(EmailName.BOOKED, member.email, told, now, person_id=member.id, booking_id=booking.id)
    emails.add(session, [first, *reminders.rows(booking, member, picked.rules.policy.reminder_hours, now)])
    more = {"minutes": slot.minutes, "starts_at": email_facts.stamp(slot.starts_at)}
    if passed is not None:
        more["limit_passed"] = passed
    context.record(
        AuditAction.BOOKED, AuditSubject.BOOKING, booking.public_id, by=context.actor.recorded(member.id), **more
    )


@dataclass(frozen=True, slots=True)
class Picked:
    """A slot that is free: where, by which rules, and with whom."""

    slot: Slot
    rules: Rules
    found: Timetable
    analyst: RosterAnalyst

    @property
    def start(self) -> RequestedStart:
        return self.found.start(self.slot.starts_at)


def pick(context: ActionContext, request: BookingRequest, member_id: int, moving: Booking | None = None) -> Picked:
    """The slot that was asked for, with its analyst: chosen where any analyst will do.

    The quarters of the booking `moving` count as free, and its analyst is kept where they are free; the waitlist is
    served first. Raises why the slot cannot be had.
    """
    session, organisation, now = context.session, context.organisation, context.now
    moving_id = None if moving is None else moving.id
    found = timetables.timetable(session, request.occurrence, organisation, member_id, moving_id)
    if found is None:
        raise errors.NotFound()
    if not organisation.kinds[found.kind].bookable:
        raise errors.NotBookable()
    if found.is_awaited:
        pass_on.pass_on(context, found.id, asking=member_id)
        found = timetables.timetable(session, request.occurrence, organisation, member_id, moving_id) or found
    rules = found.rules(organisation, now)
    wanted = [analyst.id for analyst in found.analysts if request.analyst in {None, analyst.public_id}]
    candidates = [Slot(analyst_id, request.starts_at, request.minutes) for analyst_id in wanted]
    refusals = [slots.refusal(found.hours, slot, rules.policy, now) for slot in candidates]
    free = [slot for slot, why in zip(candidates, refusals, strict=True) if why is None]
    preference = None
    if len(free) > 1:
        kept = None if moving is None else moving.analyst_id
        preference = history_of(session, found, member_id, organisation, now).preference.keeping(kept)
    chosen = slots.choose(found.hours, free, rules.policy, preference)
    if chosen is None:
        raise next((why for why in refusals if why is not None), errors.NotOnRoster())
    return Picked(chosen, rules, found, next(a for a in found.analysts if a.id == chosen.analyst_id))


def history_of(
    session: Session, found: Timetable, member_id: int, organisation: Organisation, now: datetime
) -> History:
    """Returns the member's history, with the preference among analysts: the page says it, booking follows it."""
    week = policy.week_of(found.hours.starts_at, organisation.zone)
    return visit_history.history(session, member_id, {a.id: a.name for a in found.analysts}, week, now)


def check_may_book(context: ActionContext, member_id: int, picked: Picked, moving: int | None = None) -> None:
    """Raise why this member may not hold the slot, the booking `moving` not counted."""
    refusal = why_not(context, member_id, picked, moving)
    if refusal is not None:
        raise refusal


def why_not(context: ActionContext, member_id: int, picked: Picked, moving: int | None = None) -> errors.Refusal | None:
    """Why this member may not hold the slot, the booking `moving` not counted; None if they may."""
    standing = standing_of(context, member_id, picked, moving)
    return policy.refusal(standing, picked.start, picked.rules)


def standing_of(context: ActionContext, member_id: int, picked: Picked, moving: int | None = None) -> Standing:
    """Returns the member's holdings, as they count for the slot."""
    held = holdings.of_member(context.session, member_id, context.organisation, context.now, picked.found.id)
    return held.standing(picked.start, picked.rules, moving)


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
