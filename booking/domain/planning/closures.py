"""Closures: periods in which series do not take place, as a rule that holds for every date, also for new ones.

A closed date of a rule is left out like a skipped one, so the modules of a series move to the dates that follow. A
date that was moved elsewhere, or that a coordinator holds all the same, stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from booking.domain import wording, zones
from booking.domain.enums.planning import FindingCode
from booking.domain.planning import occurrences, schedule
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.occurrences import Period, Setting, StoredOccurrence, StoredSeries
from booking.domain.planning.schedule import PlanFinding, Schedule, Surroundings

#: No closure is longer.
MAX_DAYS = 366


class Closure(NamedTuple):
    """The days [first_on, last_on], both inclusive, and why they are closed.

    `series_ids` are the series that it closes, None for every one, also those that are added later. `id` is None until
    it is stored.
    """

    first_on: date
    last_on: date
    reason: str
    series_ids: frozenset[int] | None = None
    id: int | None = None

    def closes(self, series_id: int | None) -> bool:
        """Whether it closes that series; a new one has no id yet."""
        return self.series_ids is None or series_id in self.series_ids

    @property
    def days(self) -> list[date]:
        """Its days, first to last."""
        return [self.first_on + timedelta(days=n) for n in range((self.last_on - self.first_on).days + 1)]

    @property
    def content(self) -> Closure:
        """What it says, whether it is stored or not."""
        return self._replace(id=None)


@dataclass(frozen=True, slots=True)
class ClosureChanges:
    """The closures that a plan adds, and the stored ones that it lifts."""

    added: tuple[Closure, ...] = ()
    lifted: tuple[Closure, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.lifted)

    def applied_to(self, stored: Iterable[Closure]) -> tuple[Closure, ...]:
        """The closures in force once they are published."""
        ids = {closure.id for closure in self.lifted}
        return (*(closure for closure in stored if closure.id not in ids), *self.added)

    def reversed(self, stored: Iterable[Closure]) -> ClosureChanges:
        """What takes these changes back: lifts what they added, as far as it is in force, and adds what they lifted."""
        listed = list(stored)
        known = {closure.content for closure in listed}
        added = {closure.content for closure in self.added}
        return ClosureChanges(
            tuple(closure.content for closure in self.lifted if closure.content not in known),
            tuple(closure for closure in listed if closure.content in added),
        )


NO_CHANGES = ClosureChanges()


def closed_days(closures: Iterable[Closure], series_id: int | None) -> dict[date, str]:
    """Why each closed day of that series is closed; where two closures meet, the earlier one says it."""
    found: dict[date, str] = {}
    for closure in closures:
        if closure.closes(series_id):
            for day in closure.days:
                found.setdefault(day, closure.reason)
    return found


def compute(
    asked: Definition,
    stored: StoredSeries,
    period: Period,
    around: Surroundings,
    closed: Mapping[date, str],
    *,
    asks: bool = True,
) -> Schedule:
    """Compute the schedule of a series whose days in `closed` are closed, each with its reason."""
    if not closed:
        return schedule.compute(asked, stored, period, around, asks=asks)
    before = stored.definition
    known = stored._replace(definition=before and _left_out(before, stored.rows, closed))
    found = schedule.compute(_left_out(asked, stored.rows, closed), known, period, around, asks=asks)
    for key, setting in found.settings.items():
        day = zones.today(setting.starts_at, asked.rule.zone)
        if setting.reason is None and day in closed and not asked.terms.keeps.intersection((day, setting.on)):
            found.settings[key] = setting._replace(reason=closed[day])
    if asks:
        found.findings += _not_added(asked, stored, period, around, closed)
    return found


def _left_out(asked: Definition, rows: Iterable[StoredOccurrence], closed: Mapping[date, str]) -> Definition:
    """The series with the closed days skipped, apart from those that are held, moved or cancelled on their own."""
    terms = asked.terms
    keys = {row.setting.on: row.key for row in rows if row.setting.on in closed}
    days = {
        day: why
        for day, why in closed.items()
        if day not in terms.keeps and not _is_excepted(asked, keys.get(day, day.isoformat()))
    }
    return replace(asked, terms=replace(terms, skips={**days, **terms.skips}))


def _is_excepted(asked: Definition, key: str) -> bool:
    exception = asked.terms.exceptions.get(key)
    return exception is not None and (exception.moved is not None or exception.cancelled is not None)


def _not_added(
    asked: Definition, stored: StoredSeries, period: Period, around: Surroundings, closed: Mapping[date, str]
) -> list[PlanFinding]:
    """Note the new dates that a closure leaves out, one line for each reason."""
    last_stored = max((row.setting.on for row in stored.rows if row.setting.on is not None), default=None)
    is_endless = asked.rule.ends_on is None and asked.terms.ends_on is None and not asked.rule.modules
    known = {row.setting.on for row in stored.rows}
    missed: dict[str, list[date]] = {}
    for instance in occurrences.instances(asked, stored.rows, period, around.days_off):
        day = instance.wall.date()
        if day not in closed or day in known or day in asked.terms.keeps or instance.starts_at <= period.now:
            continue
        if is_endless and stored.definition is not None and last_stored is not None and day > last_stored:
            continue  # nobody asked for the far end
        missed.setdefault(closed[day], []).append(day)
    return [
        PlanFinding(FindingCode.CLOSED, asked.slug, _not_added_text(asked, days, why), days[0])
        for why, days in missed.items()
    ]


def _not_added_text(asked: Definition, days: list[date], why: str) -> str:
    first, last = wording.day(days[0]), wording.day(days[-1])
    when = first if len(days) == 1 else f"{len(days)} dates, {first} to {last}"
    then = "the modules move to later dates" if asked.rule.modules else "nothing is added then"
    return f"{when}: closed ({why}), so {then}"


def only_reopened_or_closed(computed: Schedule, stored: StoredSeries, days: Collection[date], zone: str) -> None:
    """Keep a series that a closure is added to or lifted from as it is stored, apart from its dates on those days.

    The modules of a modular series may all move. New dates count only on those days, and are all announced.
    """
    rows = {row.key: row.setting for row in stored.rows}
    modular = stored.definition is not None and bool(stored.definition.rule.modules)

    def is_concerned(setting: Setting) -> bool:
        return modular or setting.on in days or zones.today(setting.starts_at, zone) in days

    kept: dict[str, Setting] = {}
    for key, setting in computed.settings.items():
        had = rows.get(key)
        if is_concerned(setting) or (had is not None and is_concerned(had)):
            kept[key] = setting
        elif had is not None:
            kept[key] = had._replace(analysts=setting.analysts)
    computed.settings = kept
    computed.far.clear()
    computed.kept.clear()
    computed.findings = [finding for finding in computed.findings if modular or finding.on in days]
