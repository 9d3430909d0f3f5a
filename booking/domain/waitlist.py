"""The waitlist: who goes first, what fits whom, and how long an offer holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from booking.domain import policy as rules
from booking.domain import slots, zones
from booking.domain.organisation import Policy
from booking.domain.policy import Standing
from booking.domain.slots import Hours, Slot

DAY, LAST_HOUR = timedelta(days=1), timedelta(hours=1)
#: How long an offer holds more than a day ahead (nights apart), and nearer than that.
HOLD, HOLD_ON_THE_DAY = timedelta(hours=4), timedelta(minutes=20)
NIGHT_FROM, NIGHT_UNTIL = time(21), time(7)


@dataclass(frozen=True, slots=True)
class Place:
    """A member's place on the waitlist of one clinic, for one length and one analyst or any (None).

    `is_last_chance`: never yet seen, and the membership ends before the series meets again. `own` are the quarters
    that the member holds, anywhere. `has_offer`: an offer is open for them, here or elsewhere. `passed` are the
    (analyst, start) that they declined or let lapse. `called_for` is what was free when all were last called.
    """

    id: int
    member_id: int
    minutes: int
    analyst_id: int | None
    joined_at: datetime
    standing: Standing
    is_last_chance: bool = False
    has_offer: bool = False
    own: frozenset[datetime] = frozenset()
    passed: frozenset[tuple[int, datetime]] = frozenset()
    called_for: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A slot for the person who waits at `place`."""

    place: Place
    slot: Slot


def in_order(places: Iterable[Place]) -> list[Place]:
    """Who goes first: whose last chance it is, then who joined first."""
    return sorted(places, key=lambda place: (not place.is_last_chance, place.joined_at, place.id))


def may_have(place: Place, slot: Slot, hours: Hours, policy: Policy, zone: str, now: datetime) -> bool:
    """Whether the policy would let this member book the slot.

    What they hold already does not hinder: accepting says which booking it replaces. Times of not coming do.
    """
    alone = replace(place.standing, upcoming=0, in_occurrence=0, in_week=0)
    return rules.refusal(alone, policy, slot.starts_at, zone, clinic_at=hours.starts_at, now=now) is None


def fitting(place: Place, hours: Hours, policy: Policy, zone: str, now: datetime) -> list[Slot]:
    """The free slots that this person waits for and may have, best packed first."""
    seen = replace(hours, own=place.own)
    free = [
        slot
        for slot in slots.free(seen, place.minutes, policy, now)
        if place.analyst_id in {None, slot.analyst_id}
        and slot.analyst_id != place.member_id
        and (slot.analyst_id, slot.starts_at) not in place.passed
    ]
    return [slot for slot in slots.offered(seen, free) if may_have(place, slot, hours, policy, zone, now)]


def offers(
    places: Sequence[Place], hours: Hours, policy: Policy, zone: str, now: datetime
) -> tuple[list[Match], Hours]:
    """Which free slot is held for whom, first come first served, and the hours once they are held.

    Slots within the last hour are held for nobody: `calls` is for those.
    """
    found = []
    for place in in_order(places):
        if place.has_offer:
            continue
        fits = [slot for slot in fitting(place, hours, policy, zone, now) if slot.starts_at - now > LAST_HOUR]
        if fits:
            found.append(Match(place, fits[0]))
            hours = replace(hours, taken=hours.taken | {(fits[0].analyst_id, at) for at in fits[0].quarters})
    return found, hours


def has_next(others: Sequence[Place], held: Slot, hours: Hours, policy: Policy, zone: str, until: datetime) -> bool:
    """Whether one of the others would be offered the held slot, or part of it, when its offer lapses at `until`.

    `hours` with everything taken that is held.
    """
    mine = {(held.analyst_id, at) for at in held.quarters}
    found, _ = offers(others, replace(hours, taken=hours.taken - mine), policy, zone, until)
    return any(not mine.isdisjoint((match.slot.analyst_id, at) for at in match.slot.quarters) for match in found)


def calls(
    places: Sequence[Place], hours: Hours, policy: Policy, zone: str, now: datetime, freed: Iterable[Slot] = ()
) -> list[tuple[Place, list[Slot]]]:
    """Whom to call because something that fits is free within the last hour, and what: the first to press has it.

    Nobody is called twice for what was free the last time, unless it was taken in between and is `freed` again.
    """
    anew = {(slot.analyst_id, quarter) for slot in freed for quarter in slot.quarters}
    found = []
    for place in in_order(places):
        if place.has_offer:
            continue
        fits = [slot for slot in fitting(place, hours, policy, zone, now) if slot.starts_at - now <= LAST_HOUR]
        known = set(place.called_for or ())
        is_news = any(
            named(slot) not in known or any((slot.analyst_id, at) in anew for at in slot.quarters) for slot in fits
        )
        if is_news:
            found.append((place, sorted(fits, key=lambda slot: (slot.starts_at, slot.analyst_id))))
    return found


def named(slot: Slot) -> str:
    """A slot as `called_for` keeps it."""
    return f"{slot.analyst_id}/{slot.starts_at:%Y%m%dT%H%MZ}"


def held_until(starts_at: datetime, zone: str, policy: Policy, now: datetime) -> datetime:
    """Until when (UTC) an offer made at `now` holds the slot that starts at `starts_at`, for somebody in `zone`.

    More than a day ahead 4 hours, 9 pm to 7 am not counted; on the day 20 minutes; never past the notice.
    """
    until = _awake(now, HOLD, zone) if starts_at - now > DAY else now + HOLD_ON_THE_DAY
    return min(until, starts_at - timedelta(minutes=policy.notice_minutes))


def _awake(now: datetime, length: timedelta, zone: str) -> datetime:
    """`length` after `now`, not counting the nights of the zone."""
    at, left = now, length
    while True:
        wall = zones.wall(at, zone)
        if wall.time() >= NIGHT_FROM:
            at = _clock(wall.date() + DAY, NIGHT_UNTIL, zone)
        elif wall.time() < NIGHT_UNTIL:
            at = _clock(wall.date(), NIGHT_UNTIL, zone)
        else:
            evening = _clock(wall.date(), NIGHT_FROM, zone)
            if at + left <= evening:
                return at + left
            left -= evening - at
            at = evening


def _clock(day: date, clock: time, zone: str) -> datetime:
    found = zones.localize_first(datetime.combine(day, clock), zone)
    return found if found is not None else zones.day_starts_at(day, zone) + timedelta(hours=clock.hour)


def before(places: Iterable[Place], place_id: int) -> int:
    """How many go before that place."""
    return [place.id for place in in_order(places)].index(place_id)
