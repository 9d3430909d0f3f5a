"""Offers to those who wait: made, ended, passed on. Whoever calls these has locked the occurrence."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain import slots, waitlist
from booking.domain.organisation import Organisation, Policy
from booking.domain.slots import Hours, Slot
from booking.domain.waitlist import Match, Place
from booking.store import claims, facts, letters, register
from booking.store.claims import Claim
from booking.store.people import Person
from booking.store.programme import SCHEDULED, Occurrence
from booking.store.queries import timetables
from booking.store.queries import waitlist as queries
from booking.store.queries.timetables import Timetable
from booking.store.waiting import Offer, Waiting


def end(session: Session, offer_id: int, status: str, now: datetime) -> None:
    """Close an offer, if it is open still, and let go of its quarters."""
    session.execute(delete(Claim).where(Claim.offer_id == offer_id))
    is_open = (Offer.id == offer_id) & (Offer.status == "open")
    session.execute(update(Offer).where(is_open).values(status=status, ended_at=now))


def give_way(session: Session, slot: Slot, member_id: int, now: datetime, *, to: Collection[int]) -> None:
    """End the offers to the people `to` that own a quarter of the slot, its analyst's or the member's.

    What somebody is booked for comes before what they are only offered.

    They go on waiting. What else such an offer held is free again: those who wait there come first, because
    `services.book.pick` asks the waitlist before it gives a slot to anybody.
    """
    for offer_id in claims.offers_at(session, [slot.analyst_id, member_id], slot.quarters, to):
        end(session, offer_id, "gone", now)


def end_held(session: Session, found: Timetable, slot: Slot, member_id: int, now: datetime) -> None:
    """The same for what is offered to the member who books: `found` was read for them, so nothing more is read."""
    owned = {(person_id, at) for person_id in (slot.analyst_id, member_id) for at in slot.quarters}
    for offer_id in sorted({found.held[key] for key in owned & found.held.keys()}):
        end(session, offer_id, "gone", now)


def end_place(session: Session, waiting_id: int, outcome: str, now: datetime) -> None:
    """End a place on the waitlist, and what is offered for it."""
    for offer_id in session.scalars(select(Offer.id).where(Offer.waiting_id == waiting_id, Offer.status == "open")):
        end(session, offer_id, "accepted" if outcome == "booked" else "gone", now)
    session.execute(
        update(Waiting)
        .where(Waiting.id == waiting_id, Waiting.ended_at.is_(None))
        .values(ended_at=now, outcome=outcome)
    )


def end_place_of(session: Session, occurrence_id: int, member_id: int, outcome: str, now: datetime) -> None:
    """End the member's place in that occurrence, if they have one."""
    for waiting_id in session.scalars(
        select(Waiting.id).where(
            Waiting.occurrence_id == occurrence_id, Waiting.member_id == member_id, Waiting.ended_at.is_(None)
        )
    ):
        end_place(session, waiting_id, outcome, now)


def settle(session: Session, occurrence_id: int, organisation: Organisation, now: datetime) -> bool:
    """Where offers have lapsed that nobody has passed on: pass them on; whether there were any."""
    if not any(held.lapses_at <= now for held in queries.open_offers(session, occurrence_id)):
        return False
    pass_on(session, occurrence_id, organisation, now)
    return True


def withdraw(session: Session, occurrence_ids: Iterable[int], now: datetime, analyst_id: int | None = None) -> None:
    """Take back what is offered there to those who wait (by that analyst only, if one is named); they go on waiting."""
    wanted = select(Offer.id).where(
        Offer.occurrence_id.in_(list(occurrence_ids)), Offer.status == "open", Offer.waiting_id.is_not(None)
    )
    if analyst_id is not None:
        wanted = wanted.where(Offer.analyst_id == analyst_id)
    for offer_id in list(session.scalars(wanted)):
        end(session, offer_id, "gone", now)


def pass_on(
    session: Session,
    occurrence_id: int,
    organisation: Organisation,
    now: datetime,
    freed: Iterable[Slot] = (),
    asking: int | None = None,
) -> int:
    """Lapse what is due, then offer what is free to whoever is next, or call all in the last hour; how many are told.

    `freed` are the slots that the caller has let go of. `asking` is the member who is about to book here: what would
    be theirs is kept from the others, and they get no email about it. Where nobody waits it is one read.
    """
    occurrence = session.get_one(Occurrence, occurrence_id)
    rules = organisation.policy_for(occurrence.series.slug)
    places = _places(session, occurrence_id, organisation, rules, now)
    if not places:
        return 0
    if _lapse(session, occurrence, now):
        places = _places(session, occurrence_id, organisation, rules, now)
    closes_at = occurrence.ends_at - slots.QUARTER - timedelta(minutes=rules.notice_minutes)
    if occurrence.status != SCHEDULED or now > closes_at:
        for place in places:
            end_place(session, place.id, "gone", now)
        return 0
    found = timetables.timetable(session, occurrence.public_id, organisation)
    if found is None or not found.hours.analyst_ids:
        return 0
    rules = found.policy(organisation)
    matches, hours = waitlist.offers(places, found.hours, rules, organisation.zone, now)
    people = _people(session, [place.member_id for place in places])
    matched = {match.place.id for match in matches}
    others = [place for place in places if place.id not in matched]
    wanted = [match for match in matches if match.place.member_id != asking]
    told = made = sum(
        _offer(session, occurrence, found, match, others, hours, people, rules, organisation, now) for match in wanted
    )
    for place, fits in waitlist.calls(places, hours, rules, organisation.zone, now, freed):
        if place.member_id != asking:
            _call(session, occurrence, found, place, fits, people, now)
            told += 1
    if made < len(wanted):  # somebody was booked or offered something else at this moment: the next in line has it
        return told + pass_on(session, occurrence_id, organisation, now, (), asking)
    return told


def _places(
    session: Session, occurrence_id: int, organisation: Organisation, rules: Policy, now: datetime
) -> list[Place]:
    since = queries.since(now, rules.no_show_days)
    return queries.places(session, [occurrence_id], organisation, now, since).get(occurrence_id, [])


def _people(session: Session, ids: Iterable[int]) -> dict[int, Person]:
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(set(ids))))}


def _lapse(session: Session, occurrence: Occurrence, now: datetime) -> int:
    """End the offers whose time is over: their members are told, and wait on behind the others."""
    due = [held for held in queries.open_offers(session, occurrence.id) if held.lapses_at <= now]
    for held in due:
        end(session, held.id, "lapsed", now)
        place = session.get_one(Waiting, held.waiting_id, populate_existing=True)
        place.joined_at = now
        session.flush()
        member, giver = session.get_one(Person, place.member_id), session.get_one(Person, held.analyst_id)
        told = _facts(session, occurrence, place, Slot(giver.id, held.starts_at, held.minutes), giver.name, member)
        letters.enqueue(session, "offer-lapsed", member.email, told, now, person_id=member.id)
        register.write(session, "offer-lapsed", "waiting", place.public_id, now)
    return len(due)


def _offer(
    session: Session,
    occurrence: Occurrence,
    found: Timetable,
    match: Match,
    others: list[Place],
    hours: Hours,
    people: dict[int, Person],
    rules: Policy,
    organisation: Organisation,
    now: datetime,
) -> int:
    """Hold the slot for the member and tell them; 0 where they were booked or made another offer at the same moment."""
    place, slot = match.place, match.slot
    member = people[place.member_id]
    until = waitlist.held_until(slot.starts_at, member.time_zone or organisation.zone, rules, now)
    offer = Offer(
        member_id=member.id,
        waiting_id=place.id,
        occurrence_id=occurrence.id,
        analyst_id=slot.analyst_id,
        starts_at=slot.starts_at,
        minutes=slot.minutes,
        lapses_at=until,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(offer)
            session.flush()
            claims.hold_for_offer(session, slot, member.id, offer.id)
    except IntegrityError:
        return 0
    waiting = session.get_one(Waiting, place.id)
    name = next(a.name for a in found.analysts if a.id == slot.analyst_id)
    has_next = waitlist.has_next(others, match.slot, hours, rules, organisation.zone, until)
    told = _facts(session, occurrence, waiting, slot, name, member, lapses_at=facts.stamp(until), has_next=has_next)
    letters.enqueue(session, "offer", member.email, told, now, person_id=member.id)
    register.write(session, "offered", "waiting", waiting.public_id, now, starts_at=facts.stamp(slot.starts_at))
    return 1


def _call(
    session: Session,
    occurrence: Occurrence,
    found: Timetable,
    place: Place,
    fits: list[Slot],
    people: dict[int, Person],
    now: datetime,
) -> None:
    """Tell one of all who wait what is free now; the first to press has it."""
    waiting = session.get_one(Waiting, place.id)
    waiting.called_for = [waitlist.named(slot) for slot in fits]
    member = people[place.member_id]
    names = {analyst.id: analyst.name for analyst in found.analysts}
    others = [{"starts_at": facts.stamp(slot.starts_at), "analyst": names[slot.analyst_id]} for slot in fits]
    told = _facts(session, occurrence, waiting, fits[0], names[fits[0].analyst_id], member, lines=others)
    letters.enqueue(session, "last-hour-call", member.email, told, now, person_id=member.id)
    register.write(session, "called", "waiting", waiting.public_id, now, free=len(fits))
    session.flush()


def _facts(
    session: Session, occurrence: Occurrence, place: Waiting, slot: Slot, analyst: str, member: Person, **more: Any
) -> dict[str, Any]:
    series = occurrence.series
    return {
        "place": str(place.public_id),
        "occurrence": str(occurrence.public_id),
        "series": series.slug,
        "kind": series.kind,
        "title": occurrence.title or series.title,
        "zone": series.zone,
        "starts_at": facts.stamp(slot.starts_at),
        "ends_at": facts.stamp(slot.ends_at),
        "minutes": slot.minutes,
        "analyst": analyst,
        "member": member.name,
        **more,
    }
