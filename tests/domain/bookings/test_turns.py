"""Start opens one join_link and closes the one before; lateness follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from booking.domain.bookings import join_links, running_order
from booking.domain.bookings.running_order import QueueEntry
from tests.builders import CLINIC_AT

END = CLINIC_AT + timedelta(hours=1)


def at(minutes: float) -> datetime:
    return CLINIC_AT + timedelta(minutes=minutes)


def a_turn(number: int, start: int, minutes: int = 15, began: float | None = None, **values: Any) -> QueueEntry:
    return QueueEntry(number, at(start), at(start + minutes), None if began is None else at(began), **values)


def minutes_late(found: list[QueueEntry], now: float) -> list[int]:
    expected = running_order.expected(found, END, at(now))
    return [running_order.late(turn, expected.get(turn.id)) for turn in found]


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


def showing(found: list[QueueEntry], now: float, busy_until: float | None = None) -> list[str]:
    return [
        join_links.showing(
            running_order.join_link(
                one, found, one.starts_at - timedelta(minutes=10), END, busy_until and at(busy_until)
            ),
            at(now),
        ).value
        for one in found
    ]


def test_start_opens_that_join_link_and_closes_the_one_before() -> None:
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


def test_without_start_the_slot_before_keeps_the_join_link_shut_while_it_runs() -> None:
    assert showing([a_turn(2, 15)], 10, busy_until=15) == ["busy"]


FIRST_AND_LATE = [a_turn(1, 0, began=5), a_turn(2, 15), a_turn(3, 30), a_turn(4, 45)]


@pytest.mark.parametrize(
    ("changed", "now", "under_way", "late"),
    [
        pytest.param({}, 31, 1, [0, 16, 16, 16], id="nothing has ended it"),
        pytest.param({1: {"is_marked": True}}, 31, None, [0, 0, 0, 0], id="came or no-show"),
        pytest.param({2: {"began_at": at(25)}}, 31, 2, [0, 0, 10, 10], id="the next Start"),
        pytest.param({3: {"began_at": at(25)}}, 31, 3, [0, 0, 0, 0], id="the Start of one after the next"),
        pytest.param({2: {"entered_at": at(26)}}, 31, 2, [0, 0, 11, 11], id="the next member's entry"),
        pytest.param({2: {"entered_at": at(4)}}, 31, 1, [0, 16, 16, 16], id="an entry before it began ends nothing"),
        pytest.param({1: {"entered_at": at(30)}}, 31, 1, [0, 16, 16, 16], id="nor does going in again"),
        pytest.param({}, 59, 1, [0, 44, 44, 44], id="a minute before the end of the hour"),
        pytest.param({}, 60, None, [0, 0, 0, 0], id="the end of the hour"),
        pytest.param({}, 600, None, [0, 0, 0, 0], id="ten hours later"),
        pytest.param({1: {"is_marked": True}, 2: {"entered_at": at(26)}}, 31, 2, [0, 0, 11, 11], id="mark and entry"),
        pytest.param({2: {"is_marked": True}}, 21, 1, [0, 0, 0, 0], id="who did not come needs no time"),
    ],
)
def test_a_visit_ends_by_a_mark_the_next_start_the_next_entry_or_the_end_of_the_hour(
    changed: dict[int, dict[str, Any]], now: float, under_way: int | None, late: list[int]
) -> None:
    found = [replace(turn, **changed.get(turn.id, {})) for turn in FIRST_AND_LATE]
    running = running_order.current(found, END, at(now))
    assert (running and running.turn.id, minutes_late(found, now)) == (under_way, late)


def test_an_entry_is_no_start_where_nobody_pressed_start() -> None:
    found = [a_turn(1, 0, entered_at=at(1)), a_turn(2, 15, entered_at=at(25)), a_turn(3, 30)]
    assert running_order.latest(found) is None
    assert minutes_late(found, 29) == [0, 0, 0]


def test_whoever_is_let_in_after_the_hour_stays_for_what_was_booked_and_makes_nobody_late() -> None:
    found = [a_turn(1, 30), a_turn(2, 45, began=63)]
    running = [running_order.current(found, END, at(now)) for now in (62, 63, 77, 78)]
    assert [one and one.turn.id for one in running[1:]] == [2, 2, None]
    assert minutes_late(found, 64) == [0, 0]


def test_who_went_in_after_the_one_before_can_go_in_again_and_keeps_the_next_one_out() -> None:
    found = [a_turn(1, 0, began=5), a_turn(2, 15, entered_at=at(26)), a_turn(3, 30)]
    assert showing(found, 32) == ["over", "open", "busy"]
    assert showing(found, 41) == ["over", "open", "open"]


def test_a_mark_keeps_the_next_one_out_only_while_the_slot_lasts() -> None:
    found = [a_turn(1, 0, began=8, is_marked=True), a_turn(2, 15)]
    assert showing(found, 14, busy_until=15) == ["open", "busy"]
    assert showing(found, 16) == ["open", "open"]
