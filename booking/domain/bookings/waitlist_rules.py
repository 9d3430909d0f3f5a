"""The waitlist: who goes first, what fits whom, and how long an offer holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from booking.domain import errors, zones
from booking.domain.bookings import slots, suggestions
from booking.domain.bookings.policy import Holdings, RequestedStart, Rules
from booking.domain.bookings.slots import Hours, Slot
from booking.domain.bookings.suggestions import Asker
from booking.domain.organisation import Policy

DAY, LAST_HOUR = timedelta(days=1), timedelta(hours=1)
#: How long an offer holds more than a day ahead (nights apart), and nearer than that.
HOLD, HOLD_ON_THE_DAY = timedelta(hours=4), timedelta(minutes=20)
NIGHT_FROM, NIGHT_UNTIL = time(21), time(7)


@dataclass(frozen=True, slots=True)
class WaitlistPlace:
    """A member's place on the waitlist of one occurrence: a length, an analyst or any (None), and acceptable starts.

    `earliest_at` and `latest_at` are the first and the last start that suits (UTC), None for no bound. `holdings` is
    what the member has, `own` the quarters that they hold anywhere; `replaces_id` the booking of theirs that a slot
    would replace while they are at a limit. `is_last_chance`: never yet seen, and the membership ends before the
    series meets again. `has_offer`: an offer is open for them, here or elsewhere. `declined` are the (start, minutes)
    that they declined, `lapsed` the (analyst, start) that they did not answer in time; `called_for` is what was free
    when they were last told.
    """

    id: int
    member_id: int
    occurrence_id: int
    clinic_at: datetime
    minutes: int
    analyst_id: int | None
    joined_at: datetime
    holdings: Holdings
    earliest_at: datetime | None = None
    latest_at: datetime | None = None
    replaces_id: int | None = None
    is_last_chance: bool = False
    has_offer: bool = False
    own: frozenset[datetime] = frozenset()
    declined: frozenset[tuple[datetime, int]] = frozenset()
    lapsed: frozenset[tuple[int, datetime]] = frozenset()
    called_for: tuple[str, ...] | None = None

    def start(self, starts_at: datetime) -> RequestedStart:
        """A slot's start in the occurrence that the place is for."""
        return RequestedStart(self.occurrence_id, self.clinic_at, starts_at)


@dataclass(frozen=True, slots=True)
class Match:
    """A slot for the person who waits at `place`."""

    place: WaitlistPlace
    slot: Slot


def in_order(places: Iterable[WaitlistPlace]) -> list[WaitlistPlace]:
    """Returns the sort key of the queue: those whose last chance it is, then who joined first."""
    return sorted(places, key=lambda place: (not place.is_last_chance, place.joined_at, place.id))


def closed(
    hours: Hours, minutes: int, earliest_at: datetime | None, latest_at: datetime | None, rules: Rules
) -> errors.Refusal | None:
    """Why nobody can wait for such a slot, free or not; None if they can."""
    if hours.is_cancelled:
        return errors.OccurrenceCancelled()
    if minutes not in rules.policy.slot_minutes:
        return errors.LengthNotOffered(rules.policy.slot_minutes)
    starts = [
        at
        for at in slots.starts(hours, minutes)
        if (earliest_at is None or earliest_at <= at) and (latest_at is None or at <= latest_at)
    ]
    if not starts:
        return errors.OutsideHours()
    closed_at = starts[-1] - timedelta(minutes=rules.policy.notice_minutes)
    if rules.now > closed_at:
        return errors.TooLate(closed_at)
    opens_at = starts[0] - timedelta(days=rules.policy.horizon_days)
    return errors.TooEarly(opens_at) if rules.now < opens_at else None


def suits(place: WaitlistPlace, slot: Slot) -> bool:
    """Whether the member waits for such a slot: with that analyst, at an acceptable start, not declined before.

    Nobody waits for themselves.
    """
    return (
        place.analyst_id in {None, slot.analyst_id}
        and slot.analyst_id != place.member_id
        and (place.earliest_at is None or place.earliest_at <= slot.starts_at)
        and (place.latest_at is None or slot.starts_at <= place.latest_at)
        and (slot.starts_at, slot.minutes) not in place.declined
    )


def refusal(
    place: WaitlistPlace, starts_at: datetime, rules: Rules, moving: int | None = None
) -> errors.Refusal | None:
    """Why the member may not book a slot at `starts_at`, the booking `moving` left out: as for any booking."""
    return suggestions.refusal(Asker(place.holdings, moving), place.start(starts_at), rules)


def may_have(place: WaitlistPlace, starts_at: datetime, rules: Rules) -> bool:
    """Whether the member could book a slot then, if need be in place of one of their bookings, whichever."""
    why = refusal(place, starts_at, rules)
    return why is None or (
        isinstance(why, errors.LimitReached)
        and bool(suggestions.replaceable(place.holdings, place.start(starts_at), rules))
    )


def replaced(place: WaitlistPlace, starts_at: datetime, rules: Rules) -> int | None:
    """The booking that a slot then would replace: the one they named, where a limit asks for it; else None."""
    if refusal(place, starts_at, rules) is None:
        return None
    named = next((one for one in place.holdings.bookings if one.id == place.replaces_id), None)
    if named is None or named.starts_at <= rules.now or refusal(place, starts_at, rules, named.id) is not None:
        return None
    return named.id


def may_hold(place: WaitlistPlace, starts_at: datetime, rules: Rules) -> bool:
    """Whether a slot then is held for the member: not at a limit without saying which booking it replaces."""
    return refusal(place, starts_at, rules) is None or replaced(place, starts_at, rules) is not None


def fitting(place: WaitlistPlace, hours: Hours, rules: Rules) -> list[Slot]:
    """The free slots that suit this person and that they can book, best packed first."""
    seen = replace(hours, own=place.own)
    free = [slot for slot in slots.free(seen, place.minutes, rules.policy, rules.now) if suits(place, slot)]
    return [slot for slot in slots.offered(seen, free, rules.policy) if may_have(place, slot.starts_at, rules)]


def offers(places: Sequence[WaitlistPlace], hours: Hours, rules: Rules) -> tuple[list[Match], Hours]:
    """Returns which free slot is held for whom, first come first served, and the hours once they are held.

    Slots within the last hour are held for nobody, nor is a slot held again for whoever let it lapse: `calls` is for
    those.
    """
    found = []
    for place in in_order(places):
        if place.has_offer:
            continue
        fits = [
            slot
            for slot in fitting(place, hours, rules)
            if not is_last_hour(slot.starts_at, rules.now)
            and (slot.analyst_id, slot.starts_at) not in place.lapsed
            and may_hold(place, slot.starts_at, rules)
        ]
        if fits:
            found.append(Match(place, fits[0]))
            hours = replace(hours, taken=hours.taken | {(fits[0].analyst_id, at) for at in fits[0].quarters})
    return found, hours


def offerable(place: WaitlistPlace, hours: Hours, rules: Rules, zone: str | None) -> Slot | None:
    """The slot that can be held for this person at once, whoever is ahead of them; None where there is none.

    Also one within the last hour, and one that they let lapse before, as long as they would have time to answer.
    """
    found = [
        slot
        for slot in fitting(place, hours, rules)
        if may_hold(place, slot.starts_at, rules)
        and held_until(slot.starts_at, zone or rules.zone, rules.policy, rules.now) > rules.now
    ]
    return found[0] if found and not place.has_offer else None


def has_next(others: Sequence[WaitlistPlace], held: Slot, hours: Hours, rules: Rules) -> bool:
    """Whether one of the others would be offered the held slot, or part of it, were it let go of at `rules.now`.

    `hours` with everything taken that is held.
    """
    mine = {(held.analyst_id, at) for at in held.quarters}
    found, _ = offers(others, replace(hours, taken=hours.taken - mine), rules)
    return any(not mine.isdisjoint((match.slot.analyst_id, at) for at in match.slot.quarters) for match in found)


def calls(
    places: Sequence[WaitlistPlace], hours: Hours, rules: Rules, freed: Iterable[Slot] = ()
) -> list[tuple[WaitlistPlace, list[Slot]]]:
    """Whom to tell that something that suits them is free and held for nobody, and what, earliest first.

    That is what is free within the last hour; and before that, what was let lapse, or cannot be held for somebody at
    a limit. Nobody is told twice of what was free the last time, unless it was taken in between and is `freed` again.
    """
    anew = {(slot.analyst_id, quarter) for slot in freed for quarter in slot.quarters}
    found = []
    for place in in_order(places):
        if place.has_offer:
            continue
        fits = fitting(place, hours, rules)
        known = set(place.called_for or ())
        is_news = any(
            named(slot) not in known or any((slot.analyst_id, at) in anew for at in slot.quarters) for slot in fits
        )
        if is_news:
            found.append((place, sorted(fits, key=lambda slot: (slot.starts_at, slot.analyst_id))))
    return found


def is_last_hour(starts_at: datetime, now: datetime) -> bool:
    """Whether a slot then is for whoever comes first."""
    return starts_at - now <= LAST_HOUR


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


def ahead(places: Iterable[WaitlistPlace], place_id: int, rules: Rules) -> int:
    """Returns how many people go before that entry: those further ahead for whom a slot that suits it could be held."""
    ordered = in_order(places)
    mine = next(place for place in ordered if place.id == place_id)
    return sum(
        _competes(other, mine) and may_hold(other, other.clinic_at, rules) for other in ordered[: ordered.index(mine)]
    )


def _competes(one: WaitlistPlace, other: WaitlistPlace) -> bool:
    """Whether one slot could suit both."""
    earliest = max(place.earliest_at or place.clinic_at for place in (one, other))
    bounds = [place.latest_at for place in (one, other) if place.latest_at is not None]
    same_time = not bounds or earliest <= min(bounds)
    return same_time and (None in {one.analyst_id, other.analyst_id} or one.analyst_id == other.analyst_id)
