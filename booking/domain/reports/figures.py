"""What the reports count over a period: values that the database has added up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.domain import zones

MAX_DAYS = 366
WEEK = timedelta(weeks=1)
#: The hours up to which a booking counts as made so long before its start; the last bucket has no end.
LEAD_HOURS = (1, 24, 72, 168, 336)
LATE_MINUTES = 5  # a visit that starts so much after its time, or more, is counted as late


class BadPeriod(ValueError):
    """The period is none that can be reported on; its text says why."""


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """The days from `first` to `last`, both included, of the clock in `zone`."""

    first: date
    last: date
    zone: str

    def check(self) -> None:
        """Raise BadPeriod where it ends before it begins, or is longer than a year."""
        if self.last < self.first:
            raise BadPeriod("“To” is before “From”. Choose the same day or a later one.")
        if (self.last - self.first).days >= MAX_DAYS:
            raise BadPeriod("Choose at most a year.")

    @property
    def weeks(self) -> list[date]:
        """The Mondays of its weeks, earliest first."""
        monday = self.first - timedelta(days=self.first.weekday())
        return [monday + n * WEEK for n in range((self.last - monday).days // 7 + 1)]

    @property
    def bounds(self) -> list[tuple[datetime, datetime]]:
        """Where each of its weeks begins and ends within it (UTC), the ends excluded."""
        days = [
            (max(monday, self.first), min(monday + timedelta(days=6), self.last) + timedelta(days=1))
            for monday in self.weeks
        ]
        return [(zones.day_starts_at(one, self.zone), zones.day_starts_at(end, self.zone)) for one, end in days]


@dataclass(frozen=True, slots=True)
class AnalystWeek:
    """One analyst's bookable dates and visits in one week, `week` its number in the period.

    `offered` and `booked` are quarters of an hour; a cancelled booking isn't booked. `late_seconds` are those of the
    visits that began late, `late` those that began LATE_MINUTES late or more, `begun` all that somebody began;
    `not_marked` those that have begun by the clock and that nobody has marked.
    """

    week: int
    analyst_id: int
    analyst: str
    offered: int = 0
    booked: int = 0
    bookings: int = 0
    came: int = 0
    no_shows: int = 0
    cancelled_by_member: int = 0
    cancelled_late: int = 0
    cancelled_by_us: int = 0
    begun: int = 0
    late: int = 0
    late_seconds: int = 0
    not_marked: int = 0


@dataclass(frozen=True, slots=True)
class WaitlistWeek:
    """The waitlists of one week's dates: who joined, and what became of the slots held for them."""

    week: int
    joined: int = 0
    offered: int = 0
    accepted: int = 0
    declined: int = 0
    lapsed: int = 0


@dataclass(frozen=True, slots=True)
class ModuleAttendance:
    """One module of a series, or a series without: its dates in the period, places taken in them, and who came.

    Only dates that are over count. Somebody enrolled in the whole series has a place in each of its dates.
    """

    series: str
    module: int | None
    module_title: str
    dates: int
    enrolled: int
    came: int


@dataclass(frozen=True, slots=True)
class CalendarUse:
    """Calendar addresses of one sort that an app has fetched within the last two weeks."""

    calendar: str
    count: int


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """Everything that is reported for a period. `lead` counts bookings by bucket of LEAD_HOURS."""

    period: ReportPeriod
    weeks: list[AnalystWeek]
    lead: list[int]
    waitlist: list[WaitlistWeek]
    modules: list[ModuleAttendance]
    calendars: list[CalendarUse]
