"""A month's programme carried into another month: the same weekdays and order, what depends on the month marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from booking.domain import wording
from booking.domain.holidays import DaysOff
from booking.domain.planning import series_edits
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.words.statement import Named, SourcePlace, Statement
from booking.domain.recurrence import Rule, dates, expand
from booking.programme import writing
from booking.programme.writing import text

_MONTH_BEHIND = re.compile(r"-\d{4}-\d{2}$")
_YEAR = re.compile(r"\b20\d\d\b")
_STORED = SourcePlace("what is stored", 0)


@dataclass(slots=True)
class RolledSeries:
    """One series of the source month and what it becomes; `marks` is what a coordinator should look at, a line each.

    `open_days` are the holidays that somebody has to decide about.
    """

    source: Statement
    statement: Statement
    marks: list[str] = field(default_factory=list)
    open_days: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Rolled:
    """A month copied from another; both are given by their first day."""

    source: date
    target: date
    series: list[RolledSeries] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """Everything that is marked, each line with the series that it is about."""
        return [f"{one.statement.slug}: {mark}" for one in self.series for mark in one.marks]


def of_month(statements: Sequence[Statement], month: date) -> list[Statement]:
    """Returns what was announced for that month only: it begins and ends in it. What runs all year needs no rolling."""
    following = next_month(month)
    return [
        stated
        for stated in statements
        if month <= stated.rule.starts_on < following and (stated.rule.modules or stated.rule.ends_on is not None)
    ]


def stored_in_month(definitions: Iterable[Definition], emails: Mapping[int, str], month: date) -> list[Statement]:
    """The stored series that end in that month, as a file for the month would state them.

    `emails` are analysts' addresses by id. A series with modules counts in the month in which it begins.
    """
    return [_stated(one, emails, month) for one in definitions if month in months_of(one)]


def months_of(series: Definition) -> set[date]:
    """The month, by its first day, whose copy holds the series; none for one that runs without an end."""
    last_on = series_edits.last_day(series)
    starts_on = series.rule.starts_on
    if series.rule.modules:
        first = next(dates(series.rule), None)
        return {first.replace(day=1)} if first is not None else set()
    if last_on is None or last_on < starts_on:
        return set()
    return {last_on.replace(day=1)}


def _stated(series: Definition, emails: Mapping[int, str], month: date) -> Statement:
    """The series as it is at the end of that month; what single dates have of their own is left out."""
    now = series_edits.fields_of(series, next_month(month) - timedelta(days=1))
    starts_on = max(now.starts_on, month)
    if starts_on > now.starts_on and not now.modules and "INTERVAL" in now.rrule:
        held = expand(series.rule, starts_on, starts_on + timedelta(days=62))  # its weeks are counted from one that is
        starts_on = held[0].wall.date() if held else starts_on
    rule = Rule(
        now.rrule, starts_on, now.start_wall, now.end_wall, series.rule.zone, ends_on=now.ends_on, modules=now.modules
    )
    return Statement(
        series.slug,
        series.kind,
        now.title,
        now.summary,
        rule,
        now.slot_minutes,
        tuple(Named(emails[one], _STORED) for one in now.analysts if one in emails),
        _STORED,
        month,
        on_holiday=now.on_holiday,
    )


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def roll(statements: Sequence[Statement], source: date, target: date, days_off: DaysOff) -> Rolled:
    """The statements for `target` (a first of a month) that `statements` of `source` become."""
    return Rolled(source, target, [_series(stated, source, target, days_off) for stated in statements])


def _series(stated: Statement, source: date, target: date, days_off: DaysOff) -> RolledSeries:
    slug = f"{_MONTH_BEHIND.sub('', stated.slug)}-{target:%Y-%m}"
    rule = _rolled(stated.rule, source, target)
    again = replace(stated, slug=slug, rule=rule, month=target, was="", ends_on=None)
    again = replace(again, turns=(), exceptions=(), extras=(), guests=())
    found = RolledSeries(stated, again, [f"check the title: {_topic(rule)} was “{stated.title}”"])
    _mark_holidays(found, days_off)
    for number, title in enumerate(rule.modules, 1):
        if year := _YEAR.search(title):
            found.marks.append(f"module {number} names {year[0]}: “{title}”")
    return found


def _topic(rule: Rule) -> str:
    return "the month’s masterclass" if rule.modules else "the month’s topic"


def file_of(rolled: Rolled) -> str:
    """The programme file for the target month, with what is to be checked as comments."""
    lines = [
        f"# {rolled.target:%B %Y}, copied from {rolled.source:%B %Y}. Check the lines marked `check`.",
        "",
        f"month: {rolled.target:%Y-%m}",
        "",
        "series:",
    ]
    for one in rolled.series:
        lines += _lines(one, rolled.target)
    return "\n".join(lines) + "\n"


def _lines(one: RolledSeries, target: date) -> list[str]:
    stated, rule = one.statement, one.statement.rule
    said = writing.every(rule.rrule)
    found = ["", f"  {stated.slug}:", f"    kind: {text(stated.kind)}"]
    found.append(f"    title: {text(stated.title)}  # check: {_topic(rule)}")
    found.append(f"    every: {said}" if said else f"    repeat: {text(rule.rrule)}")
    found.append(f"    time: {writing.hours(rule.start_wall, rule.end_wall)}")
    if rule.starts_on != target:
        found.append(f"    from: {rule.starts_on}")
    if rule.ends_on is not None:
        found.append(f"    until: {rule.ends_on}")
    found.append(f"    zone: {writing.zone_name(rule.zone)}")
    if stated.on_holiday:
        found.append(f"    on_holiday: {stated.on_holiday}")
    answer = f"on_holiday says {stated.on_holiday}" if stated.on_holiday else "write on_holiday"
    found += [f"    # check: {day}: {answer}" for day in one.open_days]
    if stated.summary:
        found.append(f"    summary: {text(stated.summary)}")
    if stated.slot_minutes:
        found.append(f"    slots: [{', '.join(map(str, stated.slot_minutes))}]")
    if rule.modules:
        found.append("    modules:  # check: the titles of another month’s masterclass")
        for title in rule.modules:
            year = _YEAR.search(title)
            found.append(f"      - {text(title)}{f'  # check: names {year[0]}' if year else ''}")
    if stated.analysts:
        found.append(f"    analysts: [{', '.join(text(named.email) for named in stated.analysts)}]")
    return found


def _rolled(rule: Rule, source: date, target: date) -> Rule:
    """The rule in the other month: from the same week of it to the same week, to its end where it ended with its month.

    The first Wednesday stays the first Wednesday, wherever in the week the months begin.
    """
    endless = replace(rule, ends_on=None, turns=(), modules=())
    found = [one.wall.date() for one in expand(endless, rule.starts_on, next_month(source))]
    held = [day for day in found if rule.ends_on is None or day <= rule.ends_on]
    last_day = next_month(target) - timedelta(days=1)
    starts_on = target + (timedelta(weeks=_week(held[0])) if held else rule.starts_on - source)
    if rule.modules and held:
        starts_on += timedelta(days=(held[0].weekday() - starts_on.weekday()) % 7)
    ends_on = None
    if rule.ends_on is not None:
        is_all = not held or held == found or rule.ends_on >= next_month(source)
        ends_on = last_day if is_all else min(last_day, target + timedelta(days=7 * _week(held[-1]) + 6))
    return replace(rule, starts_on=starts_on, ends_on=ends_on, turns=())


def _week(day: date) -> int:
    """In which seven days of its month a day lies, counted from 0."""
    return (day.day - 1) // 7


def _mark_holidays(found: RolledSeries, days_off: DaysOff) -> None:
    stated, rule = found.statement, found.statement.rule
    for instance in expand(rule, rule.starts_on, rule.starts_on + timedelta(days=370)):
        day = instance.wall.date()
        holiday = days_off.by_date.get(day)
        if holiday is None:
            continue
        module = f" (module {instance.module})" if instance.module else ""
        clash = f"{wording.day(day)}{module} is {holiday}"
        if not holiday.is_everywhere:
            found.marks.append(f"{clash}: it still takes place")
            continue
        found.open_days.append(clash)
        answer = ANSWERED[stated.on_holiday] if stated.on_holiday else "the plan asks what to do"
        found.marks.append(f"{clash}: {answer}")


#: What becomes of a holiday, by the answer that a series has for all of them.
ANSWERED = {
    "keep": "it goes ahead, as the series says",
    "skip": "it is skipped, as the series says",
    "postpone": "it is postponed with all later dates, as the series says",
    "move": "it moves within its week, as the series says",
}
