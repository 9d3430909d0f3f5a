"""Several schedules in one line: "Mondays 1 pm - 2 pm and Thursdays 5 pm - 6 pm"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.grammar import clocks, dates, zoning
from booking.programme.announcements.grammar.clauses import Clause, clause
from booking.programme.announcements.grammar.clocks import HoursInLine
from booking.programme.announcements.grammar.roles import DateRole
from booking.programme.announcements.grammar.vocabulary import GLUE, POSSIBLE, WEEKDAY, folded

_MOST_SCHEDULES = 8  # in one line


def split(text: str) -> list[Clause]:
    """The schedules in a line: one, or one for each range of hours that has days of its own or shares the days."""
    low = folded(text)
    if not POSSIBLE.search(low):
        return [Clause()]
    hours = [one for one in clocks.find(_without_dates(low)) if not one.is_former]
    if not 2 <= len(hours) <= _MOST_SCHEDULES:
        return [clause(text)]
    dated = _dated(text, low, hours)
    if dated:
        return dated
    if any(_is_aside(low, one, after) for one, after in pairwise(hours)):
        return [clause(text)]
    cuts = [0, *(_cut(low, one, after) for one, after in pairwise(hours)), len(text)]
    parts = [" " * start + text[start:end] for start, end in pairwise(cuts)]
    found = [clause(part) for part in parts]
    if not found[0].rrule or any(part.dates or part.hours is None for part in found[1:]):
        return [clause(text)]
    days = [set(part.rrule.rpartition("=")[2].split(",")) for part in found if part.rrule]
    if any(len(days[0]) > 1 and days[0] & others for others in days[1:]):
        return [clause(text)]  # "(Sat)" behind hours: which days they are for is not read
    return _shared(found)


def _shared(found: list[Clause]) -> list[Clause]:
    """The schedules of a line with the zone, days and title that one of them says for all."""
    zone = next((part.zone for part in reversed(found) if part.zone), "")
    for n, part in enumerate(found):
        part.zone = part.zone or zone
        part.rrule = part.rrule or (found[n - 1].rrule if n and not part.has_days else "")
        part.before = found[0].before
        part.is_pure = found[0].is_pure
    return found


def _dated(text: str, low: str, hours: Sequence[HoursInLine]) -> list[Clause]:
    """The schedules of a line whose hours each have dates of their own, before them or behind them; else none.

    "Tue 8 June 10am-11am and Thu 17 June 6pm-7pm", "10am-11am on 8 June and 6pm-7pm on 17 June".
    """
    places = dates.find(low)
    is_listed = all(p.said[0].role in {DateRole.UNKNOWN, DateRole.LISTED} and not p.is_range for p in places)
    if not places or not is_listed or WEEKDAY.search(_without_dates(low)):
        return []
    starts = [one.places[0][0] for one in hours]
    is_before = places[0].start < starts[0]
    groups: list[list[int]] = [[] for _ in hours]
    for place in places:
        at = sum(start < place.start for start in starts) - (0 if is_before else 1)
        if at == len(groups):
            return []
        groups[at].append(place.start)
    if not all(groups):
        return []
    cuts = [0, *(group[0] if is_before else start for group, start in list(zip(groups, starts, strict=True))[1:])]
    found = [clause(" " * start + text[start:end]) for start, end in pairwise([*cuts, len(text)])]
    if any(one.hours is None or not one.has_days for one in found):
        return []
    return _shared(found)


def _is_aside(low: str, hours: HoursInLine, after: HoursInLine) -> bool:
    """Whether further hours are something else: no weekday leads to them, and more than joining words."""
    between = low[hours.places[-1][1] : after.places[0][0]]
    rest = zoning.ZONE.sub("", between)
    return WEEKDAY.search(between) is None and bool(GLUE.sub("", rest) or "(" in rest)


def _cut(low: str, hours: HoursInLine, after: HoursInLine) -> int:
    """Where the schedule of the later hours begins: at its first weekday, else behind the earlier hours."""
    end = hours.places[-1][1]
    day = WEEKDAY.search(low, end, after.places[0][0])
    return day.start() if day is not None else after.places[0][0]


def _without_dates(low: str) -> str:
    signs = list(low)
    for place in dates.find(low):
        signs[place.start : place.end] = " " * (place.end - place.start)
    return "".join(signs)


def zone_of_all(schedules: Sequence[Sequence[Clause]], lines: Sequence[SourceLine]) -> str:
    """A zone that a text names for all times, or the only one it names; `schedules` are those of its lines."""
    found = [(line.text, clauses[0].zone) for line, clauses in zip(lines, schedules, strict=True) if clauses[0].zone]
    everything = [zone for text, zone in found if re.search(r"\ball\b", folded(text))]
    several = {zone for _, zone in found}
    return everything[0] if everything else several.pop() if len(several) == 1 else ""
