"""Notes about dates that have begun when a change is planned: they stay as they are, and are not added afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from booking.domain import wording, zones
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.occurrences import StoredSeries
from booking.domain.recurrence import Instance


def notes(asked: Definition, stored: StoredSeries, missed: Sequence[Instance], now: datetime) -> list[tuple[str, date]]:
    """What a coordinator should know, each with its day; `missed` are the begun dates that are not stored.

    Of a stored series only what is under way counts: days that a rule met before it was changed are no news.
    """
    if stored.definition is None:
        return _not_added(missed)
    found = _not_added([instance for instance in missed if instance.ends_at > now])
    if asked != stored.definition:
        found += _under_way(asked, stored, now)
    return found


def _not_added(missed: Sequence[Instance]) -> list[tuple[str, date]]:
    if not missed:
        return []
    first, last = missed[0].wall.date(), missed[-1].wall.date()
    if len(missed) > 1:
        days = f"{wording.day(first)} to {wording.day(last)}"
        return [(f"{len(missed)} dates have already started, so they aren’t added: {days}", last)]
    module = f" (module {missed[0].module})" if missed[0].module else ""
    return [(f"{wording.day(first)}{module} has already started, so it isn’t added", first)]


def _under_way(asked: Definition, stored: StoredSeries, now: datetime) -> list[tuple[str, date]]:
    found = []
    for row in stored.rows:
        setting = row.setting
        if setting.starts_at <= now < setting.ends_at and setting.reason is None:
            day = zones.today(setting.starts_at, asked.rule.zone)
            found.append((f"{wording.day(day)} is under way, so it stays as it is", day))
    return found
