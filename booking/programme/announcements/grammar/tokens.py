"""The tokens of a line: everything in it that could be part of a schedule, with its place.

Each is either used by a series, explained by its own words, or asked about: see `accounting`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from booking.programme.announcements.grammar import clocks, dates, zoning
from booking.programme.announcements.grammar.roles import MEETING
from booking.programme.announcements.grammar.vocabulary import (
    COUNT,
    LASTING,
    MONTH_HEAD,
    MONTHLY,
    MONTHS,
    ONE_HOUR,
    POSSIBLE,
    WEEKDAY,
    WEEKDAY_SET,
    folded,
)

#: Words that change a schedule. They matter on the lines of a series, or where they name a meeting.
CHANGE = re.compile(
    rf"\b(?:except|excluding|cancell?ed|closed|postponed|rescheduled|previously|moves|no\s+(?:\w+\s+)?{MEETING}"
    r"|not\s+(?:on|held|running)|(?:public|school|bank)\s+holidays?|term\s+break|(?:school\s+)?term(?:\s+time)?|long\s+weekend|resumes|resume\s+(?:on|from|in|at|after|again)|instead|(?:odd|even|next|this)\s+weeks?|(?:once|twice)\s+a\s+(?:week|month|term)|bi-?weekly|fortnightly|alternat(?:e|es|ing|ely))\b"
)
#: Numbers behind a label for dates, without a month.
_NUMBERS = re.compile(r"(?<=\bdates: )\d{1,2}\b(?:,? \d{1,2}\b)*|(?<=\bdate: )\d{1,2}\b")
#: A day of the month without its month: "but the 15th".
_DAY_ALONE = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)\b")
_BEHIND_DAY = re.compile(r"(?<=days )\d{1,2}\b|(?<=day )\d{1,2}\b")
_MONTHLY_ALONE = re.compile(r"\bmonthly\b")
_ALSO_WORDS = {"may", "mar", "jan", "dec", "sep"}
#: A length that is about something else: "arrive 15 minutes early", "a 10 minute break".
_ASIDE = re.compile(r"\s*(?:early|before|prior|late|in\s+advance|break|walk|drive|away|from\b|tea\b|coffee\b|read\b)")


@dataclass(frozen=True, slots=True)
class ScheduleToken:
    """One token and its stretch of the line; `is_change` for a word that only matters beside a series.

    `month` is set for the name of a month that is part of no date; it matters as such a word does.
    """

    start: int
    end: int
    is_change: bool = False
    month: int = 0


def of(text: str) -> list[ScheduleToken]:
    """The tokens of a line, in order. What explains itself, such as a deadline, is none."""
    low = folded(text)
    if not (POSSIBLE.search(low) or CHANGE.search(low)):
        return []
    signs = list(low)
    found: list[ScheduleToken] = []
    for start, end in _places(low, signs):
        found.append(ScheduleToken(start, end))
        signs[start:end] = " " * (end - start)
    for match in MONTH_HEAD.finditer("".join(signs)):
        if match["month"] not in _ALSO_WORDS or re.search(
            r"\b(?:in|of|until|during|to|and)\s+$", low[max(0, match.start() - 12) : match.start()]
        ):
            found.append(ScheduleToken(*match.span(), is_change=True, month=MONTHS[match["month"]]))
    if MONTHLY.search(low) is None:
        found += [ScheduleToken(*match.span(), is_change=True) for match in _MONTHLY_ALONE.finditer(low)]
    found += [ScheduleToken(*match.span(), is_change=True) for match in _DAY_ALONE.finditer("".join(signs))]
    behind = [match.span() for match in _BEHIND_DAY.finditer(low) if signs[match.start()] != " "]
    found += [ScheduleToken(start, end, is_change=True) for start, end in behind]
    found += [ScheduleToken(*match.span(), is_change=True) for match in CHANGE.finditer("".join(signs))]
    return sorted(found, key=lambda token: token.start)


def places_of_terms(text: str) -> list[tuple[int, int]]:
    """The stretches of a line that name a term, whose dates stand beside it."""
    return [match.span() for match in re.finditer(r"\b(?:school\s+)?term\b", folded(text))]


def _places(low: str, signs: list[str]) -> Iterator[tuple[int, int]]:
    """Stretches by kind: dates, hours, one hour, lengths, counts, weekdays, zones. Each sees what is left."""
    for place in dates.find(low):
        yield place.start, place.end
    last = None
    for hours in clocks.find("".join(signs)):
        last = hours.places[0]
        yield from hours.places
    for match in ONE_HOUR.finditer("".join(signs)):
        yield match.span()
    for match in LASTING.finditer("".join(signs)):
        if not _ASIDE.match(low, match.end()):
            yield match.span()
    for pattern in (COUNT, WEEKDAY_SET, WEEKDAY):
        for match in pattern.finditer("".join(signs)):
            yield match.span()
    for match in _NUMBERS.finditer("".join(signs)):
        yield match.span()
    for zone, _ in zoning.find_all("".join(signs), last):
        yield zone.span()
