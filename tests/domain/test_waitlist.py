"""Who goes first, how long an offer holds, what fits whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.domain import waitlist
from booking.domain.organisation import Policy
from booking.domain.policy import Standing
from booking.domain.slots import Slot
from booking.domain.waitlist import Place
from tests.builders import BRISBANE, CLINIC_AT, NOW, hours

MEMBER = Standing(is_member=True, member_until=None, upcoming=0, in_occurrence=0)
QUARTER = timedelta(minutes=15)


def a_place(number: int = 1, **fields: object) -> Place:
    values: dict[str, object] = {"minutes": 15, "analyst_id": None, "standing": MEMBER, **fields}
    return Place(id=number, member_id=100 + number, joined_at=NOW + timedelta(minutes=number), **values)  # type: ignore[arg-type]


def brisbane(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of that December day on Brisbane's clock, in UTC."""
    return datetime(2023, 12, day, hour, minute, tzinfo=UTC) - timedelta(hours=10)


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        (BRISBANE, brisbane(1, 9), brisbane(1, 13)),
        (BRISBANE, brisbane(1, 17), brisbane(1, 21)),
        (BRISBANE, brisbane(1, 17, 1), brisbane(2, 7, 1)),
        (BRISBANE, brisbane(1, 20), brisbane(2, 10)),
        (BRISBANE, brisbane(1, 21), brisbane(2, 11)),
        (BRISBANE, brisbane(2, 3), brisbane(2, 11)),
        (BRISBANE, brisbane(2, 6, 59), brisbane(2, 11)),
        ("Australia/Perth", brisbane(1, 20), brisbane(1, 23) + timedelta(hours=11)),  # 6 pm there: 3 hours, then 1
        ("Europe/London", brisbane(1, 20), brisbane(2, 0)),
    ],
)
def test_more_than_a_day_ahead_an_offer_holds_four_hours_that_are_no_night(
    zone: str, now: datetime, until: datetime
) -> None:
    assert waitlist.held_until(brisbane(4, 13), zone, Policy(), now) == until


def test_nights_are_those_of_the_clock_also_when_it_changes() -> None:
    # Sydney's clocks go on from 2 am to 3 am on Sunday 1 October 2023: that night is an hour shorter
    saturday = datetime(2023, 9, 30, 10, 0, tzinfo=UTC)  # 8 pm AEST
    until = waitlist.held_until(saturday + timedelta(days=5), "Australia/Sydney", Policy(), saturday)
    assert until == datetime(2023, 9, 30, 23, 0, tzinfo=UTC)  # 10 am AEDT
    # and back from 3 am to 2 am on Sunday 7 April 2024
    saturday = datetime(2024, 4, 6, 9, 0, tzinfo=UTC)  # 8 pm AEDT
    until = waitlist.held_until(saturday + timedelta(days=5), "Australia/Sydney", Policy(), saturday)
    assert until == datetime(2024, 4, 7, 0, 0, tzinfo=UTC)  # 10 am AEST


@pytest.mark.parametrize(
    ("before", "held"),
    [
        (timedelta(days=1, minutes=1), timedelta(hours=4)),
        (timedelta(days=1), timedelta(minutes=20)),
        (timedelta(minutes=61), timedelta(minutes=20)),
    ],
)
def test_on_the_day_it_holds_twenty_minutes_whatever_the_hour(before: timedelta, held: timedelta) -> None:
    starts_at = brisbane(4, 13)
    now = starts_at - before
    assert waitlist.held_until(starts_at, BRISBANE, Policy(), now) - now == held


def test_it_never_holds_past_the_notice() -> None:
    starts_at = brisbane(4, 13)
    now = starts_at - timedelta(minutes=62)
    assert waitlist.held_until(starts_at, BRISBANE, Policy(notice_minutes=60), now) == starts_at - timedelta(hours=1)


def test_a_last_chance_goes_first_then_who_joined_first() -> None:
    early, late, last = a_place(1), a_place(3), a_place(5, is_last_chance=True)
    assert [place.id for place in waitlist.in_order([late, last, early])] == [5, 1, 3]
    assert [waitlist.before([late, last, early], place.id) for place in (last, early, late)] == [0, 1, 2]


def test_what_is_free_goes_to_the_first_whom_it_fits() -> None:
    taken = [(1, 0), (1, 1), (1, 3)]
    half_hour, with_two, own = (
        a_place(1, minutes=30),
        a_place(2, analyst_id=2),
        a_place(3, own={CLINIC_AT + 2 * QUARTER}),
    )
    passed = a_place(4, passed={(1, CLINIC_AT + 2 * QUARTER)})
    away = a_place(5, standing=replace(MEMBER, member_until=date(2023, 12, 3)))
    holder, taker = a_place(6, has_offer=True), a_place(7)
    places = [half_hour, with_two, own, passed, away, holder, taker]
    found, after = waitlist.offers(places, hours((1,), taken), Policy(), BRISBANE, NOW)
    assert [(match.place.id, match.slot) for match in found] == [(7, Slot(1, CLINIC_AT + 2 * QUARTER, 15))]
    assert (1, CLINIC_AT + 2 * QUARTER) in after.taken


def test_being_at_a_limit_is_no_hindrance_and_times_of_not_coming_are() -> None:
    full = a_place(1, standing=replace(MEMBER, upcoming=2, in_occurrence=1, in_week=9))
    missed = a_place(2, standing=replace(MEMBER, no_shows=2))
    rules = Policy(no_shows=2, per_week=1)
    found, _ = waitlist.offers([missed, full], hours((1,)), rules, BRISBANE, NOW)
    assert [match.place.id for match in found] == [1]
    on_standby = CLINIC_AT - timedelta(minutes=60)
    called = waitlist.calls([missed], hours((1,)), rules, BRISBANE, on_standby)
    assert [place.id for place, _ in called] == [2]


def test_in_the_last_hour_all_are_called_once_and_again_when_it_is_freed_again() -> None:
    now = CLINIC_AT - timedelta(minutes=30)
    free = hours((1,), [(1, 0), (1, 2), (1, 3)])
    slot = Slot(1, CLINIC_AT + QUARTER, 15)
    first, second, long = a_place(1), a_place(2), a_place(3, minutes=30)
    assert waitlist.offers([first, second, long], free, Policy(), BRISBANE, now)[0] == []
    called = waitlist.calls([second, first, long], free, Policy(), BRISBANE, now)
    assert [(place.id, found) for place, found in called] == [(1, [slot]), (2, [slot])]
    known = [replace(place, called_for=(waitlist.named(slot),)) for place in (first, second)]
    assert waitlist.calls(known, free, Policy(), BRISBANE, now) == []
    assert [place.id for place, _ in waitlist.calls(known, free, Policy(), BRISBANE, now, [slot])] == [1, 2]


def test_a_slot_beyond_the_last_hour_is_held_while_a_nearer_one_is_called() -> None:
    now = CLINIC_AT - timedelta(minutes=50)
    free = hours((1,), [(1, 1), (1, 2)])
    found, after = waitlist.offers([a_place(1), a_place(2)], free, Policy(), BRISBANE, now)
    assert [(match.place.id, match.slot.starts_at) for match in found] == [(1, CLINIC_AT + 3 * QUARTER)]
    second = waitlist.calls([a_place(2)], after, Policy(), BRISBANE, now)
    assert [slot.starts_at for _, free_slots in second for slot in free_slots] == [CLINIC_AT]
