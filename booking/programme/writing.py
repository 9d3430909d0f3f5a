"""Definitions to a programme file that means the same: for export, and for a month rolled into another."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, time

from booking.domain import zones
from booking.domain.planning.adjustments import DateException, Definition
from booking.domain.recurrence import Rule, RuleChange
from booking.programme import words

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ,&()’'/?!.\-–]*[A-Za-z0-9)?!.]")
_WORDS = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}
_DAYS = {code: names[0].capitalize() for code, names in words.WEEKDAYS.items()}
_ORDINALS = {str(number): word for word, number in words.ORDINALS.items()}


def text(value: str) -> str:
    """One scalar that reads back as the same text."""
    if _PLAIN.fullmatch(value) and value.casefold() not in _WORDS and ": " not in value and " #" not in value:
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())


def clock(value: time) -> str:
    """`1 pm`, `1:30 pm`, `12:15 am`."""
    half = "am" if value.hour < 12 else "pm"
    minutes = f":{value:%M}" if value.minute else ""
    return f"{value.hour % 12 or 12}{minutes} {half}"


def hours(start: time, end: time) -> str:
    """`1 pm – 2 pm`."""
    return f"{clock(start)} – {clock(end)}"


def every(rrule: str) -> str | None:
    """`Monday and Tuesday`, `first and third Monday of the month`; None for a rule that only an RRULE says."""
    weekly = re.fullmatch(r"FREQ=WEEKLY;BYDAY=((?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*)", rrule)
    if weekly:
        return _and([_DAYS[day] for day in weekly[1].split(",")])
    monthly = re.fullmatch(r"FREQ=MONTHLY;BYDAY=((?:-1|[1-4])(?:[A-Z]{2})(?:,(?:-1|[1-4])[A-Z]{2})*)", rrule)
    if monthly and len({part[-2:] for part in monthly[1].split(",")}) == 1:
        parts = monthly[1].split(",")
        return f"{_and([_ORDINALS[part[:-2]] for part in parts])} {_DAYS[parts[0][-2:]]} of the month"
    return None


def _and(found: Sequence[str]) -> str:
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


def zone_name(zone: str) -> str:
    """The word that the file's readers use: AEST where it is Brisbane's clock, else the IANA name."""
    return "AEST" if zone == zones.ABBREVIATIONS["AEST"] else zone


def file_of(
    definitions: Sequence[Definition], emails: Mapping[int, str], ons: Mapping[tuple[str, str], date], *, head: str = ""
) -> str:
    """A programme file that states these series. `ons` says on which date the occurrence (slug, key) stands.

    Rooms are left out: they are kept in the store only.
    """
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    lines += ["", "series:"] if lines else ["series:"]
    for asked in definitions:
        lines += ["", *_series(asked, emails, ons)]
    return "\n".join(lines) + "\n"


def _series(asked: Definition, emails: Mapping[int, str], ons: Mapping[tuple[str, str], date]) -> list[str]:
    rule, terms = asked.rule, asked.terms
    found = [f"  {asked.slug}:", f"    kind: {text(asked.kind)}", f"    title: {text(asked.title)}"]
    found += _rule(rule)
    found.append(f"    from: {rule.starts_on}")
    if rule.ends_on is not None:
        found.append(f"    until: {rule.ends_on}")
    if terms.ends_on is not None:
        found.append(f"    ends: {terms.ends_on}")
    found.append(f"    zone: {zone_name(rule.zone)}")
    if terms.was:
        found.append(f"    was: {terms.was[-1]}")
    if terms.on_holiday:
        found.append(f"    on_holiday: {terms.on_holiday}")
    if asked.summary:
        found.append(f"    summary: {text(asked.summary)}")
    if asked.slot_minutes:
        found.append(f"    slots: [{', '.join(map(str, asked.slot_minutes))}]")
    found += _list("modules", [text(title) for title in rule.modules])
    found += _list("analysts", [text(emails[a]) for a in asked.analysts if a in emails])
    found += _list("skip", [str(day) for day in sorted(terms.skips)])
    found += _entries("changes", [_turn(turn, emails) for turn in rule.turns])
    found += _entries("exceptions", _exceptions(asked, emails, ons))
    extras = [
        {"on": str(e.on), "time": hours(e.start_wall, e.end_wall), **({"title": text(e.title)} if e.title else {})}
        for e in terms.extras
    ]
    found += _entries("extra", extras)
    guests = [
        {"analyst": text(emails[g.analyst_id]), "from": str(g.from_on), "until": str(g.until_on)}
        for g in terms.guests
        if g.analyst_id in emails
    ]
    return found + _entries("guests", guests)


def _rule(rule: Rule) -> list[str]:
    said = every(rule.rrule)
    first = f"    every: {said}" if said else f"    repeat: {text(rule.rrule)}"
    return [first, f"    time: {hours(rule.start_wall, rule.end_wall)}"]


def _list(word: str, values: Sequence[str]) -> list[str]:
    return [f"    {word}:", *(f"      - {value}" for value in values)] if values else []


def _entries(word: str, entries: Sequence[Mapping[str, str]]) -> list[str]:
    found = [f"    {word}:"] if entries else []
    for entry in entries:
        for n, (name, value) in enumerate(entry.items()):
            found.append(f"      {'- ' if n == 0 else '  '}{name}: {value}")
    return found


def _turn(turn: RuleChange, emails: Mapping[int, str]) -> dict[str, str]:
    found = {"from": str(turn.from_on)}
    if turn.rrule is not None:
        said = every(turn.rrule)
        found |= {"every": said} if said else {"repeat": text(turn.rrule)}
    if turn.start_wall is not None or turn.end_wall is not None:
        start, end = turn.start_wall or time(), turn.end_wall or time()
        found["time"] = hours(start, end)
    if turn.title is not None:
        found["title"] = text(turn.title)
    if turn.analysts is not None:
        found["analysts"] = f"[{', '.join(text(emails[a]) for a in turn.analysts if a in emails)}]"
    return found


def _exceptions(
    asked: Definition, emails: Mapping[int, str], ons: Mapping[tuple[str, str], date]
) -> list[dict[str, str]]:
    found = [
        {"on": str(on), "postpone": "1 week" if weeks == 1 else f"{weeks} weeks"}
        for on, weeks in sorted(asked.terms.postponements)
    ]
    found += [{"on": str(day), "keep": "yes"} for day in sorted(asked.terms.keeps)]
    for key, exception in sorted(asked.terms.exceptions.items()):
        said = _exception(exception, emails)
        if said:
            found.append({**_name(asked, key, ons), **said})
    return found


def _name(asked: Definition, key: str, ons: Mapping[tuple[str, str], date]) -> dict[str, str]:
    if asked.rule.modules and key.isdecimal():
        return {"module": key}
    on = ons.get((asked.slug, key))
    return {"on": str(on) if on is not None else key.lstrip("+").partition("T")[0].rstrip("~")}


def _exception(exception: DateException, emails: Mapping[int, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if exception.moved is not None:
        found["to"] = str(exception.moved.on)
        found["time"] = hours(exception.moved.start_wall, exception.moved.end_wall)
    if exception.cancelled is not None:
        found["cancel"] = text(exception.cancelled) if exception.cancelled else '""'
    for name, value in (
        ("title", exception.title),
        ("recording", exception.recording_url),
        ("slides", exception.slides_url),
    ):
        if value:
            found[name] = text(value)
    if exception.analysts is not None:
        found["analysts"] = f"[{', '.join(text(emails[a]) for a in exception.analysts if a in emails)}]"
    return found
