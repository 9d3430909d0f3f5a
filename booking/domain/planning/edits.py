"""The edits that a coordinator makes on a page, each as a changed definition; the scope is in the name.

`on` is the date of the rule that an occurrence stands for, `key` its key. Nothing here knows what is stored beyond the
definition: the plan shows the consequences.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from typing import Any

from booking.domain import recurrence
from booking.domain.planning.adjustments import DateException, Definition, Extra, Guest, Moved
from booking.domain.recurrence import RuleChange

#: What a turn can state of the rule, and in all.
TIMING = ("rrule", "start_wall", "end_wall")
TURN_FIELDS = (*TIMING, "title", "meeting_url", "analysts")


def _with_terms(asked: Definition, **values: object) -> Definition:
    return replace(asked, terms=replace(asked.terms, **values))  # type: ignore[arg-type]


def one(asked: Definition, key: str, **values: object) -> Definition:
    """Change this one only; `values` are the fields of its DateException."""
    had = asked.terms.exceptions.get(key, DateException())
    exception = replace(had, **values)  # type: ignore[arg-type]
    exceptions = {k: v for k, v in asked.terms.exceptions.items() if k != key}
    if exception != DateException():
        exceptions[key] = exception
    return _with_terms(asked, exceptions=exceptions)


def usual(asked: Definition, key: str, on: date | None) -> Definition:
    """Take back everything that sets this one apart: its exception, its skip and its answer for a holiday."""
    exceptions = {k: v for k, v in asked.terms.exceptions.items() if k != key}
    skips = {day: why for day, why in asked.terms.skips.items() if day != on}
    postponements = frozenset(one for one in asked.terms.postponements if one[0] != on)
    return _with_terms(
        asked, exceptions=exceptions, skips=skips, postponements=postponements, keeps=asked.terms.keeps - {on}
    )


def skip(asked: Definition, on: date, why: str = "") -> Definition:
    """Leave one date of the rule out; the modules of a modular series move to the dates that follow."""
    return _with_terms(asked, skips={**asked.terms.skips, on: why}, keeps=asked.terms.keeps - {on})


def keep(asked: Definition, on: date) -> Definition:
    """Hold it although the date is a holiday."""
    skips = {day: why for day, why in asked.terms.skips.items() if day != on}
    return _with_terms(asked, keeps=asked.terms.keeps | {on}, skips=skips)


def postpone(asked: Definition, on: date, weeks: int = 1) -> Definition:
    """Postpone this one and all later ones: the dates of those weeks are left out, and the end moves as far."""
    return _with_terms(asked, postponements=asked.terms.postponements | {(on, weeks)})


def move(asked: Definition, key: str, on: date, hours: tuple[time, time]) -> Definition:
    """Move this one to a date and hours of the series' zone; it takes place again if it was cancelled."""
    return one(asked, key, moved=Moved(on, *hours), cancelled=None)


def later(asked: Definition, turn: RuleChange) -> Definition:
    """Change this one and all later ones: what the turn states holds from its date on, over what later turns state.

    Fields that the turn leaves alone stay as the later turns have them.
    """
    stated = {name for name in TURN_FIELDS if getattr(turn, name) is not None}
    before = [t for t in asked.rule.turns if t.from_on < turn.from_on]
    same = next((t for t in asked.rule.turns if t.from_on == turn.from_on), RuleChange(turn.from_on))
    merged = _changed(same, {name: getattr(turn, name) for name in stated})
    after = [_changed(t, dict.fromkeys(stated)) for t in asked.rule.turns if t.from_on > turn.from_on]
    turns = [*before, merged, *after]
    return replace(asked, rule=replace(asked.rule, turns=tuple(t for t in turns if t != RuleChange(t.from_on))))


def onwards(asked: Definition, turn: RuleChange, today: date) -> Definition:
    """Change the dates from the turn's on; where none lies between today and it, that is the series itself."""
    if _has_date_between(asked, today, turn.from_on):
        return later(asked, turn)
    return everywhere(asked, turn)


def _has_date_between(asked: Definition, start: date, end: date) -> bool:
    """Whether a date of the rule or an extra one lies in [start, end)."""
    if start >= end:
        return False
    rule = replace(asked.rule, skips=frozenset(asked.terms.left_out()))
    instances = recurrence.expand(rule, rule.starts_on if rule.modules else start, end)
    days = [instance.wall.date() for instance in instances] + [extra.on for extra in asked.terms.extras]
    return any(start <= day < end for day in days)


def everywhere(asked: Definition, change: RuleChange) -> Definition:
    """Change the series itself: what it states holds for every upcoming date, and no later turn states it again.

    Single dates keep what they have of their own. The date of `change` does not count.
    """
    stated = {name: value for name in TURN_FIELDS if (value := getattr(change, name)) is not None}
    timing = {name: value for name, value in stated.items() if name in TIMING}
    own = {name: value for name, value in stated.items() if name not in timing}
    turns = [_changed(turn, dict.fromkeys(stated)) for turn in asked.rule.turns]
    rule = replace(asked.rule, turns=tuple(t for t in turns if t != RuleChange(t.from_on)), **timing)
    return replace(asked, rule=rule, **own)


def _changed(turn: RuleChange, values: dict[str, Any]) -> RuleChange:
    return replace(turn, **values)


def end(asked: Definition, last_on: date) -> Definition:
    """End the series after this day; the dates after it go."""
    return _with_terms(asked, ends_on=last_on)


def withdraw(asked: Definition, today: date) -> Definition:
    """End the series today and cancel its modules."""
    ended = end(asked, today)
    for number in range(1, len(asked.rule.modules) + 1):
        ended = one(ended, str(number), cancelled="")
    return ended


def extra(asked: Definition, more: Extra) -> Definition:
    """Add one more date, or replace the one at that time."""
    others = [e for e in asked.terms.extras if e.key != more.key]
    return _with_terms(asked, extras=tuple(sorted([*others, more], key=lambda e: e.key)))


def guest(asked: Definition, more: Iterable[Guest]) -> Definition:
    """Add analysts with dates of their own, besides the regular ones."""
    guests = {*asked.terms.guests, *more}
    return _with_terms(asked, guests=tuple(sorted(guests, key=lambda g: (g.from_on, g.until_on, g.analyst_id))))
