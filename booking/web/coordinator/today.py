"""Today: all analysts side by side by the quarter of the hour; who is in, who is late, what is free."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from booking.domain import wording, zones
from booking.domain.bookings import agenda_words, day_agenda
from booking.domain.bookings.slots import QUARTER
from booking.domain.day.board import Board, BoardCell, BoardColumn, BoardVisit, QuarterState
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.meetings import Meeting
from booking.store.queries.bookings import board_rows
from booking.store.queries.programme import coordinator_overview, meeting_rows
from booking.web.coordinator.blueprint import blueprint
from booking.web.frame import access, context

EMPTY = {
    QuarterState.FREE: "Free",
    QuarterState.HELD: "Held for the waitlist",
    QuarterState.BLOCKED: "Blocked",
    QuarterState.UNUSED: "Not booked",
    QuarterState.BUSY: "Busy elsewhere",
    QuarterState.OFF: "Time off",
}
MOST_ROWS = 24  # quarters that are lined up across analysts


@dataclass(frozen=True, slots=True)
class DayTally:
    """What stands on top: bookings of the day, who is in, who will be late, quarters that can still be booked."""

    booked: int
    within: int
    late: int
    free: int


@blueprint.get("/today")
@access.viewer
def today() -> ResponseReturnValue:
    """The day in the programme's zone; it refreshes itself, and prints on one sheet."""
    organisation, now = context.organisation(), context.now()
    day = zones.today(now, organisation.zone)
    meetings = meeting_rows.meetings(context.db(), *day_agenda.bounds(day, day, organisation.zone))
    boards = board_rows.of_day(context.db(), meetings, organisation, now)
    columns = [column for board in boards for column in board.columns]
    return render_template(
        "coordinator/today.html",
        day=day,
        boards=boards,
        others=_others(meetings),
        tally=DayTally(
            sum(len(column.visits) for column in columns),
            sum(column.current is not None for column in columns),
            sum(bool(column.late) for column in columns),
            sum(column.free for column in columns),
        ),
        QuarterState=QuarterState,
        cell_words=cell_words,
        now_words=now_words,
        quarter=QUARTER,
        rows=lambda board: min(len(board.quarters), MOST_ROWS),
        clock=lambda at, board: wording.clock(at, board.meeting.zone),
        next_at=meeting_rows.next_at(context.db(), day_agenda.bounds(day, day, organisation.zone)[1]),
        printed=f"{wording.clock(now, organisation.zone)} {zones.abbreviation(now, organisation.zone)}",
    )


def _others(meetings: list[Meeting]) -> list[coordinator_overview.UpcomingOccurrence]:
    """What else is on: where one enrols, and what is cancelled."""
    if not meetings:
        return []
    start, end = meetings[0].starts_at, max(one.ends_at for one in meetings)
    bookable = context.organisation().bookable
    found = coordinator_overview.between(context.db(), start, end)
    return [one for one in found if one.is_cancelled or one.kind not in bookable]


def cell_words(cell: BoardCell, board: Board) -> str:
    """How that quarter stands, in words; empty for a booking that is still ahead and on time."""
    if cell.visit is None:
        return EMPTY[cell.state]
    return _visit_words(cell.visit, board)


def _visit_words(visit: BoardVisit, board: Board) -> str:
    now = context.now()
    if visit.outcome is not None:
        return agenda_words.OUTCOMES[VisitOutcome(visit.outcome)]
    if visit.in_since is not None:
        return f"In since {wording.clock(visit.in_since, board.meeting.zone)}"
    if visit.is_uncovered:
        return "Nobody has taken over"
    if visit.late:
        return f"About {visit.late} minutes late"
    if now >= visit.ends_at:
        return "Not marked yet"
    return "Not started" if now >= visit.starts_at else ""


def now_words(column: BoardColumn, board: Board) -> str:
    """How the analyst stands at this minute; empty before and after the clinic, unless they are off."""
    now = context.now()
    if column.analyst.is_away:
        return "Time off"
    if not board.meeting.starts_at <= now < board.meeting.ends_at:
        return ""
    if column.current is not None:
        late = f", running about {column.late} minutes late" if column.late else ""
        return f"With {column.current.member}{late}"
    due = next((one for one in column.visits if one.starts_at <= now < one.ends_at and one.outcome is None), None)
    return f"{due.member} hasn’t started" if due is not None else "Free now"
