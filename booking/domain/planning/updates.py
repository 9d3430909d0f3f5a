"""The lines of one email about a change: one for each of a person's bookings, dates and series that it touches.

A line is a dict of JSON values. `what` says what happened: moved, cancelled, uncovered or changes to a booking;
appears, moves, changes, goes or returns to another date; renamed to a series. `was_at` and `differs` say what the
person knew before. Two changes whose emails have not been sent yet are merged: the state before the first of them is
compared with the state after the last, and differences that cancel each other out are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from booking.domain.enums.emails import EmailName
from booking.domain.enums.planning import BookingFate, DifferenceKind, LineKind

Line = dict[str, Any]
SEVERAL = EmailName.PROGRAMME_CHANGED
#: What a line of an email queued before lines had names is, by the name of the email.
_WHAT_OF = {
    EmailName.MOVED_BY_US: LineKind.MOVED,
    EmailName.CANCELLED_BY_US: LineKind.CANCELLED,
    EmailName.COVER_OFFER: LineKind.UNCOVERED,
    EmailName.COVER_SOUGHT: LineKind.UNCOVERED,
    EmailName.COVER_NOBODY: LineKind.UNCOVERED,
}
#: What the person knew before, in the line of a booking.
_WAS = ("was_at", "was_minutes", "was_with")
#: What a line says of a booking, by what becomes of it.
WHAT_OF_OUTCOME = {
    BookingFate.MOVED: LineKind.MOVED,
    BookingFate.HANDED: LineKind.MOVED,
    BookingFate.UNCOVERED: LineKind.UNCOVERED,
    BookingFate.CANCELLED: LineKind.CANCELLED,
}


def key(line: Mapping[str, Any]) -> tuple[str, str]:
    """The kind and the id of the thing that the line is about."""
    for name in ("booking", "occurrence"):
        if name in line:
            return name, line[name]
    return "series", line["series"]


def email_of(lines: Sequence[Line]) -> tuple[EmailName, dict[str, Any]]:
    """The name and the facts of the email that tells these lines, at least one; earliest first."""
    ordered = sorted(lines, key=lambda line: str(line["starts_at"]))
    first = ordered[0]
    if len(ordered) > 1:
        return SEVERAL, {"lines": ordered, "zone": first["zone"], "starts_at": first["starts_at"]}
    if first["what"] == LineKind.MOVED:
        return EmailName.MOVED_BY_US, first
    if first["what"] == LineKind.CANCELLED:
        return EmailName.CANCELLED_BY_US, first
    if first["what"] == LineKind.UNCOVERED:
        name = (
            EmailName.COVER_OFFER
            if "offered_at" in first
            else EmailName.COVER_NOBODY
            if "others" in first
            else EmailName.COVER_SOUGHT
        )
        return name, first
    return SEVERAL, {**first, "lines": [first]}


def lines_of(name: EmailName, facts: Mapping[str, Any]) -> list[Line]:
    """The lines that an email tells."""
    if "lines" in facts:
        return list(facts["lines"])
    return [{"what": _WHAT_OF.get(name, LineKind.CHANGES), **facts}]


def merged(earlier: Iterable[Line], later: Iterable[Line]) -> list[Line]:
    """Merge the lines of two emails, neither of which has been sent."""
    found = {key(line): line for line in earlier}
    for line in later:
        before = found.get(key(line))
        found[key(line)] = line if before is None else _since(before, line)
    return [line for line in found.values() if not _comes_to_nothing(line)]


def _since(before: Line, after: Line) -> Line:
    differs = _differences(before.get("differs", ()), after.get("differs", ()))
    if "booking" in after:
        return _booking_since(before, after, differs)
    if after["what"] == LineKind.RENAMED:
        return {**after, "was_title": before["was_title"], "differs": differs}
    line = {**after, "was_at": before["was_at"], "differs": differs, "what": _what_since(before, after)}
    line["was_ends_at"] = before.get("was_ends_at", after.get("was_ends_at"))
    if line["what"] == LineKind.GOES:
        line["starts_at"] = before["was_at"]  # the time that they know
    return line


def _booking_since(before: Line, after: Line, differs: list[dict[str, str]]) -> Line:
    if before["what"] == LineKind.CANCELLED:
        return before  # it stays cancelled, whatever becomes of its date
    had = {name: before[name] for name in _WAS if name in before}
    was_title = next(
        (one["was"] for one in differs if one["what"] == DifferenceKind.TITLE), before.get("was_title", "")
    )
    line = {**after, **had, "differs": differs, "was_title": was_title}
    if after["what"] == LineKind.CHANGES and before["what"] in {LineKind.MOVED, LineKind.UNCOVERED}:
        line["what"] = before["what"]
        line |= {name: before[name] for name in ("offered_at", "offered_with", "lapses_at", "others") if name in before}
    if after["what"] == LineKind.CANCELLED and "was_at" in had:
        length = timedelta(minutes=int(had.get("was_minutes") or after["minutes"]))
        ends_at = datetime.fromisoformat(had["was_at"]) + length
        line |= {"starts_at": had["was_at"], "ends_at": ends_at.isoformat(), "minutes": length.seconds // 60}
        line["analyst"] = had.get("was_with", after["analyst"])
    return line


def _what_since(before: Line, after: Line) -> str:
    had, has = before["what"], after["what"]
    if had == LineKind.APPEARS:
        return "" if has == LineKind.GOES else LineKind.APPEARS
    if had == LineKind.GOES:
        return LineKind.GOES if has in {LineKind.GOES, LineKind.CHANGES} else LineKind.MOVES
    if had == LineKind.RETURNS:
        return "" if has == LineKind.GOES else LineKind.RETURNS
    return LineKind.MOVES if LineKind.MOVES in {had, has} and has != LineKind.GOES else str(has)


def _differences(before: Iterable[dict[str, str]], after: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    found = {one["what"]: one for one in before}
    for one in after:
        had = found.get(one["what"])
        found[one["what"]] = one if had is None else {**one, "was": had["was"]}
    return [one for one in found.values() if one["was"] != one["now"]]


def _comes_to_nothing(line: Line) -> bool:
    what = line["what"]
    if line.get("differs"):
        return False
    if what == LineKind.RENAMED:
        return bool(line["title"] == line["was_title"])
    if what == LineKind.MOVED:
        now = (line["starts_at"], line["minutes"], line["analyst"])
        return now == (line["was_at"], line["was_minutes"], line["was_with"])
    if what == LineKind.MOVES:
        return (line["starts_at"], line.get("ends_at")) == (line["was_at"], line.get("was_ends_at"))
    return what in {LineKind.CHANGES, ""}
