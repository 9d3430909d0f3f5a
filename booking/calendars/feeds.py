"""A VCALENDAR of entries, and the digest that names its bytes before they are made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from importlib import metadata

from icalendar import Calendar, vText

from booking import version
from booking.calendars import text, vtimezone
from booking.calendars.catalogue import Feed, Window
from booking.calendars.entries import CalendarEntry, Publisher
from booking.calendars.parts import Part
from booking.domain import tokens, zones
from booking.resources import PACKAGE

PRODID = "-//booking//Course schedule//EN"
REFRESH = timedelta(hours=1)
END = b"END:VCALENDAR\r\n"
MARGIN = timedelta(days=2)  # a meeting may end after the window does


def empty() -> Calendar:
    """A VCALENDAR with what every one of ours begins with."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    return calendar


def feed(publisher: Publisher, shown: Feed, window: Window, parts: Iterable[Part]) -> bytes:
    """The bytes of a whole feed; equal values give equal bytes. Without entries it has the programme's zone."""
    ordered = sorted(parts, key=lambda part: part.order)
    used = {part.zone for part in ordered} or {publisher.organisation.zone}
    head = _head(text.name(shown.name), publisher.organisation.zone, tuple(sorted(used)), window)
    return b"".join([head, *(part.content for part in ordered), END])


@lru_cache(maxsize=256)
def _head(name: str, zone: str, described: tuple[str, ...], window: Window) -> bytes:
    """All that stands before the entries: who it is, how often to look, and the zones that the entries use."""
    calendar = empty()
    calendar.add("name", text.TypedText(name))
    calendar.add("x-wr-calname", text.TypedText(name))
    calendar.add("x-wr-timezone", vText(zone))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vText("PT1H"))
    for one in described:
        calendar.add_component(vtimezone.component(one, window.start - MARGIN, window.end + MARGIN))
    content: bytes = calendar.to_ical()
    return content.removesuffix(END)


def single(entry: CalendarEntry) -> bytes:
    """One entry as a file of its own: a snapshot, not a subscription."""
    return of_one(empty(), entry)


def of_one(calendar: Calendar, entry: CalendarEntry) -> bytes:
    """`calendar` with one entry and its zone."""
    calendar.add_component(vtimezone.component(entry.zone, entry.starts_at - MARGIN, entry.ends_at + MARGIN))
    calendar.add_component(entry.event)
    content: bytes = calendar.to_ical()
    return content


def fingerprint(publisher: Publisher) -> str:
    """A digest of all but the contents that the bytes depend on: what makes them, the zone data, the settings.

    The secret key reaches the bytes by way of the join links, so a MAC made with it stands for it here.
    """
    organisation = publisher.organisation
    return _digest(
        version.current(),
        metadata.version("icalendar"),
        made_by(),
        zones.data_version(),
        organisation.name,
        organisation.short_name,
        organisation.zone,
        [(name, repr(kind)) for name, kind in organisation.kinds.items()],
        publisher.uid_domain,
        publisher.addresses.base_url,
        tokens.sign(publisher.addresses.secret_key, "digest", "join"),
    )


@lru_cache(maxsize=1)
def made_by() -> str:
    """A digest of the source that makes the bytes, so that an upgrade never answers 304 to old ones."""
    files = sorted(path for layer in ("calendars", "domain") for path in (PACKAGE / layer).glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def digest(printed: str, contents: Sequence[object], key: str, window: Window | None = None) -> str:
    """Returns what an ETag holds: a digest of all that the bytes depend on, known before they are made.

    `printed` is the publisher's fingerprint, `contents` their version.
    """
    return _digest(printed, key, None if window is None else (window.start, window.end), *contents)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:40]
