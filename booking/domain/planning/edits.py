"""What a coordinator asks for on a page, as a changed definition; each has its scope in its name.

`on` is the date of the rule that an occurrence stands for, `key` its name. Nothing here knows what is stored
beyond the definition: what comes of an edit, the plan shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time
from typing import Any

from booking.domain.planning.adjustments import DateException, Definition, Extra, Guest, Moved
from booking.domain.recurrence import RuleChange


def _with_terms(asked: Definition, **values: object) -> Definition:
    return replace(asked, terms=replace(asked.terms, **values))  # type: ignore[arg-type]


def one(asked: Definition, key: str, **values: object) -> Definition:
    """This one only: the fields of Exceptional that differ."""
    had = asked.terms.exceptions.get(key, DateException())
    exception = replace(had, **values)  # type: ignore[arg-type]
    exceptions = {k: v for k, v in asked.terms.exceptions.items() if k != key}
    if exception != DateException():
        exceptions[key] = exception
    return _with_terms(asked, exceptions=exceptions)


def usual(asked: Definition, key: str, on: date | None) -> Definition:
    """This one as the series is: its exception, its skip and its answer for a holiday are taken back."""
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
    """Put this one and those after it off: the dates of those weeks are left out, and the end moves as far."""
    return _with_terms(asked, postponements=asked.terms.postponements | {(on, weeks)})


def move(asked: Definition, key: str, on: date, hours: tuple[time, time]) -> Definition:
    """This one to a date and hours of the series' zone."""
    return one(asked, key, moved=Moved(on, *hours), cancelled=None)


def later(asked: Definition, turn: RuleChange) -> Definition:
    """This and later: what the turn says holds from its date on, whatever an earlier turn of a later date said.

    Fields that the turn leaves alone stay as the later turns have them.
    """
    stated = {
        name
        for name in ("rrule", "start_wall", "end_wall", "title", "meeting_url", "analysts")
        if getattr(turn, name) is not None
    }
    before = [t for t in asked.rule.turns if t.from_on < turn.from_on]
    same = next((t for t in asked.rule.turns if t.from_on == turn.from_on), RuleChange(turn.from_on))
    merged = _changed(same, {name: getattr(turn, name) for name in stated})
    after = [_changed(t, dict.fromkeys(stated)) for t in asked.rule.turns if t.from_on > turn.from_on]
    turns = [*before, merged, *after]
    return replace(asked, rule=replace(asked.rule, turns=tuple(t for t in turns if t != RuleChange(t.from_on))))


def _changed(turn: RuleChange, values: dict[str, Any]) -> RuleChange:
    return replace(turn, **values)


def end(asked: Definition, last_on: date) -> Definition:
    """The last day of the series; the dates after it go."""
    return _with_terms(asked, ends_on=last_on)


def withdraw(asked: Definition, today: date) -> Definition:
    """Nothing of the series takes place any more: it ends today, and its modules to come are cancelled."""
    ended = end(asked, today)
    for number in range(1, len(asked.rule.modules) + 1):
        ended = one(ended, str(number), cancelled="")
    return ended


def extra(asked: Definition, more: Extra) -> Definition:
    """One more date."""
    others = [e for e in asked.terms.extras if e.key != more.key]
    return _with_terms(asked, extras=tuple(sorted([*others, more], key=lambda e: e.key)))


def guest(asked: Definition, more: Iterable[Guest]) -> Definition:
    """Analysts with dates of their own, besides the regular ones."""
    guests = {*asked.terms.guests, *more}
    return _with_terms(asked, guests=tuple(sorted(guests, key=lambda g: (g.from_on, g.until_on, g.analyst_id))))
