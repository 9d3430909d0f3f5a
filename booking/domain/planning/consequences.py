"""The consequences of changed occurrences for bookings and open offers.

A booking is moved along if the new quarters of its analyst and its member are free, or freed by the same plan, and
its start is still ahead; else it goes to another analyst of the new roster at the same time. Where its time still
exists and only its analyst cannot come, it waits for cover: the nearest free slot of the same hours is offered, or the
other analysts are asked, until an hour before it starts. Else it is cancelled. A booking that waits for cover already
goes on waiting unless the change takes its time away. Decided on values alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from booking.domain.bookings.slots import QUARTER, Slot
from booking.domain.enums.planning import BookingFate, PlaceKind, StepKind
from booking.domain.planning.occurrences import Setting

#: So long before its start a booking that still waits for cover is cancelled.
COVER_ENDS = timedelta(hours=1)

Quarters = Collection[tuple[int, datetime]]


class Step(NamedTuple):
    """One occurrence that a plan touches. `what` is appears, moves, changes, goes or returns; `fields` says which
    of its settings differ. `before` is None for a new one."""

    what: StepKind
    series: str
    key: str
    occurrence_id: int | None
    before: Setting | None
    after: Setting
    fields: tuple[str, ...] = ()


class TouchedBooking(NamedTuple):
    """A confirmed booking of an occurrence that is touched. Ids are the store's, `public_id` is text.

    `is_uncovered`: its analyst cannot come, and nobody has taken it over yet.
    """

    id: int
    public_id: str
    occurrence_id: int
    analyst_id: int
    member_id: int
    member: str
    starts_at: datetime
    minutes: int
    chose_analyst: bool = False
    is_uncovered: bool = False

    @property
    def slot(self) -> Slot:
        return Slot(self.analyst_id, self.starts_at, self.minutes)


class AffectedPerson(NamedTuple):
    """A place in an occurrence that is touched: `what` is enrolled, waiting, or booked where a booking stays as it is.

    `id` is the enrolment's, the waitlist place's or the booking's.
    """

    what: PlaceKind
    id: int
    occurrence_id: int
    member_id: int
    member: str


class Outcome(NamedTuple):
    """The outcome for a booking: MOVED, HANDED or UNCOVERED at `slot`, or CANCELLED (then `slot` is None).

    UNCOVERED keeps its analyst until somebody takes it over. `offered` is the slot that its member is offered instead,
    None where the other analysts are asked; either way it ends at `ends_at`.
    """

    booking: TouchedBooking
    what: BookingFate
    slot: Slot | None
    offered: Slot | None = None
    ends_at: datetime | None = None

    @property
    def taker_id(self) -> int | None:
        """The analyst who takes the booking over; None where its analyst stays, or it is cancelled."""
        return None if self.slot is None or self.slot.analyst_id == self.booking.analyst_id else self.slot.analyst_id


class Offered(NamedTuple):
    """An open offer in an occurrence that is touched: for a place on the waitlist, or instead of `booking_id`."""

    id: int
    occurrence_id: int
    analyst_id: int
    member_id: int
    starts_at: datetime
    minutes: int
    booking_id: int | None = None
    member: str = ""

    @property
    def slot(self) -> Slot:
        return Slot(self.analyst_id, self.starts_at, self.minutes)


@dataclass(frozen=True, slots=True)
class Claimed:
    """(person, quarter) owned by anything but the bookings at hand, in whatever role.

    `enrolled` are quarters in which a member is enrolled elsewhere: a warning, never in the way. `with_offer` are
    members with an open offer that stays, who can be made no other; `lost_offer` are bookings whose own does not.
    """

    people: frozenset[tuple[int, datetime]] = frozenset()
    enrolled: frozenset[tuple[int, datetime]] = frozenset()
    with_offer: frozenset[int] = frozenset()
    lost_offer: frozenset[int] = frozenset()


def touched(
    steps: Sequence[Step], held: Sequence[TouchedBooking], lost_offer: Collection[int] = ()
) -> list[TouchedBooking]:
    """The bookings that cannot stay as they are, earliest first; `lost_offer` are those whose offer cannot."""
    by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
    found = [b for b in held if not _stays(by_id[b.occurrence_id], b, b.id in lost_offer)]
    return sorted(found, key=lambda booking: (booking.starts_at, booking.id))


def _stays(step: Step, booking: TouchedBooking, has_lost_offer: bool) -> bool:
    if not _keeps_its_time(step, booking):
        return False
    goes_on_waiting = booking.is_uncovered and not has_lost_offer and not _joining(step)
    return booking.analyst_id in step.after.analysts or goes_on_waiting


def _keeps_its_time(step: Step, booking: TouchedBooking) -> bool:
    return step.after.reason is None and new_start(step, booking) == booking.starts_at


def _joining(step: Step) -> list[int]:
    """The analysts who are on the roster after the step and were not before, in order."""
    before = step.before.analysts if step.before is not None else ()
    return [analyst_id for analyst_id in step.after.analysts if analyst_id not in before]


def leaving(steps: Sequence[Step], offers: Sequence[Offered]) -> list[Offered]:
    """The open offers whose slot is no longer to be had: the date, the time or the analyst has gone."""
    by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
    return [one for one in offers if not _is_still_there(by_id[one.occurrence_id], one)]


def _is_still_there(step: Step, offered: Offered) -> bool:
    return (
        step.after.reason is None
        and offered.analyst_id in step.after.analysts
        and new_start(step, offered) == offered.starts_at
    )


def new_start(step: Step, booking: TouchedBooking | Offered) -> datetime | None:
    """The booking's new start, as far from the start of the hours as before; None if it no longer fits.

    Hours that only grew leave it where it is.
    """
    before, after = step.before, step.after
    if before is None:
        return None
    grew = after.starts_at <= before.starts_at and before.ends_at <= after.ends_at
    start = booking.starts_at if grew else booking.starts_at + (after.starts_at - before.starts_at)
    fits = after.starts_at <= start and start + timedelta(minutes=booking.minutes) <= after.ends_at
    return start if fits else None


def quarters_of(booking: TouchedBooking, slot: Slot) -> set[tuple[int, datetime]]:
    """(person, quarter) that the booking owns in that slot: its analyst's and its member's."""
    return {(person_id, quarter) for person_id in (slot.analyst_id, booking.member_id) for quarter in slot.quarters}


def outcomes(steps: Sequence[Step], held: Sequence[TouchedBooking], claimed: Claimed, now: datetime) -> list[Outcome]:
    """Decide what becomes of each booking that is touched; earliest first.

    `claimed` does not hold their own quarters. A booking that goes on waiting for cover as it is has no outcome.
    """
    return _Outcomes(steps, held, claimed, now).run()


class _Outcomes:
    """One run over the bookings: those that lose least by the change are placed first."""

    def __init__(self, steps: Sequence[Step], held: Sequence[TouchedBooking], claimed: Claimed, now: datetime) -> None:
        self.by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
        self.bookings = touched(steps, held, claimed.lost_offer)
        self.lost_offer = claimed.lost_offer
        self.taken = set(claimed.people)
        self.with_offer = set(claimed.with_offer)
        self.now = now
        self.settled: dict[int, Outcome | None] = {}

    def run(self) -> list[Outcome]:
        waiting = [booking for booking in self.bookings if self.goes_on_waiting(booking)]
        for booking in waiting:
            self.take(booking, booking.slot, None)
        for own_analyst in (True, False):
            for booking in self.bookings:
                if booking.id not in self.settled:
                    self.place(booking, own_analyst)
        for booking in waiting:
            self.hand_to_who_joins(booking)
        for booking in self.bookings:
            if booking.id not in self.settled:
                self.settled[booking.id] = self.uncovered(booking) or Outcome(booking, BookingFate.CANCELLED, None)
        found = [self.settled[booking.id] for booking in self.bookings]
        return [self.with_another_time(outcome) for outcome in found if outcome is not None]

    def goes_on_waiting(self, booking: TouchedBooking) -> bool:
        step = self.by_id[booking.occurrence_id]
        return booking.is_uncovered and booking.analyst_id not in step.after.analysts and _keeps_its_time(step, booking)

    def start(self, booking: TouchedBooking) -> datetime | None:
        """The instant at which it would start; None where its time has gone, or is past."""
        step = self.by_id[booking.occurrence_id]
        start = new_start(step, booking) if step.after.reason is None else None
        return start if start is not None and start > self.now else None

    def is_free(self, booking: TouchedBooking, slot: Slot) -> bool:
        return slot.analyst_id != booking.member_id and self.taken.isdisjoint(quarters_of(booking, slot))

    def take(self, booking: TouchedBooking, slot: Slot, outcome: Outcome | None) -> None:
        self.taken |= quarters_of(booking, slot)
        self.settled[booking.id] = outcome

    def place(self, booking: TouchedBooking, own_analyst: bool) -> None:
        """Place it with its own analyst, or with another of the roster, where one is free."""
        start = self.start(booking)
        if start is None:
            return
        for analyst_id in self.by_id[booking.occurrence_id].after.analysts:
            slot = Slot(analyst_id, start, booking.minutes)
            if (analyst_id == booking.analyst_id) is own_analyst and self.is_free(booking, slot):
                self.take(
                    booking, slot, Outcome(booking, BookingFate.MOVED if own_analyst else BookingFate.HANDED, slot)
                )
                return

    def hand_to_who_joins(self, booking: TouchedBooking) -> None:
        """Hand a waiting booking to somebody new on the roster who is free; else replace an offer that it lost."""
        for analyst_id in _joining(self.by_id[booking.occurrence_id]):
            slot = Slot(analyst_id, booking.starts_at, booking.minutes)
            if is_free_for(slot, booking, self.taken):
                self.take(booking, slot, Outcome(booking, BookingFate.HANDED, slot))
                return
        if booking.id in self.lost_offer:
            self.settled[booking.id] = Outcome(
                booking, BookingFate.UNCOVERED, booking.slot, None, booking.starts_at - COVER_ENDS
            )

    def uncovered(self, booking: TouchedBooking) -> Outcome | None:
        """Let it wait for cover at its time, where there is time left and nothing else needs those quarters."""
        start = self.start(booking)
        if start is None or start - COVER_ENDS <= self.now:
            return None
        slot = Slot(booking.analyst_id, start, booking.minutes)
        if slot.analyst_id in self.by_id[booking.occurrence_id].after.analysts or not self.is_free(booking, slot):
            return None
        outcome = Outcome(booking, BookingFate.UNCOVERED, slot, None, start - COVER_ENDS)
        self.take(booking, slot, outcome)
        return outcome

    def with_another_time(self, outcome: Outcome) -> Outcome:
        """Add the slot that a member who waits for cover is offered instead, if one is free."""
        booking, slot = outcome.booking, outcome.slot
        if outcome.what != BookingFate.UNCOVERED or slot is None or booking.member_id in self.with_offer:
            return outcome
        hours = self.by_id[booking.occurrence_id].after
        here = booking._replace(starts_at=slot.starts_at)
        span = (hours.starts_at, hours.ends_at)
        offered = nearest(here, span, hours.analysts, self.taken, self.now)
        if offered is None:
            return outcome
        self.taken |= quarters_of(booking, offered)
        self.with_offer.add(booking.member_id)
        return outcome._replace(offered=offered)


def nearest(
    booking: TouchedBooking,
    hours: tuple[datetime, datetime],
    analysts: Sequence[int],
    taken: Quarters,
    now: datetime,
) -> Slot | None:
    """The free slot of the same length nearest to the booking's start, within the hours and still ahead."""
    starts_at, ends_at = hours
    starts = [starts_at + n * QUARTER for n in range(int((ends_at - starts_at) / QUARTER))]
    slots = [
        Slot(analyst_id, start, booking.minutes)
        for start in starts
        if start > now and start + timedelta(minutes=booking.minutes) <= ends_at
        for analyst_id in analysts
    ]
    free = [slot for slot in slots if is_free_for(slot, booking, taken)]
    return min(free, key=lambda slot: (abs(slot.starts_at - booking.starts_at), slot.starts_at), default=None)


def is_free_for(slot: Slot, booking: TouchedBooking, taken: Quarters) -> bool:
    """Whether analyst and member are free then, the booking itself apart; nobody has a booking with themselves."""
    own = {(booking.member_id, at) for at in booking.slot.quarters}
    return slot.analyst_id != booking.member_id and (quarters_of(booking, slot) - own).isdisjoint(taken)


def ended_offers(
    steps: Sequence[Step], offers: Sequence[Offered], found: Sequence[Outcome], held: Sequence[TouchedBooking]
) -> list[Offered]:
    """The open offers that end: their slot has gone, or the booking that they were made for needs none any more.

    `found` is what becomes of the bookings.
    """
    by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
    settled = {b.id for b in held if b.analyst_id in by_id[b.occurrence_id].after.analysts}
    settled |= {outcome.booking.id for outcome in found}
    gone = {one.id for one in leaving(steps, offers)}
    return [one for one in offers if one.id in gone or one.booking_id in settled]
