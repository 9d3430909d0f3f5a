"""A series' terms and turns as the JSON of its row, and back. The one place that knows both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from booking.domain.planning.adjustments import Adjustments, DateException, Definition, Extra, Guest, Moved
from booking.domain.recurrence import Rule, RuleChange


def to_json(terms: Adjustments, turns: tuple[RuleChange, ...]) -> dict[str, Any]:
    """Only what is there; an empty mapping for a series that has its rule and nothing else."""
    found: dict[str, Any] = {
        "turns": [_turn(turn) for turn in turns],
        "skips": {day.isoformat(): why for day, why in sorted(terms.skips.items())},
        "keeps": [day.isoformat() for day in sorted(terms.keeps)],
        "postponements": [[day.isoformat(), weeks] for day, weeks in sorted(terms.postponements)],
        "exceptions": {key: _exception(value) for key, value in sorted(terms.exceptions.items())},
        "extras": [[e.on.isoformat(), _clock(e.start_wall), _clock(e.end_wall), e.title] for e in terms.extras],
        "guests": [[g.analyst_id, g.from_on.isoformat(), g.until_on.isoformat()] for g in terms.guests],
        "on_holiday": terms.on_holiday,
        "ends_on": terms.ends_on.isoformat() if terms.ends_on else None,
        "was": list(terms.was),
    }
    return {name: value for name, value in found.items() if value}


def from_json(found: dict[str, Any]) -> tuple[Adjustments, tuple[RuleChange, ...]]:
    """Read what `to_json` wrote."""
    if not found:
        return _NOTHING
    ends_on = found.get("ends_on")
    terms = Adjustments(
        skips={date.fromisoformat(day): why for day, why in found.get("skips", {}).items()},
        keeps=frozenset(date.fromisoformat(day) for day in found.get("keeps", ())),
        postponements=frozenset((date.fromisoformat(day), weeks) for day, weeks in found.get("postponements", ())),
        exceptions={key: _exceptional(value) for key, value in found.get("exceptions", {}).items()},
        extras=tuple(
            Extra(date.fromisoformat(on), time.fromisoformat(start), time.fromisoformat(end), title)
            for on, start, end, title in found.get("extras", ())
        ),
        guests=tuple(
            Guest(analyst_id, date.fromisoformat(first), date.fromisoformat(last))
            for analyst_id, first, last in found.get("guests", ())
        ),
        on_holiday=found.get("on_holiday", ""),
        ends_on=date.fromisoformat(ends_on) if ends_on else None,
        was=tuple(found.get("was", ())),
    )
    return terms, tuple(_turned(turn) for turn in found.get("turns", ()))


_NOTHING: tuple[Adjustments, tuple[RuleChange, ...]] = (Adjustments(), ())


def _clock(clock: time) -> str:
    return clock.strftime("%H:%M")


def _turn(turn: RuleChange) -> dict[str, Any]:
    found = {
        "from_on": turn.from_on.isoformat(),
        "rrule": turn.rrule,
        "start_wall": _clock(turn.start_wall) if turn.start_wall else None,
        "end_wall": _clock(turn.end_wall) if turn.end_wall else None,
        "title": turn.title,
        "meeting_url": turn.meeting_url,
        "analysts": list(turn.analysts) if turn.analysts is not None else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _turned(found: dict[str, Any]) -> RuleChange:
    start, end, analysts = found.get("start_wall"), found.get("end_wall"), found.get("analysts")
    return RuleChange(
        date.fromisoformat(found["from_on"]),
        found.get("rrule"),
        time.fromisoformat(start) if start else None,
        time.fromisoformat(end) if end else None,
        found.get("title"),
        found.get("meeting_url"),
        tuple(analysts) if analysts is not None else None,
    )


_TEXTS = ("cancelled", "title", "meeting_url", "recording_url", "slides_url")


def _exception(exception: DateException) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(exception, name) for name in _TEXTS}
    if exception.moved is not None:
        moved = exception.moved
        found["moved"] = [moved.on.isoformat(), _clock(moved.start_wall), _clock(moved.end_wall)]
    if exception.analysts is not None:
        found["analysts"] = list(exception.analysts)
    return {name: value for name, value in found.items() if value is not None}


def _exceptional(found: dict[str, Any]) -> DateException:
    moved, analysts = found.get("moved"), found.get("analysts")
    return DateException(
        moved=Moved(date.fromisoformat(moved[0]), time.fromisoformat(moved[1]), time.fromisoformat(moved[2]))
        if moved
        else None,
        analysts=tuple(analysts) if analysts is not None else None,
        **{name: found.get(name) for name in _TEXTS},
    )


def definition(
    series_id: int, row: Mapping[str, Any], modules: tuple[str, ...], analysts: tuple[int, ...]
) -> Definition:
    """A series' row with its modules and analysts as a value."""
    terms, turns = from_json(row["terms"] or {})
    days = (row["rrule"], row["starts_on"], row["start_wall"], row["end_wall"], row["zone"], row["ends_on"])
    lengths = tuple(int(length) for length in row["slot_minutes"].split(",")) if row["slot_minutes"] else ()
    words = (row["slug"], row["kind"], row["title"], row["summary"])
    return Definition(*words, Rule(*days, modules, turns), lengths, analysts, terms, series_id, row["meeting_url"])
