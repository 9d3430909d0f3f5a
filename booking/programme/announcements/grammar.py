"""What one line of an announcement says: tables of words, and a few patterns with named parts.

A `Clause` is the stretch of a line that tells days, hours, zone and dates; what stands before or after it is a title.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, time

from booking.domain import numbers, zones
from booking.domain.bookings.lengths import MAX_LENGTHS as MOST_LENGTHS
from booking.domain.bookings.lengths import is_length
from booking.programme.words import WEEKDAYS

DAYS = {word: code for code, names in WEEKDAYS.items() for word in (*names, f"{names[0]}'s", f"{names[-1]}s")}
ORDER = list(WEEKDAYS)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *(("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun")),
            *(("july", "jul"), ("august", "aug"), ("september", "sep", "sept"), ("october", "oct")),
            *(("november", "nov"), ("december", "dec")),
        ),
        1,
    )
    for name in names
}
NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            *(("one", "i"), ("two", "ii"), ("three", "iii"), ("four", "iv"), ("five", "v"), ("six", "vi")),
            *(("seven", "vii"), ("eight", "viii"), ("nine", "ix"), ("ten", "x"), ("eleven", "xi"), ("twelve", "xii")),
        ),
        1,
    )
    for word in words
}
ORDINALS = ("first", "second", "third", "fourth", "last", "1st", "2nd", "3rd", "4th")
_ORDINAL_NUMBER = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
#: Words that say what a meeting is: bookable, modular, or neither.
BOOKABLE = ("clinic", "help desk", "helpdesk", "q&a", "q & a", "q and a", "drop-in", "office hour", "one-on-one", "1:1")
MODULAR = ("masterclass", "master class", "course", "bootcamp", "short program")
PLAIN = ("lab", "workshop", "webinar", "tutorial", "demo hour", "training")

_DAY = "|".join(sorted((re.escape(word) for word in DAYS), key=len, reverse=True))
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_CLOCK = r"(?:noon|midday|\d{1,2}(?:[:.h]\d{2})?\s?(?:[ap]\.?\s?m\b\.?)?)"
_ZONE = (
    r"\b(?P<zone>aest|aedt|aet|acst|acdt|awst"
    r"|(?:brisbane|queensland|qld|sydney|melbourne|adelaide|perth|darwin|hobart|canberra)(?:(?:'s)?\s+(?:local\s+)?time)?)\b"
)
_AFTER_LENGTH = r"(?!\s*(?:-\s*)?(?:m|min|mins|minute|minutes|weeks?|%|people|members|places|years?|st|nd|rd|th)\b)"
HOURS = re.compile(
    rf"(?<![\d/$.:])\b(?P<start>{_CLOCK})\s*(?:-|\bto\b|\buntil\b|\btill\b|\btil\b|\bthrough\b|\band\b)\s*(?P<end>{_CLOCK})"
    rf"(?![\d/:]){_AFTER_LENGTH}"
)
ONE_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s?(?P<half>[ap])?")
WEEKDAY = re.compile(rf"\b(?:{_DAY})\b\.?")
ZONE = re.compile(_ZONE)
DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>{_MONTH})\b\.?|(?P<month2>{_MONTH})\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"(?!\s*(?:[:.]\d|[ap]\.?m)))(?:,?\s+(?P<year>20\d\d)\b)?"
)
#: Days of the month that one month's name stands behind: "6, 13 and 20 December".
DAY_LIST = re.compile(r"(?:\b\d{1,2}(?:st|nd|rd|th)?(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*&\s*))+$")
MONTH_HEAD = re.compile(rf"\b(?P<month>{_MONTH})\b(?:,?\s+(?P<year>20\d\d)\b)?")
MODULE = re.compile(
    r"^(?:module|part|week|lesson|unit)\s*(?:no\.?\s*|#)?(?P<number>\d{1,2}|[a-z]+)\b\s*(?P<rest>.*)$", re.DOTALL
)
NUMBERED = re.compile(r"^(?P<number>\d{1,2})\s?[.)\t]\s*(?P<rest>\S.*)$", re.DOTALL)
LENGTHS = re.compile(
    r"(?<![\d:.])(?P<lengths>\d{2,3}(?:\s*-?\s*(?:m|min|mins|minutes?)?\s*(?:,|/|or|and|&|to|-)\s*(?:or\s+|and\s+)?\d{2,3})*)"
    r"\s*-?\s*(?:m|min|mins|minute|minutes)\b"
)
_FREQUENCY = re.compile(
    rf"\b(?:fortnightly|(?:every|each)\s+(?:second|other|2nd)\s+(?=week|{_DAY})|every\s+two\s+weeks)"
)
_MONTHLY = re.compile(
    rf"\b(?P<which>(?:{'|'.join(ORDINALS)})(?:\s*(?:,|and|&)\s*(?:{'|'.join(ORDINALS)}))*)\s+(?P<day>{_DAY})\b(?:\s+(?:of|in)\s+(?:the|each|every)\s+month|(?=.{{0,12}}\bmonth))"
)
#: Words that join the parts of a clause, and labels before them.
_GLUE = re.compile(
    r"\s+|[,;:|()\[\]/&+\t.-]|\b(?:every|each|on|at|from|between|and|to|the|of|month|week|weekly|fortnightly|weekdays?|when|time|times"
    r"|days?|date|dates|hours|all|local|is|are|held|running|runs|starting|starts|start|commencing|beginning|begins|until|till|ending|both"
    r"|live|repeats?|second|other|first|third|fourth|last|1st|2nd|3rd|4th|two|weeks)\b"
)
_STARTING = re.compile(
    r"(?:starting|starts|start|commencing|commences|beginning|begins|from|first)\W{0,3}(?:on\s+)?(?:the\s+)?(?:\w+day\s+)?$"
)
_ENDING = re.compile(r"(?:until|till|ending|ends|to|last)\W{0,3}(?:on\s+)?(?:\w+day\s+)?$")
_FOLD = {ord(dash): "-" for dash in "‐‑‒–—―−"} | {ord(quote): "'" for quote in "‘’‛`´"} | {ord("＆"): "&"}


def folded(text: str) -> str:
    """The text in small letters with plain dashes and quotes, sign for sign."""
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text.translate(_FOLD))


@dataclass(frozen=True, slots=True)
class Clock:
    """A range of hours as it was written; `start` and `end` None where the text cannot be meant.

    `doubt` is empty, `half-missing` or `end-before-start`; `other` is the second reading of a missing am or pm.
    """

    start: time | None
    end: time | None
    doubt: str = ""
    other: tuple[time, time] | None = None


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
    """What a line tells of a schedule. `span` is the stretch of the line it takes, (0, 0) for none.

    `before` and `after` are what is left of the line around it; `is_pure` says that nothing is.
    """

    rrule: str = ""
    hours: Clock | None = None
    zone: str = ""
    dates: list[Said] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)
    before: str = ""
    after: str = ""
    is_pure: bool = False


def clause(text: str) -> Clause:
    """The schedule in a line: days, hours, zone, dates, and where it stands."""
    low = folded(text)
    found = Clause()
    spans: list[tuple[int, int]] = []
    hours_at: tuple[int, int] | None = None
    masked = list(low)

    def take(match: re.Match[str]) -> None:
        spans.append(match.span())
        masked[match.start() : match.end()] = " " * (match.end() - match.start())

    for match in DATE.finditer(low):
        said = _said(match, low)
        if said is not None:
            listed = DAY_LIST.search(low[: match.start()]) if match["day"] else None
            if listed is not None:
                listed_days = [numbers.whole(number) or 0 for number in re.findall(r"\d+", listed[0])]
                found.dates += [
                    replace(said, day=day, weekday=None, role="listed") for day in listed_days if 1 <= day <= 31
                ]
                said = replace(said, role="listed")
                take(listed)
            found.dates.append(said)
            take(match)
    for match in HOURS.finditer("".join(masked)):
        clock = _clock(match)
        if clock is not None and found.hours is None:
            found.hours, hours_at = clock, match.span()
            take(match)
    zone = ZONE.search("".join(masked))
    if zone is not None and (found.hours is not None or zone["zone"].endswith("time") or len(zone["zone"]) <= 4):
        found.zone = zone["zone"].removesuffix(" time").removesuffix("'s").removesuffix(" local")
        take(zone)
    text_left = "".join(masked)
    days = [match.span() for pattern in (WEEKDAY, _MONTHLY, _FREQUENCY) for match in pattern.finditer(text_left)]
    cluster = _cluster(low, [*spans, *days], hours_at)
    near = [span for span in days if span[0] >= cluster[0] and span[1] <= cluster[1]]
    if near:  # days beside the hours are meant; one in the title is a word of the title
        text_left = " " * cluster[0] + text_left[cluster[0] : cluster[1]] + " " * (len(low) - cluster[1])
    found.rrule = _days(text_left, take, {said.weekday for said in found.dates if said.weekday})
    if spans:
        first, last = _cluster(low, spans, hours_at)
        found.span = _grown(low, first, last)
        kept = list(text)
        for start, end in spans:
            kept[start:end] = " " * (end - start)
        found.before, found.after = "".join(kept[: found.span[0]]), "".join(kept[found.span[1] :])
        found.is_pure = not _GLUE.sub("", folded(found.before + found.after))
    return found


def _cluster(low: str, spans: list[tuple[int, int]], at: tuple[int, int] | None) -> tuple[int, int]:
    """The stretch around the hours (else the first of the spans) with what only joining words part from it."""
    if not spans:
        return (0, 0)
    ordered = sorted(spans)
    here = ordered.index(at) if at in ordered else 0
    first = last = here
    while first > 0 and not _GLUE.sub("", low[ordered[first - 1][1] : ordered[first][0]]):
        first -= 1
    while last + 1 < len(ordered) and not _GLUE.sub("", low[ordered[last][1] : ordered[last + 1][0]]):
        last += 1
    return ordered[first][0], ordered[last][1]


def _grown(low: str, start: int, end: int) -> tuple[int, int]:
    """The stretch with the joining words around it."""
    before = re.search(rf"(?:{_GLUE.pattern})*$", low[:start])
    after = re.match(r"[\s,;:|)\].-]*", low[end:])
    return start - len(before[0]) if before else start, end + (len(after[0]) if after else 0)


def _said(match: re.Match[str], low: str) -> Said | None:
    day, month = int(match["day"] or match["day2"]), MONTHS[match["month"] or match["month2"]]
    if not 1 <= day <= 31:
        return None
    before = low[: match.start()]
    beside = re.search(rf"\b({_DAY})\b\.?,?\s*(?:the\s+)?$", before)
    head = before[: beside.start()] if beside else before
    role = "starts" if _STARTING.search(before) or _STARTING.search(head) else ""
    role = role or ("ends" if _ENDING.search(head) else "")
    year = int(match["year"]) if match["year"] else None
    return Said(day, month, year, DAYS[beside[1]] if beside else None, role)


def _clock(match: re.Match[str]) -> Clock | None:
    """Hours as they were meant; None where two numbers are no hours at all."""
    first, last = _half(match["start"]), _half(match["end"])
    if first is None or last is None:
        return None
    (start_hour, start_minute, start_half), (end_hour, end_minute, end_half) = first, last
    written = (match["start"] + match["end"]).replace(" ", "")
    is_bare = not start_half and not end_half
    if is_bare and not re.search(r"[:.h]\d\d", written):
        is_hours = re.search(r"\bfrom\s+$|\bbetween\s+$|\btime:?\s+$", match.string[: match.start()]) or ZONE.match(
            match.string[match.end() :].lstrip()
        )
        if not is_hours or ("and" in match[0] and "between" not in match.string[: match.start()]):
            return None
    if is_bare and (max(start_hour, end_hour) > 12 or re.search(r"\b0\d", written) or start_hour == 0):
        return _checked(time_of(start_hour, start_minute), time_of(end_hour, end_minute))
    if is_bare:
        usual = ["a" if 7 <= hour <= 11 else "p" for hour in (start_hour, end_hour)]
        one = (_timed(start_hour, start_minute, usual[0]), _timed(end_hour, end_minute, usual[1]))
        turned = ["p" if half == "a" else "a" for half in usual]
        other = (_timed(start_hour, start_minute, turned[0]), _timed(end_hour, end_minute, turned[1]))
        second = (other[0], other[1]) if other[0] and other[1] and other[0] < other[1] else None
        checked = _checked(*one)
        return Clock(checked.start, checked.end, checked.doubt or "half-missing", second)
    if not end_half:
        end_half = start_half if (end_hour % 12, end_minute) > (start_hour % 12, start_minute) else _turned(start_half)
        if end_hour > 12:
            end_half = ""
    elif not start_half and start_hour <= 12:
        start_half = end_half
        if (start_hour % 12, start_minute) >= (end_hour % 12, end_minute):
            start_half = _turned(end_half)
    return _checked(_timed(start_hour, start_minute, start_half), _timed(end_hour, end_minute, end_half))


def _turned(half: str) -> str:
    return "a" if half == "p" else "p"


def _half(text: str) -> tuple[int, int, str] | None:
    if text in {"noon", "midday"}:
        return 12, 0, "p"
    match = ONE_CLOCK.match(text)
    if match is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 24 or minute > 59 or (match["half"] and not 1 <= hour <= 12):
        return None
    return hour, minute, match["half"] or ""


def time_of(hour: int, minute: int) -> time | None:
    return time(hour, minute) if 0 <= hour <= 23 else None


def _timed(hour: int, minute: int, half: str) -> time | None:
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time_of(hour, minute)


def _checked(start: time | None, end: time | None) -> Clock:
    if start is None or end is None or end <= start:
        return Clock(start, end, "end-before-start")
    return Clock(start, end)


def _days(low: str, take: Callable[[re.Match[str]], None], dated: set[str]) -> str:
    """The RRULE of the weekdays in a line; those that only stand beside a date do not count."""
    monthly = _MONTHLY.search(low)
    if monthly is not None:
        take(monthly)
        numbers = [_ORDINAL_NUMBER[word] for word in re.findall("|".join(ORDINALS), monthly["which"])]
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
    fortnight = _FREQUENCY.search(low)
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
    """What a title says the meeting is: `bookable`, `modular`, `plain`, or empty."""
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
