"""The grammar of one line of an announcement: days, hours, zone and dates, modules, and lengths.

A `Clause` is the stretch of a line that tells days, hours, zone and dates; the text before or after it is a title.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

from booking.domain import numbers, zones
from booking.domain.bookings.lengths import MAX_LENGTHS as MOST_LENGTHS
from booking.domain.bookings.lengths import is_length
from booking.programme.announcements import clocks
from booking.programme.announcements.clocks import Clock
from booking.programme.announcements.vocabulary import (
    BOOKABLE,
    DATE,
    DAY,
    DAY_LIST,
    DAYS,
    ENDING,
    FREQUENCY,
    GLUE,
    HOURS,
    LENGTHS,
    MODULAR,
    MODULE,
    MONTHLY,
    MONTHS,
    NUMBERED,
    NUMBERS,
    ORDER,
    ORDINAL_NUMBER,
    ORDINALS,
    PLAIN,
    STARTING,
    WEEKDAY,
    ZONE,
    folded,
)


@dataclass(frozen=True, slots=True)
class Said:
    """One date: day and month, the year if it was given, the weekday that stood beside it, and its role."""

    day: int
    month: int
    year: int | None
    weekday: str | None
    role: str = ""


@dataclass(slots=True)
class Clause:
    """The schedule that a line tells. `span` is the stretch of the line it takes, (0, 0) for none.

    `before` and `after` are the rest of the line around it; `is_pure` says that there is none.
    """

    rrule: str = ""
    hours: Clock | None = None
    zone: str = ""
    dates: list[Said] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)
    before: str = ""
    after: str = ""
    is_pure: bool = False


class _Line:
    """A line in small letters; what has been read is blanked, so that nothing is read twice."""

    def __init__(self, low: str) -> None:
        self.low = low
        self.spans: list[tuple[int, int]] = []
        self._signs = list(low)

    @property
    def unread(self) -> str:
        """The line with blanks where it has been read."""
        return "".join(self._signs)

    def take(self, match: re.Match[str]) -> None:
        """Blank what was read."""
        self.spans.append(match.span())
        self._signs[match.start() : match.end()] = " " * (match.end() - match.start())


def clause(text: str) -> Clause:
    """The schedule in a line: days, hours, zone, dates, and where it stands."""
    line, found = _Line(folded(text)), Clause()
    found.dates = _dates(line)
    found.hours, hours_at = _hours(line)
    found.zone = _zone(line, found.hours is not None)
    dated = {said.weekday for said in found.dates if said.weekday}
    found.rrule = _days(_days_text(line, hours_at), line.take, dated)
    if line.spans:
        first, last = _cluster(line.low, line.spans, hours_at)
        found.span = _grown(line.low, first, last)
        kept = list(text)
        for start, end in line.spans:
            kept[start:end] = " " * (end - start)
        found.before, found.after = "".join(kept[: found.span[0]]), "".join(kept[found.span[1] :])
        found.is_pure = not GLUE.sub("", folded(found.before + found.after))
    return found


def _dates(line: _Line) -> list[Said]:
    """Every date; those of a list ("6, 13 and 20 December") one by one."""
    found: list[Said] = []
    for match in DATE.finditer(line.low):
        said = _said(match, line.low)
        if said is None:
            continue
        listed = DAY_LIST.search(line.low[: match.start()]) if match["day"] else None
        if listed is not None:
            days = [numbers.whole(number) or 0 for number in re.findall(r"\d+", listed[0])]
            found += [replace(said, day=day, weekday=None, role="listed") for day in days if 1 <= day <= 31]
            said = replace(said, role="listed")
            line.take(listed)
        found.append(said)
        line.take(match)
    return found


def _hours(line: _Line) -> tuple[Clock | None, tuple[int, int] | None]:
    """The first range of hours, and where it stands."""
    for match in HOURS.finditer(line.unread):
        clock = clocks.meant(match)
        if clock is not None:
            line.take(match)
            return clock, match.span()
    return None, None


def _zone(line: _Line, has_hours: bool) -> str:
    """The zone as it is written; a city alone is one only beside hours."""
    match = ZONE.search(line.unread)
    if match is None or not (has_hours or match["zone"].endswith("time") or len(match["zone"]) <= 4):
        return ""
    line.take(match)
    return match["zone"].removesuffix(" time").removesuffix("'s").removesuffix(" local")


def _days_text(line: _Line, hours_at: tuple[int, int] | None) -> str:
    """The unread text, cut down to the days beside the hours where there are any: others are words of the title."""
    unread = line.unread
    days = [match.span() for pattern in (WEEKDAY, MONTHLY, FREQUENCY) for match in pattern.finditer(unread)]
    first, last = _cluster(line.low, [*line.spans, *days], hours_at)
    if not any(start >= first and end <= last for start, end in days):
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
    before = re.search(rf"(?:{GLUE.pattern})*$", low[:start])
    after = re.match(r"[\s,;:|)\].-]*", low[end:])
    return start - len(before[0]) if before else start, end + (len(after[0]) if after else 0)


def _said(match: re.Match[str], low: str) -> Said | None:
    day, month = int(match["day"] or match["day2"]), MONTHS[match["month"] or match["month2"]]
    if not 1 <= day <= 31:
        return None
    before = low[: match.start()]
    beside = re.search(rf"\b({DAY})\b\.?,?\s*(?:the\s+)?$", before)
    head = before[: beside.start()] if beside else before
    role = "starts" if STARTING.search(before) or STARTING.search(head) else ""
    role = role or ("ends" if ENDING.search(head) else "")
    year = int(match["year"]) if match["year"] else None
    return Said(day, month, year, DAYS[beside[1]] if beside else None, role)


def _days(low: str, take: Callable[[re.Match[str]], None], dated: set[str]) -> str:
    """The RRULE of the weekdays in a line; those that only stand beside a date do not count."""
    monthly = MONTHLY.search(low)
    if monthly is not None:
        take(monthly)
        numbers = [ORDINAL_NUMBER[word] for word in re.findall("|".join(ORDINALS), monthly["which"])]
        day = DAYS[monthly["day"]]
        return f"FREQ=MONTHLY;BYDAY={','.join(f'{n}{day}' for n in numbers)}"
    matches = list(WEEKDAY.finditer(low))
    codes: list[str] = []
    for n, match in enumerate(matches):
        code = DAYS[match[0].rstrip(".")]
        if re.match(r",?\s*(?:the\s+)?\d{1,2}(?:st|nd|rd|th)?\b(?!\s*[:.ap])", low[match.end() :]) and code in dated:
            continue
        between = low[matches[n - 1].end() : match.start()].strip() if n else ""
        if codes and between in {"-", "to", "through"}:
            first, last = ORDER.index(codes[-1]), ORDER.index(code)
            codes += [ORDER[i % 7] for i in range(first + 1, last + 1 if last > first else last + 8)]
        else:
            codes.append(code)
        take(match)
    codes = sorted(dict.fromkeys(codes), key=ORDER.index)
    codes = [code for code in codes if code not in dated or len(matches) > len(dated)]
    if not codes:
        return ""
    fortnight = FREQUENCY.search(low)
    if fortnight is not None:
        take(fortnight)
    return f"FREQ=WEEKLY;{'INTERVAL=2;' if fortnight else ''}BYDAY={','.join(codes)}"


def module(text: str, is_modular: bool) -> tuple[int, str] | None:
    """Number and title of `Module 2: …`, `Module Three - …`; of `2. …` where the series has modules."""
    low = folded(text)
    match = MODULE.match(low) or (NUMBERED.match(low) if is_modular else None)
    if match is None:
        return None
    number = numbers.whole(match["number"]) or NUMBERS.get(match["number"], 0)
    title = re.sub(r"^[\s:.)–—‐-]+", "", text[match.start("rest") :]).strip()
    return (number, title) if number and title else None


def lengths(text: str) -> tuple[int, ...]:
    """Slot lengths in minutes: `30 or 45 minute`, `30/45m`; empty where the text names none that can be booked."""
    found: set[int] = set()
    for match in LENGTHS.finditer(folded(text)):
        found |= {int(number) for number in re.findall(r"\d{2,3}", match["lengths"])}
    return tuple(sorted(filter(is_length, found))[:MOST_LENGTHS])


def zone_name(text: str) -> str:
    """The IANA name of a zone as it is written."""
    return zones.named(text)


def role_of(text: str) -> str:
    """The kind of meeting that a title names: `bookable`, `modular`, `plain`, or empty."""
    low = folded(text)
    for role, words in (("modular", MODULAR), ("bookable", BOOKABLE), ("plain", PLAIN)):
        if any(re.search(rf"(?<!\w){re.escape(word)}(?:e?s)?(?!\w)", low) for word in words):
            return role
    return ""


def on(said: Said, month: date) -> date | None:
    """The date that is meant, the year following from the month announced; None for a 31 February."""
    year = said.year or month.year + (1 if said.month < month.month - 6 else 0)
    try:
        return date(year, said.month, said.day)
    except ValueError:
        return None
