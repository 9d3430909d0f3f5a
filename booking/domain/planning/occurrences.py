"""The occurrences of a series: how one is set, on which dates the series meets, and which stored one is which.

Stored occurrences keep their key. They are found again by module, or by the date of the rule that they stand for;
where the rule's days changed, those of one week are paired in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from booking.domain import recurrence, wording, zones
from booking.domain.holidays import DaysOff
from booking.domain.planning.adjustments import Definition
from booking.domain.recurrence import Instance, Rule

#: [starts_at, ends_at) in UTC.
Span = tuple[datetime, datetime]

#: Answers for a holiday that leave its date out.
LEAVES_OUT = frozenset({"skip", "postpone"})
#: Dates that lie further back are no longer looked at.
LOOKS_BACK = timedelta(days=31)


class Setting(NamedTuple):
    """One occurrence as it is set. `on` is the date of the rule it stands for, None for an extra one.

    `title` and `meeting_url` are its own, None where the series' hold; `reason` is None as long as it takes place.
    """

    on: date | None
    starts_at: datetime
    ends_at: datetime
    module: int | None = None
    title: str | None = None
    meeting_url: str | None = None
    analysts: tuple[int, ...] = ()
    reason: str | None = None
    recording_url: str = ""
    slides_url: str = ""


class StoredOccurrence(NamedTuple):
    """One stored occurrence; `away` are those of its roster who cannot come."""

    id: int
    key: str
    setting: Setting
    away: frozenset[int] = frozenset()


class StoredSeries(NamedTuple):
    """A series as it is stored, with those of its occurrences that are upcoming; nothing for a new one."""

    definition: Definition | None = None
    rows: Sequence[StoredOccurrence] = ()


class Period(NamedTuple):
    """For when occurrences are worked out: from `now` (UTC) on; what has begun too, `with_past`.

    `until` is the date before which a series without an end is looked at, the far end of what is stored if None.
    """

    now: datetime
    with_past: bool = False
    until: date | None = None


def instances(
    asked: Definition, stored: Sequence[StoredOccurrence], period: Period, days_off: DaysOff
) -> list[Instance]:
    """The meetings that the rule comes to, skips and holidays left out, earliest first.

    Modules that have begun are left as they were: the rest are counted from the last of them.
    """
    rule, now = effective_rule(asked, stored, days_off), period.now
    until = period.until or recurrence.stored_until(zones.today(now, rule.zone))
    if rule.ends_on is not None or rule.modules:
        until = max(until, rule.starts_on + timedelta(days=recurrence.MAX_DAYS))
    if not rule.modules:
        earliest = max(rule.starts_on, zones.today(now, rule.zone) - LOOKS_BACK)
        return recurrence.expand(rule, rule.starts_on if period.with_past else earliest, until)
    last = _last_begun_module(stored, now)
    if last is None:
        return recurrence.expand(rule, rule.starts_on, until)
    done, since = last
    later = replace(rule, modules=rule.modules[done:], skips=rule.skips | _dates_until(rule, since))
    rest = recurrence.expand(later, rule.starts_on, until) if later.modules else []
    return [replace(i, key=str(done + n), module=done + n) for n, i in enumerate(rest, 1)]


def _last_begun_module(stored: Sequence[StoredOccurrence], now: datetime) -> tuple[int, date] | None:
    """Number and date of the last module that has begun; None where none has."""
    begun = [
        (row.setting.module, row.setting.on)
        for row in stored
        if row.setting.module is not None and row.setting.on is not None and row.setting.starts_at <= now
    ]
    return max(begun, key=lambda one: one[0], default=None)


def effective_rule(asked: Definition, stored: Sequence[StoredOccurrence], days_off: DaysOff) -> Rule:
    """The rule with its postponements, its end, its skipped dates and the holidays that the series leaves out.

    Postponed weeks move the end as far; so does each holiday, where the series postpones them.
    """
    terms, rule = asked.terms, asked.rule
    skips = frozenset(terms.left_out())
    if rule.ends_on is not None and not rule.modules:
        rule = replace(rule, ends_on=rule.ends_on + timedelta(weeks=sum(weeks for _, weeks in terms.postponements)))
    if terms.ends_on is not None:
        rule = replace(rule, ends_on=min(rule.ends_on or terms.ends_on, terms.ends_on))
    if terms.on_holiday not in LEAVES_OUT:
        return replace(rule, skips=skips)
    off = {
        day
        for day, holiday in days_off.by_date.items()
        if holiday.is_everywhere and day not in terms.keeps and not _is_excepted(asked, stored, day)
    }
    if terms.on_holiday == "postpone" and rule.ends_on is not None and not rule.modules:
        rule = replace(rule, ends_on=_postponed_end(rule, off, skips))
    return replace(rule, skips=skips | off)


def _is_excepted(asked: Definition, stored: Sequence[StoredOccurrence], day: date) -> bool:
    """Whether an exception already moves or cancels that day's occurrence."""
    key = next((row.key for row in stored if row.setting.on == day), day.isoformat())
    exception = asked.terms.exceptions.get(key)
    return exception is not None and (exception.moved is not None or exception.cancelled is not None)


def match(
    asked: Definition,
    found: Sequence[Instance],
    stored: Sequence[StoredOccurrence],
    now: datetime,
    days_off: DaysOff,
) -> list[tuple[str, Instance]]:
    """Each instance with the key of the occurrence that it is.

    A module is known by its number. Any other instance is the stored occurrence of its date; else, while it is
    upcoming, the first of its week whose date the rule no longer meets; else a new one.
    """
    if asked.rule.modules:
        return [(instance.key, instance) for instance in found]
    by_date = {row.setting.on: row.key for row in stored if row.setting.on is not None}
    by_week = _without_a_date(asked, found, stored, now, days_off)
    keys = {row.key for row in stored}
    matched = []
    for instance in found:
        day = instance.wall.date()
        key = by_date.get(day)
        if key is None:
            same_week = by_week.get(day.isocalendar()[:2])
            key = same_week.pop(0) if same_week and instance.starts_at > now else _new_key(day, keys)
        matched.append((key, instance))
    return matched


def _without_a_date(
    asked: Definition,
    found: Sequence[Instance],
    stored: Sequence[StoredOccurrence],
    now: datetime,
    days_off: DaysOff,
) -> dict[tuple[int, int], list[str]]:
    """Keys of the upcoming stored occurrences whose date the rule no longer meets: by ISO week, earliest first.

    Those that are cancelled, skipped or left out for a holiday are meant to go, and are not among them.
    """
    days, left_out = {instance.wall.date() for instance in found}, asked.terms.left_out()
    by_week: dict[tuple[int, int], list[str]] = {}
    for row in sorted(stored, key=lambda row: row.setting.on or date.min):
        on = row.setting.on
        if on is None or on in days or on in left_out:
            continue
        if row.setting.starts_at <= now or row.setting.reason is not None:
            continue
        if days_off.everywhere(on) and asked.terms.on_holiday in LEAVES_OUT:
            continue
        by_week.setdefault(on.isocalendar()[:2], []).append(row.key)
    return by_week


def _new_key(day: date, keys: Collection[str]) -> str:
    """The date; with a mark behind it where an occurrence of that name has moved elsewhere."""
    key = day.isoformat()
    while key in keys:
        key += "~"
    return key


def meets_on(rule: Rule, day: date) -> bool:
    """Whether the rule meets on that day."""
    return any(True for _ in _dates_between(rule, day, day))


def _dates_until(rule: Rule, last: date) -> frozenset[date]:
    return frozenset(_dates_between(rule, date.min, last))


def _dates_between(rule: Rule, first: date, last: date) -> Iterable[date]:
    for day in recurrence.dates(rule):
        if day > last:
            return
        if day >= first:
            yield day


def _postponed_end(rule: Rule, off: set[date], skips: frozenset[date]) -> date:
    """The last date of a rule with an end once each of its dates in `off` has been made up for."""
    ends_on = rule.ends_on or rule.starts_on
    owed = sum(1 for day in _dates_between(rule, rule.starts_on, ends_on) if day in off and day not in skips)
    for day in _dates_between(replace(rule, ends_on=None), ends_on + timedelta(days=1), date.max):
        if owed == 0 or day > ends_on + timedelta(days=recurrence.MAX_DAYS):
            break
        if day not in off:
            owed, ends_on = owed - 1, day
    return ends_on


def same_days(one: Rule, other: Rule) -> bool:
    """Whether two rules meet on the same days, whatever their hours and their ends."""

    def days(rule: Rule) -> tuple[object, ...]:
        turns = tuple((turn.from_on, turn.rrule) for turn in rule.turns if turn.rrule is not None)
        return (rule.rrule, turns, "INTERVAL" in rule.rrule and rule.starts_on)

    return days(one) == days(other)


class MonthlyEnd(NamedTuple):
    """The end of the rule, None for a series that goes on; `note` says why it goes on although a last day is given."""

    ends_on: date | None
    note: str = ""


def monthly_end(stated: Rule, month: date, had: Rule) -> MonthlyEnd:
    """The end of a series that began before `month`, of which a file for that month states `stated`.

    A last day that leaves dates of the month out ends the series. The month's own last date doesn't: it is where the
    file stops, and the series goes on as it is stored.
    """
    if stated.ends_on is None:
        return MonthlyEnd(None)
    if month <= stated.ends_on:
        next_month = (month + timedelta(days=32)).replace(day=1)
        if recurrence.expand(replace(stated, ends_on=None), stated.ends_on + timedelta(days=1), next_month):
            return MonthlyEnd(stated.ends_on)
    later = None if had.ends_on is None else max(stated.ends_on, had.ends_on)
    if later == stated.ends_on or stated.ends_on < month:
        return MonthlyEnd(later)
    return MonthlyEnd(
        later,
        f"{wording.day(stated.ends_on)} is its last date of the month, and later dates stay. To end the series then, "
        "open that date and choose “End the series”",
    )
