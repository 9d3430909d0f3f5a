"""Words about series and publishes for the coordinator's pages, and the text for the group to copy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from booking.domain import wording
from booking.domain.enums.planning import StepKind
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.words import publish_words
from booking.domain.planning.words.group_text import GroupPostLine, text
from booking.store.programme.changes import Change
from booking.store.programme.programme import Series

_VERBS = {
    StepKind.APPEARS: "added",
    StepKind.MOVES: "moved",
    StepKind.CHANGES: "changed",
    StepKind.GOES: "cancelled",
    StepKind.RETURNS: "back on",
}

_CLOSURES = {"added": "a period closed", "lifted": "a closure lifted"}


def exceptions(definition: Definition) -> list[str]:
    """Returns what applies to a series besides its rule, a line each."""
    terms = definition.terms
    found = [f"{wording.day(turn.from_on)} and later: changed" for turn in definition.rule.turns]
    found += [f"{wording.day(day)}: skipped{f' ({why})' if why else ''}" for day, why in sorted(terms.skips.items())]
    found += [
        f"{wording.day(on)}: postponed by {weeks} {'week' if weeks == 1 else 'weeks'}"
        for on, weeks in terms.postponements
    ]
    found += [f"{wording.day(day)}: held on a public holiday" for day in sorted(terms.keeps)]
    found += [f"{wording.day(extra.on)}: added" for extra in terms.extras]
    for key, exception in sorted(terms.exceptions.items()):
        if exception.cancelled is not None:
            found.append(f"{_named(key)}: cancelled ({exception.cancelled})")
        elif exception.moved is not None:
            found.append(f"{_named(key)}: moved to {wording.day(exception.moved.on)}")
        else:
            found.append(f"{_named(key)}: changed")
    return found


def _named(key: str) -> str:
    """The key of one date in words: "Mon 18 Dec", "Module 3"."""
    try:
        return wording.day(date.fromisoformat(key))
    except ValueError:
        return f"Module {key}" if key.isdecimal() else key


def counted(change: Change) -> str:
    """`3 dates added, 1 date moved`: what a publish came to in one line."""
    lines = change.plan.get("occurrences", [])
    found = []
    for what, verb in _VERBS.items():
        if count := sum(line["what"] == what for line in lines):
            found.append(f"{count} {'date' if count == 1 else 'dates'} {verb}")
    if emailed := len({line.get("member_id", n) for n, line in enumerate(change.plan.get("emails", []))}):
        found.append(f"{publish_words.people(emailed)} emailed")
    closures = change.plan.get("closures", {})
    found += [text for name, text in _CLOSURES.items() if closures.get(name)]
    return ", ".join(found) or "titles, descriptions or analysts"


def text_of(change: Change, series: Mapping[str, Series], address: str) -> str:
    """The text for the group about what a publish made appear, move and go; empty where it is none of these."""
    told = []
    for line in change.plan.get("occurrences", []):
        row = series.get(line["series"])
        when = {"when", "reason"} & set(line["fields"])
        if (
            row is None
            or line["what"] not in {StepKind.APPEARS, StepKind.MOVES, StepKind.GOES, StepKind.RETURNS}
            or (line["fields"] and not when)
        ):
            continue
        after, before = line["after"], line["before"]
        starts_at = datetime.fromisoformat(after["starts_at"])
        moved = line["what"] == StepKind.MOVES and before is not None and before["starts_at"] != after["starts_at"]
        module = next((m.title for m in row.modules if m.number == after["module"]), "")
        told.append(
            GroupPostLine(
                after["title"] or row.title,
                starts_at,
                datetime.fromisoformat(after["ends_at"]),
                row.zone,
                f"{after['module']}. {module}" if module else "",
                datetime.fromisoformat(before["starts_at"]) if moved else None,
                line["what"] == StepKind.GOES,
            )
        )
    return text(told, address) if told else ""
