"""Cover for an analyst who is away: what becomes of each booking, decided on values alone.

Who did not ask for a person goes to another analyst of the roster at the same time, and is told; who did, goes too,
with "rather wait". Where nobody is free then, the nearest free slot of the same clinic is offered, and lapses one hour
before the start. Where there is none, the analysts who could take it over are asked, until that same hour; where
nobody could, its member is asked to choose another time. What has no slots, such as a masterclass, is asked about too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from booking.domain.bookings.slots import QUARTER, Slot
from booking.domain.enums.planning import CoverFate
from booking.domain.planning.consequences import COVER_ENDS, TouchedBooking, is_free_for, nearest, quarters_of

LAPSE = COVER_ENDS


@dataclass(frozen=True, slots=True)
class AffectedOccurrence:
    """The hour of one occurrence that the analyst leaves: who else staffs it, in order, and their bookings there."""

    occurrence_id: int
    starts_at: datetime
    ends_at: datetime
    others: tuple[int, ...]
    bookings: tuple[TouchedBooking, ...] = ()

    @property
    def quarters(self) -> list[datetime]:
        """The UTC starts of its quarters, earliest first."""
        return [self.starts_at + n * QUARTER for n in range((self.ends_at - self.starts_at) // QUARTER)]

    @property
    def meeting(self) -> tuple[datetime, datetime]:
        return self.starts_at, self.ends_at


@dataclass(frozen=True, slots=True)
class Covered:
    """The fate of one booking. `slot` is where it goes, or what is offered; `lapses_at` when it is too late."""

    booking: TouchedBooking
    what: CoverFate
    slot: Slot | None = None
    may_wait: bool = False
    lapses_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UncoveredWork:
    """Work that an analyst who is off leaves: one booking, or the whole of a meeting without slots (`booking_id` None).

    `meeting` is when all of it takes place; times are UTC, ends excluded.
    """

    occurrence_id: int
    analyst_id: int
    starts_at: datetime
    ends_at: datetime
    meeting: tuple[datetime, datetime]
    booking_id: int | None = None


@dataclass(slots=True)
class Candidate:
    """An analyst with all that keeps them from taking something over.

    `quarters` are theirs already; `meetings` are those on whose roster they are, by occurrence id; `off_in` the
    occurrences that they cannot come to, `time_off` when they are off, `enrolled` where they are enrolled as members.
    """

    id: int
    name: str
    email: str
    quarters: set[datetime] = field(default_factory=set)
    meetings: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    off_in: set[int] = field(default_factory=set)
    time_off: list[tuple[datetime, datetime]] = field(default_factory=list)
    enrolled: list[tuple[datetime, datetime]] = field(default_factory=list)

    def can_take(self, left: UncoveredWork) -> bool:
        """Whether they are free for it, on its roster already or added to it."""
        span = (left.starts_at, left.ends_at)
        elsewhere = [hours for i, hours in self.meetings.items() if i != left.occurrence_id]
        return (
            self.id != left.analyst_id
            and left.occurrence_id not in self.off_in
            and not any(_meet(off, left.meeting) for off in self.time_off)
            and not any(_meet((at, at + QUARTER), span) for at in self.quarters)
            and not any(_meet(hours, span) for hours in (*elsewhere, *self.enrolled))
        )


def _meet(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


@dataclass(slots=True)
class Cover:
    """The whole of it. `presented` are meetings without slots that nobody else is on the roster of."""

    places: list[AffectedOccurrence] = field(default_factory=list)
    covered: list[Covered] = field(default_factory=list)
    presented: list[UncoveredWork] = field(default_factory=list)

    def of(self, what: str) -> list[Covered]:
        return [covered for covered in self.covered if covered.what == what]


def plan(
    places: Sequence[AffectedOccurrence],
    taken: Collection[tuple[int, datetime]],
    with_offer: Collection[int],
    takers: Collection[int],
    now: datetime,
) -> Cover:
    """Returns the fate of each booking of those places, earliest first.

    `taken` holds (person, quarter) of everything but these bookings, analysts and members alike: a person has one
    calendar. `with_offer` are members who hold an open offer already, and can be made no other; `takers` the bookings
    that some other analyst could take over.
    """
    busy, offered = set(taken), set(with_offer)
    found = Cover(list(places))
    waiting: list[tuple[AffectedOccurrence, TouchedBooking]] = []
    ordered = sorted(
        ((place, booking) for place in places for booking in place.bookings), key=lambda p: (p[1].starts_at, p[1].id)
    )
    for place, booking in ordered:
        same_time = [Slot(a, booking.starts_at, booking.minutes) for a in place.others]
        slot = next((s for s in same_time if is_free_for(s, booking, busy)), None)
        if slot is None:
            waiting.append((place, booking))
            continue
        busy |= quarters_of(booking, slot)
        found.covered.append(Covered(booking, CoverFate.HANDED, slot, may_wait=booking.chose_analyst))
    for place, booking in waiting:
        lapses_at = booking.starts_at - LAPSE
        if lapses_at <= now:
            found.covered.append(Covered(booking, CoverFate.CANCELLED))
            continue
        hours = (place.starts_at, place.ends_at)
        slot = None if booking.member_id in offered else nearest(booking, hours, place.others, busy, now)
        if slot is None:
            what = CoverFate.ASKED if booking.id in takers else CoverFate.NOBODY
            found.covered.append(Covered(booking, what, None, False, lapses_at))
            continue
        busy |= quarters_of(booking, slot)
        offered.add(booking.member_id)
        found.covered.append(Covered(booking, CoverFate.OFFERED, slot, booking.chose_analyst, lapses_at))
    found.covered.sort(key=lambda covered: (covered.booking.starts_at, covered.booking.id))
    return found


def lines(cover: Cover, names: Mapping[int, str]) -> list[str]:
    """Returns what happens in words, one line a booking, without times: the page adds them."""
    found = []
    for covered in cover.covered:
        who = covered.booking.member
        if covered.what == CoverFate.HANDED and covered.slot is not None:
            rather = ", or can cancel and wait instead" if covered.may_wait else ""
            found.append(f"{who} goes to {names.get(covered.slot.analyst_id, '?')} at the same time{rather}")
        elif covered.what == CoverFate.OFFERED and covered.slot is not None:
            found.append(f"{who} is offered another time with {names.get(covered.slot.analyst_id, '?')}")
        elif covered.what == CoverFate.ASKED:
            found.append(f"{who}: nobody on the roster is free, so we ask other analysts")
        elif covered.what == CoverFate.NOBODY:
            found.append(f"{who}: no other analyst is free, so we ask them to choose another time")
        else:
            found.append(f"{who}: cancelled; we email an apology and a link to book again")
    return found


def fingerprint_of(cover: Cover) -> list[list[object]]:
    """Returns the values that the fingerprint of a cover plan is made of."""
    found: list[list[object]] = [
        [
            covered.booking.public_id,
            covered.what,
            covered.slot.analyst_id if covered.slot else None,
            covered.slot.starts_at.isoformat() if covered.slot else None,
        ]
        for covered in cover.covered
    ]
    return found + [[left.occurrence_id] for left in cover.presented]
