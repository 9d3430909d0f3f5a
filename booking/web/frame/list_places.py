"""The place in a long list after which its next page begins, as an address carries it."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort

AT = "%Y%m%dT%H%M%S.%f"
MAX_DIGITS = 18  # of a number that a database stores


def written(place: tuple[datetime, int]) -> str:
    """The place for an address: the time by which the list is ordered, and the row's number."""
    return f"{place[0].astimezone(UTC):{AT}}-{place[1]}"


def read(text: str) -> tuple[datetime, int] | None:
    """Returns the place that `written` wrote, None for an empty text; answers 404 for any other."""
    if not text:
        return None
    at, _, number = text.partition("-")
    if not (number.isdecimal() and len(number) <= MAX_DIGITS):
        abort(404)
    try:
        return datetime.strptime(at, AT).replace(tzinfo=UTC), int(number)
    except ValueError:
        abort(404)
