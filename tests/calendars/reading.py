"""A second reader of what we write: vobject, which shares no code with icalendar."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

import vobject
from dateutil import tz
from vobject import icalendar

#: What vobject remembers of zones from one calendar to the next, by TZID.
_remembered = icalendar.__dict__["__tzidMap"]

TEXTS = ("summary", "description", "location", "url", "status", "class", "transp")
OF_CALENDAR = ("version", "prodid", "calscale", "method", "name", "x-wr-calname", "x-wr-timezone", "x-published-ttl")
OF_PARTY = ("cn", "cutype", "role", "partstat", "rsvp")
OF_CONFERENCE = ("value", "feature", "label")

Plain = dict[str, Any]


def read(content: bytes) -> Any:
    """The one VCALENDAR in the bytes, as vobject has it, its zones as they are described in it.

    Left alone, vobject takes zones from calendars that it read before, and London's from the machine.
    """
    text = content.decode()
    _remembered.clear()
    for described in re.findall("BEGIN:VTIMEZONE.*?END:VTIMEZONE", text, re.DOTALL):
        zone = tz.tzical(io.StringIO(described)).get()
        icalendar.registerTzid(zone._tzid, zone)
    icalendar.registerTzid("UTC", tz.tzutc())
    (calendar,) = vobject.readComponents(text)
    return calendar


def events(content: bytes) -> list[Any]:
    return list(read(content).contents.get("vevent", []))


def unfolded(content: bytes) -> list[str]:
    """The content lines, folds undone."""
    return content.decode().replace("\r\n ", "").split("\r\n")


def lines_of(content: bytes, name: str) -> list[str]:
    """Every content line of a property, with its parameters."""
    return [line for line in unfolded(content) if line.startswith((f"{name}:", f"{name};"))]


def plain(content: bytes) -> Plain:
    """What vobject makes of a calendar, in values that any reader can be asked for: None for what is not there.

    Instants are ISO 8601 in UTC; beside each start and end stand its wall time and the TZID that it goes by.
    """
    calendar = read(content)
    refresh = _line(calendar, "refresh-interval")
    return {
        **{name: _value(calendar, name) for name in OF_CALENDAR},
        "refresh": None if refresh is None else {"interval": refresh.value, **_params(refresh, ("value",))},
        "zones": [zone.tzid.value for zone in calendar.contents.get("vtimezone", [])],
        "events": [_event(event) for event in calendar.contents.get("vevent", [])],
    }


def _event(event: Any) -> Plain:
    return {
        "uid": event.uid.value,
        "sequence": int(event.sequence.value),
        **{name: _value(event, name) for name in TEXTS},
        "categories": _value(event, "categories"),
        "conference": _with_params(event, "conference", OF_CONFERENCE),
        "organizer": _with_params(event, "organizer", OF_PARTY),
        "attendee": _with_params(event, "attendee", OF_PARTY),
        "starts": _time(event.dtstart),
        "ends": _time(event.dtend),
        "dtstamp": _instant(event.dtstamp.value),
        "last-modified": _instant(_native(_line(event, "last-modified"))),
    }


def _line(component: Any, name: str) -> Any:
    found = component.contents.get(name, [])
    assert len(found) <= 1, f"{name} stands there {len(found)} times"
    return found[0] if found else None


def _value(component: Any, name: str) -> Any:
    line = _line(component, name)
    return None if line is None else line.value


def _with_params(component: Any, name: str, params: tuple[str, ...]) -> Plain | None:
    line = _line(component, name)
    return None if line is None else {"address": line.value, **_params(line, params)}


def _params(line: Any, names: tuple[str, ...]) -> Plain:
    return {name: _param(line, name) for name in names}


def _param(line: Any, name: str) -> str | None:
    """The parameter's one value; those of FEATURE, which has several, with commas between them."""
    values = line.params.get(name.upper())
    assert values is None or len(values) == 1 or name == "feature", f"{name} was split into {values}"
    return None if values is None else ",".join(values)


def _native(line: Any) -> datetime:
    value = line.value
    return value if isinstance(value, datetime) else icalendar.stringToDateTime(value)


def _time(line: Any) -> Plain:
    at = _native(line)
    assert isinstance(at.tzinfo, tz.tzutc | tz.tz._tzicalvtz), f"{at} does not go by a zone of the file: {at.tzinfo!r}"
    zone = "UTC" if isinstance(at.tzinfo, tz.tzutc) else at.tzinfo._tzid
    return {"at": _instant(at), "wall": at.replace(tzinfo=None).isoformat(), "zone": zone}


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two values of dictionaries and lists differ, a line each."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [line for key in one for line in differences(one[key], other[key], f"{place}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [line for n, pair in pairs for line in differences(*pair, f"{place}/{n}")]
    return [] if one == other else [f"{place}: {one!r} != {other!r}"]
