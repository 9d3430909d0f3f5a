"""Slots: what is free in the hours of one occurrence, and why a slot is not.

The page, the API and the service function ask the same function, `refusal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from booking.domain import errors
from booking.domain.bookings import lengths
from booking.domain.organisation import Policy

QUARTER = timedelta(minutes=lengths.GRID_MINUTES)


@dataclass(frozen=True, slots=True)
class Slot:
    """1, 2, … contiguous quarters of one analyst."""

    analyst_id: int
    starts_at: datetime
    minutes: int

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def quarters(self) -> list[datetime]:
        """The UTC starts of its quarters, earliest first."""
        return [self.starts_at + n * QUARTER for n in range(self.minutes // lengths.GRID_MINUTES)]


@dataclass(frozen=True, slots=True)
class Hours:
    """The bookable hours of one occurrence: [starts_at, ends_at), whom it is staffed by, what is taken.

    `analyst_ids` in the order in which they are shown; `taken` holds (analyst, quarter_at), whichever
    occurrence it was taken from; `own` are the quarters that the member who asks holds already, anywhere.
    """

    starts_at: datetime
    ends_at: datetime
    analyst_ids: tuple[int, ...]
    taken: frozenset[tuple[int, datetime]]
    is_cancelled: bool = False
    own: frozenset[datetime] = frozenset()

    @property
    def quarters(self) -> list[datetime]:
        count = int((self.ends_at - self.starts_at) / QUARTER)
        return [self.starts_at + n * QUARTER for n in range(count)]


def starts(hours: Hours, minutes: int) -> list[datetime]:
    """Every start at which a slot of `minutes` lies wholly inside the hours, taken or not."""
    return [q for q in hours.quarters if q + timedelta(minutes=minutes) <= hours.ends_at]


def refusal(hours: Hours, slot: Slot, policy: Policy, now: datetime) -> errors.Refusal | None:
    """Why the slot cannot be had at `now`, whoever asks; None if it is free."""
    if hours.is_cancelled:
        return errors.OccurrenceCancelled()
    if slot.minutes not in policy.slot_minutes:
        return errors.LengthNotOffered(policy.slot_minutes)
    if slot.analyst_id not in hours.analyst_ids:
        return errors.NotOnRoster()
    on_a_quarter = (slot.starts_at - hours.starts_at) % QUARTER == timedelta(0)
    if not on_a_quarter or slot.starts_at < hours.starts_at or slot.ends_at > hours.ends_at:
        return errors.OutsideHours()
    closed_at = slot.starts_at - timedelta(minutes=policy.notice_minutes)
    if now > closed_at:
        return errors.TooLate(closed_at)
    opens_at = slot.starts_at - timedelta(days=policy.horizon_days)
    if now < opens_at:
        return errors.TooEarly(opens_at)
    if any((slot.analyst_id, quarter) in hours.taken for quarter in slot.quarters):
        return errors.SlotTaken()
    if not hours.own.isdisjoint(slot.quarters):
        return errors.SlotTaken(own=True)
    return None


def free(hours: Hours, minutes: int, policy: Policy, now: datetime) -> list[Slot]:
    """Every slot of `minutes` that can be had at `now`: by start, then in the roster's order."""
    candidates = (
        Slot(analyst_id, start, minutes) for start in starts(hours, minutes) for analyst_id in hours.analyst_ids
    )
    return [slot for slot in candidates if refusal(hours, slot, policy, now) is None]


def stranded(hours: Hours, slot: Slot, policy: Policy) -> tuple[int, int]:
    """Returns how many quarters beside the slot no booking could fill, and how many no booking longer than the shortest
    could.

    Counted in the free runs before and after it. Where one length is offered the two are the same.
    """
    fills = tuple(minutes // lengths.GRID_MINUTES for minutes in policy.slot_minutes)
    runs = _runs_beside(hours, slot)
    return sum(left_over(run, fills) for run in runs), sum(left_over(run, fills[1:] or fills) for run in runs)


def _runs_beside(hours: Hours, slot: Slot) -> list[int]:
    """Returns how many free quarters of its analyst lie just before the slot, and just after it."""
    found = []
    for step, edge in ((-QUARTER, slot.starts_at - QUARTER), (QUARTER, slot.ends_at)):
        run = 0
        while hours.starts_at <= edge < hours.ends_at and (slot.analyst_id, edge) not in hours.taken:
            run += 1
            edge += step
        found.append(run)
    return found


@lru_cache(maxsize=1024)
def left_over(run: int, fills: tuple[int, ...]) -> int:
    """Returns what is left of a run of quarters filled as well as bookings of those lengths (in quarters) can."""
    return min((left_over(run - fill, fills) for fill in fills if fill <= run), default=run)


def offered(hours: Hours, candidates: Sequence[Slot], policy: Policy) -> list[Slot]:
    """Free slots in the order in which they are offered: first those that strand least, then by start.

    What is stranded is a run of quarters beside the slot that no booking fits into, or none but the shortest: sooner
    or later it stays empty. Nothing is left out.
    """
    order = {analyst_id: place for place, analyst_id in enumerate(hours.analyst_ids)}
    return sorted(candidates, key=lambda slot: (stranded(hours, slot, policy), slot.starts_at, order[slot.analyst_id]))


@dataclass(frozen=True, slots=True)
class AnalystPreference:
    """The preference among analysts for a member who takes any. `kept` is whom the booking that moves is
    with, `seen` who they saw last, `booked` how many bookings each has that week, `names` their names."""

    seen: int | None = None
    booked: Mapping[int, int] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    kept: int | None = None

    def keeping(self, analyst_id: int | None) -> AnalystPreference:
        """The same for a booking that moves and is with that analyst (an internal id), None for a new one."""
        return replace(self, kept=analyst_id)


def choose(
    hours: Hours, candidates: Sequence[Slot], policy: Policy, preference: AnalystPreference | None = None
) -> Slot | None:
    """Of slots at one start, the one for a member who takes any analyst.

    Who the booking is with already; seen last time; strands least; fewest bookings that week; name.
    """
    if not candidates:
        return None
    lean = preference or AnalystPreference()

    def order(slot: Slot) -> tuple[bool, bool, tuple[int, int], int, str, int]:
        who = slot.analyst_id
        return (
            who != lean.kept,
            who != lean.seen,
            stranded(hours, slot, policy),
            lean.booked.get(who, 0),
            lean.names.get(who, "").casefold(),
            hours.analyst_ids.index(who),
        )

    return min(candidates, key=order)


def nearest(candidates: Sequence[Slot], wanted_at: datetime, most: int = 3) -> list[Slot]:
    """The first slot at each of the `most` free starts nearest to `wanted_at`, nearest first."""
    first_at: dict[datetime, Slot] = {}
    for slot in candidates:
        first_at.setdefault(slot.starts_at, slot)
    return sorted(first_at.values(), key=lambda slot: (abs(slot.starts_at - wanted_at), slot.starts_at))[:most]
