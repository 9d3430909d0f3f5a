"""Times in words, the same on pages, in emails and in calendars.

Days and clocks are English as Australians write it: "Mon 30 Nov", "1:15 pm". Names and numbers that
belong together are tied with no-break spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from booking.domain import zones

NBSP = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"
ELSEWHERE = (
    ("Sydney and Melbourne", "Australia/Sydney"),
    ("Brisbane", "Australia/Brisbane"),
    ("Adelaide", "Australia/Adelaide"),
    ("Perth", "Australia/Perth"),
)


def day(on: date) -> str:
    """Mon 30 Nov"""
    return f"{on:%a}{NBSP}{on.day}{NBSP}{on:%b}"


def period(first: date, last: date) -> str:
    """Mon 7 – Wed 9 Dec, Thu 24 Dec – Thu 7 Jan, Mon 7 Dec; with the years where they are far apart"""
    if first == last:
        return day(first)
    is_long = last - first > timedelta(days=300)
    is_one_month = (first.year, first.month) == (last.year, last.month)
    start = f"{first:%a}{NBSP}{first.day}" if is_one_month else day(first)
    years = (f"{NBSP}{first.year}", f"{NBSP}{last.year}") if is_long else ("", "")
    return f"{start}{years[0]} {DASH} {day(last)}{years[1]}"


def long_day(on: date) -> str:
    """Monday 30 November"""
    return f"{on:%A}{NBSP}{on.day}{NBSP}{on:%B}"


def clock(instant: datetime, zone: str) -> str:
    """1:15 pm"""
    return wall_clock(zones.wall(instant, zone))


def wall_clock(wall: time | datetime) -> str:
    """1:15 pm, of what a clock on the wall shows"""
    return f"{wall.hour % 12 or 12}:{wall:%M}{NBSP}{'am' if wall.hour < 12 else 'pm'}"


def span(start: datetime, end: datetime, zone: str) -> str:
    """1:00–2:00 pm, 10:00 am–12:00 pm"""
    first, last = clock(start, zone), clock(end, zone)
    if first[-2:] == last[-2:]:
        first = first[: -len(NBSP + "pm")]
    return f"{first}{DASH}{last}"


def label(instant: datetime, zone: str, programme_zone: str) -> str:
    """Returns what stands behind a clock time: the abbreviation in the programme's zone, elsewhere the city."""
    return zones.abbreviation(instant, zone) if zone == programme_zone else zones.city(zone)


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: "Ada", "Ada and Ben", "Ada, Ben and Caz"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def either(words: Sequence[str]) -> str:
    """Words of which one will be it: "Ada", "Ada or Ben", "Ada, Ben or Caz"."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def rough(length: timedelta) -> str:
    """1 hour, 8 hours, 1 day, 3 days: whole ones, never none."""
    hours = max(1, round(length / timedelta(hours=1)))
    number, unit = (round(hours / 24), "day") if hours == 24 or hours >= 36 else (hours, "hour")
    return f"{number}{NBSP}{unit}{'' if number == 1 else 's'}"


def length_of_time(minutes: int) -> str:
    """10 minutes, 1 hour, 2 hours: hours where they come out whole."""
    number, unit = (minutes // 60, "hour") if minutes and minutes % 60 == 0 else (minutes, "minute")
    return f"{number}{NBSP}{unit}{'' if number == 1 else 's'}"


def ahead(instant: datetime, zone: str, other: str) -> str:
    """How far clocks in `zone` are from those in `other` at `instant`: "1 hour ahead of AEST", "the same as AEST"."""
    minutes = round((zones.wall(instant, zone) - zones.wall(instant, other)).total_seconds() / 60)
    name = zones.abbreviation(instant, other)
    if not minutes:
        return f"the same as {name}"
    hours, rest = divmod(abs(minutes), 60)
    length = " ".join(length_of_time(part) for part in (hours * 60, rest) if part)
    return f"{length} {'ahead of' if minutes > 0 else 'behind'} {name}"


def same_clock(instant: datetime, zone: str | None, other: str) -> bool:
    """Whether clocks in both zones show the same at `instant`; an unknown zone differs from none."""
    return zone is None or zones.wall(instant, zone) == zones.wall(instant, other)


def elsewhere(instant: datetime, zone: str) -> str:
    """Returns the clocks of the Australian cities that differ from `zone` at `instant`.

    "Sydney and Melbourne 2:00 pm · Adelaide 1:30 pm · Perth 11:00 am"; empty where none differs.
    """
    differ = [(name, other) for name, other in ELSEWHERE if not same_clock(instant, other, zone)]
    home = zones.today(instant, zone)
    parts = []
    for name, other in differ:
        there = zones.today(instant, other)
        weekday = f"{there:%a} " if there != home else ""
        parts.append(f"{name.replace(' ', NBSP)}{NBSP}{weekday}{clock(instant, other)}")
    return " · ".join(parts)


def own_clock(instant: datetime, reader_zone: str | None, programme_zone: str) -> str:
    """A clock time of the reader's own day: "2:05 pm Sydney"; "1:05 pm AEST" where clocks agree or none is known."""
    if reader_zone is None or same_clock(instant, reader_zone, programme_zone):
        return f"{clock(instant, programme_zone)} {zones.abbreviation(instant, programme_zone)}"
    return f"{clock(instant, reader_zone)} {zones.city(reader_zone)}"


def own_time(instant: datetime, reader_zone: str | None, programme_zone: str) -> str:
    """As `own_clock`, beside a day of the programme: with the reader's weekday where it differs from that."""
    there = zones.today(instant, reader_zone or programme_zone)
    weekday = f"{there:%a} " if there != zones.today(instant, programme_zone) else ""
    return weekday + own_clock(instant, reader_zone, programme_zone)


def whole_days(starts_at: datetime, ends_at: datetime, zone: str) -> tuple[date, date] | None:
    """The first and the last day where [starts_at, ends_at) is whole days in that zone; else None."""
    first, back = zones.today(starts_at, zone), zones.today(ends_at, zone)
    if (zones.day_starts_at(first, zone), zones.day_starts_at(back, zone)) != (starts_at, ends_at):
        return None
    return first, back - timedelta(days=1)


def time_off(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Mon 7 – Wed 9 Dec; Mon 7 Dec, 1:00–2:00 pm; Mon 7 Dec, 1:00 pm – Tue 8 Dec, 9:00 am"""
    days = whole_days(starts_at, ends_at, zone)
    if days is not None:
        return period(*days)
    first, last = zones.today(starts_at, zone), zones.today(ends_at, zone)
    if first == last:
        return f"{day(first)}, {span(starts_at, ends_at, zone)}"
    return f"{day(first)}, {clock(starts_at, zone)} {DASH} {day(last)}, {clock(ends_at, zone)}"


class Absence(NamedTuple):
    """Returns when a person is away, as it follows "is away", and until when, as a sentence."""

    away: str
    back: str


def absence(
    starts_at: datetime, ends_at: datetime, reader_zone: str | None, programme_zone: str, own_zone: str | None = None
) -> Absence:
    """Whole days of the person's own zone, or of the programme's, by their dates; anything else by its times.

    "on Mon 4 Dec", "from Mon 4 Dec to Tue 12 Dec" with "Back on Wed 13 Dec."; "from Mon 4 Dec 1:00 pm AEST" with
    "Until Mon 4 Dec 2:00 pm AEST.".
    """
    own_days = whole_days(starts_at, ends_at, own_zone) if own_zone is not None else None
    days = own_days or whole_days(starts_at, ends_at, programme_zone)
    if days is None:
        start, end = (when(at, reader_zone, programme_zone) for at in (starts_at, ends_at))
        return Absence(f"from {start}", f"Until {end}.")
    first, last = days
    away = f"on {day(first)}" if last == first else f"from {day(first)} to {day(last)}"
    return Absence(away, f"Back on {day(last + timedelta(days=1))}.")


@lru_cache(maxsize=1024)
def when(instant: datetime, reader_zone: str | None, programme_zone: str) -> str:
    """One start for one reader, their time first, the programme's beside it; the weekday again where it differs.

    "Mon 30 Nov 11:15 am Perth (1:15 pm AEST)"; "Mon 30 Nov 1:15 pm AEST" where the clocks agree or the zone is unknown.
    """
    beside = f"{clock(instant, programme_zone)} {zones.abbreviation(instant, programme_zone)}"
    programme_day = zones.today(instant, programme_zone)
    if reader_zone is None or same_clock(instant, reader_zone, programme_zone):
        return f"{day(programme_day)} {beside}"
    own_day = zones.today(instant, reader_zone)
    if own_day != programme_day:
        beside = f"{programme_day:%a} {beside}"
    return f"{day(own_day)} {clock(instant, reader_zone)} {zones.city(reader_zone)} ({beside})"
