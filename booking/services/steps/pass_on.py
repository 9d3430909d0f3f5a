"""Pass freed slots on: offer them to whoever is next on the waitlist, and tell the others. The occurrence is locked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from booking.domain.bookings import slots, waitlist_rules
from booking.domain.bookings.policy import Rules
from booking.domain.bookings.slots import Hours, Slot
from booking.domain.bookings.timetable import Timetable
from booking.domain.bookings.waitlist_rules import Match, WaitlistPlace
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import AfterOffer, OfferStatus, WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.store import audit_log
from booking.store.bookings import claims, offers
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.outbox import email_facts, emails
from booking.store.outbox.email_facts import Was
from booking.store.people.people import Person
from booking.store.programme.changes import Change
from booking.store.programme.programme import SCHEDULED, Occurrence
from booking.store.queries.bookings import timetables, waitlist_queue
from booking.store.queries.bookings.waitlist_queue import OpenOffer


@dataclass(frozen=True, slots=True)
class Round:
    """One look at the waitlist of one occurrence: what it is judged by, and the people who wait, by id."""

    session: Session
    occurrence: Occurrence
    rules: Rules
    hours: Hours
    people: dict[int, Person]
    names: dict[int, str]  # the analysts'

    def tell(self, name: EmailName, place: WaitlistEntry, slot: Slot, **more: Any) -> None:
        """Queue the email of that name about a slot to the person who waits there."""
        member = self.people[place.member_id]
        told = _facts(self.occurrence, place, slot, self.names[slot.analyst_id], member, **more)
        emails.enqueue(self.session, name, member.email, told, self.rules.now, person_id=member.id)


def lapse_due_offers(context: ActionContext, occurrence_id: int) -> bool:
    """Pass on offers that have lapsed unnoticed. Returns whether there were any."""
    if not any(held.lapses_at <= context.now for held in waitlist_queue.open_offers(context.session, occurrence_id)):
        return False
    pass_on(context, occurrence_id)
    return True


_OPEN_OFFERS = select(Offer.id).where(
    Offer.occurrence_id.in_(bindparam("occurrence_ids", expanding=True)),
    Offer.status == OfferStatus.OPEN,
    Offer.waiting_id.is_not(None),
)
_OPEN_OFFERS_BY = _OPEN_OFFERS.where(Offer.analyst_id == bindparam("analyst_id"))


def withdraw(
    session: Session, occurrence_ids: Iterable[int], now: datetime, analyst_id: int | None = None
) -> list[int]:
    """Take back what is offered there to those who wait (by that analyst only, if one is named); they go on waiting.

    Returns the ids of these offers, for `tell_withdrawn` once the waitlist has been served.
    """
    ids = list(occurrence_ids)
    if analyst_id is None:
        ended = list(session.scalars(_OPEN_OFFERS, {"occurrence_ids": ids}))
    else:
        ended = list(session.scalars(_OPEN_OFFERS_BY, {"occurrence_ids": ids, "analyst_id": analyst_id}))
    for offer_id in ended:
        offers.end(session, offer_id, OfferStatus.GONE, now)
    return ended


_other, _analyst = aliased(Offer), aliased(Person)
_WITHDRAWN = (
    select(Offer, WaitlistEntry, Person, Occurrence, _analyst.name)
    .join(WaitlistEntry, WaitlistEntry.id == Offer.waiting_id)
    .join(Person, Person.id == Offer.member_id)
    .join(Occurrence, Occurrence.id == Offer.occurrence_id)
    .join(_analyst, _analyst.id == Offer.analyst_id)
    .where(
        Offer.id.in_(bindparam("offer_ids", expanding=True)),
        WaitlistEntry.ended_at.is_(None),
        ~exists().where(_other.waiting_id == Offer.waiting_id, _other.status == OfferStatus.OPEN),
    )
    .order_by(Offer.id)
)


def tell_withdrawn(session: Session, offer_ids: Sequence[int], now: datetime, change: Change | None = None) -> None:
    """Email the members of these offers that the slot is no longer held, but those who are offered another one already.

    The emails of a publish, `change`, wait as its others do.
    """
    if not offer_ids:
        return
    rows = session.execute(_WITHDRAWN, {"offer_ids": list(offer_ids)})
    due_at, change_id = (now, None) if change is None else (change.due_at, change.id)
    queued = []
    for offer, place, member, occurrence, name in rows:
        slot = Slot(offer.analyst_id, offer.starts_at, offer.minutes)
        told = _facts(occurrence, place, slot, name, member, became=AfterOffer.WITHDRAWN)
        row = emails.row(
            EmailName.OFFER_LAPSED, member.email, told, now, person_id=member.id, due_at=due_at, change_id=change_id
        )
        queued.append(row)
    if queued:
        emails.add(session, queued)


def pass_on(context: ActionContext, occurrence_id: int, freed: Iterable[Slot] = (), asking: int | None = None) -> int:
    """Lapse what is due, then offer what is free to whoever is next, and tell the others of what is held for nobody.

    `freed` are the slots that the caller has let go of. `asking` is the member who is about to book here: what would
    be theirs is kept from the others, and they get no email about it. Returns how many people are told; nobody is
    told twice in one round. Where nobody waits it is one read.
    """
    session, organisation, now = context.session, context.organisation, context.now
    occurrence = session.get_one(Occurrence, occurrence_id)
    places = waitlist_queue.places(session, [occurrence_id], organisation, now).get(occurrence_id, [])
    if not places:
        return 0
    lapsed = _end_lapsed(session, occurrence_id, now)
    if lapsed:
        places = waitlist_queue.places(session, [occurrence_id], organisation, now).get(occurrence_id, [])
    found = timetables.timetable(session, occurrence.public_id, organisation)
    if found is None:
        return 0
    this = _round(context, occurrence, found, places)
    rules = this.rules.policy
    closes_at = occurrence.ends_at - timedelta(minutes=rules.shortest + rules.notice_minutes)
    if occurrence.status != SCHEDULED or now > closes_at:
        _tell_lapsed(this, lapsed, [], None)
        for place in places:
            offers.end_place(session, place.id, WaitlistOutcome.GONE, now)
        return len(lapsed)
    told, is_beaten = _serve(this, places, lapsed, freed, asking)
    if is_beaten:
        return told + pass_on(context, occurrence_id, (), asking)
    return told


def offer_to(context: ActionContext, place: WaitlistEntry, by_id: int) -> bool:
    """Hold a free slot for this one person, whoever is ahead of them and whatever they let lapse.

    False where nothing that suits them is free for long enough to answer, or something is held for them already. The
    occurrence is locked; `by_id` is the coordinator, for the audit log.
    """
    session, organisation, now = context.session, context.organisation, context.now
    lapse_due_offers(context, place.occurrence_id)
    occurrence = session.get_one(Occurrence, place.occurrence_id)
    places = waitlist_queue.places(session, [occurrence.id], organisation, now).get(occurrence.id, [])
    mine = next((one for one in places if one.id == place.id), None)
    found = timetables.timetable(session, occurrence.public_id, organisation)
    if mine is None or found is None or mine.has_offer:
        return False
    this = _round(context, occurrence, found, places)
    slot = waitlist_rules.offerable(mine, this.hours, this.rules, this.people[mine.member_id].time_zone)
    if slot is None:
        return False
    hours = replace(this.hours, taken=this.hours.taken | {(slot.analyst_id, at) for at in slot.quarters})
    others = [one for one in places if one.id != mine.id]
    return _offer(this, Match(mine, slot), others, hours, by_id)


_PEOPLE = select(Person).where(Person.id.in_(bindparam("ids", expanding=True)))


def _round(context: ActionContext, occurrence: Occurrence, found: Timetable, places: list[WaitlistPlace]) -> Round:
    session = context.session
    who = {"ids": list({place.member_id for place in places})}
    return Round(
        session,
        occurrence,
        found.rules(context.organisation, context.now),
        found.hours,
        {person.id: person for person in session.scalars(_PEOPLE, who)},
        {analyst.id: analyst.name for analyst in found.analysts},
    )


def _serve(
    this: Round,
    places: list[WaitlistPlace],
    lapsed: list[OpenOffer],
    freed: Iterable[Slot],
    asking: int | None,
) -> tuple[int, bool]:
    """Hold what is free for whoever is next; tell of what is left.

    Returns how many people are told, and whether somebody was booked or offered something else at this moment.
    """
    silent = {held.waiting_id for held in lapsed}
    waiting = [place for place in places if place.id not in silent]
    matches, after = waitlist_rules.offers(waiting, this.hours, this.rules)
    matched = {match.place.id for match in matches}
    others = [place for place in places if place.id not in matched]
    wanted = [match for match in matches if match.place.member_id != asking]
    made = sum(_offer(this, match, others, after) for match in wanted)
    _tell_lapsed(this, lapsed, matches, after)
    left = [place for place in waiting if place.id not in matched and place.member_id != asking]
    called = waitlist_rules.calls(left, after, this.rules, freed)
    for place, fits in called:
        _call(this, place, fits)
    return made + len(lapsed) + len(called), made < len(wanted)


def _end_lapsed(session: Session, occurrence_id: int, now: datetime) -> list[OpenOffer]:
    """End the offers whose time to accept has passed; their members wait on behind the others."""
    due = [held for held in waitlist_queue.open_offers(session, occurrence_id) if held.lapses_at <= now]
    for held in due:
        offers.end(session, held.id, OfferStatus.LAPSED, now)
        place = session.get_one(WaitlistEntry, held.waiting_id, populate_existing=True)
        place.joined_at = now
        session.flush()
        audit_log.write(session, AuditAction.OFFER_LAPSED, AuditSubject.WAITLIST_ENTRY, place.public_id, now)
    return due


def _tell_lapsed(this: Round, lapsed: list[OpenOffer], matches: list[Match], after: Hours | None) -> None:
    """Tell those who did not accept in time what has become of the slot: offered on, free to book, or neither."""
    offered = {(match.slot.analyst_id, at) for match in matches for at in match.slot.quarters}
    for held in lapsed:
        slot = Slot(held.analyst_id, held.starts_at, held.minutes)
        place = this.session.get_one(WaitlistEntry, held.waiting_id)
        became = AfterOffer.OVER
        if not offered.isdisjoint((slot.analyst_id, at) for at in slot.quarters):
            became = AfterOffer.OFFERED
        elif after is not None and slots.refusal(after, slot, this.rules.policy, this.rules.now) is None:
            became = AfterOffer.FREE
            place.called_for = sorted({*(place.called_for or ()), waitlist_rules.named(slot)})
        if slot.analyst_id not in this.names:
            this.names[slot.analyst_id] = this.session.get_one(Person, slot.analyst_id).name
        this.tell(EmailName.OFFER_LAPSED, place, slot, became=became)
    this.session.flush()


def _offer(this: Round, match: Match, others: list[WaitlistPlace], hours: Hours, by_id: int | None = None) -> bool:
    """Hold the slot for the member and tell them; False where another occurrence made them an offer just now.

    `by_id` is who asked for it, None for the service itself.
    """
    session, place, slot, now = this.session, match.place, match.slot, this.rules.now
    member = this.people[place.member_id]
    until = waitlist_rules.held_until(slot.starts_at, member.time_zone or this.rules.zone, this.rules.policy, now)
    offer = Offer(
        member_id=member.id,
        waiting_id=place.id,
        occurrence_id=this.occurrence.id,
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
        return False
    waiting = session.get_one(WaitlistEntry, place.id)
    has_next = waitlist_rules.has_next(others, slot, hours, replace(this.rules, now=until))
    more = _replaced(session, waitlist_rules.replaced(place, slot.starts_at, this.rules))
    this.tell(EmailName.OFFER, waiting, slot, lapses_at=email_facts.stamp(until), has_next=has_next, **more)
    audit_log.write(
        session,
        AuditAction.OFFERED,
        AuditSubject.WAITLIST_ENTRY,
        waiting.public_id,
        now,
        actor_id=by_id,
        starts_at=email_facts.stamp(slot.starts_at),
    )
    return True


def _replaced(session: Session, booking_id: int | None) -> dict[str, Any]:
    """The booking that accepting replaces, for the email; `replaces` says whether there is one."""
    if booking_id is None:
        return {"replaces": False}
    booking = session.get_one(Booking, booking_id)
    return {"replaces": True, **Was.of(booking).facts}


def _call(this: Round, place: WaitlistPlace, fits: list[Slot]) -> None:
    """Tell one person what is free and held for nobody."""
    session, now = this.session, this.rules.now
    waiting = session.get_one(WaitlistEntry, place.id)
    waiting.called_for = [waitlist_rules.named(slot) for slot in fits]
    lines = [{"starts_at": email_facts.stamp(slot.starts_at), "analyst": this.names[slot.analyst_id]} for slot in fits]
    is_soon = waitlist_rules.is_last_hour(fits[0].starts_at, now)
    this.tell(EmailName.LAST_HOUR_CALL if is_soon else EmailName.FREE_TO_BOOK, waiting, fits[0], lines=lines)
    audit_log.write(session, AuditAction.CALLED, AuditSubject.WAITLIST_ENTRY, waiting.public_id, now, free=len(fits))
    session.flush()


def _facts(
    occurrence: Occurrence, place: WaitlistEntry, slot: Slot, analyst: str, member: Person, **more: Any
) -> dict[str, Any]:
    series = occurrence.series
    return {
        "place": str(place.public_id),
        "occurrence": str(occurrence.public_id),
        "series": series.slug,
        "kind": series.kind,
        "title": occurrence.title or series.title,
        "zone": series.zone,
        "starts_at": email_facts.stamp(slot.starts_at),
        "ends_at": email_facts.stamp(slot.ends_at),
        "minutes": slot.minutes,
        "analyst": analyst,
        "member": member.name,
        **more,
    }
