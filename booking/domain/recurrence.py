"""Rules on the wall clock for when a series meets, and the instances they come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from booking.domain import recurrence_rules, zones

#: No series with an end or with modules is looked at further than this after its first day.
MAX_DAYS = 3660
#: No occurrence lasts longer: it begins and ends on the same day, which may have an hour twice.
MAX_DURATION = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class RuleChange:
    """From `from_on` on ("this and later") these hold; what is None stays as it was before.

    `analysts` are persons' ids, `meeting_url` and `title` are every later occurrence's own.
    """

    from_on: date
    rrule: str | None = None
    start_wall: time | None = None
    end_wall: time | None = None
    title: str | None = None
    meeting_url: str | None = None
    analysts: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The recurrence of a series.

    `rrule` is an RFC 5545 RRULE value as `domain.recurrence_rules` parses it ("FREQ=WEEKLY;BYDAY=MO,TU");
    `start_wall` and `end_wall` are clock times of the same day in `zone`, an IANA name; `ends_on`
    is the last date that counts, inclusive. With `modules` the series ends when they run out. `turns`, by date,
    change the days and the hours later on; the dates in `skips` do not count, and use up no module.
    """

    rrule: str
    starts_on: date
    start_wall: time
    end_wall: time
    zone: str
    ends_on: date | None = None
    modules: tuple[str, ...] = ()
    turns: tuple[RuleChange, ...] = ()
    skips: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Instance:
    """One meeting that a rule comes to. `key` names it for ever: the module's number, or else the date."""

    key: str
    wall: datetime
    starts_at: datetime
    ends_at: datetime
    module: int | None = None


def dates(rule: Rule) -> Iterator[date]:
    """Every date of the rule, first to last; endless where nothing ends it."""
    for day, _, _ in _occasions(rule):
        yield day


class _Stretch(NamedTuple):
    """A part of a rule between two turns: the dates of `rrule`, counted from `anchor`, in [begins, stops).

    `stops` is None for the last one; `hours` are start and end on the wall.
    """

    rrule: str
    anchor: date
    begins: date
    stops: date | None
    hours: tuple[time, time]


def _stretches(rule: Rule) -> Iterator[_Stretch]:
    """The rule between its turns, first to last; a turn that changes neither days nor hours parts nothing."""
    rrule, anchor, hours = rule.rrule, rule.starts_on, (rule.start_wall, rule.end_wall)
    begins = rule.starts_on
    for turn in rule.turns:
        if not (turn.rrule or turn.start_wall or turn.end_wall):
            continue
        if turn.from_on > begins:
            yield _Stretch(rrule, anchor, begins, turn.from_on, hours)
            begins = turn.from_on
        if turn.rrule is not None:
            rrule, anchor = turn.rrule, turn.from_on
        hours = (turn.start_wall or hours[0], turn.end_wall or hours[1])
    yield _Stretch(rrule, anchor, begins, None, hours)


def _occasions(rule: Rule) -> Iterator[tuple[date, time, time]]:
    """Every date with its start and end on the wall, the turns followed, the skips left out."""
    for stretch in _stretches(rule):
        for day in recurrence_rules.dates(recurrence_rules.parse(stretch.rrule), stretch.anchor):
            if stretch.stops is not None and day >= stretch.stops:
                break
            if rule.ends_on is not None and day > rule.ends_on:
                return
            if day >= stretch.begins and day not in rule.skips:
                yield day, *stretch.hours


def expand(rule: Rule, start: date, end: date) -> list[Instance]:
    """The instances of `rule` whose date in its zone lies in [start, end), earliest first.

    The rule runs on the wall clock and each start is localized afterwards, so 13:00 stays
    13:00 across a clock change. A wall time that the zone skips is dropped and uses up no
    module (RFC 5545, 3.3.10); of two the first counts (3.3.5).
    """
    found: list[Instance] = []
    number = 0
    for day, start_wall, end_wall in _occasions(rule):
        if day >= end or (rule.modules and number == len(rule.modules)):
            break
        if not rule.modules and day < start:
            continue
        hours = span(day, start_wall, end_wall, rule.zone)
        if hours is None:
            continue
        number += 1
        if day >= start:
            module = number if rule.modules else None
            key = str(number) if rule.modules else day.isoformat()
            found.append(Instance(key, datetime.combine(day, start_wall), *hours, module))
    return found


def span(day: date, start_wall: time, end_wall: time, zone: str) -> tuple[datetime, datetime] | None:
    """[start, end) in UTC of wall times on one day; None where the zone skips the start."""
    wall = datetime.combine(day, start_wall)
    starts_at = zones.localize_first(wall, zone)
    if starts_at is None:
        return None
    ends_at = zones.localize_first(datetime.combine(day, end_wall), zone)
    if ends_at is None or ends_at <= starts_at:
        ends_at = starts_at + (datetime.combine(day, end_wall) - wall)
    return starts_at, ends_at


def stored_until(today: date) -> date:
    """The date before which series without an end are stored: the end of the month 13 months ahead."""
    months = today.year * 12 + today.month - 1 + 14
    return date(months // 12, months % 12 + 1, 1)


def last_date(rule: Rule) -> date | None:
    """The last date of a rule that ends, None for one that does not."""
    if rule.modules:
        instances = expand(rule, rule.starts_on, rule.starts_on + timedelta(days=MAX_DAYS))
        return instances[-1].wall.date() if instances else None
    return rule.ends_on
