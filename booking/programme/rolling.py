"""A month's programme carried into another month: the same weekdays and order, what depends on the month marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from booking.domain.holidays import DaysOff
from booking.domain.planning.words.statement import Statement
from booking.domain.recurrence import Rule, expand
from booking.programme import writing
from booking.programme.writing import text

_MONTH_BEHIND = re.compile(r"-\d{4}-\d{2}$")
_YEAR = re.compile(r"\b20\d\d\b")


@dataclass(slots=True)
class Rolled:
    """The new file's text, and what a coordinator should look at, a line each."""

    text: str = ""
    notes: list[str] = field(default_factory=list)


def of_month(statements: Sequence[Statement], month: date) -> list[Statement]:
    """Returns what was announced for that month only: it begins and ends in it. What runs all year needs no rolling."""
    following = next_month(month)
    return [
        stated
        for stated in statements
        if month <= stated.rule.starts_on < following and (stated.rule.modules or stated.rule.ends_on is not None)
    ]


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def roll(statements: Sequence[Statement], source: date, target: date, days_off: DaysOff) -> Rolled:
    """A programme file for `target` (a first of a month) with what `statements` say of `source`."""
    rolled = Rolled()
    lines = [
        f"# {target:%B %Y}, copied from {source:%B %Y}. Check the lines marked `check`.",
        "",
        f"month: {target:%Y-%m}",
        "",
        "series:",
    ]
    for stated in statements:
        lines += _series(stated, source, target, days_off, rolled)
    rolled.text = "\n".join(lines) + "\n"
    return rolled


def _series(stated: Statement, source: date, target: date, days_off: DaysOff, rolled: Rolled) -> list[str]:
    slug = f"{_MONTH_BEHIND.sub('', stated.slug)}-{target:%Y-%m}"
    rule = _rolled(stated.rule, source, target)
    topic = "the month's topic" if not rule.modules else "the month's masterclass"
    rolled.notes.append(f"{slug}: check the title: {topic} was {stated.title!r}")
    said = writing.every(rule.rrule)
    found = ["", f"  {slug}:", f"    kind: {text(stated.kind)}", f"    title: {text(stated.title)}  # check: {topic}"]
    found.append(f"    every: {said}" if said else f"    repeat: {text(rule.rrule)}")
    found.append(f"    time: {writing.hours(rule.start_wall, rule.end_wall)}")
    if rule.starts_on != target:
        found.append(f"    from: {rule.starts_on}")
    if rule.ends_on is not None:
        found.append(f"    until: {rule.ends_on}")
    found.append(f"    zone: {writing.zone_name(rule.zone)}")
    found += _holidays(stated, slug, rule, days_off, rolled)
    if stated.summary:
        found.append(f"    summary: {text(stated.summary)}")
    if stated.slot_minutes:
        found.append(f"    slots: [{', '.join(map(str, stated.slot_minutes))}]")
    if rule.modules:
        found.append("    modules:  # check: the titles of another month's masterclass")
        for number, title in enumerate(rule.modules, 1):
            year = _YEAR.search(title)
            found.append(f"      - {text(title)}{f'  # check: names {year[0]}' if year else ''}")
            if year:
                rolled.notes.append(f"{slug}: module {number} names {year[0]}: {title!r}")
    if stated.analysts:
        found.append(f"    analysts: [{', '.join(text(named.email) for named in stated.analysts)}]")
    return found


def _rolled(rule: Rule, source: date, target: date) -> Rule:
    """The rule in the other month: as many weeks into it, to its end where it ended with its month."""
    starts_on = target + (rule.starts_on - source)
    ends_on = None
    if rule.ends_on is not None:
        last = next_month(target) - timedelta(days=1)
        ends_on = min(last, target + (rule.ends_on - source))
        if rule.ends_on >= next_month(source) - timedelta(days=1):
            ends_on = last
    return replace(rule, starts_on=starts_on, ends_on=ends_on, turns=())


def _holidays(stated: Statement, slug: str, rule: Rule, days_off: DaysOff, rolled: Rolled) -> list[str]:
    found = [f"    on_holiday: {stated.on_holiday}"] if stated.on_holiday else []
    for instance in expand(rule, rule.starts_on, rule.starts_on + timedelta(days=370)):
        day = instance.wall.date()
        holiday = days_off.by_date.get(day)
        if holiday is None:
            continue
        module = f" (module {instance.module})" if instance.module else ""
        clash = f"{day:%a} {day}{module} is {holiday}"
        if holiday.is_everywhere:
            answer = f": on_holiday says {stated.on_holiday}" if stated.on_holiday else ": write on_holiday"
            found.append(f"    # check: {clash}{answer}")
            rolled.notes.append(f"{slug}: {clash}{answer}")
        else:
            rolled.notes.append(f"{slug}: {clash}: it still takes place")
    return found
