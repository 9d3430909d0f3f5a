"""Which feeds there are: this table, and nothing else, is changed for a new one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from booking.domain import recurrence, zones
from booking.domain.organisation import Organisation

MONTHS_BACK = 2


@dataclass(frozen=True, slots=True)
class Feed:
    """One subscribable calendar. `key` is its address below /feeds/, without ".ics"; `kinds` None means all."""

    key: str
    name: str
    kinds: frozenset[str] | None = None
    series_slug: str | None = None
    is_private: bool = False

    @property
    def file_name(self) -> str:
        return f"{re.sub('[^A-Za-z0-9_-]', '-', self.key)}.ics"


@dataclass(frozen=True, slots=True)
class Window:
    """The days a feed shows: [start, end) in UTC; `first_day` in the programme's zone. Its edges move once a month."""

    first_day: date
    start: datetime
    end: datetime


def public(organisation: Organisation) -> dict[str, Feed]:
    """The feeds that everybody may have, by key: the whole programme, then one for each kind."""
    name = organisation.short_name
    found = [Feed("programme", f"{name} programme")]
    found += [
        Feed(kind.plural, f"{name} {kind.title_plural}", frozenset({kind.name})) for kind in organisation.kinds.values()
    ]
    return {feed.key: feed for feed in found}


def of_series(organisation: Organisation, slug: str, title: str) -> Feed:
    """The public feed of one series."""
    return Feed(f"series/{slug}", f"{organisation.short_name}: {title}", series_slug=slug)


def of_member(organisation: Organisation) -> Feed:
    """A member's own: bookings, and the kinds that have no slots; a booking stands for its clinic hour."""
    kinds = frozenset(kind.name for kind in organisation.kinds.values() if not kind.bookable)
    return Feed("member", f"My {organisation.short_name} calendar", kinds, is_private=True)


def of_analyst(organisation: Organisation) -> Feed:
    """What an analyst gives, with who has booked."""
    return Feed("analyst", f"My {organisation.short_name} clinics and classes", is_private=True)


def window(now: datetime, zone: str) -> Window:
    """From the first day of the month two months back to the end of the month 13 months ahead."""
    today = zones.today(now, zone)
    months = today.year * 12 + today.month - 1 - MONTHS_BACK
    first_day = date(months // 12, months % 12 + 1, 1)
    end_day = recurrence.stored_until(today)
    return Window(first_day, zones.day_starts_at(first_day, zone), zones.day_starts_at(end_day, zone))
