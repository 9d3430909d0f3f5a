"""What happens on one public holiday of one series: its answers, how each changes the series, and what holds now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from booking.domain import wording, zones
from booking.domain.planning import closures, edits, occurrences
from booking.domain.planning.adjustments import ANSWERS, Definition
from booking.domain.planning.occurrences import Period, StoredSeries
from booking.domain.planning.schedule import Surroundings


class HolidayAnswer(NamedTuple):
    """One of ANSWERS for the date of the rule `on` of a series; for all of its holidays where `on` is None."""

    series: str
    on: date | None
    answer: str


def read(texts: Iterable[str]) -> list[HolidayAnswer]:
    """The answers as forms send them: `clinic/2026-12-25=skip`, `clinic=keep`. What is no answer is left out."""
    found = []
    for text in texts:
        named, _, answer = text.partition("=")
        slug, _, day = named.partition("/")
        try:
            on = date.fromisoformat(day) if day else None
        except ValueError:
            continue
        if slug and answer in ANSWERS:
            found.append(HolidayAnswer(slug, on, answer))
    return found


def apply(
    asked: Definition, given: HolidayAnswer, stored: StoredSeries, period: Period, around: Surroundings
) -> Definition:
    """The series with that answer in place of an earlier one.

    To move the date the nearest free day of its week is looked for; where there is none, nothing changes.
    """
    if given.on is None:
        return replace(asked, terms=replace(asked.terms, on_holiday=given.answer))
    holiday = around.days_off.everywhere(given.on)
    if holiday is None:
        return asked
    key = _key(asked, given.on, stored, period)
    plain = edits.usual(asked, key, given.on) if key else _unskipped(asked, given.on)
    if given.answer == "keep":
        return edits.keep(plain, given.on)
    if given.answer == "postpone":
        return edits.postpone(plain, given.on)
    if given.answer == "move":
        return _moved(plain, given.on, stored, period, around) or asked
    return edits.skip(plain, given.on, str(holiday))


def _unskipped(asked: Definition, on: date) -> Definition:
    return edits.usual(asked, on.isoformat(), on)


def _key(asked: Definition, on: date, stored: StoredSeries, period: Period) -> str | None:
    """The key of the occurrence that stands for that date of the rule; None where none does."""
    for row in stored.rows:
        if row.setting.on == on and not (row.setting.module is not None and row.setting.reason is not None):
            return row.key
    plain = replace(asked, terms=replace(asked.terms, on_holiday=""))
    found = occurrences.instances(_unskipped(plain, on), stored.rows, period, Surroundings().days_off)
    return next((instance.key for instance in found if instance.wall.date() == on), None)


def _moved(
    asked: Definition, on: date, stored: StoredSeries, period: Period, around: Surroundings
) -> Definition | None:
    """The series with that date moved to the nearest free day of its week; None where there is none."""
    moving = replace(asked, terms=replace(asked.terms, on_holiday="move"))
    computed = closures.compute(moving, stored, period, around, {}, asks=False)
    for key, setting in computed.settings.items():
        start, end = (zones.wall(at, asked.rule.zone) for at in (setting.starts_at, setting.ends_at))
        if setting.on == on and start.date() != on:
            return edits.move(asked, key, start.date(), (start.time(), end.time()))
    return None


def in_words(series: StoredSeries, on: date) -> str | None:
    """What is published for that holiday: `Held`, `Skipped`, `Moved to Tue 29 Dec`; None where nothing meets."""
    definition = series.definition
    if definition is None or not (occurrences.meets_on(definition.rule, on) or on in definition.terms.skips):
        return None
    terms = definition.terms
    row = next((row for row in series.rows if row.setting.on == on), None)
    if row is not None and row.setting.reason is None:
        day = zones.today(row.setting.starts_at, definition.rule.zone)
        return "Held" if day == on else f"Moved to {wording.day(day)}"
    if any(first == on for first, _ in terms.postponements):
        return "Postponed, with all later dates"
    if row is None and on not in terms.left_out() and terms.on_holiday not in occurrences.LEAVES_OUT:
        return None  # beyond what is stored
    return "Postponed, with all later dates" if terms.on_holiday == "postpone" and on not in terms.skips else "Skipped"
