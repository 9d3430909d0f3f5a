"""Builders for the planner's values: a Monday clinic, 13:00–14:00 in Brisbane, on 4, 11 and 18 December 2023."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from booking.domain.planning import schedule
from booking.domain.planning.adjustments import Adjustments, Definition
from booking.domain.planning.occurrences import Period, Setting, StoredOccurrence, StoredSeries
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest
from booking.domain.recurrence import Rule
from tests.builders import BRISBANE, KINDS

ADA, BEN, DAN = 1, 2, 3
HOUR = timedelta(hours=1)
#: Before anything in these tests has begun.
PUBLISHED_AT = datetime(2023, 11, 1, tzinfo=UTC)
_RULE = ("rrule", "starts_on", "start_wall", "end_wall", "zone", "ends_on", "modules", "turns")
_TERMS = ("skips", "keeps", "postponements", "exceptions", "extras", "guests", "on_holiday", "ends_on_day", "was")


def december(day: int) -> date:
    return date(2023, 12, day)


def at(day: int, hour: int = 13, minute: int = 0) -> datetime:
    """An instant in December 2023 by Brisbane's clock, UTC+10."""
    return datetime(2023, 12, day, hour, minute, tzinfo=UTC) - timedelta(hours=10)


def a_definition(slug: str = "clinic", **fields: object) -> Definition:
    """The Monday clinic; fields of its rule and its adjustments may be given beside its own.

    `ends_on_day` is the adjustment's end, `ends_on` the rule's.
    """
    rule = Rule("FREQ=WEEKLY;BYDAY=MO", december(4), time(13), time(14), BRISBANE, december(18))
    rule = replace(rule, **{name: fields.pop(name) for name in _RULE if name in fields})  # type: ignore[arg-type]
    terms = {name.removesuffix("_day"): fields.pop(name) for name in _TERMS if name in fields}
    values = {"kind": "clinic", "title": "Live Member Clinic", "summary": "Bring questions.", "analysts": (ADA,)}
    values |= {"id": 1, **fields}
    return Definition(slug, rule=rule, terms=Adjustments(**terms), **values)  # type: ignore[arg-type]


def a_masterclass(**fields: object) -> Definition:
    """Four modules on Mondays from 4 December on."""
    values: dict[str, object] = {"kind": "masterclass", "modules": ("One", "Two", "Three", "Four"), "ends_on": None}
    return a_definition("masterclass", **{**values, **fields})


def published(definition: Definition, now: datetime = PUBLISHED_AT, first_id: int = 1) -> list[StoredOccurrence]:
    """The series as it is stored once it was published, ids in order of time."""
    computed = schedule.compute(definition, StoredSeries(), Period(now))
    settings = sorted(computed.settings.items(), key=lambda one: one[1].starts_at)
    return [StoredOccurrence(n, key, setting) for n, (key, setting) in enumerate(settings, first_id)]


def a_programme(*definitions: Definition, **fields: object) -> StoredProgramme:
    """A stored programme of these series, published before anything began; ids from 1 in the order given."""
    rows: dict[str, list[StoredOccurrence]] = {}
    for definition in definitions:
        rows[definition.slug] = published(definition, first_id=1 + sum(map(len, rows.values())))
    values: dict[str, object] = {"names": {ADA: "Ada", BEN: "Ben", DAN: "Dan"}, **fields}
    return StoredProgramme({one.slug: one for one in definitions}, rows, KINDS, **values)  # type: ignore[arg-type]


def asking(*definitions: Definition) -> ResolvedRequest:
    return ResolvedRequest({one.slug: one for one in definitions})


def a_row(day: int, setting: Setting | None = None, **fields: object) -> StoredOccurrence:
    """One stored hour at 13:00 of that day in December."""
    found = setting or Setting(december(day), at(day), at(day) + HOUR, analysts=(ADA,))
    return StoredOccurrence(day, december(day).isoformat(), found._replace(**fields))  # type: ignore[arg-type]
