"""Who goes first, how long an offer holds, what fits whom."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.domain.bookings import waitlist_rules
from booking.domain.bookings.policy import Counted, Holdings, Rules
from booking.domain.bookings.slots import Slot
from booking.domain.bookings.waitlist_rules import WaitlistPlace
from booking.domain.organisation import Policy
from tests.builders import BRISBANE, CLINIC_AT, NOW, hours

MEMBER = Holdings(is_member=True, member_until=None)
POLICY = Policy()
QUARTER = timedelta(minutes=15)


def a_place(number: int = 1, **fields: object) -> WaitlistPlace:
    values: dict[str, object] = {"minutes": 15, "analyst_id": None, "holdings": MEMBER, **fields}
    values |= {"occurrence_id": 1, "clinic_at": CLINIC_AT}
    return WaitlistPlace(id=number, member_id=100 + number, joined_at=NOW + timedelta(minutes=number), **values)  # type: ignore[arg-type]


def rules(now: datetime = NOW, policy: Policy = POLICY) -> Rules:
    return Rules(policy, BRISBANE, now)


def booked(number: int, days: int = 1, occurrence_id: int = 9) -> Counted:
    return Counted(number, uuid.UUID(int=number), occurrence_id, CLINIC_AT + timedelta(days=days))


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
    assert waitlist_rules.held_until(brisbane(4, 13), zone, Policy(), now) == until


def test_nights_are_those_of_the_clock_also_when_it_changes() -> None:
    # Sydney's clocks go on from 2 am to 3 am on Sunday 1 October 2023: that night is an hour shorter
    saturday = datetime(2023, 9, 30, 10, 0, tzinfo=UTC)  # 8 pm AEST
    until = waitlist_rules.held_until(saturday + timedelta(days=5), "Australia/Sydney", Policy(), saturday)
    assert until == datetime(2023, 9, 30, 23, 0, tzinfo=UTC)  # 10 am AEDT
    # and back from 3 am to 2 am on Sunday 7 April 2024
    saturday = datetime(2024, 4, 6, 9, 0, tzinfo=UTC)  # 8 pm AEDT
    until = waitlist_rules.held_until(saturday + timedelta(days=5), "Australia/Sydney", Policy(), saturday)
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
    assert waitlist_rules.held_until(starts_at, BRISBANE, Policy(), now) - now == held


def test_it_never_holds_past_the_notice() -> None:
    starts_at = brisbane(4, 13)
    now = starts_at - timedelta(minutes=62)
    assert waitlist_rules.held_until(starts_at, BRISBANE, Policy(notice_minutes=60), now) == starts_at - timedelta(
        hours=1
    )


def test_a_last_chance_goes_first_then_who_joined_first() -> None:
    early, late, last = a_place(1), a_place(3), a_place(5, is_last_chance=True)
    assert [place.id for place in waitlist_rules.in_order([late, last, early])] == [5, 1, 3]
    assert [waitlist_rules.ahead([late, last, early], place.id, rules()) for place in (last, early, late)] == [0, 1, 2]


def test_nobody_is_ahead_who_waits_for_something_else_or_could_not_be_offered_it() -> None:
    me = a_place(9, analyst_id=1, latest_at=CLINIC_AT + QUARTER)
    with_two, later = a_place(1, analyst_id=2), a_place(2, earliest_at=CLINIC_AT + 2 * QUARTER)
    ended = a_place(3, holdings=replace(MEMBER, member_until=date(2023, 12, 3)))
    full = a_place(4, holdings=replace(MEMBER, bookings=(booked(1), booked(2))))
    assert waitlist_rules.ahead([with_two, later, ended, full, me], 9, rules()) == 0
    any_analyst, earlier = a_place(5), a_place(6, analyst_id=1, latest_at=CLINIC_AT)
    assert waitlist_rules.ahead([with_two, later, ended, full, any_analyst, earlier, me], 9, rules()) == 2


def test_what_is_free_goes_to_the_first_whom_it_fits() -> None:
    taken = [(1, 0), (1, 1), (1, 3)]
    half_hour, with_two, own = (
        a_place(1, minutes=30),
        a_place(2, analyst_id=2),
        a_place(3, own=frozenset({CLINIC_AT + 2 * QUARTER})),
    )
    declined = a_place(4, declined=frozenset({(CLINIC_AT + 2 * QUARTER, 15)}))
    lapsed = a_place(10, lapsed=frozenset({(1, CLINIC_AT + 2 * QUARTER)}))
    too_early, too_late = (
        a_place(11, latest_at=CLINIC_AT + QUARTER),
        a_place(12, earliest_at=CLINIC_AT + 3 * QUARTER),
    )
    away = a_place(5, holdings=replace(MEMBER, member_until=date(2023, 12, 3)))
    holder, taker = a_place(6, has_offer=True), a_place(13)
    places = [half_hour, with_two, own, declined, lapsed, too_early, too_late, away, holder, taker]
    found, after = waitlist_rules.offers(places, hours((1,), taken), rules())
    assert [(match.place.id, match.slot) for match in found] == [(13, Slot(1, CLINIC_AT + 2 * QUARTER, 15))]
    assert (1, CLINIC_AT + 2 * QUARTER) in after.taken


def test_the_first_and_the_last_acceptable_start_suit() -> None:
    place = a_place(1, earliest_at=CLINIC_AT + QUARTER, latest_at=CLINIC_AT + 2 * QUARTER)
    fits = waitlist_rules.fitting(place, hours((1,)), rules())
    assert sorted(slot.starts_at for slot in fits) == [CLINIC_AT + QUARTER, CLINIC_AT + 2 * QUARTER]


def test_at_a_limit_nothing_is_held_unless_a_booking_is_named_that_it_replaces() -> None:
    held = replace(MEMBER, bookings=(booked(1, 1), booked(2, 2)))
    silent, named = a_place(1, holdings=held), a_place(2, holdings=held, replaces_id=2)
    gone = a_place(3, holdings=held, replaces_id=7)
    found, after = waitlist_rules.offers([silent, gone, named], hours((1,)), rules())
    assert [match.place.id for match in found] == [2]
    assert waitlist_rules.replaced(named, CLINIC_AT, rules()) == 2
    assert waitlist_rules.replaced(a_place(4, replaces_id=2), CLINIC_AT, rules()) is None, "not at a limit"
    told = waitlist_rules.calls([silent, gone], after, rules())
    assert [place.id for place, _ in told] == [1, 3], "they hear that it is free"


def test_a_limit_that_giving_up_the_named_booking_does_not_lift_stays() -> None:
    here = replace(MEMBER, bookings=(booked(1, 1), booked(2, 0, occurrence_id=1)))
    elsewhere, this = a_place(1, holdings=here, replaces_id=1), a_place(2, holdings=here, replaces_id=2)
    found, _ = waitlist_rules.offers([elsewhere, this], hours((1,)), rules())
    assert [match.place.id for match in found] == [2]


def test_times_of_not_coming_are_no_limit_that_a_booking_could_be_given_up_for() -> None:
    missed = a_place(2, holdings=replace(MEMBER, missed=(NOW - timedelta(days=1), NOW - timedelta(days=2))))
    strict = Policy(no_shows=2)
    assert waitlist_rules.offers([missed], hours((1,)), rules(policy=strict))[0] == []
    assert waitlist_rules.calls([missed], hours((1,)), rules(policy=strict)) == []
    called = waitlist_rules.calls([missed], hours((1,)), rules(CLINIC_AT - timedelta(minutes=60), strict))
    assert [place.id for place, _ in called] == [2]


def test_in_the_last_hour_all_are_called_once_and_again_when_it_is_freed_again() -> None:
    soon = rules(CLINIC_AT - timedelta(minutes=30))
    free = hours((1,), [(1, 0), (1, 2), (1, 3)])
    slot = Slot(1, CLINIC_AT + QUARTER, 15)
    first, second, long = a_place(1), a_place(2), a_place(3, minutes=30)
    assert waitlist_rules.offers([first, second, long], free, soon)[0] == []
    called = waitlist_rules.calls([second, first, long], free, soon)
    assert [(place.id, found) for place, found in called] == [(1, [slot]), (2, [slot])]
    known = [replace(place, called_for=(waitlist_rules.named(slot),)) for place in (first, second)]
    assert waitlist_rules.calls(known, free, soon) == []
    assert [place.id for place, _ in waitlist_rules.calls(known, free, soon, [slot])] == [1, 2]


def test_a_slot_beyond_the_last_hour_is_held_while_a_nearer_one_is_called() -> None:
    soon = rules(CLINIC_AT - timedelta(minutes=50))
    free = hours((1,), [(1, 1), (1, 2)])
    found, after = waitlist_rules.offers([a_place(1), a_place(2)], free, soon)
    assert [(match.place.id, match.slot.starts_at) for match in found] == [(1, CLINIC_AT + 3 * QUARTER)]
    second = waitlist_rules.calls([a_place(2)], after, soon)
    assert [slot.starts_at for _, free_slots in second for slot in free_slots] == [CLINIC_AT]


def test_what_was_let_lapse_is_not_held_again_and_told_as_free_once() -> None:
    slot = Slot(1, CLINIC_AT, 15)
    free = hours((1,), [(1, 1), (1, 2), (1, 3)])
    lapsed = a_place(1, lapsed=frozenset({(1, CLINIC_AT)}))
    assert waitlist_rules.offers([lapsed], free, rules())[0] == []
    assert waitlist_rules.calls([lapsed], free, rules()) == [(lapsed, [slot])]
    told = replace(lapsed, called_for=(waitlist_rules.named(slot),))
    assert waitlist_rules.calls([told], free, rules()) == []
    declined = a_place(2, declined=frozenset({(CLINIC_AT, 15)}))
    assert waitlist_rules.calls([declined], free, rules()) == [], "what was declined is not told of either"
