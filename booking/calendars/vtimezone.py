"""Zones as calendars want them described (RFC 5545, 3.6.5).

The Australian zones are kept by hand, as rules without an end; a test holds them against the zone data.
Any other zone is described change by change, as the zone data have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from booking.domain import zones

#: The hand-kept rules hold from here on: the first April with today's Australian dates.
KEPT_FROM = datetime(2008, 4, 6, tzinfo=UTC)
FIRST_SUNDAY = "1SU"


@dataclass(frozen=True, slots=True)
class Observance:
    """The time that clocks show from `onset_wall` on, and each year again in `month` where there is one.

    `onset_wall` is naive, in the offset that holds before it. Offsets are minutes east of UTC.
    """

    name: str
    minutes: int
    minutes_before: int
    onset_wall: datetime
    month: int | None = None
    is_daylight: bool = False


def _all_year(name: str, minutes: int) -> tuple[Observance, ...]:
    return (Observance(name, minutes, minutes, datetime.combine(date(1970, 1, 1), time())),)


def _summer_time(standard: str, daylight: str, minutes: int) -> tuple[Observance, ...]:
    """Clocks go forward at 2 am on the first Sunday of October, back at 3 am on the first Sunday of April."""
    summer = minutes + 60
    return (
        Observance(standard, minutes, summer, datetime.combine(date(2008, 4, 6), time(3)), month=4),
        Observance(daylight, summer, minutes, datetime.combine(date(2008, 10, 5), time(2)), month=10, is_daylight=True),
    )


_EAST = _summer_time("AEST", "AEDT", 600)
_CENTRE = _summer_time("ACST", "ACDT", 570)
KEPT_BY_HAND: dict[str, tuple[Observance, ...]] = {
    "Australia/Adelaide": _CENTRE,
    "Australia/Brisbane": _all_year("AEST", 600),
    "Australia/Broken_Hill": _CENTRE,
    "Australia/Canberra": _EAST,
    "Australia/Darwin": _all_year("ACST", 570),
    "Australia/Hobart": _EAST,
    "Australia/Lindeman": _all_year("AEST", 600),
    "Australia/Melbourne": _EAST,
    "Australia/Perth": _all_year("AWST", 480),
    "Australia/Sydney": _EAST,
}


def component(zone: str, start: datetime, end: datetime) -> Timezone:
    """The VTIMEZONE of an IANA zone, right for [start, end) at the least."""
    found = Timezone()
    found.add("tzid", zone)
    observances = KEPT_BY_HAND.get(zone) if start >= KEPT_FROM else None
    for observance in observances or from_zone_data(zone, start, end):
        part = TimezoneDaylight() if observance.is_daylight else TimezoneStandard()
        part.add("dtstart", observance.onset_wall)
        part.add("tzoffsetfrom", timedelta(minutes=observance.minutes_before))
        part.add("tzoffsetto", timedelta(minutes=observance.minutes))
        part.add("tzname", observance.name)
        if observance.month is not None:
            part.add("rrule", {"FREQ": "YEARLY", "BYMONTH": observance.month, "BYDAY": FIRST_SUNDAY})
        found.add_component(part)
    return found


@lru_cache(maxsize=64)
def from_zone_data(zone: str, start: datetime, end: datetime) -> tuple[Observance, ...]:
    """Returns what the clocks show at `start`, then one observance for each change before `end`, earliest first."""
    at = start
    found = [_observance(zone, at, before=at)]
    while at < end:
        later = at + timedelta(days=1)
        if _shown(zone, later) != _shown(zone, at):
            change = _change_between(zone, at, later)
            found.append(_observance(zone, change, before=change - timedelta(minutes=1)))
        at = later
    return tuple(found)


def _shown(zone: str, at: datetime) -> tuple[timedelta | None, str]:
    return zones.local(at, zone).utcoffset(), zones.abbreviation(at, zone)


def _change_between(zone: str, before: datetime, after: datetime) -> datetime:
    """The first minute after which the clocks show what they show at `after`."""
    was = _shown(zone, before)
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // timedelta(minutes=2) * timedelta(minutes=1)
        if _shown(zone, middle) == was:
            before = middle
        else:
            after = middle
    return after


def _observance(zone: str, at: datetime, before: datetime) -> Observance:
    minutes = _minutes(zone, at)
    minutes_before = _minutes(zone, before)
    onset_wall = at.astimezone(UTC).replace(tzinfo=None) + timedelta(minutes=minutes_before)
    is_daylight = bool(zones.local(at, zone).dst())
    return Observance(zones.abbreviation(at, zone), minutes, minutes_before, onset_wall, is_daylight=is_daylight)


def _minutes(zone: str, at: datetime) -> int:
    offset = zones.local(at, zone).utcoffset() or timedelta()
    return int(offset / timedelta(minutes=1))
