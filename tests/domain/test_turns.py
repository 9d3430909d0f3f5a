"""Start opens one door and closes the one before; lateness follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from booking.domain import doors, turns
from booking.domain.turns import Turn
from tests.builders import CLINIC_AT

END = CLINIC_AT + timedelta(hours=1)


def at(minutes: float) -> datetime:
    return CLINIC_AT + timedelta(minutes=minutes)


def a_turn(number: int, start: int, minutes: int = 15, began: float | None = None) -> Turn:
    return Turn(number, at(start), at(start + minutes), None if began is None else at(began))


def minutes_late(found: list[Turn], now: float) -> list[int]:
    expected = turns.expected(found, at(now))
    return [turns.late(turn, expected.get(turn.id)) for turn in found]


@pytest.mark.parametrize(
    ("began", "now", "late"),
    [
        (None, 30, [0, 0, 0]),  # nobody pressed anything: nothing is known
        (0, 5, [0, 0, 0]),
        (1, 5, [0, 0, 0]),  # a minute is not worth saying
        (6, 7, [0, 6, 0]),  # the half hour between takes it up
        (6, 21, [0, 6, 0]),
        (6, 27, [0, 12, 0]),  # it runs on, and nobody has followed
        (0, 40, [0, 25, 10]),
    ],
)
def test_who_comes_next_begins_when_the_one_before_is_through(began: float | None, now: float, late: list[int]) -> None:
    assert minutes_late([a_turn(1, 0, began=began), a_turn(2, 15), a_turn(3, 45)], now) == late


def test_lateness_goes_on_from_one_to_the_next_and_a_gap_takes_it_up() -> None:
    found = [a_turn(1, 0, began=8), a_turn(2, 15, 15), a_turn(3, 30), a_turn(4, 50, 10)]
    assert minutes_late(found, 9) == [0, 8, 8, 3]


def test_it_is_reckoned_from_whoever_is_in_now() -> None:
    found = [a_turn(1, 0, began=9), a_turn(2, 15, began=20), a_turn(3, 30)]
    assert minutes_late(found, 21) == [0, 0, 5]
    again = [a_turn(1, 0, began=22), a_turn(2, 15, began=20), a_turn(3, 30)]  # the first comes back
    assert minutes_late(again, 23) == [0, 22, 22]


def showing(found: list[Turn], now: float, busy_until: float | None = None) -> list[str]:
    return [
        doors.showing(
            turns.door(one, found, one.starts_at - timedelta(minutes=10), END, busy_until and at(busy_until)), at(now)
        ).value
        for one in found
    ]


def test_start_opens_that_door_and_closes_the_one_before() -> None:
    before = [a_turn(1, 0), a_turn(2, 15), a_turn(3, 30)]
    assert showing(before, 10) == ["open", "open", "early"]
    first_in = [a_turn(1, 0, began=2), a_turn(2, 15), a_turn(3, 30)]
    assert showing(first_in, 10) == ["open", "busy", "early"]
    assert showing(first_in, 16) == ["open", "busy", "early"], "two minutes late, and not before that"
    assert showing(first_in, 17) == ["open", "open", "early"], "Start forgotten strands nobody"
    second_in = [a_turn(1, 0, began=2), a_turn(2, 15, began=11), a_turn(3, 30)]
    assert showing(second_in, 12) == ["over", "open", "early"]
    assert showing(second_in, 40) == ["over", "open", "open"], "who is in stays in past the slot's end"
    third_in = [a_turn(1, 0), a_turn(2, 15), a_turn(3, 30, began=14)]
    assert showing(third_in, 14) == ["over", "over", "open"], "earlier than its time, because the others did not come"


def test_without_start_the_slot_before_keeps_the_door_shut_while_it_runs() -> None:
    assert showing([a_turn(2, 15)], 10, busy_until=15) == ["busy"]
