"""What becomes of bookings, enrolments and waitlist places when occurrences change: decided on values alone.

A booking is moved along if the new quarters of its analyst and its member are free, or freed by the same plan, and
its start is still ahead; else it goes to another analyst of the new roster at the same time; else it is cancelled.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from booking.domain.schedule import Setting
from booking.domain.slots import Slot

MOVED = "moved along"
HANDED = "another analyst"
CANCELLED = "cancelled"


class Step(NamedTuple):
    """One occurrence that a plan touches. `what` is appears, moves, changes, goes or returns; `fields` says which
    of its settings differ. `before` is None for a new one."""

    what: str
    series: str
    key: str
    occurrence_id: int | None
    before: Setting | None
    after: Setting
    fields: tuple[str, ...] = ()


class Held(NamedTuple):
    """A confirmed booking of an occurrence that is touched. Ids are the store's, `public_id` is text."""

    id: int
    public_id: str
    occurrence_id: int
    analyst_id: int
    member_id: int
    member: str
    starts_at: datetime
    minutes: int
    chose_analyst: bool = False

    @property
    def slot(self) -> Slot:
        return Slot(self.analyst_id, self.starts_at, self.minutes)


class Place(NamedTuple):
    """A place in an occurrence that is touched: `what` is enrolled, waiting, or booked where a booking stays as it is.

    `id` is the enrolment's, the waitlist place's or the booking's.
    """

    what: str
    id: int
    occurrence_id: int
    member_id: int
    member: str


class Outcome(NamedTuple):
    """What becomes of a booking: MOVED or HANDED to `slot`, or CANCELLED (then `slot` is None)."""

    booking: Held
    what: str
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """Quarters that are owned by anything but the bookings at hand: (analyst, quarter) and (member, quarter).

    `enrolled` are quarters in which a member is enrolled elsewhere: a warning, never in the way.
    """

    analysts: frozenset[tuple[int, datetime]] = frozenset()
    members: frozenset[tuple[int, datetime]] = frozenset()
    enrolled: frozenset[tuple[int, datetime]] = frozenset()


def touched(steps: Sequence[Step], held: Sequence[Held]) -> list[Held]:
    """The bookings that cannot stay as they are, earliest first."""
    by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
    found = [booking for booking in held if not _stays(by_id[booking.occurrence_id], booking)]
    return sorted(found, key=lambda booking: (booking.starts_at, booking.id))


def _stays(step: Step, booking: Held) -> bool:
    if step.after.reason is not None or booking.analyst_id not in step.after.analysts:
        return False
    return new_start(step, booking) == booking.starts_at


def new_start(step: Step, booking: Held) -> datetime | None:
    """Where the booking's start comes to lie, as far from its hour's start as before; None if it fits no longer.

    Hours that only grew leave it where it is.
    """
    before, after = step.before, step.after
    if before is None:
        return None
    grew = after.starts_at <= before.starts_at and before.ends_at <= after.ends_at
    start = booking.starts_at if grew else booking.starts_at + (after.starts_at - before.starts_at)
    fits = after.starts_at <= start and start + timedelta(minutes=booking.minutes) <= after.ends_at
    return start if fits else None


def outcomes(steps: Sequence[Step], held: Sequence[Held], claimed: Claimed, now: datetime) -> list[Outcome]:
    """What becomes of each booking that is touched, earliest first. `claimed` does not hold their own quarters."""
    by_id = {step.occurrence_id: step for step in steps if step.occurrence_id is not None}
    bookings = touched(steps, held)
    analysts, members = set(claimed.analysts), set(claimed.members)
    settled: dict[int, Outcome] = {}

    def take(booking: Held, what: str, slot: Slot) -> None:
        analysts.update((slot.analyst_id, quarter) for quarter in slot.quarters)
        members.update((booking.member_id, quarter) for quarter in slot.quarters)
        settled[booking.id] = Outcome(booking, what, slot)

    def is_free(booking: Held, slot: Slot) -> bool:
        return not any((slot.analyst_id, q) in analysts or (booking.member_id, q) in members for q in slot.quarters)

    for own_analyst in (True, False):
        for booking in bookings:
            step = by_id[booking.occurrence_id]
            start = new_start(step, booking)
            if booking.id in settled or step.after.reason is not None or start is None or start <= now:
                continue
            wanted: Collection[int] = step.after.analysts
            wanted = [a for a in wanted if (a == booking.analyst_id) is own_analyst]
            for analyst_id in wanted:
                slot = Slot(analyst_id, start, booking.minutes)
                if is_free(booking, slot):
                    take(booking, MOVED if own_analyst else HANDED, slot)
                    break
    return [settled.get(booking.id) or Outcome(booking, CANCELLED, None) for booking in bookings]
