"""Several schedules in one line: "Mondays 1 pm - 2 pm and Thursdays 5 pm - 6 pm"."""

from __future__ import annotations

from itertools import pairwise

from booking.programme.announcements.grammar import clocks, dates, zoning
from booking.programme.announcements.grammar.clauses import Clause, clause
from booking.programme.announcements.grammar.clocks import HoursInLine
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
    zone = next((part.zone for part in reversed(found) if part.zone), "")
    for n, part in enumerate(found):
        part.zone = part.zone or zone
        part.rrule = part.rrule or found[n - 1].rrule
        part.before = found[0].before
        part.is_pure = found[0].is_pure
    return found


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
