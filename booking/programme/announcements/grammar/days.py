"""Weekdays in a line: each week, each second week, or the first Tuesday of the month."""

from __future__ import annotations

import re
from collections.abc import Callable

from booking.programme.announcements.grammar.vocabulary import (
    DAYS,
    FREQUENCY,
    MONTHLY,
    ORDER,
    ORDINAL_NUMBER,
    ORDINALS,
    WEEKDAY,
    WEEKDAY_SET,
    WEEKDAY_SETS,
)


def rule(low: str, take: Callable[[re.Match[str]], None]) -> str:
    """The RRULE of the weekdays in a line."""
    monthly = MONTHLY.search(low)
    if monthly is not None:
        take(monthly)
        which = re.findall("|".join(ORDINALS), monthly["which"] or monthly["which2"])
        day = DAYS[monthly["day"] or monthly["day2"]]
        return f"FREQ=MONTHLY;BYDAY={','.join(f'{ORDINAL_NUMBER[word]}{day}' for word in which)}"
    codes = _weekdays(low, take)
    if not codes:
        return ""
    fortnight = FREQUENCY.search(low)
    if fortnight is not None:
        take(fortnight)
    return f"FREQ=WEEKLY;{'INTERVAL=2;' if fortnight else ''}BYDAY={','.join(codes)}"


def _weekdays(low: str, take: Callable[[re.Match[str]], None]) -> list[str]:
    """The codes of the weekdays in a line, in the order of a week."""
    codes: list[str] = []
    for named in WEEKDAY_SET.finditer(low):
        codes += WEEKDAY_SETS[named[0]]
        take(named)
    last: re.Match[str] | None = None
    for match in WEEKDAY.finditer(low):
        code = DAYS[match[0].rstrip(".")]
        between = low[last.end() : match.start()].strip() if last is not None else ""
        if codes and between in {"-", "--", "to", "through"}:
            first, until = ORDER.index(codes[-1]), ORDER.index(code)
            codes += [ORDER[i % 7] for i in range(first + 1, until + 1 if until > first else until + 8)]
        elif code in codes and len(codes) > 1:
            continue  # one of several days a second time: what is said of it is not read here
        else:
            codes.append(code)
        take(match)
        last = match
    return sorted(dict.fromkeys(codes), key=ORDER.index)
