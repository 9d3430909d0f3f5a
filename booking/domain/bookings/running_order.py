"""The running order with one analyst, and how late those who come next will begin: reckoned, never typed.

A visit begins with Start. It ends with the first of five: its member is marked as came or as no-show, the next Start,
the entry of a member who comes later, the end of the analyst's hours. No lateness is shown once those hours are over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.domain.bookings.join_links import JoinLink

#: Less than this is not worth saying.
NOTICEABLE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One booking in an analyst's hours. `began_at`: when its Start was pressed, None before; all UTC.

    `entered_at`: when its member last went in by the join link. `is_marked`: as came or as no-show.
    """

    id: int
    starts_at: datetime
    ends_at: datetime
    began_at: datetime | None = None
    entered_at: datetime | None = None
    is_marked: bool = False

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn that has begun, and since when; UTC."""

    turn: QueueEntry
    since: datetime

    @property
    def due_at(self) -> datetime:
        """Returns when it would be over, as long as was booked."""
        return self.since + self.turn.length

    def ends_at(self, closes_at: datetime) -> datetime:
        """Returns when it is over at the latest: with the hours; let in after them, when what was booked is used up."""
        return closes_at if self.since < closes_at else self.due_at


def latest(turns: Iterable[QueueEntry]) -> Begun | None:
    """The visit that began last, ended or not; None where nobody pressed Start.

    Start always begins one. After a Start, so does the entry of a member who comes later than whoever is in.
    """
    ordered = sorted(turns, key=lambda turn: turn.starts_at)
    begun = [Begun(turn, turn.began_at) for turn in ordered if turn.began_at is not None]
    found = max(begun, key=lambda visit: (visit.since, visit.turn.starts_at), default=None)
    entries = [Begun(turn, turn.entered_at) for turn in ordered if turn.entered_at is not None]
    for entry in sorted(entries, key=lambda visit: visit.since):
        if found is not None and entry.since > found.since and entry.turn.starts_at > found.turn.starts_at:
            found = entry
    return found


def current(turns: Iterable[QueueEntry], closes_at: datetime, now: datetime) -> Begun | None:
    """The visit that is under way at `now`; `closes_at` is the end of the analyst's hours."""
    found = latest(turns)
    if found is None or found.turn.is_marked or now >= found.ends_at(closes_at):
        return None
    return found


def expected(turns: Iterable[QueueEntry], closes_at: datetime, now: datetime) -> dict[int, datetime]:
    """Returns when each turn after the visit under way is expected to begin, by its id; empty without one, and after
    the hours.

    A visit whose time is used up and that has not ended is taken to run on until `now`. Whoever is marked already
    needs no time.
    """
    ordered = sorted(turns, key=lambda turn: turn.starts_at)
    running = current(ordered, closes_at, now)
    if running is None or now >= closes_at:
        return {}
    free_at = max(running.due_at, now)
    found = {}
    for turn in ordered:
        if turn.starts_at > running.turn.starts_at and not turn.is_marked:
            found[turn.id] = max(turn.starts_at, free_at)
            free_at = found[turn.id] + turn.length
    return found


def late(turn: QueueEntry, expected_at: datetime | None) -> int:
    """By how many whole minutes it will begin late; 0 where that is not worth saying."""
    by = (expected_at or turn.starts_at) - turn.starts_at
    return by // timedelta(minutes=1) if by >= NOTICEABLE else 0


def join_link(
    turn: QueueEntry, turns: Iterable[QueueEntry], opens_at: datetime, closes_at: datetime, busy_until: datetime | None
) -> JoinLink:
    """The turn's join link as the visits have it: open for whoever is in, closed for those who were.

    `opens_at` and `busy_until` hold while nobody has begun; `closes_at` is the end of the analyst's hours. For later
    members it stays closed while the one who is in has time left. Somebody marked keeps it closed for them only
    until the end of their slot: a mark says who came, and may be made while they are still there.
    """
    last = latest(turns)
    if last is None:
        return JoinLink(opens_at, turn.ends_at, busy_until=busy_until)
    if last.turn.id == turn.id:
        return JoinLink(min(opens_at, last.since), max(turn.ends_at, last.due_at, closes_at))
    if turn.starts_at < last.turn.starts_at or turn.began_at is not None:
        return JoinLink(opens_at, min(turn.ends_at, last.since))
    held_until = opens_at if last.turn.is_marked else last.due_at
    return JoinLink(opens_at, max(turn.ends_at, closes_at), busy_until=max(held_until, busy_until or opens_at))
