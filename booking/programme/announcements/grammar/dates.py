"""Dates in one line, as people write them: "8 June", "June 8, 2027", "8/6/2027", "7, 14 and 28 June", "8–29 June"."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from booking.programme.announcements.grammar import roles
from booking.programme.announcements.grammar.roles import DateRole
from booking.programme.announcements.grammar.vocabulary import (
    ALL_MONTH,
    DATE,
    DAY,
    DAY_LIST,
    DAY_RANGE,
    DAYS,
    DAYS_ON_END,
    END_OF_MONTH,
    IS_PLURAL,
    MONTH,
    MONTH_RANGE,
    MONTHS,
    NUMERIC_DATE,
    ORDER,
    SHORT_DATE,
    TWO_MONTHS,
)

_HAS_DATE = re.compile(rf"\d|\b(?:{MONTH})\b")
_WINDOW = 120  # signs before a date that may belong to its list


@dataclass(frozen=True, slots=True)
class Said:
    """One date: day and month, the year if it was given, the weekday that stood beside it, and its role.

    `is_whole_month` where only the month is written: its first or last day is meant.
    """

    day: int
    month: int
    year: int | None
    weekday: str | None = None
    role: DateRole = DateRole.UNKNOWN
    is_whole_month: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Dates that are written as one ("7, 14 and 28 June"), and the stretch of the line that they take."""

    said: tuple[Said, ...]
    start: int
    end: int
    is_range: bool = False


@lru_cache(maxsize=16_384)
def find(low: str) -> tuple[Place, ...]:
    """Every date of a folded line, each with its role; a stretch includes the words that give the role."""
    if not _HAS_DATE.search(low):
        return ()
    bare = list(_bare(low))
    found = []
    for place, (role, start, end) in zip(bare, roles.of_dates(low, [(p.start, p.end) for p in bare]), strict=True):
        found.append(replace(place, said=tuple(_with_role(place, role)), start=start, end=end))
    return tuple(found)


def _with_role(place: Place, role: DateRole) -> Iterator[Said]:
    if place.is_range:
        first, last = (
            (DateRole.SKIPPED_FROM, DateRole.SKIPPED_TO)
            if role is DateRole.SKIPPED
            else (role, role)
            if role in roles.EXPLAINED
            else (DateRole.STARTS, DateRole.ENDS)
        )
        yield replace(place.said[0], role=first)
        yield replace(place.said[1], role=last)
        return
    for one in place.said:
        yield replace(one, role=DateRole.LISTED if role is DateRole.UNKNOWN and len(place.said) > 1 else role)


def _bare(low: str) -> Iterator[Place]:
    """Every date in order of place, without roles."""
    found = [_on_end(match) for match in DAYS_ON_END.finditer(low)]
    found += [_in_words(match, low) for match in DATE.finditer(low)]
    taken = [(place.start, place.end) for place in found if place is not None]
    found += [_numeric(match, low) for match in NUMERIC_DATE.finditer(low)]
    found += [_short(match, low) for match in SHORT_DATE.finditer(low)]
    found += [
        _months(match)
        for match in [*MONTH_RANGE.finditer(low), *filter(_are_neighbours, TWO_MONTHS.finditer(low))]
        if not any(start < match.end() and match.start() < end for start, end in taken)
    ]
    found += [_end_of_month(match) for match in END_OF_MONTH.finditer(low)]
    found += [_all_of_month(match) for match in ALL_MONTH.finditer(low)]
    last = 0
    for place in sorted((p for p in found if p is not None), key=lambda p: (p.start, -p.end)):
        if place.start >= last:
            last = place.end
            yield place


def _on_end(match: re.Match[str]) -> Place | None:
    """Each day of "Sat-Sun 10-11 July"; None where the weekdays don't fit a stretch of less than a week."""
    first, last = (DAYS[match[name] or match[f"{name}2"]] for name in ("first", "last"))
    start, end = (int(match[name] or match[f"{name}2"]) for name in ("from", "to"))
    span = (ORDER.index(last) - ORDER.index(first)) % 7
    if end - start != span or not 1 <= start <= end <= 31:
        return None
    month, year = MONTHS[match["month"]], int(match["year"]) if match["year"] else None
    is_two = re.search(r"and|&|/", match["join"] or "") is not None
    weekdays = [ORDER[(ORDER.index(first) + n) % 7] for n in range(span + 1)]
    said = [Said(start + n, month, year, weekday) for n, weekday in enumerate(weekdays)]
    return Place((said[0], said[-1]) if is_two else tuple(said), match.start(), match.end())


def _in_words(match: re.Match[str], low: str) -> Place | None:
    day, month = int(match["day"] or match["day2"]), MONTHS[match["month"] or match["month2"]]
    if not 1 <= day <= 31:
        return None
    year = int(match["year"]) if match["year"] else None
    start, weekday = _weekday_beside(low, match.start())
    said = Said(day, month, year, weekday)
    if match["day"]:
        since = max(0, start - _WINDOW)
        before = low[since:start]
        if listed := DAY_LIST.search(before):
            days = [int(number) for number in re.findall(r"\d+", listed[0])]
            start, weekday = _weekday_beside(low, since + listed.start())
            several = [Said(one, month, year, None) for one in days if 1 <= one <= 31]
            return Place((*several, said), start, match.end())
        if ranged := DAY_RANGE.search(before):
            start, weekday = _weekday_beside(low, since + ranged.start())
            return Place((Said(int(ranged["first"]), month, year, weekday), said), start, match.end(), is_range=True)
    return Place((said,), start, match.end())


def _weekday_beside(low: str, at: int) -> tuple[int, str | None]:
    """Where a date begins with the weekday beside it, and that weekday; "Tuesdays" and "every Tuesday" stand alone."""
    beside = re.search(rf"\b(?P<day>{DAY})\b\.?,?\s*(?:the\s+)?$", low[max(0, at - 24) : at])
    if beside is None:
        return at, None
    start = max(0, at - 24) + beside.start()
    if IS_PLURAL.search(beside["day"]) or re.search(r"\b(?:every|each)\s+$", low[max(0, start - 8) : start]):
        return at, None
    return start, DAYS[beside["day"]]


def _numeric(match: re.Match[str], low: str) -> Place | None:
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
    else:
        day, month, year = int(match["day"]), int(match["month"]), int(match["year"])
        year += 2000 if year < 100 else 0
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    start, weekday = _weekday_beside(low, match.start())
    return Place((Said(day, month, year, weekday),), start, match.end())


def _short(match: re.Match[str], low: str) -> Place | None:
    day, month = int(match["day"]), int(match["month"])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    start, weekday = _weekday_beside(low, match.start("day"))
    return Place((Said(day, month, None, weekday),), start, match.end())


def _are_neighbours(match: re.Match[str]) -> bool:
    """Whether the second of two months follows the first, so that they are one stretch."""
    return MONTHS[match["last"]] == MONTHS[match["first"]] % 12 + 1


def _months(match: re.Match[str]) -> Place:
    """ "June to August 2027": from the first day of the one to the last of the other."""
    first, last = MONTHS[match["first"]], MONTHS[match["last"]]
    year = int(match["year"]) if match["year"] else None
    before = year - 1 if year is not None and first > last else year
    until = calendar.monthrange(year or 2001, last)[1]
    return Place(
        (Said(1, first, before, is_whole_month=True), Said(until, last, year, is_whole_month=True)),
        match.start(),
        match.end(),
        is_range=True,
    )


def _all_of_month(match: re.Match[str]) -> Place:
    last = _end_of_month(match)
    return replace(last, said=(replace(last.said[0], day=1), last.said[0]), is_range=True)


def _end_of_month(match: re.Match[str]) -> Place:
    month, year = MONTHS[match["month"]], int(match["year"]) if match["year"] else None
    said = Said(calendar.monthrange(year or 2001, month)[1], month, year, is_whole_month=True)
    return Place((said,), match.start(), match.end())


def on(said: Said, month: date) -> date | None:
    """The date that is meant, the year following from the month announced; None for a 31 February."""
    year = said.year or month.year + (1 if said.month < month.month - 6 else 0)
    try:
        return date(year, said.month, said.day)
    except ValueError:
        return None
