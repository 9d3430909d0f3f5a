"""The board of one clinic: for each analyst what stands in each quarter of the hour, and how they stand now."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from booking.domain.bookings import running_order
from booking.domain.bookings.running_order import QueueEntry
from booking.domain.bookings.slots import QUARTER
from booking.domain.meetings import Appointment, Meeting


class QuarterState(Enum):
    """What stands in a quarter of an analyst's."""

    BOOKED = "booked"
    FREE = "free"
    HELD = "held"
    BLOCKED = "blocked"
    UNUSED = "unused"
    BUSY = "busy"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class BoardVisit:
    """One booking on the board. `in_since`: since when it is under way, None while it is not; `late`: by how many
    minutes it will begin late. `is_uncovered`: its analyst is off.
    """

    public_id: uuid.UUID
    member: str
    starts_at: datetime
    ends_at: datetime
    outcome: str | None
    in_since: datetime | None = None
    late: int = 0
    is_uncovered: bool = False

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class BoardCell:
    """One or several quarters in a row: a booking with its length, anything else one by one."""

    starts_at: datetime
    quarters: int
    state: QuarterState
    visit: BoardVisit | None = None


@dataclass(frozen=True, slots=True)
class BoardAnalyst:
    """One who staffs the clinic, or would if they were not off."""

    id: int
    public_id: uuid.UUID
    name: str
    is_away: bool


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One analyst of the board, with their cells in the order of the clock."""

    analyst: BoardAnalyst
    cells: tuple[BoardCell, ...]

    @property
    def visits(self) -> list[BoardVisit]:
        return [cell.visit for cell in self.cells if cell.visit is not None]

    @property
    def current(self) -> BoardVisit | None:
        """The visit that is under way; None where nobody is in."""
        return next((visit for visit in self.visits if visit.in_since is not None), None)

    @property
    def late(self) -> int:
        """By how many minutes the next one will begin late; 0 where none will."""
        return next((visit.late for visit in self.visits if visit.late), 0)

    @property
    def free(self) -> int:
        """Returns how many quarters can still be booked."""
        return sum(cell.state is QuarterState.FREE for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Board:
    """One clinic of the day. `quarters` are the UTC starts of its rows."""

    meeting: Meeting
    quarters: tuple[datetime, ...]
    columns: tuple[BoardColumn, ...]


@dataclass(frozen=True, slots=True)
class Hour:
    """What is known of one clinic: who staffs it, who is booked, and which quarters are taken or held.

    `taken` holds (analyst, quarter) from wherever it was taken, `held` those of it that are offered to somebody,
    `blocked` those that their analyst keeps free of bookings.
    """

    meeting: Meeting
    analysts: Sequence[BoardAnalyst]
    booked: Sequence[Appointment]
    taken: Collection[tuple[int, datetime]]
    held: Collection[tuple[int, datetime]]
    blocked: Collection[tuple[int, datetime]] = ()

    def board(self, now: datetime) -> Board:
        """The board as of `now`."""
        start, end = self.meeting.starts_at, self.meeting.ends_at
        quarters = tuple(start + n * QUARTER for n in range((end - start) // QUARTER))
        columns = tuple(BoardColumn(one, self._cells(one, quarters, now)) for one in self.analysts)
        return Board(self.meeting, quarters, columns)

    def _cells(self, analyst: BoardAnalyst, quarters: Sequence[datetime], now: datetime) -> tuple[BoardCell, ...]:
        visits = self._visits(analyst, now)
        within = {visit.starts_at + n * QUARTER for visit in visits.values() for n in range(visit.minutes // 15)}
        found = []
        for at in quarters:
            if at in visits:
                visit = visits[at]
                found.append(BoardCell(at, max(visit.minutes // 15, 1), QuarterState.BOOKED, visit))
            elif at not in within:
                found.append(BoardCell(at, 1, self._state(analyst, at, now)))
        return tuple(found)

    def _state(self, analyst: BoardAnalyst, at: datetime, now: datetime) -> QuarterState:
        if analyst.is_away:
            return QuarterState.OFF
        if (analyst.id, at) in self.held:
            return QuarterState.HELD
        if (analyst.id, at) in self.blocked:
            return QuarterState.BLOCKED
        if (analyst.id, at) in self.taken:
            return QuarterState.BUSY
        return QuarterState.FREE if now <= at else QuarterState.UNUSED

    def _visits(self, analyst: BoardAnalyst, now: datetime) -> Mapping[datetime, BoardVisit]:
        """The analyst's bookings here by their start, with who is in and who will be late."""
        mine = [one for one in self.booked if one.analyst_public_id == analyst.public_id]
        turns = {n: _turn(n, one) for n, one in enumerate(mine)}
        running = running_order.current(turns.values(), self.meeting.ends_at, now)
        expected = running_order.expected(turns.values(), self.meeting.ends_at, now)
        return {
            one.starts_at: BoardVisit(
                one.public_id,
                one.member,
                one.starts_at,
                one.ends_at,
                one.outcome,
                running.since if running is not None and running.turn.id == n else None,
                running_order.late(turns[n], expected.get(n)),
                analyst.is_away and one.outcome is None and now < one.ends_at,
            )
            for n, one in enumerate(mine)
        }


def _turn(number: int, one: Appointment) -> QueueEntry:
    return QueueEntry(number, one.starts_at, one.ends_at, one.began_at, one.entered_at, one.outcome is not None)
