"""A series as a form shows it, and what becomes of its definition where the form changes something.

Only what differs is touched, each at the level at which it belongs: the series itself, or a date from which new days
and hours hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, time, timedelta
from typing import Any

from booking.domain import recurrence, recurrence_rules
from booking.domain.planning import edits
from booking.domain.planning.adjustments import Adjustments, DateException, Definition
from booking.domain.recurrence import Rule, RuleChange


@dataclass(frozen=True, slots=True)
class SeriesFields:
    """Everything that the form of a series holds. `ends_on` is the last day, None for no end; `slot_minutes` is empty
    where the policy's lengths hold, `on_holiday` where each public holiday is asked about.
    """

    title: str
    rrule: str
    start_wall: time
    end_wall: time
    starts_on: date
    summary: str = ""
    ends_on: date | None = None
    modules: tuple[str, ...] = ()
    meeting_url: str = ""
    analysts: tuple[int, ...] = ()
    slot_minutes: tuple[int, ...] = ()
    on_holiday: str = ""


def fields_of(series: Definition, today: date) -> SeriesFields:
    """The series as it is from today on: what was changed from an earlier date on is part of it."""
    now = {
        "rrule": series.rule.rrule,
        "start_wall": series.rule.start_wall,
        "end_wall": series.rule.end_wall,
        "title": series.title,
        "meeting_url": series.meeting_url or "",
        "analysts": series.analysts,
    }
    for turn in series.rule.turns:
        if turn.from_on <= today:
            now |= {name: value for name in now if (value := getattr(turn, name)) is not None}
    return SeriesFields(
        **now,  # type: ignore[arg-type]
        starts_on=series.rule.starts_on,
        summary=series.summary,
        ends_on=last_day(series),
        modules=series.rule.modules,
        slot_minutes=series.slot_minutes,
        on_holiday=series.terms.on_holiday,
    )


def last_day(series: Definition) -> date | None:
    """The last day of a series without modules, postponed weeks counted; None where it has no end."""
    ends = [series.terms.ends_on]
    if series.rule.ends_on is not None:
        ends.append(series.rule.ends_on + _postponed(series))
    return min((end for end in ends if end is not None), default=None)


def _postponed(series: Definition) -> timedelta:
    return timedelta(weeks=sum(weeks for _, weeks in series.terms.postponements))


def new(slug: str, kind: str, zone: str, asked: SeriesFields) -> Definition:
    """A series that is not stored yet."""
    hours = (asked.start_wall, asked.end_wall)
    return Definition(
        slug,
        kind,
        asked.title,
        asked.summary,
        Rule(asked.rrule, asked.starts_on, *hours, zone, asked.ends_on, asked.modules),
        asked.slot_minutes,
        asked.analysts,
        Adjustments(on_holiday=asked.on_holiday),
        meeting_url=asked.meeting_url or None,
    )


def change(series: Definition, asked: SeriesFields, today: date, since: date | None = None) -> Definition:
    """The series with what differs from `asked`; new days and hours hold from `since` on, else for all upcoming dates.

    Every second week is counted from there: what has been held stays on its weeks.
    """
    had = fields_of(series, today)
    differs = {one.name: getattr(asked, one.name) for one in fields(SeriesFields)}
    differs = {name: value for name, value in differs.items() if value != getattr(had, name)}
    found = _with_own(series, differs)
    found = _with_timing(found, differs, today, since)
    if asked.starts_on != had.starts_on:
        found = _starting_on(found, asked.starts_on)
    if asked.ends_on != had.ends_on:
        found = ending_on(found, asked.ends_on)
    if asked.modules != had.modules:
        found = _with_modules(found, asked.modules)
    return found


def _with_own(series: Definition, differs: Mapping[str, Any]) -> Definition:
    """The series with the fields of its own row."""
    for name in ("title", "analysts"):
        if name in differs:
            series = edits.everywhere(series, RuleChange(date.min, **{name: differs[name]}))
    own = {name: differs[name] for name in ("summary", "slot_minutes") if name in differs}
    if "meeting_url" in differs:
        own["meeting_url"] = differs["meeting_url"] or None
        turns = [replace(turn, meeting_url=None) for turn in series.rule.turns]
        kept = tuple(turn for turn in turns if turn != RuleChange(turn.from_on))
        series = replace(series, rule=replace(series.rule, turns=kept))
    if "on_holiday" in differs:
        own["terms"] = replace(series.terms, on_holiday=differs["on_holiday"])
    return replace(series, **own)


def _with_timing(series: Definition, differs: Mapping[str, Any], today: date, since: date | None) -> Definition:
    timing = {name: differs[name] for name in edits.TIMING if name in differs}
    if not timing:
        return series
    from_on = max(since or today, today)
    turn = RuleChange(from_on, **timing)
    is_counted = "rrule" in timing and recurrence_rules.parse(timing["rrule"]).interval > 1
    if is_counted and series.rule.starts_on < from_on:
        return edits.later(series, turn)
    return edits.onwards(series, turn, today)


def _starting_on(series: Definition, starts_on: date) -> Definition:
    """The series with another first day; the dates before it are skipped, for they are stored. Modules move along."""
    had, terms = series.rule, series.terms
    rule = replace(had, starts_on=starts_on)
    if had.modules:
        return replace(series, rule=rule)
    skips = {day: why for day, why in terms.skips.items() if why or not starts_on <= day < had.starts_on}
    if starts_on > had.starts_on:
        before = recurrence.expand(had, had.starts_on, starts_on)
        skips |= {instance.wall.date(): "" for instance in before}
    return replace(series, rule=rule, terms=replace(terms, skips=skips))


def ending_on(series: Definition, last_on: date | None) -> Definition:
    """The series with another last day, None for no end; dates after it go, also those that are stored."""
    had, terms, rule = last_day(series), series.terms, series.rule
    is_earlier = last_on is not None and (had is None or last_on < had)
    ends_on = None if last_on is None else last_on - _postponed(series)
    terms = replace(terms, ends_on=last_on if is_earlier else None)
    return replace(series, rule=replace(rule, ends_on=ends_on), terms=terms)


def _with_modules(series: Definition, titles: tuple[str, ...]) -> Definition:
    """The series with these modules: those beyond the last are cancelled, those that are there again take place."""
    exceptions = dict(series.terms.exceptions)
    for number in range(len(titles) + 1, len(series.rule.modules) + 1):
        exceptions[str(number)] = replace(exceptions.get(str(number), DateException()), cancelled="")
    for number in range(len(series.rule.modules) + 1, len(titles) + 1):
        exceptions.pop(str(number), None)
    rule = replace(series.rule, modules=titles)
    return replace(series, rule=rule, terms=replace(series.terms, exceptions=exceptions))
