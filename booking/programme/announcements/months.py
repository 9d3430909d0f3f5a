"""The month that an announcement speaks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from booking.programme.announcements import mail_head
from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.draft import Doubts
from booking.programme.announcements.grammar import dates
from booking.programme.announcements.grammar.roles import EXPLAINED
from booking.programme.announcements.grammar.vocabulary import MONTH_HEAD, MONTHS, WEEKDAY, folded

#: Short names of months that are also words or names; alone they name a month only where the line ends or says so.
_AMBIGUOUS = {"may", "mar", "jan", "dec", "sep"}
_RANGE = re.compile(r"\s*(?:-{1,3}|to|until|till|through|and|&)\s*(?:\d{1,2}(?:st|nd|rd|th)?\s+)?")
_LONGEST_HEADING = 80
_OF_TEXT = re.compile(r"\b(?:posted|published|updated|issued|copyright|printed|valid)\b|©")
_FILLER = re.compile(
    r"\b(?:programmes?|programs?|schedules?|calendars?|timetables?|what's on|sessions?|events?|dates?|for|in|the|of|at"
    r"|a|month|our|all|times?|are|a[ecw][sd]t|aet|brisbane|sydney|melbourne|perth|adelaide|darwin|hobart)\b"
)
#: (line number, month 1 to 12, year or None)
_Named = tuple[int, int, int | None]


def announced(lines: Sequence[SourceLine], today: date, given: date | None, doubts: Doubts) -> date:
    """Return the month announced: given, or named with a year, or the first one named, or else the next one."""
    if given is not None:
        _check_not_past(given, 1, today, doubts)
    named = _named(lines)
    dated = next(((number, date(year, month, 1)) for number, month, year in named if year is not None), None)
    if given is not None:
        if dated is not None and dated[1] != given:
            text = f"the text says {dated[1]:%B %Y}, but you chose {given:%B %Y}"
            doubts.ask(dated[0], "another-month", text)
        return given
    if dated is not None:
        _check_not_past(dated[1], dated[0], today, doubts)
        return dated[1]
    if named:
        number, wanted, _ = named[0]
        found = date(today.year + (1 if wanted < today.month else 0), wanted, 1)
        doubts.ask(number, "no-year", f"the year of {found:%B} isn’t given: we took {found.year}")
        return found
    found = following(today.replace(day=1))
    doubts.ask(1, "no-month", f"no month is given: we took {found:%B %Y}")
    return found


def sections(lines: Sequence[SourceLine], month: date, doubts: Doubts) -> dict[SourceLine, date]:
    """The months by the headings that begin their part of a text; none where all of it is about one month.

    `month` is the one announced, from which a missing year follows. A line with other words is asked about.
    """
    found: dict[SourceLine, date] = {}
    unsure: set[SourceLine] = set()
    head = mail_head.lines_of(lines)
    for line in lines:
        low = folded(line.text)
        named = list(MONTH_HEAD.finditer(low)) if len(line.text) <= _LONGEST_HEADING and line not in head else []
        if len(named) != 1 or dates.find(low) or WEEKDAY.search(low) or _OF_TEXT.search(low):
            continue
        number, year = MONTHS[named[0]["month"]], named[0]["year"]
        rest = low[: named[0].start()] + low[named[0].end() :]
        has_words = re.search(r"[a-z]", _FILLER.sub("", rest)) is not None
        if not has_words or (year and not re.search(r"\d|[.!?]$", rest)):
            unsure |= {line} if has_words else set()
            said = int(year) if year else month.year + (1 if number < month.month else 0)
            found[line] = date(said, number, 1)
    if len(set(found.values())) < 2:
        return {}
    for line, after in zip(list(found)[1:], pairwise(found.values()), strict=True):
        if line in unsure and after[0] != after[1]:
            text = f"does what follows meet in {after[1]:%B %Y}? We took this line as its heading"
            doubts.ask(line.number, "month-heading", text)
    return found


def _check_not_past(month: date, line: int, today: date, doubts: Doubts) -> None:
    if following(month) <= today:
        doubts.ask(line, "past", f"{month:%B %Y} is past")


def _named(lines: Sequence[SourceLine]) -> list[_Named]:
    """Every month that a line names."""
    named: list[_Named] = []
    head = mail_head.lines_of(lines)
    for line in lines:
        low = folded(line.text)
        if line in head:
            continue
        others = [(p.start, p.end) for p in dates.find(low) if p.said[0].role in EXPLAINED]
        for match in MONTH_HEAD.finditer(low):
            if any(start <= match.start() < end for start, end in others):
                continue
            year = match["year"] or _year_behind(low, match.end())
            is_ambiguous = match["month"] in _AMBIGUOUS and year is None
            if not is_ambiguous or re.search(r"\bmay\b(?=\W*$|\s+(?:at|in|program|20))", low):
                named.append((line.number, MONTHS[match["month"]], int(year) if year else None))
    return named


def _year_behind(low: str, at: int) -> str | None:
    """The year that stands behind the second month of a range: "June to August 2027"."""
    second = _RANGE.match(low, at)
    last = MONTH_HEAD.match(low, second.end()) if second is not None else None
    return last["year"] if last is not None else None


def following(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
