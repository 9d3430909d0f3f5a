"""An analyst's days: what stands in each quarter of the occurrences that they staff."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.domain import zones
from booking.domain.meetings import Meeting
from booking.domain.slots import QUARTER

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LastTime:
    """When a member was last seen in a slot, by whom (a name), what was noted for analysts and what was agreed."""

    starts_at: datetime
    analyst: str
    agreed: str = ""
    private: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A booked slot. `last` is None for a member who comes for the first time; `outcome` as the booking has it.

    `began_at`: when Start was pressed. `is_in`: nobody has followed since. `late`: by how many minutes it will begin
    late.
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
    is_in: bool = False
    late: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """One quarter that nobody has."""

    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + QUARTER


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else on the roster: a name, and for each quarter of the hour its UTC start and whether it is taken."""

    name: str
    quarters: tuple[tuple[datetime, bool], ...]


@dataclass(frozen=True, slots=True)
class Staffed:
    """One occurrence as one of its analysts runs it, rows by start; one without slots has no rows and no colleagues."""

    meeting: Meeting
    rows: tuple[Visit | Gap, ...] = ()
    colleagues: tuple[Colleague, ...] = ()

    @property
    def visits(self) -> list[Visit]:
        return [row for row in self.rows if isinstance(row, Visit)]

    @property
    def gaps(self) -> list[Gap]:
        return [row for row in self.rows if isinstance(row, Gap)]


def is_on(row: Visit | Gap, now: datetime) -> bool:
    """Whether the row's time runs at `now`: [start, end)."""
    return row.starts_at <= now < row.ends_at


def rows(start: datetime, end: datetime, visits: Iterable[Visit], taken: Iterable[datetime]) -> list[Visit | Gap]:
    """The visits and the free quarters of [start, end) between them, by start.

    `taken` are the quarters that the analyst does not have free, in whichever occurrence they were booked.
    """
    mine = list(visits)
    gone = set(taken)
    for visit in mine:
        gone.update(visit.starts_at + n * QUARTER for n in range(visit.minutes // 15))
    quarters = (start + n * QUARTER for n in range((end - start) // QUARTER))
    found: list[Visit | Gap] = [*mine, *(Gap(quarter) for quarter in quarters if quarter not in gone)]
    return sorted(found, key=lambda row: row.starts_at)


def unmarked(staffed: Staffed, now: datetime) -> int:
    """How many visits nobody has marked, once the occurrence is over; 0 before that."""
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
    """Those that start on that day in the zone."""
    return [found for found in staffed if zones.today(found.meeting.starts_at, zone) == day]


def stands_from(starts_at: datetime, zone: str) -> datetime:
    """When the mark of a slot can no longer be changed by its analyst: the end of its day in the zone."""
    return bounds(day := zones.today(starts_at, zone), day, zone)[1]
