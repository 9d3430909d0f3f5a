"""Ranges of hours as people write them ("1-3pm", "from 9 to 11"): what is meant, and what may be meant instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from functools import lru_cache

from booking.programme.announcements.grammar.vocabulary import (
    FORMER,
    FOUR_DIGITS,
    HOURS,
    LASTING,
    NUMBERS,
    ONE_CLOCK,
    ONE_HOUR,
)
from booking.programme.announcements.grammar.zoning import ZONE


@dataclass(frozen=True, slots=True)
class Clock:
    """A range of hours as it was written; `start` and `end` None where the text cannot be meant.

    `doubt` is empty, `half-missing`, `midnight` or `end-before-start`; `other` is the second reading of a missing am
    or pm.
    """

    start: time | None
    end: time | None
    doubt: str = ""
    other: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True)
class HoursInLine:
    """HoursInLine in a line and the stretches that they take; `is_former` where a word says that they are no longer."""

    clock: Clock
    places: tuple[tuple[int, int], ...]
    is_former: bool = False


@lru_cache(maxsize=16_384)  # the lines of one text: its tokens are looked for once all of it is read
def find(low: str) -> tuple[HoursInLine, ...]:
    """All ranges of hours in a folded line, in order; else one hour with how long it lasts."""
    found: list[HoursInLine] = []
    ranges = [*HOURS.finditer(low), *FOUR_DIGITS.finditer(low)]
    for match in sorted(ranges, key=lambda one: one.start()):
        clock = _four_digits(match) if match.re is FOUR_DIGITS else meant(match)
        if clock is None or (found and match.start() < found[-1].places[-1][1]):
            continue
        before = FORMER.search(low[max(0, match.start() - 40) : match.start()])
        start = match.start() - len(before[0]) if before else match.start()
        found.append(HoursInLine(clock, ((start, match.end()),), before is not None))
    return tuple(found or _lasting(low))


def _four_digits(match: re.Match[str]) -> Clock | None:
    """ "1300-1430"; None for two years."""
    first, last = match["start"], match["end"]
    if (
        first[:2] in {"19", "20"}
        and last[:2] in {"19", "20"}
        and not re.match(r"\s?(?:h|hrs|hours)\b", match.string[match.end() :])
    ):
        return None
    return _checked(_time_of(int(first[:2]), int(first[2:])), _time_of(int(last[:2]), int(last[2:])))


def _lasting(low: str) -> Iterator[HoursInLine]:
    """The one hour in a line and its length, where there is one of each: "6pm for 90 minutes"."""
    hours, lengths = list(ONE_HOUR.finditer(low)), list(LASTING.finditer(low))
    if len(hours) != 1 or len(lengths) != 1:
        return
    begin, minutes = _half(hours[0]["start"]), minutes_of(lengths[0])
    start = _timed(*begin) if begin is not None else None
    if start is None or not minutes:
        return
    until = start.hour * 60 + start.minute + minutes
    end = time(until // 60, until % 60) if until < 24 * 60 else None
    yield HoursInLine(_checked(start, end), (hours[0].span(), lengths[0].span()))


def minutes_of(match: re.Match[str]) -> int:
    """A length in minutes."""
    word = match["number"]
    number = 0.5 if word.startswith("half") else 1 if word == "an" else NUMBERS.get(word) or float(word)
    return round(number * (60 if match["unit"].startswith("h") else 1))


def meant(match: re.Match[str]) -> Clock | None:
    """HoursInLine as they were meant; None where two numbers are no hours at all."""
    first, last = _half(match["start"]), _half(match["end"])
    if first is None or last is None:
        return None
    if not first[2] and not last[2]:
        return _bare(match, first[:2], last[:2])
    return _checked(*_with_halves(first, last))


def _bare(match: re.Match[str], start: tuple[int, int], end: tuple[int, int]) -> Clock | None:
    """HoursInLine without am or pm: by the 24-hour clock where they are written so, else as is usual, with a doubt."""
    written = (match["start"] + match["end"]).replace(" ", "")
    if not re.search(r"[:.h]\d\d", written) and not _are_hours(match):
        return None
    if max(start[0], end[0]) > 12 or re.search(r"\b0\d", written) or start[0] == 0:
        return _checked(_time_of(*start), _time_of(*end))
    usual = ["a" if 7 <= hour <= 11 else "p" for hour, _ in (start, end)]
    other = _timed(*start, _turned(usual[0])), _timed(*end, _turned(usual[1]))
    second = (other[0], other[1]) if other[0] and other[1] and other[0] < other[1] else None
    checked = _checked(_timed(*start, usual[0]), _timed(*end, usual[1]))
    return Clock(checked.start, checked.end, checked.doubt or "half-missing", second)


def _are_hours(match: re.Match[str]) -> bool:
    """Whether two bare numbers are hours: a word before them or a zone behind them says so."""
    before, behind = match.string[: match.start()], match.string[match.end() :]
    if "and" in match[0] and "between" not in before:
        return False
    return bool(re.search(r"\bfrom\s+$|\bbetween\s+$|\btime:?\s+$", before) or ZONE.match(behind.lstrip()))


def _with_halves(first: tuple[int, int, str], last: tuple[int, int, str]) -> tuple[time | None, time | None]:
    """Start and end where am or pm stands at one of them or at both: the other follows from the order."""
    (start_hour, start_minute, start_half), (end_hour, end_minute, end_half) = first, last
    is_later = (end_hour % 12, end_minute) > (start_hour % 12, start_minute)
    if not end_half and end_hour <= 12:
        end_half = start_half if is_later else _turned(start_half)
    elif end_half and not start_half and start_hour <= 12:
        start_half = end_half if is_later else _turned(end_half)
    return _timed(start_hour, start_minute, start_half), _timed(end_hour, end_minute, end_half)


def _turned(half: str) -> str:
    return "a" if half == "p" else "p"


def _half(text: str) -> tuple[int, int, str] | None:
    if text in {"noon", "midday"}:
        return 12, 0, "p"
    if text == "midnight":
        return 12, 0, "a"
    match = ONE_CLOCK.match(text)
    if match is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 24 or minute > 59 or (match["half"] and not 1 <= hour <= 12):
        return None
    return hour, minute, match["half"] or ""


def _time_of(hour: int, minute: int) -> time | None:
    return time(hour, minute) if 0 <= hour <= 23 else None


def _timed(hour: int, minute: int, half: str) -> time | None:
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    return _time_of(hour, minute)


def _checked(start: time | None, end: time | None) -> Clock:
    if start is not None and end == time(0) != start:
        return Clock(start, end, "midnight")
    if start is None or end is None or end <= start:
        return Clock(start, end, "end-before-start")
    return Clock(start, end)
