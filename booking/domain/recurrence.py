"""When a series meets: a rule on the wall clock, and the instances it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.rrule import rrulestr

from booking.domain import zones


@dataclass(frozen=True, slots=True)
class Rule:
    """How a series recurs.

    `rrule` is an RFC 5545 RRULE value without DTSTART, UNTIL or zone ("FREQ=WEEKLY;BYDAY=MO,TU");
    `start_wall` and `end_wall` are clock times of the same day in `zone`, an IANA name; `ends_on`
    is the last date that counts, inclusive. With `modules` the series ends when they run out.
    """

    rrule: str
    starts_on: date
    start_wall: time
    end_wall: time
    zone: str
    ends_on: date | None = None
    modules: tuple[str, ...] = ()


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
    first = datetime.combine(rule.starts_on, time())
    for moment in rrulestr(rule.rrule, dtstart=first):
        if rule.ends_on is not None and moment.date() > rule.ends_on:
            return
        yield moment.date()


def expand(rule: Rule, start: date, end: date) -> list[Instance]:
    """The instances of `rule` whose date in its zone lies in [start, end), earliest first.

    The rule runs on the wall clock and each start is localized afterwards, so 13:00 stays
    13:00 across a clock change. A wall time that the zone skips is dropped and uses up no
    module (RFC 5545, 3.3.10); of two the first counts (3.3.5).
    """
    found: list[Instance] = []
    number = 0
    for day in dates(rule):
        if day >= end or (rule.modules and number == len(rule.modules)):
            break
        if not rule.modules and day < start:
            continue
        wall = datetime.combine(day, rule.start_wall)
        starts_at = zones.localize_first(wall, rule.zone)
        ends_at = zones.localize_first(datetime.combine(day, rule.end_wall), rule.zone)
        if starts_at is None:
            continue
        if ends_at is None or ends_at <= starts_at:
            length = datetime.combine(day, rule.end_wall) - wall
            ends_at = starts_at + length
        number += 1
        if day >= start:
            module = number if rule.modules else None
            key = str(number) if rule.modules else day.isoformat()
            found.append(Instance(key, wall, starts_at, ends_at, module))
    return found


def stored_until(today: date) -> date:
    """The date before which series without an end are stored: the end of the month 13 months ahead."""
    months = today.year * 12 + today.month - 1 + 14
    return date(months // 12, months % 12 + 1, 1)


def last_date(rule: Rule) -> date | None:
    """The last date of a rule that ends, None for one that does not."""
    if rule.modules:
        instances = expand(rule, rule.starts_on, rule.starts_on + timedelta(days=3660))
        return instances[-1].wall.date() if instances else None
    return rule.ends_on
