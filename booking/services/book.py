"""Book a slot."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import briefs, errors, policy, slots
from booking.domain.organisation import Organisation, Policy
from booking.domain.slots import Hours, Slot
from booking.services.deed import deed
from booking.store import bookings, claims, facts, idempotency, letters, locks, register
from booking.store.bookings import Booking
from booking.store.people import Person
from booking.store.queries import occurrences as queries


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a member asks for. `analyst` is a person's public id, None for anyone; `key` makes a twin harmless."""

    occurrence: uuid.UUID
    starts_at: datetime
    minutes: int
    analyst: uuid.UUID | None = None
    topic: str = ""
    link: str = ""
    key: str = ""


@deed
def book(
    session: Session, request: BookingRequest, member_id: int, organisation: Organisation, now: datetime
) -> Booking:
    """Book a slot; booking, claims, letters and register entry commit together.

    A second request with the same key answers the booking that the first one made. Raises TooLate, TooEarly,
    LimitReached, SlotTaken and the like (domain/errors.py); then nothing is written.
    """
    topic, link = briefs.clean_topic(request.topic), briefs.clean_link(request.link)
    key = None
    if request.key:
        key = idempotency.begin(session, member_id, request.key, asdict(request), now)
        if key.answer is not None:
            return answered(session, key.answer)
    occurrence = locks.occurrence(session, queries.occurrence_id(session, request.occurrence))
    member = locks.person(session, member_id)
    rules = queries.policy(organisation, occurrence.series)
    if not organisation.kinds[occurrence.series.kind].bookable:
        raise errors.NotBookable()
    hours = queries.hours(session, occurrence, member.id)
    slot = pick(session, hours, request.starts_at, request.minutes, request.analyst, rules, now)
    standing = queries.standing(session, occurrence.id, member, now)
    refusal = policy.refusal(standing, rules, slot.starts_at, organisation.zone)
    if refusal is not None:
        raise refusal
    booking = Booking(
        member_id=member.id,
        chose_analyst=request.analyst is not None,
        topic=topic,
        link=link,
        is_invited=invites(member),
        revised_at=now.replace(microsecond=0),
        created_at=now,
    )
    bookings.place(booking, occurrence.id, slot)
    session.add(booking)
    session.flush()
    claims.take(session, slot, member.id, booking.id)
    told = facts.booking_facts(session, booking)
    letters.enqueue(session, "booked", member.email, told, now, person_id=member.id, booking_id=booking.id)
    register.write(session, "booked", "booking", booking.public_id, now, actor_id=member.id, minutes=slot.minutes)
    if key is not None:
        key.answer = booking.public_id
    return booking


def pick(
    session: Session,
    hours: Hours,
    starts_at: datetime,
    minutes: int,
    analyst: uuid.UUID | None,
    rules: Policy,
    now: datetime,
) -> Slot:
    """The slot that was asked for, with the analyst chosen where anyone will do; raises why it cannot be had."""
    if analyst is not None:
        slot = Slot(analyst_id(session, analyst), starts_at, minutes)
        refusal = slots.refusal(hours, slot, rules, now)
        if refusal is not None:
            raise refusal
        return slot
    candidates = [Slot(analyst_id, starts_at, minutes) for analyst_id in hours.analyst_ids]
    refusals = [slots.refusal(hours, slot, rules, now) for slot in candidates]
    chosen = slots.choose(hours, [slot for slot, why in zip(candidates, refusals, strict=True) if why is None])
    if chosen is None:
        raise refusals[0] or errors.NotOnRoster() if refusals else errors.NotOnRoster()
    return chosen


def analyst_id(session: Session, public_id: uuid.UUID) -> int:
    """The internal id of a person; NotOnRoster if there is none."""
    found = session.query(Person.id).filter_by(public_id=public_id).scalar()
    if found is None:
        raise errors.NotOnRoster()
    return int(found)


def invites(member: Person) -> bool:
    """Whether a booking made now reaches this member's calendar by invitation, rather than by their feed."""
    if member.invitations == "until-subscribed":
        return member.member_feed_fetched_at is None
    return member.invitations == "always"


def answered(session: Session, public_id: uuid.UUID) -> Booking:
    """The booking that an earlier twin made."""
    booking = bookings.with_public_id(session, public_id)
    if booking is None:
        raise errors.NotFound()
    return booking
