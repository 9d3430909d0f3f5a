"""Two changes whose emails have not left are one email; nothing that its reader has to know is lost in it."""

from __future__ import annotations

import pytest

from booking.domain.enums.planning import LineKind
from booking.domain.planning import updates
from booking.domain.planning.updates import Line

TEN, TWO = "2023-12-04T00:00:00+00:00", "2023-12-04T04:00:00+00:00"


def line(what: str, starts_at: str = TWO) -> Line:
    """What happened to one booking that its member knows at ten, with Ada."""
    return {
        "what": what,
        "booking": "1",
        "starts_at": starts_at,
        "minutes": 15,
        "analyst": "Ada",
        "was_at": TEN,
        "was_minutes": 15,
        "was_with": "Ada",
        "differs": [],
    }


@pytest.mark.parametrize("before", [None, LineKind.MOVED, LineKind.UNCOVERED, LineKind.CHANGES])
@pytest.mark.parametrize("after", [(), (LineKind.CHANGES,), (LineKind.CHANGES, LineKind.CHANGES)])
def test_a_cancelled_booking_is_told_whatever_came_before_and_after(before: str | None, after: tuple[str, ...]) -> None:
    lines = [] if before is None else [line(before)]
    for what in (LineKind.CANCELLED, *after):
        lines = updates.merged(lines, [line(what)])
    [told] = lines
    assert told["what"] == LineKind.CANCELLED


@pytest.mark.parametrize("first", [LineKind.MOVED, LineKind.UNCOVERED])
@pytest.mark.parametrize("second", [LineKind.MOVED, LineKind.UNCOVERED, LineKind.CHANGES])
def test_a_move_and_cover_are_told_whatever_comes_after(first: str, second: str) -> None:
    assert updates.merged([line(first)], [line(second)]) != []


def test_a_move_and_back_again_is_nothing_to_tell() -> None:
    assert updates.merged([line(LineKind.MOVED)], [line(LineKind.MOVED, TEN)]) == []
