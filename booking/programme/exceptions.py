"""Single dates of a programme file: skips, exceptions, changes from a date on, extra dates, guests."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from booking.domain import numbers
from booking.domain.planning.adjustments import Extra
from booking.domain.planning.words.statement import Named, SourcePlace, StatedException, StatedGuest, StatedTurn
from booking.domain.recurrence import Rule
from booking.programme import words
from booking.programme.nodes import Fields, Items, Text, Value

T = TypeVar("T")
EXCEPTION_FIELDS = (
    *("on", "module", "to", "time", "cancel", "postpone", "keep", "usual"),
    *("title", "meeting_url", "analysts", "recording", "slides"),
)
#: Names of fields that older files use, and the names of today.
FORMER_NAMES = {"push": "postpone", "room": "meeting_url"}
CHANGE_FIELDS = ("from", "every", "repeat", "time", "title", "analysts")
EXTRA_FIELDS = ("on", "time", "title")
GUEST_FIELDS = ("analyst", "on", "from", "until")
_PUSH = re.compile(r"(?:(?P<one>a|one|1)\s+week|(?P<weeks>\d{1,2})\s+weeks?)")


class FieldReader(Protocol):
    """The part of `files` that is lent here: how fields are read and mistakes named."""

    def wrong(self, place: SourcePlace, message: str) -> None: ...
    def unknown(self, fields: Fields, known: tuple[str, ...]) -> None: ...
    def text(self, fields: Fields, word: str, convert: Callable[[str], T]) -> T | None: ...
    def items(self, fields: Fields, word: str) -> list[Text]: ...
    def analysts(self, fields: Fields) -> tuple[Named, ...]: ...


def read(reader: FieldReader, series: Fields, rule: Rule | None) -> dict[str, Any]:
    """The fields of a Statement that are about single dates; mistakes go to the reader."""
    skipped = [_skip(reader, text) for text in reader.items(series, "skip")]
    listed = [_exception(reader, entry) for entry in _entries(reader, series, "exceptions", EXCEPTION_FIELDS)]
    found = [one for one in (*skipped, *listed) if one is not None]
    _twice(reader, found)
    return {
        "exceptions": tuple(found),
        "turns": _all(_turn(reader, entry) for entry in _entries(reader, series, "changes", CHANGE_FIELDS)),
        "extras": _all(_extra(reader, entry, rule) for entry in _entries(reader, series, "extra", EXTRA_FIELDS)),
        "guests": tuple(
            guest for entry in _entries(reader, series, "guests", GUEST_FIELDS) for guest in _guests(reader, entry)
        ),
    }


def _all(values: Any) -> tuple[Any, ...]:
    return tuple(value for value in values if value is not None)


def _entries(reader: FieldReader, series: Fields, word: str, known: tuple[str, ...]) -> list[Fields]:
    value = series.values.get(word)
    if value is None:
        return []
    entries: tuple[Value, ...] = value.values if isinstance(value, Items) else ()
    if not isinstance(value, Items):
        reader.wrong(series.places[word], f"{word!r} must be a list, each entry on a line that begins with a dash")
    found = []
    for entry in entries:
        if isinstance(entry, Fields):
            named = _with_names_of_today(entry)
            reader.unknown(named, known)
            found.append(named)
        else:
            reader.wrong(entry.place, f"an entry of {word!r} must have fields: {', '.join(known)}")
    return found


def _with_names_of_today(entry: Fields) -> Fields:
    """The same fields; a former name counts as today's unless that one stands there too."""
    today = {word: FORMER_NAMES.get(word, word) for word in entry.values}
    today = {word: word if name != word and name in entry.values else name for word, name in today.items()}
    values = {today[word]: value for word, value in entry.values.items()}
    return Fields(values, {today[word]: place for word, place in entry.places.items()}, entry.place)


def _twice(reader: FieldReader, found: list[StatedException]) -> None:
    seen: dict[object, StatedException] = {}
    for one in found:
        name = one.module if one.module is not None else one.on
        if name in seen:
            reader.wrong(one.place, f"{name} is here twice; the first is in line {seen[name].place.line}")
        seen.setdefault(name, one)


def _skip(reader: FieldReader, text: Text) -> StatedException | None:
    try:
        return StatedException(text.place, on=words.day(text.value), is_skipped=True)
    except ValueError as error:
        reader.wrong(text.place, str(error))
        return None


def _exception(reader: FieldReader, entry: Fields) -> StatedException | None:
    if ("on" in entry.values) == ("module" in entry.values):
        reader.wrong(entry.place, "an exception needs either `on:` (its date) or `module:`")
        return None
    said = set(entry.values) & (set(EXCEPTION_FIELDS) - {"on", "module"})
    if not said:
        reader.wrong(entry.place, "say what differs: to, time, cancel, postpone, keep, title …")
        return None
    alone = said & {"cancel", "postpone", "keep", "usual"}
    if len(alone) > 1 or (alone and said & {"to", "time"}):
        reader.wrong(entry.place, f"use only one of these: {', '.join(sorted(said))}")
        return None
    return StatedException(
        entry.place,
        on=reader.text(entry, "on", words.day),
        module=reader.text(entry, "module", _number),
        moved_to=reader.text(entry, "to", words.day),
        hours=reader.text(entry, "time", words.times),
        cancelled=reader.text(entry, "cancel", _reason),
        title=reader.text(entry, "title", _line),
        meeting_url=reader.text(entry, "meeting_url", _link),
        analysts=reader.analysts(entry) if "analysts" in entry.values else None,
        recording_url=reader.text(entry, "recording", _link),
        slides_url=reader.text(entry, "slides", _link),
        postpone_weeks=reader.text(entry, "postpone", _weeks) or 0,
        is_kept=reader.text(entry, "keep", _yes) or False,
        is_usual=reader.text(entry, "usual", _yes) or False,
    )


def _turn(reader: FieldReader, entry: Fields) -> StatedTurn | None:
    from_on = reader.text(entry, "from", words.day)
    if "from" not in entry.values:
        reader.wrong(entry.place, "a change needs `from:`, its first date")
    elif len(entry.values) == 1:
        reader.wrong(entry.place, "say what changes from then on: every, time, title or analysts")
    if from_on is None:
        return None
    analysts = reader.analysts(entry) if "analysts" in entry.values else None
    return StatedTurn(
        entry.place,
        from_on,
        reader.text(entry, "every", words.rrule) or reader.text(entry, "repeat", words.recurrence_rule),
        reader.text(entry, "time", words.times),
        reader.text(entry, "title", _line),
        analysts,
    )


def _extra(reader: FieldReader, entry: Fields, rule: Rule | None) -> Extra | None:
    on = reader.text(entry, "on", words.day)
    if "on" not in entry.values:
        reader.wrong(entry.place, "an extra date needs `on:`, its day")
    hours = reader.text(entry, "time", words.times) or ((rule.start_wall, rule.end_wall) if rule else None)
    title = reader.text(entry, "title", _line)
    return Extra(on, *hours, title) if on is not None and hours is not None else None


def _guests(reader: FieldReader, entry: Fields) -> list[StatedGuest]:
    named = (
        reader.analysts(Fields({"analysts": entry.values["analyst"]}, {"analysts": entry.place}, entry.place))
        if ("analyst" in entry.values)
        else ()
    )
    if not named:
        if "analyst" not in entry.values:
            reader.wrong(entry.place, "a guest needs `analyst:`, an email address")
        return []
    days: list[tuple[date, date]] = []
    for text in reader.items(entry, "on"):
        try:
            days.append((words.day(text.value), words.day(text.value)))
        except ValueError as error:
            reader.wrong(text.place, str(error))
    first, last = reader.text(entry, "from", words.day), reader.text(entry, "until", words.day)
    if first and last:
        if last < first:
            reader.wrong(entry.places["until"], f"it ends on {last}, before it begins on {first}")
        days.append((first, last))
    elif "from" in entry.values or "until" in entry.values or not days:
        reader.wrong(entry.place, "a guest needs dates: `on:`, or `from:` and `until:`")
    return [StatedGuest(one, *span) for one in named for span in days]


def _number(text: str) -> int:
    number = numbers.whole(text)
    if number is None or not 1 <= number <= 999:
        raise ValueError(f"{text[:80]!r} isn't a module number")
    return number


def _weeks(text: str) -> int:
    match = _PUSH.fullmatch(text.lower())
    weeks = int(match["weeks"] or 1) if match else 0
    if not 1 <= weeks <= 52:
        raise ValueError(f"{text!r}: write 1 week, or 2 weeks")
    return weeks


def _yes(text: str) -> bool:
    if text != "yes":
        raise ValueError(f"{text!r}: write yes, or leave the line out")
    return True


def _reason(text: str) -> str:
    if len(text) > 500:
        raise ValueError("a reason can have at most 500 characters")
    return text


def _line(text: str) -> str:
    if len(text) > 200:
        raise ValueError("a title can have at most 200 characters")
    return text


def _link(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"https", "http"} or not parts.netloc or len(text) > 2000 or not text.isprintable():
        raise ValueError(f"{text[:60]!r} isn't a web address: it must begin with https://")
    return text
