"""The board of a clinic: what stands in each quarter, who is in and who will be late."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest

from booking.domain.day.board import BoardAnalyst, BoardColumn, Hour, QuarterState
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.meetings import Appointment, Meeting
from tests.builders import BRISBANE, CLINIC_AT, NOW

ADA = BoardAnalyst(1, uuid.uuid4(), "Ada", False)
BEN = BoardAnalyst(2, uuid.uuid4(), "Ben", True)


def after(minutes: int) -> datetime:
    return CLINIC_AT + timedelta(minutes=minutes)


def a_meeting() -> Meeting:
    words = ("clinic", "Clinic", "", "clinic", "Clinic")
    return Meeting(uuid.uuid4(), *words, None, 0, "", CLINIC_AT, after(60), BRISBANE, False, "", None, 0, NOW)


def a_visit(start: int, minutes: int = 15, analyst: BoardAnalyst = ADA, **fields: object) -> Appointment:
    values: dict[str, object] = {
        "public_id": uuid.uuid4(),
        "meeting": a_meeting(),
        "starts_at": after(start),
        "ends_at": after(start + minutes),
        "minutes": minutes,
        "analyst": analyst.name,
        "analyst_public_id": analyst.public_id,
        "member": f"Member at {start}",
        "member_public_id": uuid.uuid4(),
        "chose_analyst": False,
        "topic": "",
        "link": "",
        "is_cancelled": False,
        "cancelled_by": None,
        "is_late": False,
        "reason": "",
        "outcome": None,
        "is_invited": False,
        "sequence": 0,
        "revised_at": NOW,
        **fields,
    }
    return Appointment(**values)  # type: ignore[arg-type]


def column(
    now: datetime, *booked: Appointment, analyst: BoardAnalyst = ADA, taken: tuple[int, ...] = (), held: int = -1
) -> BoardColumn:
    mine = {(analyst.id, after(at)) for at in taken}
    hour = Hour(a_meeting(), [analyst], booked, mine, {(analyst.id, after(held))})
    return hour.board(now).columns[0]


def test_each_quarter_says_what_stands_in_it() -> None:
    found = column(after(-60), a_visit(0, 30), taken=(0, 15, 30, 45), held=45)
    shown = [((cell.starts_at - CLINIC_AT) // timedelta(minutes=1), cell.quarters, cell.state) for cell in found.cells]
    assert shown == [(0, 2, QuarterState.BOOKED), (30, 1, QuarterState.BUSY), (45, 1, QuarterState.HELD)]


@pytest.mark.parametrize(("now", "free"), [(-60, 3), (15, 3), (16, 2), (45, 1), (46, 0)])
def test_a_quarter_that_has_passed_is_not_free(now: int, free: int) -> None:
    assert column(after(now), a_visit(0), taken=(0,)).free == free


def test_who_is_in_is_told_and_by_how_much_the_next_will_be_late() -> None:
    now = after(21)
    found = column(now, a_visit(0, began_at=after(2)), a_visit(15), a_visit(45))
    assert found.current is not None
    assert (found.current.member, found.current.in_since) == ("Member at 0", after(2))
    assert [visit.late for visit in found.visits] == [0, 6, 0]
    assert found.late == 6


def test_a_visit_that_is_marked_is_over() -> None:
    found = column(after(10), a_visit(0, began_at=after(2), outcome=VisitOutcome.CAME))
    assert found.current is None


@pytest.mark.parametrize(
    ("outcome", "now", "uncovered"), [(None, 5, True), (VisitOutcome.CAME, 5, False), (None, 15, False)]
)
def test_who_is_off_has_bookings_that_nobody_covers_until_they_are_over(
    outcome: VisitOutcome | None, now: int, uncovered: bool
) -> None:
    found = column(after(now), a_visit(0, analyst=BEN, outcome=outcome), analyst=BEN)
    assert [cell.state for cell in found.cells] == [QuarterState.BOOKED, *[QuarterState.OFF] * 3]
    assert found.visits[0].is_uncovered is uncovered
