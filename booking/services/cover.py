"""Time away and cover: shown before it happens, done in one go; offers, "I'll take it", and what lapses."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from booking.domain import cover as rules
from booking.domain import errors, zones
from booking.domain.consequences import Held
from booking.domain.cover import ASKED, HANDED, OFFERED, Cover, Covered, Place
from booking.domain.organisation import Organisation
from booking.domain.recurrence import LONGEST
from booking.domain.slots import Slot
from booking.services.deed import deed
from booking.store import bookings as booking_rows
from booking.store import claims, facts, letters, locks, offers, people, register, reminders, worlds
from booking.store.away import Away
from booking.store.base import new_public_id
from booking.store.bookings import CANCELLED, CONFIRMED, Booking
from booking.store.claims import Claim
from booking.store.people import Person, Role
from booking.store.programme import SCHEDULED, Occurrence, Roster
from booking.store.queries import bookings as queries
from booking.store.waiting import Offer

MOST_AWAY = timedelta(days=366)


class CoverChanged(errors.Refusal):
    """Bookings have changed since the cover was shown; `shown` is what it is now."""

    code = "cover-changed"

    def __init__(self, shown: Shown) -> None:
        super().__init__("the plan has changed since it was shown")
        self.shown = shown


class SpanNotAccepted(errors.Refusal):
    """Time away ends after it begins, lies ahead, and lasts a year at the most."""

    code = "span-not-accepted"


class AlreadyCovered(errors.Refusal):
    """Somebody else was quicker, or the place is no longer wanted."""

    code = "already-covered"


@dataclass(frozen=True, slots=True)
class Shown:
    """A cover plan as it is read: with everybody's name and the fingerprint that stands for it."""

    analyst: Person
    starts_at: datetime
    ends_at: datetime
    cover: Cover
    names: dict[int, str]
    titles: dict[int, str]

    @property
    def fingerprint(self) -> str:
        parts = [self.analyst.id, self.starts_at.isoformat(), self.ends_at.isoformat()]
        text = json.dumps([*parts, *rules.fingerprint_of(self.cover)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def show(session: Session, analyst: uuid.UUID, starts_at: datetime, ends_at: datetime, now: datetime) -> Shown:
    """What the analyst's being away in [starts_at, ends_at) would mean. Raises NotFound, SpanNotAccepted."""
    person = session.scalars(
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .where(Person.public_id == analyst, Role.role == "analyst")
    ).one_or_none()
    if person is None:
        raise errors.NotFound()
    if not starts_at < ends_at <= starts_at + MOST_AWAY or ends_at <= now:
        raise SpanNotAccepted("time away ends after it begins, is not over, and lasts a year at the most")
    rows = _occurrences(session, person.id, max(starts_at, now), ends_at)
    return _shown(session, person, starts_at, ends_at, rows, now)


def _occurrences(session: Session, analyst_id: int, start: datetime, end: datetime) -> list[Occurrence]:
    """Those on whose roster the analyst is, that are not over before `start` and begin before `end`."""
    return list(
        session.scalars(
            select(Occurrence)
            .join(Roster, Roster.occurrence_id == Occurrence.id)
            .where(
                Roster.analyst_id == analyst_id,
                Roster.is_away.is_(False),
                Occurrence.starts_at < end,
                Occurrence.starts_at > start - LONGEST,
                Occurrence.ends_at > start,
                Occurrence.status == SCHEDULED,
            )
            .order_by(Occurrence.id)
        )
    )


def _shown(
    session: Session, person: Person, start: datetime, end: datetime, rows: list[Occurrence], now: datetime
) -> Shown:
    ids = [row.id for row in rows]
    held = [
        booking
        for booking in worlds.held(session, ids, now)
        if booking.analyst_id == person.id and start <= booking.starts_at < end
    ]
    rosters: dict[int, list[int]] = {}
    for occurrence_id, analyst_id in session.execute(
        select(Roster.occurrence_id, Roster.analyst_id)
        .where(Roster.occurrence_id.in_(ids), Roster.analyst_id != person.id, Roster.is_away.is_(False))
        .order_by(Roster.occurrence_id, Roster.position)
    ):
        rosters.setdefault(occurrence_id, []).append(analyst_id)
    places = [
        Place(
            row.id,
            row.starts_at,
            row.ends_at,
            tuple(rosters.get(row.id, ())),
            tuple(booking for booking in held if booking.occurrence_id == row.id),
        )
        for row in rows
    ]
    analysts, members = _taken(session, places, held)
    offered = set(
        session.scalars(
            select(Offer.member_id).where(Offer.status == "open", Offer.member_id.in_({b.member_id for b in held}))
        )
    )
    cover = rules.plan(places, analysts, members, offered, now)
    names = {
        person_id: name
        for person_id, name in session.execute(
            select(Person.id, Person.name).where(
                Person.id.in_({person.id, *(a for others in rosters.values() for a in others)})
            )
        )
    }
    titles = {row.id: row.title or row.series.title for row in rows}
    return Shown(person, start, end, cover, names, titles)


def _taken(
    session: Session, places: list[Place], held: list[Held]
) -> tuple[set[tuple[int, datetime]], set[tuple[int, datetime]]]:
    """What owns quarters of the others and of the members while these places last, these bookings apart."""
    if not places:
        return set(), set()
    own = {booking.id for booking in held}
    start, end = min(place.starts_at for place in places), max(place.ends_at for place in places)
    found = session.execute(
        select(Claim.analyst_id, Claim.member_id, Claim.quarter_at, Claim.booking_id).where(
            Claim.quarter_at >= start,
            Claim.quarter_at < end,
            (Claim.analyst_id.in_({a for place in places for a in place.others}))
            | (Claim.member_id.in_({booking.member_id for booking in held})),
        )
    ).all()
    rest = [row for row in found if row.booking_id not in own]
    return {(row.analyst_id, row.quarter_at) for row in rest}, {
        (row.member_id, row.quarter_at) for row in rest if row.member_id is not None
    }


@deed
def report(
    session: Session,
    analyst: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
    *,
    fingerprint: str,
    note: str = "",
    actor_id: int | None = None,
) -> Away:
    """Store the time away and do what was shown, in one go; coordinators are told at once, doors stay the same.

    Raises CoverChanged where bookings have changed since it was shown, NotFound, SpanNotAccepted.
    """
    seen = show(session, analyst, starts_at, ends_at, now)
    rows = list(locks.occurrences(session, [place.occurrence_id for place in seen.cover.places]).values())
    members = {booking.member_id for place in seen.cover.places for booking in place.bookings}
    locks.persons(session, members)
    shown = _shown(session, seen.analyst, starts_at, ends_at, rows, now)
    if shown.fingerprint != fingerprint:
        raise CoverChanged(shown)
    person = shown.analyst
    away = Away(
        public_id=new_public_id(),
        analyst_id=person.id,
        starts_at=starts_at,
        ends_at=ends_at,
        reported_by_id=actor_id,
        note=note[:500],
        created_at=now,
    )
    session.add(away)
    session.execute(
        update(Roster)
        .where(Roster.analyst_id == person.id, Roster.occurrence_id.in_([row.id for row in rows]))
        .values(is_away=True)
    )
    session.flush()
    offers.withdraw(session, [row.id for row in rows], now, person.id)
    for covered in shown.cover.covered:
        _settle(session, covered, person, now)
    asked = _ask_the_others(session, shown, away, now)
    _tell_coordinators(session, shown, away.note, now)
    counts = {what: len(shown.cover.of(what)) for what in (HANDED, OFFERED, ASKED, rules.CANCELLED)}
    register.write(
        session,
        "away",
        "person",
        person.public_id,
        now,
        actor_id=actor_id,
        starts_at=facts.stamp(starts_at),
        ends_at=facts.stamp(ends_at),
        asked=asked,
        **{what.replace(" ", "_"): count for what, count in counts.items() if count},
    )
    return away


def _settle(session: Session, covered: Covered, person: Person, now: datetime) -> None:
    booking = session.get_one(Booking, covered.booking.id, populate_existing=True)
    if covered.what == HANDED and covered.slot is not None:
        booking.asked_for_id = person.id if covered.may_wait else None
        _hand(session, booking, covered.slot.analyst_id, f"{person.name} is away.", now, may_wait=covered.may_wait)
    elif covered.what == OFFERED and covered.slot is not None and covered.lapses_at is not None:
        offer = Offer(
            member_id=booking.member_id,
            booking_id=booking.id,
            occurrence_id=booking.occurrence_id,
            analyst_id=covered.slot.analyst_id,
            starts_at=covered.slot.starts_at,
            minutes=booking.minutes,
            lapses_at=covered.lapses_at,
            created_at=now,
        )
        session.add(offer)
        session.flush()
        claims.hold_for_offer(session, covered.slot, offer.id)
        told = facts.booking_facts(
            session,
            booking,
            offered_at=facts.stamp(covered.slot.starts_at),
            offered_with=session.get_one(Person, covered.slot.analyst_id).name,
            lapses_at=facts.stamp(covered.lapses_at),
            is_invited=False,
        )
        _letter(session, "cover-offer", booking, told, now)
    elif covered.what == ASKED:
        told = facts.booking_facts(
            session, booking, lapses_at=facts.stamp(covered.lapses_at or booking.starts_at), is_invited=False
        )
        _letter(session, "cover-sought", booking, told, now)
    else:
        _cancel(session, booking, f"{person.name} is away, and nobody else is free then.", now)


def _hand(
    session: Session, booking: Booking, analyst_id: int, reason: str, now: datetime, *, may_wait: bool = False
) -> None:
    """Give a booking to another analyst at the same time, and tell its member."""
    was = booking.analyst.name
    claims.release(session, [booking.id])
    slot = Slot(analyst_id, booking.starts_at, booking.minutes)
    booking_rows.move(session, booking, booking.occurrence_id, slot, now)
    claims.take(session, booking.slot, booking.member_id, booking.id)
    told = facts.booking_facts(
        session,
        booking,
        was_at=facts.stamp(booking.starts_at),
        was_minutes=booking.minutes,
        was_with=was,
        reason=reason,
        may_wait=may_wait,
    )
    _letter(session, "moved-by-us", booking, told, now)


def _cancel(session: Session, booking: Booking, reason: str, now: datetime) -> None:
    claims.release(session, [booking.id])
    reminders.drop(session, [booking.id])
    booking.status, booking.cancelled_at, booking.cancelled_by = CANCELLED, now, "staff"
    booking.reason = reason
    booking_rows.revise(booking, now)
    session.flush()
    _letter(session, "cancelled-by-us", booking, facts.booking_facts(session, booking, reason=reason), now)


def _letter(session: Session, name: str, booking: Booking, told: dict[str, Any], now: datetime) -> None:
    letters.enqueue(session, name, booking.member.email, told, now, person_id=booking.member_id, booking_id=booking.id)


def _ask_the_others(session: Session, shown: Shown, away: Away, now: datetime) -> int:
    """One letter to each other analyst about every place for which there is nobody; how many letters."""
    wanted = shown.cover.wanted
    if not wanted:
        return 0
    rows = {place.occurrence_id: place for place in shown.cover.places}
    zone_of = {row.id: row for row in session.scalars(select(Occurrence).where(Occurrence.id.in_(wanted)))}
    lines = [
        {
            "occurrence": str(zone_of[i].public_id),
            "title": shown.titles[i],
            "starts_at": facts.stamp(rows[i].starts_at),
            "count": sum(c.booking.occurrence_id == i and c.what == ASKED for c in shown.cover.covered),
        }
        for i in wanted
    ]
    others = session.scalars(
        select(Person)
        .join(Role, Role.person_id == Person.id)
        .where(Role.role == "analyst", Person.closed_at.is_(None), Person.id != shown.analyst.id)
        .order_by(Person.id)
    ).all()
    for other in others:
        told = {
            "cover": f"{away.public_id}",
            "analyst": shown.analyst.name,
            "zone": zone_of[wanted[0]].series.zone,
            "lines": lines,
            "starts_at": lines[0]["starts_at"],
        }
        letters.enqueue(session, "cover-wanted", other.email, told, now, person_id=other.id)
    return len(others)


def _tell_coordinators(session: Session, shown: Shown, note: str, now: datetime) -> None:
    cover = shown.cover
    told = {
        "analyst": shown.analyst.name,
        "starts_at": facts.stamp(shown.starts_at),
        "ends_at": facts.stamp(shown.ends_at),
        "note": note,
        "clinics": len(cover.places),
        "handed": len(cover.of(HANDED)),
        "offered": len(cover.of(OFFERED)),
        "asked": len(cover.of(ASKED)),
        "cancelled": len(cover.of(rules.CANCELLED)),
    }
    for person in people.coordinators(session):
        letters.enqueue(session, "someone-away", person.email, told, now, person_id=person.id)


@deed
def accept(
    session: Session,
    booking_id: uuid.UUID,
    organisation: Organisation,
    now: datetime,
    *,
    member_id: int | None = None,
) -> Booking:
    """Take the other slot that is offered for a booking whose analyst is away.

    Accepting twice changes nothing. Raises NotFound, NotConfirmed, OfferLapsed.
    """
    booking = queries.locked_for_member(session, booking_id, member_id)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    offer = _offer_for(session, booking)
    if offer is None:
        taken = exists().where(Offer.booking_id == booking.id, Offer.status == "accepted")
        if session.scalar(select(taken)):
            return booking
        raise errors.OfferLapsed()
    if now >= offer.lapses_at:
        raise errors.OfferLapsed()
    was_at, was_with = booking.starts_at, booking.analyst.name
    offers.end(session, offer.id, "accepted", now)
    claims.release(session, [booking.id])
    slot = Slot(offer.analyst_id, offer.starts_at, offer.minutes)
    booking_rows.move(session, booking, booking.occurrence_id, slot, now)
    claims.take(session, booking.slot, booking.member_id, booking.id)
    told = facts.booking_facts(
        session, booking, was_at=facts.stamp(was_at), was_minutes=booking.minutes, was_with=was_with
    )
    _letter(session, "moved", booking, told, now)
    register.write(session, "accepted", "booking", booking.public_id, now, actor_id=booking.member_id)
    reminders.plan(session, [booking.id], organisation, now)
    return booking


def _offer_for(session: Session, booking: Booking) -> Offer | None:
    return session.scalars(select(Offer).where(Offer.booking_id == booking.id, Offer.status == "open")).one_or_none()


@deed
def rather_wait(session: Session, booking_id: uuid.UUID, now: datetime, *, member_id: int | None = None) -> Booking:
    """Give up a booking that was handed to somebody else, to wait for the analyst who was asked for: never late.

    Raises NotFound, AlreadyStarted, NotConfirmed where nobody else stands in.
    """
    booking = queries.locked_for_member(session, booking_id, member_id)
    if booking.is_cancelled:
        return booking
    if booking.asked_for_id is None:
        raise errors.NotConfirmed()
    if now >= booking.starts_at:
        raise errors.AlreadyStarted(booking.starts_at)
    claims.release(session, [booking.id])
    reminders.drop(session, [booking.id])
    booking.status, booking.cancelled_at, booking.cancelled_by = CANCELLED, now, "member"
    booking_rows.revise(booking, now)
    session.flush()
    _letter(session, "cancelled", booking, facts.booking_facts(session, booking, is_late=False), now)
    register.write(session, "rather-waits", "booking", booking.public_id, now, actor_id=booking.member_id)
    return booking


@deed
def take(session: Session, occurrence: uuid.UUID, taker_id: int, now: datetime) -> int:
    """ "I'll take it": join the roster and have every booking that still looks for somebody; how many those are.

    Raises NotFound, NotAllowed for whoever is no analyst, AlreadyCovered where nothing is left to take.
    """
    row = locks.occurrence(session, occurrence)
    if not session.scalar(select(exists().where(Role.person_id == taker_id, Role.role == "analyst"))):
        raise errors.NotAllowed()
    pending = pending_of(session, [row.id], now)
    if not pending or row.status != SCHEDULED:
        raise AlreadyCovered("somebody else has taken it, or nobody is left to take")
    locks.persons(session, {booking.member_id for booking in pending})
    place = session.get(Roster, (row.id, taker_id))
    if place is not None and place.is_away:
        raise errors.NotAllowed()
    if place is None:
        last = max((one.position for one in row.roster), default=-1)
        session.add(Roster(occurrence_id=row.id, analyst_id=taker_id, position=last + 1))
        session.flush()
    busy = {
        quarter
        for quarter in session.scalars(
            select(Claim.quarter_at).where(
                Claim.analyst_id == taker_id, Claim.quarter_at >= row.starts_at, Claim.quarter_at < row.ends_at
            )
        )
    }
    taken = 0
    for booking in pending:
        if busy.isdisjoint(booking.slot.quarters):
            offer = _offer_for(session, booking)
            if offer is not None:
                offers.end(session, offer.id, "gone", now)
            _hand(session, booking, taker_id, f"{booking.analyst.name} is away.", now)
            busy |= set(booking.slot.quarters)
            taken += 1
    register.write(session, "took-cover", "occurrence", row.public_id, now, actor_id=taker_id, bookings=taken)
    return taken


def pending_of(session: Session, occurrence_ids: Iterable[int], now: datetime) -> list[Booking]:
    """The confirmed bookings there that are still with somebody who is away, earliest first."""
    return list(
        session.scalars(
            select(Booking)
            .join(
                Roster,
                (Roster.occurrence_id == Booking.occurrence_id) & (Roster.analyst_id == Booking.analyst_id),
            )
            .where(
                Booking.occurrence_id.in_(list(occurrence_ids)),
                Booking.status == CONFIRMED,
                Booking.starts_at > now,
                Roster.is_away.is_(True),
            )
            .order_by(Booking.starts_at, Booking.id)
            .execution_options(populate_existing=True)
        )
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """An occurrence whose bookings look for somebody: which, when, how many. `zone` is the series' own."""

    public_id: uuid.UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    count: int


def wanted(session: Session, away_id: uuid.UUID, now: datetime) -> tuple[str, list[Wanted]] | None:
    """Who is away, and what still looks for somebody because of it; None where there is no such time away."""
    away = session.scalars(select(Away).where(Away.public_id == away_id)).one_or_none()
    if away is None:
        return None
    rows = _left_by(session, away, now)
    counts: dict[int, int] = {}
    for booking in pending_of(session, [row.id for row in rows], now):
        if booking.analyst_id == away.analyst_id:
            counts[booking.occurrence_id] = counts.get(booking.occurrence_id, 0) + 1
    found = [
        Wanted(
            row.public_id, row.title or row.series.title, row.starts_at, row.ends_at, row.series.zone, counts[row.id]
        )
        for row in rows
        if row.id in counts
    ]
    return session.get_one(Person, away.analyst_id).name, found


def _left_by(session: Session, away: Away, now: datetime) -> list[Occurrence]:
    """What the analyst was taken off the roster of, so far as it is not over, by start."""
    return list(
        session.scalars(
            select(Occurrence)
            .join(Roster, Roster.occurrence_id == Occurrence.id)
            .where(
                Roster.analyst_id == away.analyst_id,
                Roster.is_away.is_(True),
                Occurrence.starts_at < away.ends_at,
                Occurrence.starts_at > away.starts_at - LONGEST,
                Occurrence.ends_at > max(away.starts_at, now),
            )
            .order_by(Occurrence.starts_at, Occurrence.id)
        )
    )


_LAPSED = (
    select(Booking.public_id)
    .join(Away, Away.analyst_id == Booking.analyst_id)
    .join(Roster, (Roster.occurrence_id == Booking.occurrence_id) & (Roster.analyst_id == Booking.analyst_id))
    .where(Away.ended_at.is_(None), Booking.status == CONFIRMED, Roster.is_away.is_(True))
)


def lapsed(session: Session, now: datetime) -> list[uuid.UUID]:
    """Bookings whose last hour has come without anybody for them: one read, for the worker."""
    found = session.scalars(
        _LAPSED.where(Away.ends_at > now, Booking.starts_at > now, Booking.starts_at <= now + rules.LAPSE)
        .order_by(Booking.starts_at)
        .limit(100)
    )
    return list(dict.fromkeys(found))


@deed
def lapse(session: Session, booking_id: uuid.UUID, now: datetime) -> bool:
    """Cancel a booking that nobody could take, one hour before its start, with an apology; whether it was so."""
    booking = queries.locked(session, booking_id)
    is_pending = any(one.id == booking.id for one in pending_of(session, [booking.occurrence_id], now))
    if booking.is_cancelled or not is_pending or booking.starts_at - rules.LAPSE > now:
        return False
    offer = _offer_for(session, booking)
    if offer is not None:
        offers.end(session, offer.id, "lapsed", now)
    _cancel(session, booking, f"{booking.analyst.name} is away, and nobody else is free then.", now)
    register.write(session, "lapsed", "booking", booking.public_id, now)
    return True


@deed
def back(session: Session, away_id: uuid.UUID, now: datetime, *, actor_id: int | None = None) -> Away:
    """The analyst is back, or comes after all: on the rosters again, from now on. Raises NotFound."""
    away = session.scalars(select(Away).where(Away.public_id == away_id)).one_or_none()
    if away is None:
        raise errors.NotFound()
    if away.ended_at is not None:
        return away
    ids = [row.id for row in _left_by(session, away, now)]
    locks.occurrences(session, ids)
    for booking in pending_of(session, ids, now):
        offer = _offer_for(session, booking) if booking.analyst_id == away.analyst_id else None
        if offer is not None:
            offers.end(session, offer.id, "gone", now)
    session.execute(
        update(Roster).where(Roster.occurrence_id.in_(ids), Roster.analyst_id == away.analyst_id).values(is_away=False)
    )
    away.ended_at = now
    register.write(session, "back", "person", None, now, actor_id=actor_id, analyst=away.analyst_id)
    session.flush()
    return away


def on_record(session: Session, now: datetime, most: int = 50) -> list[tuple[Away, Person]]:
    """The times away that are not over, soonest first."""
    found = session.execute(
        select(Away, Person)
        .join(Person, Person.id == Away.analyst_id)
        .where(Away.ended_at.is_(None), Away.ends_at > now)
        .order_by(Away.starts_at, Away.id)
        .limit(most)
    )
    return [(away, person) for away, person in found]


def offer_of(session: Session, booking_id: uuid.UUID, now: datetime) -> tuple[Offer, str] | None:
    """The open offer for a booking with the analyst's name, None where there is none or it has lapsed."""
    row = session.execute(
        select(Offer, Person.name)
        .join(Booking, Booking.id == Offer.booking_id)
        .join(Person, Person.id == Offer.analyst_id)
        .where(Booking.public_id == booking_id, Offer.status == "open", Offer.lapses_at > now)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def stands_in_for(session: Session, booking_id: uuid.UUID) -> str:
    """The name of the analyst whom the member asked for and somebody else stands in for; empty if nobody."""
    found = session.scalar(
        select(Person.name).join(Booking, Booking.asked_for_id == Person.id).where(Booking.public_id == booking_id)
    )
    return found or ""


def span_of_days(first: str, last: str, organisation: Organisation) -> tuple[datetime, datetime]:
    """[first day, day after the last) in the programme's zone; raises ValueError."""
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    zone = organisation.zone
    return zones.day_starts_at(start, zone), zones.day_starts_at(end + timedelta(days=1), zone)
