"""Whose turn it is with one analyst, and how late those who come next will begin: reckoned from Start, never typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.domain.doors import Door

#: Less than this is not worth saying.
NOTICEABLE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Turn:
    """One booking in an analyst's hours; `began_at` is when its Start was pressed, None before. All UTC."""

    id: int
    starts_at: datetime
    ends_at: datetime
    began_at: datetime | None = None

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


def current(turns: Iterable[Turn]) -> Turn | None:
    """Whose Start was pressed last; None where nobody's was."""
    begun = [turn for turn in turns if turn.began_at is not None]
    return max(begun, key=lambda turn: (turn.began_at, turn.starts_at), default=None)


def expected(turns: Iterable[Turn], now: datetime) -> dict[int, datetime]:
    """When each turn that is still to come is expected to begin, by its id; empty before anybody has begun.

    One whose time to end is past and that nobody has followed is taken to run on until `now`.
    """
    ordered = sorted(turns, key=lambda turn: turn.starts_at)
    running = current(ordered)
    if running is None or running.began_at is None:
        return {}
    free_at = max(running.began_at + running.length, now)
    found = {}
    for turn in ordered:
        if turn.starts_at > running.starts_at:
            found[turn.id] = max(turn.starts_at, free_at)
            free_at = found[turn.id] + turn.length
    return found


def late(turn: Turn, expected_at: datetime | None) -> int:
    """By how many whole minutes it will begin late; 0 where that is not worth saying."""
    by = (expected_at or turn.starts_at) - turn.starts_at
    return by // timedelta(minutes=1) if by >= NOTICEABLE else 0


def door(
    turn: Turn, turns: Iterable[Turn], opens_at: datetime, closes_at: datetime, busy_until: datetime | None
) -> Door:
    """The turn's door as Start has it: open for whoever is in, shut for those who were.

    `opens_at` and `busy_until` hold while nobody has begun; `closes_at` is the end of the analyst's hours. For those
    to come it stays shut while the one who is in has time left.
    """
    running = current(turns)
    if running is None or running.began_at is None:
        return Door(opens_at, turn.ends_at, busy_until=busy_until)
    if running.id == turn.id:
        return Door(min(opens_at, running.began_at), max(turn.ends_at, running.began_at + turn.length, closes_at))
    if turn.starts_at < running.starts_at or turn.began_at is not None:
        return Door(opens_at, min(turn.ends_at, running.began_at))
    ends_at = max(turn.ends_at, closes_at)
    return Door(opens_at, ends_at, busy_until=max(running.began_at + running.length, busy_until or opens_at))
