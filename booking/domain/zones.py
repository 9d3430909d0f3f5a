"""Time zones: the only module that touches a time-zone library.

Wall clock in, UTC inside. pytz's `localize(is_dst=None)` raises on a time that does not
exist or happens twice, where other libraries guess.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.metadata import version

import pytz
from pytz.tzinfo import BaseTzInfo

ABBREVIATIONS = {
    "AEST": "Australia/Brisbane",  # UTC+10 all year is what the emails say
    "AEDT": "Australia/Sydney",
    "AET": "Australia/Sydney",
    "ACST": "Australia/Darwin",
    "ACDT": "Australia/Adelaide",
    "ACT": "Australia/Sydney",
    "AWST": "Australia/Perth",
    "UTC": "UTC",
}
STATES = {
    "queensland": "Australia/Brisbane",
    "qld": "Australia/Brisbane",
    "gold coast": "Australia/Brisbane",
    "new south wales": "Australia/Sydney",
    "nsw": "Australia/Sydney",
    "canberra": "Australia/Sydney",
    "australian capital territory": "Australia/Sydney",
    "newcastle": "Australia/Sydney",
    "victoria": "Australia/Melbourne",
    "vic": "Australia/Melbourne",
    "geelong": "Australia/Melbourne",
    "tasmania": "Australia/Hobart",
    "tas": "Australia/Hobart",
    "south australia": "Australia/Adelaide",
    "sa": "Australia/Adelaide",
    "western australia": "Australia/Perth",
    "wa": "Australia/Perth",
    "northern territory": "Australia/Darwin",
    "nt": "Australia/Darwin",
}
#: Instants whose clock and abbreviation are kept: a page asks for those of the same few starts again and again.
REMEMBERED = 4096


class UnknownZone(ValueError):
    """No IANA zone, Australian abbreviation, city or state goes by this name."""


class NoSuchTime(ValueError):
    """The clocks skip this wall time."""


class TwiceTime(ValueError):
    """The clocks show this wall time twice."""


@lru_cache(maxsize=512)
def zone(name: str) -> BaseTzInfo:
    """The pytz zone of an IANA name; UnknownZone if there is none."""
    try:
        return pytz.timezone(name)
    except pytz.UnknownTimeZoneError as unknown:
        raise UnknownZone(name) from unknown


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in pytz.common_timezones:
        found.setdefault(name.rpartition("/")[2].replace("_", " ").casefold(), name)
    for name in pytz.country_timezones["AU"]:
        found[name.rpartition("/")[2].replace("_", " ").casefold()] = name
    return found


def named(text: str) -> str:
    """The IANA name that `text` means: an IANA name, AEST and the like, a city or an Australian state.

    Raises UnknownZone. `AEST` is UTC+10 all year, so Australia/Brisbane.
    """
    words = " ".join(text.split())
    if words.upper() in ABBREVIATIONS:
        return ABBREVIATIONS[words.upper()]
    key = words.casefold().removesuffix(" time")
    if key in STATES:
        return STATES[key]
    if key in _cities():
        return _cities()[key]
    found = _names().get(words.casefold())
    if found is None or "/" not in found:
        raise UnknownZone(text)
    return current_name(found)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every name that the zone data knows, old ones too, by its case-folded form."""
    return {name.casefold(): name for name in pytz.all_timezones}


#: Old names whose link in the zone data leads to a neighbour of the place, or nowhere.
_RENAMED = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
    "EST5EDT": "America/New_York",
    "CST6CDT": "America/Chicago",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
}


@lru_cache(maxsize=1)
def _links() -> dict[str, str]:
    """Old name -> newer name, as the zone data's own `L` lines say (tzdata.zi, see zic(8))."""
    with pytz.open_resource("tzdata.zi") as opened:  # type: ignore[attr-defined]
        lines = (line.split() for line in opened.read().decode().splitlines())
        return {parts[2]: parts[1] for parts in lines if parts[:1] == ["L"]} | _RENAMED


@lru_cache(maxsize=1024)
def current_name(zone_name: str) -> str:
    """Today's name of a zone: Asia/Calcutta is Asia/Kolkata, Europe/Kiev is Europe/Kyiv. Itself if it has no other."""
    found = zone_name
    while found not in _offered() and found in _links():
        found = _links()[found]
    return found if found in _offered() else zone_name


def of_browser(text: str) -> str | None:
    """Today's name of the zone that a browser says it is in; None where that names no place (UTC, Etc/GMT-10)."""
    found = current_name(_names().get(text.casefold(), ""))
    return found if found in _offered() else None


def localize(wall: datetime, zone_name: str) -> datetime:
    """The instant (UTC) at which a clock in the zone shows `wall`; raises NoSuchTime or TwiceTime."""
    try:
        return zone(zone_name).localize(wall, is_dst=None).astimezone(UTC)
    except pytz.NonExistentTimeError as skipped:
        raise NoSuchTime(f"{wall:%Y-%m-%d %H:%M} does not exist in {zone_name}") from skipped
    except pytz.AmbiguousTimeError as doubled:
        raise TwiceTime(f"{wall:%Y-%m-%d %H:%M} happens twice in {zone_name}") from doubled


@lru_cache(maxsize=20_000)
def _offset_all_day(day: date, zone_name: str) -> timedelta | None:
    """The offset from UTC that holds on the whole of `day`; None on a day on which the clocks change."""
    found = zone(zone_name)
    try:
        first, last = (found.utcoffset(datetime.combine(day, clock)) for clock in (time(), time(23, 59, 59)))
    except (pytz.NonExistentTimeError, pytz.AmbiguousTimeError):
        return None  # midnight itself is skipped or shown twice
    return first if first == last and first is not None else None


def localize_first(wall: datetime, zone_name: str) -> datetime | None:
    """As `localize`, but of two the first (RFC 5545, 3.3.5) and None for a skipped one (3.3.10)."""
    offset = _offset_all_day(wall.date(), zone_name)
    if offset is not None:
        return (wall - offset).replace(tzinfo=UTC)
    try:
        return localize(wall, zone_name)
    except NoSuchTime:
        return None
    except TwiceTime:
        return zone(zone_name).localize(wall, is_dst=True).astimezone(UTC)


def is_shown_once(wall: datetime, zone_name: str) -> bool:
    """Whether `wall` names one instant: the clocks neither skip it nor show it twice."""
    if _offset_all_day(wall.date(), zone_name) is not None:
        return True
    try:
        localize(wall, zone_name)
    except (NoSuchTime, TwiceTime):
        return False
    return True


@lru_cache(maxsize=REMEMBERED)
def wall(instant: datetime, zone_name: str) -> datetime:
    """Returns what a clock in the zone shows at `instant`: naive."""
    return instant.astimezone(zone(zone_name)).replace(tzinfo=None)


def local(instant: datetime, zone_name: str) -> datetime:
    """`instant` as an aware local time, for showing only: never add to it."""
    return instant.astimezone(zone(zone_name))


@lru_cache(maxsize=REMEMBERED)
def abbreviation(instant: datetime, zone_name: str) -> str:
    """The zone's abbreviation at `instant`: AEST, AEDT; UTC+08 and the like where it has no letters."""
    shown = local(instant, zone_name).strftime("%Z")
    return shown if shown[:1].isalpha() else f"UTC{shown}"


def today(instant: datetime, zone_name: str) -> date:
    """The date in the zone at `instant`."""
    return wall(instant, zone_name).date()


def day_starts_at(day: date, zone_name: str) -> datetime:
    """The first instant (UTC) of `day` in the zone, a skipped midnight included."""
    midnight = datetime.combine(day, time())
    found = localize_first(midnight, zone_name)
    while found is None:
        midnight += timedelta(minutes=15)
        found = localize_first(midnight, zone_name)
    return found


def city(zone_name: str) -> str:
    """The zone's city, for showing: Australia/Sydney is Sydney."""
    return zone_name.rpartition("/")[2].replace("_", " ")


Choices = list[tuple[str, list[tuple[str, str]]]]


def choices(chosen: str | None = None) -> Choices:
    """Zones to choose from, in groups: the Australian ones first; each as its IANA name and what people read.

    `chosen` is always among them, also one that only an import or an older version can have stored.
    """
    if chosen is None or chosen in _offered():
        return _choices()
    return [("Now", [(chosen, chosen.replace("_", " "))]), *_choices()]


@lru_cache(maxsize=1)
def _offered() -> frozenset[str]:
    return frozenset(name for _group, offered in _choices() for name, _words in offered)


@lru_cache(maxsize=1)
def _choices() -> Choices:
    australian = [name for name in pytz.country_timezones["AU"] if name in pytz.common_timezones_set]
    groups: dict[str, list[tuple[str, str]]] = {
        "Australia": [(name, city(name)) for name in sorted(australian, key=city)]
    }
    for name in pytz.common_timezones:
        region, slash, _ = name.partition("/")
        if slash and name not in australian and region not in {"US", "Canada"}:
            groups.setdefault(region, []).append((name, name.partition("/")[2].replace("_", " ")))
    return list(groups.items())


def data_version() -> str:
    """The version of the zone data, for whatever depends on it."""
    return version("pytz")
