"""The form of a series as texts: filled from what is stored, read from what was sent, compared when both changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from werkzeug.datastructures import MultiDict

from booking.domain.enums.planning import Repeats
from booking.domain.planning.series_edits import SeriesFields
from booking.domain.planning.words import rule_words
from booking.programme import words

#: The fields of the form by name; those of several values apart.
SINGLE = ("title", "summary", "repeats", "start", "end", "url", "starts", "ends", "modules", "on_holiday", "since")
SEVERAL = ("day", "week", "analyst", "slot")
#: What a field is called where two versions stand side by side.
LABELS = {
    "title": "Title",
    "summary": "Description",
    "repeats": "How often",
    "day": "Days",
    "week": "Weeks of the month",
    "start": "Start",
    "end": "End",
    "url": "Meeting link",
    "analyst": "Analysts",
    "slot": "Slot lengths",
    "starts": "First day",
    "ends": "Last day",
    "modules": "Modules",
    "on_holiday": "Public holidays",
}
Values = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AnalystOption:
    """Somebody who can be chosen; `id` is internal, `public_id` what the form sends."""

    id: int
    public_id: str
    name: str


def sent(form: MultiDict[str, str]) -> Values:
    """The values as they were sent, written as stored ones are: hours as 13:00, one module a line."""
    found: Values = {}
    for name in SINGLE:
        found[name] = (form.get(name, "").replace("\r\n", "\n").strip(),)
    for name in SEVERAL:
        found[name] = tuple(dict.fromkeys(value for value in form.getlist(name) if value))
    for name in ("start", "end"):
        found[name] = (_clock(found[name][0]),)
    found["modules"] = ("\n".join(line.strip() for line in found["modules"][0].splitlines() if line.strip()),)
    return found


def _clock(text: str) -> str:
    try:
        return f"{words.clock(text):%H:%M}"
    except ValueError:
        return text


def of_fields(asked: SeriesFields, analysts: Sequence[AnalystOption], lengths: Sequence[int]) -> Values:
    """The values of a series; `lengths` are those that its policy offers, which an own list narrows."""
    said = rule_words.choice(asked.rrule)
    known = {one.id: one.public_id for one in analysts}
    return {
        "title": (asked.title,),
        "summary": (shown_summary(asked.summary),),
        "repeats": (said.repeats,),
        "day": tuple(map(str, said.days)),
        "week": tuple(map(str, said.weeks)),
        "start": (f"{asked.start_wall:%H:%M}",),
        "end": (f"{asked.end_wall:%H:%M}",),
        "url": (asked.meeting_url,),
        "analyst": tuple(known[one] for one in asked.analysts if one in known),
        "slot": tuple(map(str, asked.slot_minutes or lengths)),
        "starts": (asked.starts_on.isoformat(),),
        "ends": (asked.ends_on.isoformat() if asked.ends_on else "",),
        "modules": ("\n".join(asked.modules),),
        "on_holiday": (asked.on_holiday,),
        "since": ("",),
    }


def shown_summary(text: str) -> str:
    """A description as a form sends it back."""
    return text.replace("\r\n", "\n").strip()


def blank() -> Values:
    """The values of a new form."""
    return {
        **dict.fromkeys(SINGLE, ("",)),
        **dict.fromkeys(SEVERAL, ()),
        "repeats": (Repeats.WEEKLY,),
    }


def written(values: Values) -> str:
    """The values in one field of the form, to tell later what it was opened with."""
    return json.dumps({name: list(values[name]) for name in (*SINGLE, *SEVERAL)}, ensure_ascii=False)


def opened(text: str, stored: Values) -> Values:
    """What the form was opened with; the stored values where that cannot be read."""
    try:
        found = json.loads(text)
        values = {name: tuple(map(str, found[name])) for name in (*SINGLE, *SEVERAL)}
    except (ValueError, TypeError, KeyError):
        return stored
    single = all(len(values[name]) == 1 for name in SINGLE)
    return values if single else stored


@dataclass(frozen=True, slots=True)
class Merged:
    """What was typed on top of what is stored now: only what was changed in the form counts.

    `conflicts` are fields that somebody else has changed differently meanwhile, `theirs` those that only they changed.
    """

    values: Values
    conflicts: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()


def merged(before: Mapping[str, tuple[str, ...]], typed: Values, stored: Values) -> Merged:
    """Merge the three versions, field by field."""
    values, conflicts, theirs = dict(typed), [], []
    for name in typed:
        if typed[name] == before[name]:
            values[name] = stored[name]
            if stored[name] != before[name]:
                theirs.append(name)
        elif stored[name] not in (before[name], typed[name]):
            conflicts.append(name)
    return Merged(values, tuple(conflicts), tuple(theirs))


def clock_of(text: str) -> time | None:
    """The time of one field; None for what is none."""
    try:
        return words.clock(text)
    except ValueError:
        return None
