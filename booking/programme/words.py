"""Read days, times and dates as coordinators write them; each function raises ValueError saying what is wrong."""

from __future__ import annotations

import re
from datetime import date, time

from booking.domain import recurrence_rules

WEEKDAYS = {
    "MO": ("monday", "mondays", "mon"),
    "TU": ("tuesday", "tuesdays", "tues", "tue"),
    "WE": ("wednesday", "wednesdays", "wed", "weds"),
    "TH": ("thursday", "thursdays", "thurs", "thur", "thu"),
    "FR": ("friday", "fridays", "fri"),
    "SA": ("saturday", "saturdays", "sat"),
    "SU": ("sunday", "sundays", "sun"),
}
_DAY = {word: code for code, words in WEEKDAYS.items() for word in words}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
#: Years that a programme may name. Expansion begins at a rule's first day, and must end before dates do.
YEARS = range(2000, 2101)
_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>[ap]\.?m\.?)?|(?P<noon>noon|midday)")
_BETWEEN = re.compile(r"\s*(?:-|–|—|\bto\b|\buntil\b)\s*")


def rrule(text: str) -> str:
    """The RRULE value of `Monday and Tuesday`, `Mon, Wed`, `first Tuesday of the month`, `second and fourth Friday`."""
    words = [word for word in re.split(r"[\s,&+/]+", text.lower()) if word not in {"", "and", "every", "each", "on"}]
    monthly = words[-3:] == ["of", "the", "month"]
    words = words[:-3] if monthly else words
    unknown = [word for word in words if word not in _DAY and word not in ORDINALS]
    if unknown or not any(word in _DAY for word in words):
        raise ValueError(f"{text!r} has no day: write Monday, or Monday and Tuesday, or first Monday of the month")
    days = [_DAY[word] for word in words if word in _DAY]
    ordinals = [ORDINALS[word] for word in words if word in ORDINALS]
    if len(set(days)) != len(days):
        raise ValueError(f"{text!r} names a day twice")
    if not ordinals and not monthly:
        return f"FREQ=WEEKLY;BYDAY={','.join(days)}"
    if len(days) != 1 or not ordinals or words[-1] not in _DAY:
        raise ValueError(f"{text!r}: write the days of a month as `first and third Monday`")
    return f"FREQ=MONTHLY;BYDAY={','.join(f'{ordinal}{days[0]}' for ordinal in ordinals)}"


def times(text: str) -> tuple[time, time]:
    """Start and end of `1 pm – 2 pm`, `1–2 pm`, `13:00-14:00`, `10 am to noon`; the end comes after the start."""
    parts = _BETWEEN.split(text.strip().lower().removeprefix("from "))
    found = [match for part in parts if (match := _TIME.fullmatch(part.strip()))]
    if len(parts) != 2 or len(found) != 2:
        raise ValueError(f"{text!r} isn't a time: write 1 pm – 2 pm, or 13:00–14:00")
    first, last = found
    end = _clock(last, last["half"])
    start = _clock(first, first["half"] or (last["half"] if _is_short(first) else None))
    if first["half"] is None and last["half"] and start >= end and _is_short(first):
        start = _clock(first, "am")  # 11–1 pm begins in the morning
    if end <= start:
        raise ValueError(f"the end, {end:%H:%M}, is not after the start, {start:%H:%M}")
    return start, end


def clock(text: str) -> time:
    """One time of day: `13:00`, `1 pm`, `noon`."""
    found = _TIME.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} isn't a time: write 1:00 pm, or 13:00")
    return _clock(found, found["half"])


def _is_short(match: re.Match[str]) -> bool:
    return match["noon"] is None and 1 <= int(match["hour"]) <= 12


def _clock(match: re.Match[str], half: str | None) -> time:
    if match["noon"]:
        return time(12)
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if half is not None:
        if not 1 <= hour <= 12:
            raise ValueError(f"{match.group()!r}: with am or pm, the hour must be 1 to 12")
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    elif match["minute"] is None:
        raise ValueError(f"{match.group()!r}: am or pm? Write 1 pm, or 13:00")
    if hour > 23 or minute > 59:
        raise ValueError(f"{match.group()!r} isn't a time")
    return time(hour, minute)


def day(text: str) -> date:
    """A date as 2023-12-01."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} isn't a date: write it as 2023-12-01") from None
    if found.year not in YEARS:
        raise ValueError(f"{text!r}: write a year from {YEARS[0]} to {YEARS[-1]}")
    return found


def month(text: str) -> date:
    """The first day of a month as 2023-12."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}", text):
            raise ValueError
        return day(f"{text}-01")
    except ValueError:
        raise ValueError(f"{text!r} isn't a month: write it as 2023-12") from None


def recurrence_rule(text: str) -> str:
    """An RRULE value of RFC 5545, without its end and without hours."""
    upper = text.strip().upper().removeprefix("RRULE:")
    shown = text if len(text) <= 80 else f"{text[:80]}…"
    if re.search(r"\b(UNTIL|COUNT)\b", upper):
        raise ValueError(f"{shown!r}: write `until:` or `modules:` to end a series, not UNTIL or COUNT")
    if re.search(r"\bBY(HOUR|MINUTE|SECOND)\b", upper):
        raise ValueError(f"{shown!r}: write the time in `time:`")
    try:
        recurrence_rules.parse(upper)
    except recurrence_rules.BadRule as error:
        raise ValueError(f"{shown!r} isn't a recurrence rule: {error}") from None
    return upper
