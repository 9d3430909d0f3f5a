"""The feeds there are: this table, and nothing else, is changed for a new one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from booking.domain import recurrence, zones
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Organisation

MONTHS_BACK = 2


@dataclass(frozen=True, slots=True)
class Feed:
    """One subscribable calendar. `key` is its address below /feeds/, without ".ics"; `kinds` None means all.

    `holds` says in words what is in it, `title` what its one reader's page calls it.
    """

    key: str
    name: str
    holds: str = ""
    kinds: frozenset[str] | None = None
    series_slug: str | None = None
    title: str = ""

    @property
    def file_name(self) -> str:
        return f"{re.sub('[^A-Za-z0-9_-]', '-', self.key)}.ics"

    def shows(self, kind: str, series_slug: str) -> bool:
        """Whether an occurrence of that kind and series is in it."""
        return (self.kinds is None or kind in self.kinds) and self.series_slug in {None, series_slug}


@dataclass(frozen=True, slots=True)
class Window:
    """The days a feed shows: [start, end) in UTC; `first_day` in the programme's zone. Its edges move once a month."""

    first_day: date
    start: datetime
    end: datetime


def public(organisation: Organisation) -> dict[str, Feed]:
    """The feeds that everybody may have, by key: the whole programme, then one for each kind."""
    name, kinds = organisation.short_name, organisation.kinds.values()
    all_kinds = _listed([kind.title_plural for kind in kinds])
    table = [
        Feed("programme", f"{name} programme", f"{all_kinds}, without join links."),
        *(
            Feed(kind.plural, f"{name} {kind.title_plural}", f"{kind.title_plural} only.", frozenset({kind.name}))
            for kind in kinds
        ),
    ]
    return {feed.key: feed for feed in table}


def private(organisation: Organisation) -> dict[RoleName, Feed]:
    """The feeds that one person has, by key, which is the role that it is for.

    A member's has the kinds without slots until its owner chooses, so it is never empty.
    """
    name = organisation.short_name
    table = [
        Feed(
            RoleName.MEMBER,
            f"My {name} calendar",
            "Your bookings and enrolments, and anything you tick here, with join links.",
            organisation.without_slots,
            title="My calendar",
        ),
        Feed(
            RoleName.ANALYST,
            f"My {name} roster",
            "Everything you’re on the roster for, with who has booked and the join links.",
            title="My roster",
        ),
    ]
    return {RoleName(feed.key): feed for feed in table}


def of_series(organisation: Organisation, slug: str, title: str) -> Feed:
    """The public feed of one series."""
    name = f"{organisation.short_name}: {title}"
    return Feed(f"series/{slug}", name, series_slug=slug)


def _listed(names: list[str]) -> str:
    """Clinics, labs and masterclasses."""
    names = names[:1] + [name[:1].lower() + name[1:] for name in names[1:]]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def window(now: datetime, zone: str) -> Window:
    """From the first day of the month two months back to the end of the month 13 months ahead."""
    today = zones.today(now, zone)
    months = today.year * 12 + today.month - 1 - MONTHS_BACK
    first_day = date(months // 12, months % 12 + 1, 1)
    end_day = recurrence.stored_until(today)
    return Window(first_day, zones.day_starts_at(first_day, zone), zones.day_starts_at(end_day, zone))
