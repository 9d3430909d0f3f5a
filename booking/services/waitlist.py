"""The waitlist: join, leave, take what is offered, decline it, and pass on what nobody took."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import briefs, errors, policy, slots
from booking.domain.organisation import Organisation, Policy
from booking.domain.policy import Standing
from booking.services.book import BookingRequest, check_may_book, make, pick
from booking.services.deed import deed
from booking.services.move import put
from booking.store import bookings as booking_rows
from booking.store import locks, offers, register
from booking.store.base import new_public_id
from booking.store.bookings import CONFIRMED, Booking
from booking.store.people import Person
from booking.store.queries import holdings, timetables
from booking.store.queries import waitlist as queries
from booking.store.waiting import Offer, Waiting


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member waits for: a length, an analyst (a public id) or anyone, and the brief of the booking to be."""

    minutes: int
    analyst: uuid.UUID | None = None
    topic: str = ""
    link: str = ""


@deed
def join(
    session: Session, occurrence: uuid.UUID, wish: Wish, member_id: int, organisation: Organisation, now: datetime
) -> Waiting:
    """Wait for a slot of a clinic; a second wish for the same clinic takes the place of the first, in its turn.

    Whoever is at a limit may wait all the same. What is free at this moment is offered at once. Raises NotFound,
    NotBookable, OccurrenceCancelled, TooLate, TooEarly, LengthNotOffered, NotOnRoster, NotAMember, MembershipEnded,
    TextNotAccepted.
    """
    topic, link = briefs.clean_topic(wish.topic), briefs.clean_link(wish.link)
    row = locks.occurrence(session, occurrence)
    member = locks.person(session, member_id)
    found = timetables.timetable(session, occurrence, organisation, member_id)
    if found is None or not organisation.kinds[found.kind].bookable:
        raise errors.NotBookable()
    rules = found.policy(organisation)
    _check_may_wait(found.hours, wish.minutes, rules, now)
    analyst_id = None
    if wish.analyst is not None:
        analyst_id = next((a.id for a in found.analysts if a.public_id == wish.analyst), None)
        if analyst_id is None:
            raise errors.NotOnRoster()
    _check_member(session, member, row.id, found.hours.starts_at, organisation, now)
    place = session.scalars(
        select(Waiting).where(
            Waiting.occurrence_id == row.id, Waiting.member_id == member.id, Waiting.ended_at.is_(None)
        )
    ).one_or_none()
    if place is None:
        place = Waiting(
            public_id=new_public_id(),
            occurrence_id=row.id,
            member_id=member.id,
            analyst_id=analyst_id,
            minutes=wish.minutes,
            joined_at=now,
        )
        session.add(place)
        register.write(session, "joined-waitlist", "waiting", place.public_id, now, actor_id=member.id)
    elif (place.minutes, place.analyst_id) != (wish.minutes, analyst_id):
        place.minutes, place.analyst_id, place.called_for = wish.minutes, analyst_id, None
        _withdraw(session, place, now)
    place.topic, place.link = topic, link
    session.flush()
    offers.pass_on(session, row.id, organisation, now)
    return place


def _check_may_wait(hours: slots.Hours, minutes: int, rules: Policy, now: datetime) -> None:
    if hours.is_cancelled:
        raise errors.OccurrenceCancelled()
    if minutes not in rules.slot_minutes:
        raise errors.LengthNotOffered(rules.slot_minutes)
    starts = slots.starts(hours, minutes)
    if not starts:
        raise errors.OutsideHours()
    closed_at = starts[-1] - timedelta(minutes=rules.notice_minutes)
    if now > closed_at:
        raise errors.TooLate(closed_at)
    opens_at = starts[0] - timedelta(days=rules.horizon_days)
    if now < opens_at:
        raise errors.TooEarly(opens_at)


def _check_member(
    session: Session, member: Person, occurrence_id: int, starts_at: datetime, organisation: Organisation, now: datetime
) -> None:
    """Only the membership counts for waiting: limits are looked at when something is offered or taken."""
    held = holdings.of_member(session, member.id, organisation, now)
    alone = Standing(held.is_member, held.member_until, 0, 0)
    why = policy.refusal(alone, Policy(), starts_at, organisation.zone, clinic_at=starts_at, now=now)
    if why is not None:
        raise why


def _withdraw(session: Session, place: Waiting, now: datetime) -> None:
    offer = _open_offer(session, place)
    if offer is not None:
        offers.end(session, offer.id, "gone", now)


def _open_offer(session: Session, place: Waiting) -> Offer | None:
    wanted = select(Offer).where(Offer.waiting_id == place.id, Offer.status == "open")
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def _locked(
    session: Session, place_id: uuid.UUID, member_id: int | None, replaces: uuid.UUID | None = None
) -> tuple[Waiting, Booking | None]:
    """The place and the booking that it would replace, once their occurrences and the member are locked."""
    while True:
        seen = session.scalars(select(Waiting).where(Waiting.public_id == place_id)).one_or_none()
        if seen is None or (member_id is not None and seen.member_id != member_id):
            raise errors.NotFound()
        given_up = None if replaces is None else booking_rows.with_public_id(session, replaces)
        if replaces is not None and (given_up is None or given_up.member_id != seen.member_id):
            raise errors.NotFound()
        was_in = None if given_up is None else given_up.occurrence_id
        locks.occurrences(session, {seen.occurrence_id, *([] if was_in is None else [was_in])})
        locks.person(session, seen.member_id)
        place = session.get_one(Waiting, seen.id, populate_existing=True)
        if given_up is None:
            return place, None
        given_up = session.get_one(Booking, given_up.id, populate_existing=True)
        if given_up.occurrence_id == was_in:
            return place, given_up


@deed
def accept(
    session: Session,
    place_id: uuid.UUID,
    organisation: Organisation,
    now: datetime,
    *,
    member_id: int | None = None,
    starts_at: datetime | None = None,
    replaces: uuid.UUID | None = None,
) -> Booking:
    """Take what is offered for a place; in the last hour, when all were called, the free slot at `starts_at`.

    `replaces` is the member's own booking that moves there, for whoever is at a limit. Accepting twice answers the
    booking that the first made. `member_id` is whose the place must be, None for whoever holds the letter's address.
    Raises NotFound, OfferLapsed (also by the clock alone), SlotTaken, LimitReached and what else `book` raises.
    """
    place, given_up = _locked(session, place_id, member_id, replaces)
    if place.outcome == "booked":
        return _made(session, place)
    if place.ended_at is not None:
        raise errors.OfferLapsed()
    occurrence = locks.occurrences(session, [place.occurrence_id])[place.occurrence_id]
    offer = _open_offer(session, place)
    analyst_id: int | None
    if offer is not None and starts_at is None:
        if now >= offer.lapses_at:
            raise errors.OfferLapsed()
        at, analyst_id = offer.starts_at, offer.analyst_id
    elif starts_at is not None:
        at, analyst_id = starts_at, place.analyst_id
    else:
        raise errors.OfferLapsed()
    if given_up is not None and (given_up.is_cancelled or now >= given_up.starts_at):
        raise errors.AlreadyStarted(given_up.starts_at)
    moving = None if given_up is None else given_up.id
    analyst = None if analyst_id is None else session.get_one(Person, analyst_id).public_id
    wanted = BookingRequest(occurrence.public_id, at, place.minutes, analyst)
    picked = pick(session, wanted, organisation, now, place.member_id, given_up)
    slot, rules = picked.slot, picked.rules
    member = session.get_one(Person, place.member_id)
    check_may_book(session, member, occurrence, slot, rules, organisation, now, moving)
    offers.end_place(session, place.id, "booked", now)
    offers.end_held(session, picked.found, slot, member.id, now)
    chose = place.analyst_id is not None
    if given_up is None:
        booking = Booking(public_id=new_public_id(), chose_analyst=chose, topic=place.topic, link=place.link)
        make(session, booking, member, picked, now)
        freed, was_in = None, occurrence.id
    else:
        booking, freed, was_in = given_up, given_up.slot, given_up.occurrence_id
        booking.topic, booking.link = place.topic or booking.topic, place.link or booking.link
        put(session, booking, occurrence, slot, picked.analyst.name, organisation, now, chose_analyst=chose)
    session.flush()
    for occurrence_id in sorted({was_in, occurrence.id}):
        offers.pass_on(session, occurrence_id, organisation, now, [freed] if freed and occurrence_id == was_in else ())
    return booking


def _made(session: Session, place: Waiting) -> Booking:
    """The booking that the place has led to."""
    found = session.scalars(
        select(Booking)
        .where(
            Booking.occurrence_id == place.occurrence_id,
            Booking.member_id == place.member_id,
            Booking.status == CONFIRMED,
        )
        .order_by(Booking.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise errors.OfferLapsed()
    return found


@deed
def decline(
    session: Session, place_id: uuid.UUID, organisation: Organisation, now: datetime, *, member_id: int | None = None
) -> Waiting:
    """Let what is offered pass on to the next; the place stays, for another time. Twice is once. Raises NotFound."""
    place, _ = _locked(session, place_id, member_id)
    offer = _open_offer(session, place)
    if offer is not None:
        offers.end(session, offer.id, "declined" if now < offer.lapses_at else "lapsed", now)
        register.write(session, "offer-declined", "waiting", place.public_id, now, actor_id=place.member_id)
        offers.pass_on(session, place.occurrence_id, organisation, now)
    return place


@deed
def leave(
    session: Session, place_id: uuid.UUID, organisation: Organisation, now: datetime, *, member_id: int | None = None
) -> Waiting:
    """Wait no longer; what is offered goes to the next. Twice is once. Raises NotFound."""
    place, _ = _locked(session, place_id, member_id)
    if place.ended_at is None:
        offers.end_place(session, place.id, "left", now)
        register.write(session, "left-waitlist", "waiting", place.public_id, now, actor_id=place.member_id)
        session.refresh(place)
        offers.pass_on(session, place.occurrence_id, organisation, now)
    return place


@deed
def pass_on(session: Session, occurrence_id: int, organisation: Organisation, now: datetime) -> int:
    """Offer what is free in an occurrence to those who wait for it; how many are told. For the worker."""
    locks.occurrences(session, [occurrence_id])
    return offers.pass_on(session, occurrence_id, organisation, now)


def lapsed(session: Session, now: datetime) -> list[int]:
    """The occurrences in which an offer has lapsed; one read, for the worker."""
    return queries.lapsed(session, now)


def awaited(session: Session) -> list[int]:
    """The occurrences that somebody waits for; one read, for the worker."""
    return queries.awaited(session)
