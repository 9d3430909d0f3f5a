"""The reports as tables with their charts: the same on the page, in CSV and at the command line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from booking.domain import wording
from booking.domain.reports.figures import LATE_MINUTES, LEAD_HOURS, AnalystWeek, ReportFigures

Cell = str | int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `value` of `whole`, and what stands beside it in words."""

    label: str
    value: int
    whole: int
    words: str


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One table. `name` stands in its address; `bars` is its chart, empty where it has none.

    `is_long`: folded on the page. `note` says how the numbers are counted.
    """

    name: str
    title: str
    note: str
    header: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    bars: list[Bar]
    is_long: bool = False

    @property
    def chart_title(self) -> str:
        """Returns what the chart shows, for who can't see it."""
        return f"{self.title}: " + "; ".join(f"{bar.label}: {bar.words}" for bar in self.bars)


NAMES = (
    "use-by-week", "use-by-analyst", "use", "visits", "lateness", "lead-time", "waitlist", "enrolment", "calendars",
)  # fmt: skip


def tables(figures: ReportFigures) -> list[ReportTable]:
    """Every report of those figures, in the order of NAMES."""
    weeks = [wording.day(one).replace(wording.NBSP, " ") for one in _first_days(figures)]
    if len(weeks) > 1 and figures.period.first.year != figures.period.last.year:
        weeks = [f"{text} {one.year}" for text, one in zip(weeks, _first_days(figures), strict=True)]
    by_week = _grouped(figures.weeks, lambda one: one.week)
    of_analysts = _grouped(figures.weeks, lambda one: one.analyst_id).values()
    by_analyst = sorted(((one[0].analyst, one) for one in of_analysts), key=lambda found: found[0])
    return [
        _use("use-by-week", "Use of clinics by week", "Week from", [(weeks[n], by_week[n]) for n in range(len(weeks))]),
        _use("use-by-analyst", "Use of clinics by analyst", "Analyst", by_analyst),
        ReportTable(
            "use",
            "Use of clinics by week and analyst",
            _USE_NOTE,
            ("Week from", "Analyst", *_USE),
            [(weeks[one.week], one.analyst, *_use_of([one])) for one in figures.weeks],
            [],
            is_long=True,
        ),
        _visits([(weeks[n], by_week[n]) for n in range(len(weeks))]),
        _lateness(by_analyst),
        _lead_time(figures.lead),
        _waitlist(figures, weeks),
        _enrolment(figures),
        ReportTable(
            "calendars",
            "Calendars subscribed",
            "Calendar addresses that an app has fetched within the last two weeks, as of now. "
            "A public calendar counts once, however many people follow it.",
            ("Calendar", "In use"),
            [(one.calendar, one.count) for one in figures.calendars],
            [],
        ),
    ]


def _first_days(figures: ReportFigures) -> list[date]:
    return [max(one, figures.period.first) for one in figures.period.weeks]


def _grouped(weeks: Iterable[AnalystWeek], key: Callable[[AnalystWeek], int]) -> dict[int, list[AnalystWeek]]:
    found: dict[int, list[AnalystWeek]] = defaultdict(list)
    for one in weeks:
        found[key(one)].append(one)
    return found


_USE = ("Quarters offered", "Quarters booked", "Used")
_USE_NOTE = "A quarter is 15 minutes of one analyst. Dates that were cancelled and analysts who were off don’t count."


def share(value: int, whole: int) -> str:
    """ "30%" of a whole; nothing where there is no whole."""
    return f"{round(100 * value / whole)}%" if whole else ""


def _use_of(weeks: list[AnalystWeek]) -> tuple[int, int, str]:
    offered, booked = sum(one.offered for one in weeks), sum(one.booked for one in weeks)
    return offered, booked, share(booked, offered)


def _use(name: str, title: str, what: str, groups: list[tuple[str, list[AnalystWeek]]]) -> ReportTable:
    rows = [(label, *_use_of(weeks)) for label, weeks in groups]
    bars = [
        Bar(label, booked, offered, f"{booked} of {offered} booked{f', {used}' if used else ''}")
        for label, offered, booked, used in rows
    ]
    return ReportTable(name, title, _USE_NOTE, (what, *_USE), list(rows), bars)


def _visits(groups: list[tuple[str, list[AnalystWeek]]]) -> ReportTable:
    rows: list[tuple[Cell, ...]] = []
    bars = []
    for label, weeks in groups:
        booked, came, missed = (sum(getattr(one, name) for one in weeks) for name in ("bookings", "came", "no_shows"))
        marked = came + missed
        gone = [sum(getattr(one, name) for one in weeks) for name in ("cancelled_by_member", "cancelled_late")]
        by_us = sum(one.cancelled_by_us for one in weeks)
        not_marked = sum(one.not_marked for one in weeks)
        rows.append((label, booked, came, missed, share(missed, marked), not_marked, *gone, by_us))
        bars.append(Bar(label, missed, marked, f"{missed} no {'show' if missed == 1 else 'shows'} of {marked} marked"))
    header = ("Week from", "Bookings", "Came", "No shows", "No-show rate", "Not marked yet")
    cancelled = ("Cancelled by members", "Of these late", "Cancelled by us")
    note = "The no-show rate is of the visits that somebody has marked. Cancelled bookings aren’t among the bookings."
    return ReportTable("visits", "No-shows and cancellations", note, (*header, *cancelled), rows, bars)


def _lateness(groups: list[tuple[str, list[AnalystWeek]]]) -> ReportTable:
    rows: list[tuple[Cell, ...]] = []
    bars = []
    for label, weeks in groups:
        begun, late, seconds = (sum(getattr(one, name) for one in weeks) for name in ("begun", "late", "late_seconds"))
        average = f"{seconds / 60 / begun:.1f}" if begun else ""
        rows.append((label, begun, late, share(late, begun), average))
        bars.append(Bar(label, late, begun, f"{late} of {begun} late"))
    header = (
        "Analyst",
        "Visits started",
        f"Late by {LATE_MINUTES} minutes or more",
        "Share late",
        "Average minutes late",
    )
    note = "A visit starts when its analyst chooses Start. Visits that nobody started that way aren’t counted."
    return ReportTable("lateness", "Lateness by analyst", note, header, rows, bars)


def _lead_time(lead: list[int]) -> ReportTable:
    names = [_up_to(hours) for hours in LEAD_HOURS]
    labels = [
        f"Less than {names[0]}",
        *(f"{before} to {after}" for before, after in pairwise(names)),
        f"{names[-1]} or more",
    ]
    total = sum(lead)
    rows: list[tuple[Cell, ...]] = [(label, n, share(n, total)) for label, n in zip(labels, lead, strict=True)]
    bars = [Bar(label, n, total, f"{n} of {total}") for label, n in zip(labels, lead, strict=True)]
    note = "How long before its start a booking was made. Cancelled bookings don’t count."
    return ReportTable("lead-time", "Lead time", note, ("Booked before the start", "Bookings", "Share"), rows, bars)


def _up_to(hours: int) -> str:
    return wording.rough(timedelta(hours=hours)).replace(wording.NBSP, " ")


def _waitlist(figures: ReportFigures, weeks: list[str]) -> ReportTable:
    rows: list[tuple[Cell, ...]] = [
        (weeks[one.week], one.joined, one.offered, one.accepted, one.declined, one.lapsed) for one in figures.waitlist
    ]
    bars = [
        Bar(weeks[one.week], one.accepted, one.offered, f"{one.accepted} of {one.offered} offers accepted")
        for one in figures.waitlist
    ]
    header = ("Week from", "Joined", "Offered a slot", "Accepted", "Declined", "No answer")
    note = "By the week of the date that people waited for. One person can be offered several slots."
    return ReportTable("waitlist", "Waitlist", note, header, rows, bars)


def _enrolment(figures: ReportFigures) -> ReportTable:
    rows: list[tuple[Cell, ...]] = []
    bars = []
    for one in figures.modules:
        module = f"Module {one.module}" if one.module is not None else ""
        module = f"{module}: {one.module_title}" if one.module_title else module
        rows.append((one.series, module, one.dates, one.enrolled, one.came, share(one.came, one.enrolled)))
        label = f"{one.series}, {module[:1].lower()}{module[1:]}" if module else one.series
        bars.append(
            Bar(label, min(one.came, one.enrolled), one.enrolled, f"{one.came} came of {one.enrolled} enrolled")
        )
    header = ("Series", "Module", "Dates", "Enrolled", "Came", "Attendance")
    note = "Dates in the period that are over. If a module has several dates, everybody counts once for each of them."
    return ReportTable("enrolment", "Enrolment and attendance", note, header, rows, bars)


def with_name(found: Iterable[ReportTable]) -> Mapping[str, ReportTable]:
    """The tables by name."""
    return {one.name: one for one in found}
