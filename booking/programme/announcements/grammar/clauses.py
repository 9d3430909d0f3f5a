"""The grammar of one line of an announcement: days, hours, zone, dates and how often, put together to a clause.

A `Clause` is the stretch of a line that tells days, hours, zone and dates; the text before or after it is a title.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from booking.domain import numbers
from booking.programme.announcements.grammar import clocks, dates, days, zoning
from booking.programme.announcements.grammar.clocks import Clock
from booking.programme.announcements.grammar.dates import Said
from booking.programme.announcements.grammar.roles import EXPLAINED, DateRole
from booking.programme.announcements.grammar.vocabulary import (
    COUNT,
    COUNT_DAYS,
    FORMER_DAY,
    FREQUENCY,
    GLUE,
    MONTHLY,
    NUMBERS,
    POSSIBLE,
    WEEKDAY,
    WEEKDAY_SET,
    folded,
)


@dataclass(frozen=True, slots=True)
class Count:
    """How often a series meets: a number of weeks, or of meetings."""

    number: int
    is_weeks: bool


@dataclass(slots=True)
class Clause:
    """The schedule that a line tells. `span` is the stretch of the line it takes, (0, 0) for none.

    `before` and `after` are the rest of the line around it; `is_pure` says that there is none. `used` are the
    stretches that the schedule was read from, `explained` those whose own words say that they are no part of it.
    `has_asked` says that its days are a guess, which was asked about.
    """

    rrule: str = ""
    hours: Clock | None = None
    zone: str = ""
    dates: list[Said] = field(default_factory=list)
    count: Count | None = None
    span: tuple[int, int] = (0, 0)
    before: str = ""
    after: str = ""
    is_pure: bool = False
    has_asked: bool = False
    used: list[tuple[int, int]] = field(default_factory=list)
    explained: list[tuple[int, int]] = field(default_factory=list)

    @property
    def has_days(self) -> bool:
        """Whether it says on which days: by weekdays, or by each date."""
        return bool(self.rrule) or any(said.role is DateRole.LISTED for said in self.dates)


class _Line:
    """A line in small letters; what has been read is blanked, so that nothing is read twice."""

    def __init__(self, low: str) -> None:
        self.low = low
        self.spans: list[tuple[int, int]] = []
        self.explained: list[tuple[int, int]] = []
        self._signs = list(low)

    @property
    def unread(self) -> str:
        """The line with blanks where it has been read."""
        return "".join(self._signs)

    def take(self, match: re.Match[str]) -> None:
        """Blank what was read."""
        self.take_span(*match.span())

    def take_span(self, start: int, end: int, *, is_explained: bool = False) -> None:
        """Blank a stretch that was read, or that explains itself."""
        (self.explained if is_explained else self.spans).append((start, end))
        self._signs[start:end] = " " * (end - start)


def clause(text: str) -> Clause:
    """The schedule in a line: days, hours, zone, dates, and where it stands."""
    line, found = _Line(folded(text)), Clause()
    if not POSSIBLE.search(line.low):
        return found
    places = dates.find(line.low)
    for place in places:
        line.take_span(place.start, place.end, is_explained=place.said[0].role in EXPLAINED)
        found.dates += [said for said in place.said if said.role not in EXPLAINED]
    found.hours, hours_at = _hours(line)
    found.zone = _zone(line, hours_at)
    for former in FORMER_DAY.finditer(line.unread):
        line.take_span(*former.span(), is_explained=True)
    found.count = _count(line)
    found.rrule = days.rule(_days_text(line, hours_at), line.take) or _weekly(line, found)
    if not found.rrule and found.hours is not None:
        found.dates = [
            replace(one, role=DateRole.LISTED) if one.role is DateRole.UNKNOWN else one for one in found.dates
        ]
    found.used, found.explained = line.spans, line.explained
    if line.spans:
        _around(text, line, found, hours_at)
    return found


def _weekly(line: _Line, found: Clause) -> str:
    """The rule of "weekly from Wednesday 9 June"."""
    first = next((said for said in found.dates if said.role is DateRole.STARTS and said.weekday), None)
    if first is None:
        return ""
    match = re.search(r"\b(?:weekly|(?:every|each)\s+week)\b", line.unread)
    if match is None:
        return ""
    line.take(match)
    return f"FREQ=WEEKLY;BYDAY={first.weekday}"


def _around(text: str, line: _Line, found: Clause, hours_at: tuple[int, int] | None) -> None:
    """Set where the schedule stands in its line, and the text around it."""
    first, last = _cluster(line.low, line.spans, hours_at)
    found.span = _grown(line.low, first, last)
    kept = list(text)
    for start, end in [*line.spans, *line.explained]:
        kept[start:end] = " " * (end - start)
    found.before, found.after = "".join(kept[: found.span[0]]), "".join(kept[found.span[1] :])
    found.is_pure = not GLUE.sub("", folded(found.before + found.after))


def _hours(line: _Line) -> tuple[Clock | None, tuple[int, int] | None]:
    """The first range of hours that holds now, and where it stands."""
    found = clocks.find(line.unread)
    for one in found:
        if one.is_former:
            line.take_span(*one.places[0], is_explained=True)
    for one in found:
        if not one.is_former:
            for place in one.places:
                line.take_span(*place)
            return one.clock, one.places[0]
    return None, None


def _zone(line: _Line, hours_at: tuple[int, int] | None) -> str:
    """The zone as it is written."""
    found = zoning.find(line.unread, hours_at)
    if found is None:
        return ""
    line.take(found[0])
    return found[1]


def _count(line: _Line) -> Count | None:
    """A number of weeks or meetings that says for how long: "for six weeks", "8-week", "6 sessions"."""
    for match in [*COUNT_DAYS.finditer(line.unread), *COUNT.finditer(line.unread)]:
        is_days = match.re is COUNT_DAYS
        is_weeks = not is_days and match["unit"].startswith("week") and "session" not in match["unit"]
        number = NUMBERS.get(match["number"]) or numbers.whole(match["number"]) or 0
        if number and (not is_weeks or match["for"] or "-" in match[0] or _stands_alone(line.low, match)):
            line.take(match)
            return Count(number, is_weeks)
    return None


def _stands_alone(low: str, match: re.Match[str]) -> bool:
    """Whether signs part a number of weeks from the words around it: "Course: 8 weeks, Thursdays"."""
    before, behind = low[: match.start()].rstrip(), low[match.end() :].lstrip()
    return (not before or before[-1] in ":,;-|(") and (not behind or behind[0] in ":,;-|).")


def _days_text(line: _Line, hours_at: tuple[int, int] | None) -> str:
    """The unread text, cut down to the days beside the hours where there are any: others are words of the title."""
    unread = line.unread
    if not (WEEKDAY.search(unread) or WEEKDAY_SET.search(unread)):
        return unread
    patterns = (WEEKDAY, WEEKDAY_SET, MONTHLY, FREQUENCY)
    places = [match.span() for pattern in patterns for match in pattern.finditer(unread)]
    first, last = _cluster(line.low, [*line.spans, *places], hours_at)
    if not any(start >= first and end <= last for start, end in places):
        return unread
    return " " * first + unread[first:last] + " " * (len(unread) - last)


def _cluster(low: str, spans: list[tuple[int, int]], at: tuple[int, int] | None) -> tuple[int, int]:
    """The stretch around the hours (else the first of the spans) with what only joining words part from it."""
    if not spans:
        return (0, 0)
    ordered = sorted(spans)
    here = ordered.index(at) if at in ordered else 0
    first = last = here
    while first > 0 and not GLUE.sub("", low[ordered[first - 1][1] : ordered[first][0]]):
        first -= 1
    while last + 1 < len(ordered) and not GLUE.sub("", low[ordered[last][1] : ordered[last + 1][0]]):
        last += 1
    return ordered[first][0], ordered[last][1]


def _grown(low: str, start: int, end: int) -> tuple[int, int]:
    """The stretch with the joining words around it."""
    for match in reversed(list(GLUE.finditer(low, 0, start))):
        if match.end() != start:
            break
        start = match.start()
    after = re.compile(r"[\s,;:|)\].-]*").match(low, end)
    return start, after.end() if after else end
