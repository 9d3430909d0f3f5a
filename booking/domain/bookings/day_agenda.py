"""An analyst's days: what stands in each quarter of the occurrences that they staff."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from booking.domain import zones
from booking.domain.bookings.slots import QUARTER
from booking.domain.meetings import Meeting

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LastTime:
    """The member's last visit: when, with whom (a name), what was noted for analysts and what was agreed."""

    starts_at: datetime
    analyst: str
    agreed: str = ""
    private: str = ""


@dataclass(frozen=True, slots=True)
class AgendaVisit:
    """A booked slot. `last` is None for a member who comes for the first time; `outcome` as the booking has it.

    `began_at`: when Start was pressed. `in_since`: since when the visit is under way, None while it is not. `late`: by
    how many minutes it will begin late.
    """

    public_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    minutes: int
    member: str
    topic: str
    link: str
    outcome: str | None
    last: LastTime | None
    began_at: datetime | None = None
    in_since: datetime | None = None
    late: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Time that nobody has, with room for one slot of the shortest length, or for none.

    `last_start_at` is the latest start of a slot that would take some of it, None where none fits. A blocked one is a
    quarter that its analyst keeps free of bookings.
    """

    starts_at: datetime
    ends_at: datetime
    last_start_at: datetime | None
    is_blocked: bool = False

    @property
    def may_block(self) -> bool:
        """Whether it is one quarter that can be blocked, or opened again."""
        return self.ends_at - self.starts_at == QUARTER


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else on the roster: a name, and for each quarter of the hour its UTC start and whether it is taken."""

    name: str
    quarters: tuple[tuple[datetime, bool], ...]


@dataclass(frozen=True, slots=True)
class Staffed:
    """One occurrence as one of its analysts runs it, rows by start; one without slots has no rows and no colleagues."""

    meeting: Meeting
    rows: tuple[AgendaVisit | Gap, ...] = ()
    colleagues: tuple[Colleague, ...] = ()

    @property
    def visits(self) -> list[AgendaVisit]:
        return [row for row in self.rows if isinstance(row, AgendaVisit)]

    def free_slots(self, now: datetime) -> int:
        """Returns how many slots of the shortest length its free time still has room for at `now`."""
        gaps = [row.last_start_at for row in self.rows if isinstance(row, Gap)]
        return sum(last is not None and now <= last for last in gaps)


def is_on(row: AgendaVisit | Gap, now: datetime) -> bool:
    """Whether the row's time runs at `now`: [start, end)."""
    return row.starts_at <= now < row.ends_at


def rows(
    hours: tuple[datetime, datetime],
    visits: Iterable[AgendaVisit],
    taken: Iterable[datetime],
    blocked: Collection[datetime],
    shortest: timedelta,
) -> list[AgendaVisit | Gap]:
    """The visits and the free time of `hours` between them, by start; `shortest` is the shortest slot.

    `taken` are the quarters that the analyst does not have free, in whichever occurrence they were booked; `blocked`
    those of them that the analyst keeps free of bookings.
    """
    start, end = hours
    mine = list(visits)
    gone = set(taken)
    for visit in mine:
        gone.update(visit.starts_at + n * QUARTER for n in range((visit.ends_at - visit.starts_at) // QUARTER))
    quarters = (start + n * QUARTER for n in range((end - start) // QUARTER))
    found: list[AgendaVisit | Gap] = [*mine]
    found += [Gap(at, at + QUARTER, None, True) for at in blocked if start <= at < end]
    for first, last in runs(quarter for quarter in quarters if quarter not in gone):
        found += _gaps(first, last, shortest)
    return sorted(found, key=lambda row: row.starts_at)


def runs(quarters: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """[start, end) of each run of quarters that follow one another, earliest first; they come in that order."""
    found: list[tuple[datetime, datetime]] = []
    for quarter in quarters:
        if found and found[-1][1] == quarter:
            found[-1] = (found[-1][0], quarter + QUARTER)
        else:
            found.append((quarter, quarter + QUARTER))
    return found


def _gaps(start: datetime, end: datetime, shortest: timedelta) -> list[Gap]:
    """A run of free time in pieces as long as the shortest slot; the last has what is left over as well."""
    pieces = (end - start) // shortest
    if not pieces:
        return [Gap(start, end, None)]
    edges = [*(start + n * shortest for n in range(pieces)), end]
    return [Gap(at, until, min(until - QUARTER, end - shortest)) for at, until in pairwise(edges)]


def unmarked(staffed: Staffed, now: datetime) -> int:
    """Returns how many visits nobody has marked, once the occurrence is over; 0 before that."""
    if now < staffed.meeting.ends_at:
        return 0
    return sum(visit.outcome is None for visit in staffed.visits)


def week_of(day: date) -> list[date]:
    """The seven days of its week, Monday first."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


def bounds(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """[start, end) in UTC of the days from `first` to `last`, both included, as clocks in the zone count them."""
    return zones.day_starts_at(first, zone), zones.day_starts_at(last + timedelta(days=1), zone)


def on(day: date, staffed: Sequence[Staffed], zone: str) -> list[Staffed]:
    """Returns those that start on that day in the zone."""
    return [found for found in staffed if zones.today(found.meeting.starts_at, zone) == day]


def day_ends_at(starts_at: datetime, zone: str) -> datetime:
    """Returns the end of the slot's day in the zone; a mark that is changed later is a correction."""
    return bounds(day := zones.today(starts_at, zone), day, zone)[1]
