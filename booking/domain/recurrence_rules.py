"""Recurrence rules: the part of RFC 5545, 3.3.10 that says on which days something meets.

A rule is parsed, each part at most once and within its range, before anything is expanded. Expansion looks at one
period after the other, at most 150 years of days: a rule without a date ends, and never runs on.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MAX_INTERVAL = 366
MAX_LENGTH = 300  # characters
BUDGET = timedelta(days=150 * 366)
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
_DAY = re.compile(rf"(?P<nth>[+-]?[0-9]{{1,2}})?(?P<day>{'|'.join(DAYS)})")
#: Parts whose values are numbers: the largest, and whether they may count from the end.
_RANGES = {"BYMONTH": (12, False), "BYMONTHDAY": (31, True), "BYYEARDAY": (366, True), "BYSETPOS": (366, True)}
_KNOWN = ("FREQ", "INTERVAL", "BYDAY", *_RANGES, "WKST")


class BadRule(ValueError):
    """No rule that can be expanded; the text says which part is wrong and what to write instead."""


@dataclass(frozen=True, slots=True)
class RRule:
    """A parsed rule. `days` are (nth or None, weekday 0 to 6); empty parts do not limit."""

    frequency: str
    interval: int = 1
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    days: frozenset[tuple[int | None, int]] = frozenset()
    positions: frozenset[int] = frozenset()
    week_start: int = 0


@lru_cache(maxsize=512)
def parse(text: str) -> RRule:
    """The rule that `text` states, such as FREQ=WEEKLY;BYDAY=MO,TU. Raises BadRule.

    End and clock times are no part of it (UNTIL, COUNT, BYHOUR and smaller): a series has its own.
    """
    if len(text) > MAX_LENGTH:
        raise BadRule(f"it is longer than {MAX_LENGTH} characters")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name not in _KNOWN:
            raise BadRule(f"{name or 'an empty part'} is not one of {', '.join(_KNOWN)}")
        if name in parts:
            raise BadRule(f"{name} is there twice")
        parts[name] = value
    if parts.get("FREQ") not in FREQUENCIES:
        raise BadRule(f"FREQ must be one of {', '.join(FREQUENCIES)}")
    if parts.get("WKST", "MO") not in DAYS:
        raise BadRule(f"WKST must be one of {', '.join(DAYS)}")
    numbers = {name: _numbers(name, parts[name]) if name in parts else frozenset() for name in _RANGES}
    rule = RRule(
        frequency=parts["FREQ"],
        interval=_interval(parts.get("INTERVAL", "1")),
        months=numbers["BYMONTH"],
        month_days=numbers["BYMONTHDAY"],
        year_days=numbers["BYYEARDAY"],
        days=_days(parts["BYDAY"]) if "BYDAY" in parts else frozenset(),
        positions=numbers["BYSETPOS"],
        week_start=DAYS.index(parts.get("WKST", "MO")),
    )
    _check_together(rule)
    return rule


def _interval(value: str) -> int:
    if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= MAX_INTERVAL:
        raise BadRule(f"INTERVAL must be a number from 1 to {MAX_INTERVAL}")
    return int(value)


def _numbers(name: str, value: str) -> frozenset[int]:
    largest, from_end = _RANGES[name]
    smallest = -largest if from_end else 1
    found = [int(one) for one in value.split(",") if _NUMBER.fullmatch(one)]
    if len(found) != len(value.split(",")) or any(n == 0 or not smallest <= n <= largest for n in found):
        also = f", or -1 to -{largest} from the end" if from_end else ""
        raise BadRule(f"{name} must be numbers from 1 to {largest}{also}")
    return frozenset(found)


def _days(value: str) -> frozenset[tuple[int | None, int]]:
    found = []
    for one in value.split(","):
        match = _DAY.fullmatch(one)
        nth = int(match["nth"]) if match and match["nth"] else None
        if match is None or (nth is not None and not 1 <= abs(nth) <= 53):
            raise BadRule("BYDAY must be days such as MO, or numbered days such as 1MO and -1FR")
        found.append((nth, DAYS.index(match["day"])))
    if len({nth is None for nth, _ in found}) > 1:
        raise BadRule("BYDAY must number all of its days or none")
    return frozenset(found)


def _check_together(rule: RRule) -> None:
    """Parts that RFC 5545 does not let stand together."""
    is_numbered = any(nth is not None for nth, _ in rule.days)
    if is_numbered and rule.frequency not in {"MONTHLY", "YEARLY"}:
        raise BadRule("numbered days in BYDAY need FREQ=MONTHLY or FREQ=YEARLY")
    if rule.month_days and rule.frequency == "WEEKLY":
        raise BadRule("BYMONTHDAY does not go with FREQ=WEEKLY")
    if rule.year_days and rule.frequency != "YEARLY":
        raise BadRule("BYYEARDAY needs FREQ=YEARLY")
    if rule.positions and not (rule.months or rule.month_days or rule.year_days or rule.days):
        raise BadRule("BYSETPOS needs another BY part to choose from")


def dates(rule: RRule, first: date) -> Iterator[date]:
    """The dates of `rule` from `first` on, in order; `first` fills in what the rule leaves open, as DTSTART does."""
    rule = _filled_in(rule, first)
    last = first + min(BUDGET, date.max - first)
    for start, end in _periods(rule, first, last):
        found = [day for day in _each(start, end) if _matches(rule, day)]
        if rule.positions:
            found = sorted({found[n - 1 if n > 0 else n] for n in rule.positions if abs(n) <= len(found)})
        yield from (day for day in found if first <= day <= last)


def _filled_in(rule: RRule, first: date) -> RRule:
    """RFC 5545: information that the rule does not give is taken from its start."""
    if rule.days or rule.month_days or rule.year_days or rule.frequency == "DAILY":
        return rule
    if rule.frequency == "WEEKLY":
        return replace(rule, days=frozenset({(None, first.weekday())}))
    if rule.frequency == "YEARLY" and not rule.months:
        rule = replace(rule, months=frozenset({first.month}))
    return replace(rule, month_days=frozenset({first.day}))


def _periods(rule: RRule, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days, weeks, months or years that count, each as [start, end], until `last`."""
    if rule.frequency in {"DAILY", "WEEKLY"}:
        length = 1 if rule.frequency == "DAILY" else 7
        back = (first.weekday() - rule.week_start) % 7 if length == 7 else 0
        for days in range(-back, (last - first).days + 1, length * rule.interval):
            yield _day(first, days), _day(first, days + length - 1)
        return
    months = 1 if rule.frequency == "MONTHLY" else 12
    begin = first.year * 12 + (first.month - 1 if months == 1 else 0)
    for month in range(begin, last.year * 12 + last.month, months * rule.interval):
        final = month + months - 1
        days = calendar.monthrange(final // 12, final % 12 + 1)[1]
        yield date(month // 12, month % 12 + 1, 1), date(final // 12, final % 12 + 1, days)


def _day(first: date, days: int) -> date:
    """`first` and so many days, no further than dates go."""
    return date.fromordinal(min(max(first.toordinal() + days, 1), date.max.toordinal()))


def _each(start: date, end: date) -> Iterator[date]:
    for ordinal in range(start.toordinal(), end.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _matches(rule: RRule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.days and not _is_one_of(rule, day):
        return False
    if rule.month_days:
        from_end = day.day - calendar.monthrange(day.year, day.month)[1] - 1
        if rule.month_days.isdisjoint((day.day, from_end)):
            return False
    if rule.year_days:
        number = day.timetuple().tm_yday
        from_end = number - (366 if calendar.isleap(day.year) else 365) - 1
        return not rule.year_days.isdisjoint((number, from_end))
    return True


def _is_one_of(rule: RRule, day: date) -> bool:
    """Whether BYDAY names the day: by its weekday, or as the nth of the month (of the year where no month is named)."""
    weekday = day.weekday()
    if (None, weekday) in rule.days:
        return True
    if all(weekday != one for _, one in rule.days):
        return False
    if rule.frequency == "MONTHLY" or rule.months:
        place, length = day.day, calendar.monthrange(day.year, day.month)[1]
    else:
        place, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
    return ((place - 1) // 7 + 1, weekday) in rule.days or (-((length - place) // 7 + 1), weekday) in rule.days
