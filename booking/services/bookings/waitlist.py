"""The waitlist: join, leave, accept what is offered, decline it, and pass on what nobody took."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import suggestions, topics, waitlist_rules
from booking.domain.bookings.policy import Holdings, Rules
from booking.domain.bookings.suggestions import Asker
from booking.domain.bookings.timetable import Timetable
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import OfferStatus, WaitlistOutcome
from booking.services.action_context import ActionContext
from booking.services.bookings.book import BookingRequest, Picked, check_may_book, make, pick
from booking.services.bookings.move import put
from booking.services.steps import pass_on
from booking.services.steps.serve import serve
from booking.services.transaction import transactional
from booking.store.bookings import bookings, offers
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db import locks
from booking.store.db.base import new_public_id
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import holdings, timetables, waitlist_queue


@dataclass(frozen=True, slots=True)
class Wish:
    """A member's wish on the waitlist: a length, an analyst (a public id) or any, the first and the last start that
    suits (None for no bound), and the brief of the booking to be. `replaces` is the booking of theirs (a public id)
    that a slot would replace while they are at a limit.
    """

    minutes: int
    analyst: uuid.UUID | None = None
    topic: str = ""
    link: str = ""
    earliest_at: datetime | None = None
    latest_at: datetime | None = None
    replaces: uuid.UUID | None = None


@transactional
def join(context: ActionContext, occurrence: uuid.UUID, wish: Wish) -> WaitlistEntry:
    """Wait for a slot of an occurrence; a second wish for the same one takes the place of the first, in its turn.

    Whoever is at a limit says which booking a slot would replace. What suits and is free is not waited for: StillFree
    carries it, and nothing is written. Raises NotFound, NotBookable, OccurrenceCancelled, TooLate, TooEarly,
    LengthNotOffered, NotOnRoster, OutsideHours, NotAMember, MembershipEnded, LimitReached, TextNotAccepted.
    """
    session, organisation, now = context.session, context.organisation, context.now
    topic, link = topics.clean_topic(wish.topic), topics.clean_link(wish.link)
    row = locks.occurrence(session, occurrence)
    member = locks.person(session, context.actor.member_id)
    found = timetables.timetable(session, occurrence, organisation, member.id)
    if found is None or not organisation.kinds[found.kind].bookable:
        raise errors.NotBookable()
    rules = found.rules(organisation, now)
    why = waitlist_rules.closed(found.hours, wish.minutes, wish.earliest_at, wish.latest_at, rules)
    if why is not None:
        raise why
    held = holdings.of_member(session, member.id, organisation, now)
    replaces_id = _replaced_by(held, found, wish, rules)
    analyst_id = _analyst_of(found, wish)
    place = _place_of(session, row.id, member.id)
    if place is None:
        place = WaitlistEntry(public_id=new_public_id(), occurrence_id=row.id, member_id=member.id, joined_at=now)
        session.add(place)
        _record(context, AuditAction.JOINED_WAITLIST, place)
    wished = (wish.minutes, analyst_id, wish.earliest_at, wish.latest_at)
    if (place.minutes, place.analyst_id, place.earliest_at, place.latest_at) != wished:
        place.minutes, place.analyst_id, place.earliest_at, place.latest_at = wished
        place.called_for = None
        if place.id is not None:
            _withdraw(context, place)
    place.topic, place.link, place.replaces_id = topic, link, replaces_id
    session.flush()
    pass_on.pass_on(context, row.id, asking=member.id)
    _check_nothing_is_free(context, place, rules)
    return place


def _replaced_by(held: Holdings, found: Timetable, wish: Wish, rules: Rules) -> int | None:
    """The booking that the wish names, an internal id. Raises why the member may not wait: limits only where one of
    their bookings could be replaced and none is named."""
    why = suggestions.refusal(Asker(held), found.start(), rules)
    if why is not None and not isinstance(why, errors.LimitReached):
        raise why
    named = next((one for one in held.bookings if one.public_id == wish.replaces and one.starts_at > rules.now), None)
    if wish.replaces is not None and named is None:
        raise errors.NotFound()
    if why is not None:
        instead = suggestions.replaceable(held, found.start(), rules)
        if instead and named not in instead:
            raise why
    return None if named is None else named.id


def _analyst_of(found: Timetable, wish: Wish) -> int | None:
    if wish.analyst is None:
        return None
    analyst_id = next((a.id for a in found.analysts if a.public_id == wish.analyst), None)
    if analyst_id is None:
        raise errors.NotOnRoster()
    return analyst_id


_OPEN_PLACE = select(WaitlistEntry).where(
    WaitlistEntry.occurrence_id == bindparam("occurrence_id"),
    WaitlistEntry.member_id == bindparam("member_id"),
    WaitlistEntry.ended_at.is_(None),
)


def _place_of(session: Session, occurrence_id: int, member_id: int) -> WaitlistEntry | None:
    return session.scalars(_OPEN_PLACE, {"occurrence_id": occurrence_id, "member_id": member_id}).one_or_none()


def _check_nothing_is_free(context: ActionContext, place: WaitlistEntry, rules: Rules) -> None:
    """Raise StillFree where what the place waits for can be booked right now, once those ahead are served."""
    session = context.session
    if _open_offer(session, place) is not None:
        return
    waiting = waitlist_queue.places(session, [place.occurrence_id], context.organisation, rules.now).get(
        place.occurrence_id, []
    )
    mine = next((one for one in waiting if one.id == place.id), None)
    occurrence = session.get_one(Occurrence, place.occurrence_id)
    found = timetables.timetable(session, occurrence.public_id, context.organisation, place.member_id)
    if mine is None or found is None:
        return
    free = waitlist_rules.fitting(mine, found.hours, rules)
    if free:
        raise errors.StillFree(free)


def _record(context: ActionContext, action: AuditAction, place: WaitlistEntry) -> None:
    """Write into the audit log what was done with the place, and by whom."""
    actor_id = context.actor.recorded(place.member_id)
    context.record(action, AuditSubject.WAITLIST_ENTRY, place.public_id, by=actor_id)


def _withdraw(context: ActionContext, place: WaitlistEntry) -> None:
    session = context.session
    offer = _open_offer(session, place)
    if offer is not None:
        offers.end(session, offer.id, OfferStatus.GONE, context.now)


_OPEN_OFFER = (
    select(Offer)
    .where(Offer.waiting_id == bindparam("place_id"), Offer.status == OfferStatus.OPEN)
    .execution_options(populate_existing=True)
)


def _open_offer(session: Session, place: WaitlistEntry) -> Offer | None:
    return session.scalars(_OPEN_OFFER, {"place_id": place.id}).one_or_none()


_PLACE = select(WaitlistEntry).where(WaitlistEntry.public_id == bindparam("place_id"))


def _locked(
    context: ActionContext, place_id: uuid.UUID, replaces: uuid.UUID | None = None
) -> tuple[WaitlistEntry, Booking | None]:
    """The place and the booking that it would replace, once their occurrences and the member are locked."""
    session = context.session
    while True:
        seen = session.scalars(_PLACE, {"place_id": place_id}).one_or_none()
        if seen is None or not context.actor.may_act_for(seen.member_id):
            raise errors.NotFound()
        given_up = None if replaces is None else bookings.with_public_id(session, replaces)
        if replaces is not None and (given_up is None or given_up.member_id != seen.member_id):
            raise errors.NotFound()
        was_in = None if given_up is None else given_up.occurrence_id
        locks.occurrences(session, {seen.occurrence_id, *([] if was_in is None else [was_in])})
        locks.person(session, seen.member_id)
        place = session.get_one(WaitlistEntry, seen.id, populate_existing=True)
        if given_up is None:
            return place, None
        given_up = session.get_one(Booking, given_up.id, populate_existing=True)
        if given_up.occurrence_id == was_in:
            return place, given_up


@dataclass(frozen=True, slots=True)
class Taking:
    """A member's choice from the waitlist: the start, the analyst (a public id, None for any) in place of what."""

    starts_at: datetime | None = None
    analyst: uuid.UUID | None = None
    replaces: uuid.UUID | None = None


@transactional
def accept(context: ActionContext, place_id: uuid.UUID, *, taking: Taking = Taking()) -> Booking:
    """Take what is offered for a place; with a start, what is free then and held for nobody.

    `taking.replaces` is the member's own booking that moves there, for whoever is at a limit. Accepting twice answers
    the booking that the first made. Raises NotFound, OfferLapsed (also by the clock alone), SlotTaken, LimitReached
    and what else `book` raises.
    """
    session, now = context.session, context.now
    place, given_up = _locked(context, place_id, taking.replaces)
    if place.outcome == WaitlistOutcome.BOOKED:
        return _made(session, place)
    if place.ended_at is not None:
        raise errors.OfferLapsed()
    wanted = _wanted(session, place, taking, now)
    if given_up is not None and (given_up.is_cancelled or now >= given_up.starts_at):
        raise errors.AlreadyStarted(given_up.starts_at)
    picked = pick(context, wanted, place.member_id, given_up)
    check_may_book(context, place.member_id, picked, None if given_up is None else given_up.id)
    freed = [] if given_up is None else [(given_up.occurrence_id, given_up.slot)]
    offers.end_place(session, place.id, WaitlistOutcome.BOOKED, now)
    offers.end_held(session, picked.found, picked.slot, place.member_id, now)
    booking = _book(context, place, picked, given_up)
    session.flush()
    serve(context, [place.occurrence_id, *(where for where, _ in freed)], *freed)
    return booking


def _book(context: ActionContext, place: WaitlistEntry, picked: Picked, given_up: Booking | None) -> Booking:
    """A new booking of what was picked, or the one that is given up for it, moved there."""
    chose = place.analyst_id is not None
    if given_up is None:
        booking = Booking(public_id=new_public_id(), chose_analyst=chose, topic=place.topic, link=place.link)
        make(context, booking, context.session.get_one(Person, place.member_id), picked)
        return booking
    given_up.topic, given_up.link = place.topic or given_up.topic, place.link or given_up.link
    put(context, given_up, picked, chose_analyst=chose)
    return given_up


def _wanted(session: Session, place: WaitlistEntry, taking: Taking, now: datetime) -> BookingRequest:
    """Returns the slot asked for if it is free, else the one that is offered. Raises OfferLapsed."""
    offer = _open_offer(session, place)
    occurrence = session.get_one(Occurrence, place.occurrence_id).public_id
    if taking.starts_at is not None:
        analyst = taking.analyst
        if analyst is None and place.analyst_id is not None:
            analyst = session.get_one(Person, place.analyst_id).public_id
        return BookingRequest(occurrence, taking.starts_at, place.minutes, analyst)
    if offer is None or now >= offer.lapses_at:
        raise errors.OfferLapsed()
    analyst = session.get_one(Person, offer.analyst_id).public_id
    return BookingRequest(occurrence, offer.starts_at, place.minutes, analyst)


_LATEST_BOOKING = (
    select(Booking)
    .where(
        Booking.occurrence_id == bindparam("occurrence_id"),
        Booking.member_id == bindparam("member_id"),
        Booking.status == CONFIRMED,
    )
    .order_by(Booking.id.desc())
    .limit(1)
)


def _made(session: Session, place: WaitlistEntry) -> Booking:
    """The booking that the place has led to."""
    values = {"occurrence_id": place.occurrence_id, "member_id": place.member_id}
    found = session.scalars(_LATEST_BOOKING, values).one_or_none()
    if found is None:
        raise errors.OfferLapsed()
    return found


@transactional
def decline(context: ActionContext, place_id: uuid.UUID) -> WaitlistEntry:
    """Decline what is offered: the next in line has it, and this time is not offered to the member again.

    The place stays, for another time. Idempotent. Raises NotFound.
    """
    session, now = context.session, context.now
    place, _ = _locked(context, place_id)
    offer = _open_offer(session, place)
    if offer is not None:
        offers.end(session, offer.id, OfferStatus.DECLINED if now < offer.lapses_at else OfferStatus.LAPSED, now)
        _record(context, AuditAction.OFFER_DECLINED, place)
        pass_on.pass_on(context, place.occurrence_id)
    return place


@transactional
def choose_replaced(context: ActionContext, place_id: uuid.UUID, replaces: uuid.UUID) -> WaitlistEntry:
    """Say which upcoming booking a slot would replace, so that one can be held at a limit. Raises NotFound."""
    place, booking = _locked(context, place_id, replaces)
    if booking is None or booking.is_cancelled or context.now >= booking.starts_at or place.ended_at is not None:
        raise errors.NotFound()
    if place.replaces_id != booking.id:
        place.replaces_id = booking.id
        context.session.flush()
        pass_on.pass_on(context, place.occurrence_id)
    return place


@transactional
def leave(context: ActionContext, place_id: uuid.UUID) -> WaitlistEntry:
    """Leave the waitlist; what is offered goes to the next in line. Idempotent. Raises NotFound."""
    session = context.session
    place, _ = _locked(context, place_id)
    if place.ended_at is None:
        offers.end_place(session, place.id, WaitlistOutcome.LEFT, context.now)
        _record(context, AuditAction.LEFT_WAITLIST, place)
        session.refresh(place)
        pass_on.pass_on(context, place.occurrence_id)
    elif place.outcome == WaitlistOutcome.GONE:
        place.outcome = WaitlistOutcome.LEFT  # so that the undo of a publish that ended it does not bring it back
    return place


@transactional
def offer_free_slots(context: ActionContext, occurrence_id: int) -> int:
    """Offer what is free in an occurrence to those who wait for it. Returns how many people are told."""
    locks.occurrences(context.session, [occurrence_id])
    return pass_on.pass_on(context, occurrence_id)


def lapsed(session: Session, now: datetime) -> list[int]:
    """The occurrences in which an offer has lapsed; one read, for the worker."""
    return waitlist_queue.lapsed(session, now)


def awaited(session: Session) -> list[int]:
    """The occurrences that somebody waits for; one read, for the worker."""
    return waitlist_queue.awaited(session)
