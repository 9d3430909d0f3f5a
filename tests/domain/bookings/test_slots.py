"""Slots: what is free and why not, the order in which it is offered, and how well that order packs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import combinations

import pytest

from booking.domain import errors
from booking.domain.bookings import slots
from booking.domain.bookings.slots import AnalystPreference, Hours, Slot
from booking.domain.organisation import Policy
from tests import long_form
from tests.builders import CLINIC_AT, NOW, a_slot, hours

RULES = Policy()
Pick = Callable[[Hours, list[Slot]], Slot]


@pytest.mark.parametrize(
    ("after", "minutes", "why"),
    [
        (0, 15, None),
        (30, 30, None),
        (45, 30, errors.OutsideHours),
        (-15, 15, errors.OutsideHours),
        (60, 15, errors.OutsideHours),
        (7, 15, errors.OutsideHours),
        (15, 15, errors.SlotTaken),
        (0, 30, errors.SlotTaken),
        (0, 45, errors.LengthNotOffered),
    ],
)
def test_why_a_slot_cannot_be_had(after: int, minutes: int, why: type[errors.Refusal] | None) -> None:
    found = slots.refusal(hours(taken=[(1, 1)]), a_slot(after, minutes), RULES, NOW)
    assert (type(found) if found is not None else None) is why


def test_notice_and_horizon_count_to_the_second() -> None:
    slot, second = a_slot(), timedelta(seconds=1)
    closed_at, opens_at = CLINIC_AT - timedelta(minutes=10), CLINIC_AT - timedelta(days=28)
    assert slots.refusal(hours(), slot, RULES, closed_at) is None
    late = slots.refusal(hours(), slot, RULES, closed_at + second)
    assert isinstance(late, errors.TooLate)
    assert late.closed_at == closed_at
    assert slots.refusal(hours(), slot, RULES, opens_at) is None
    early = slots.refusal(hours(), slot, RULES, opens_at - second)
    assert isinstance(early, errors.TooEarly)
    assert early.opens_at == opens_at


@pytest.mark.parametrize(
    ("taken", "minutes", "order"),
    [
        ([], 30, [0, 30, 15]),  # half an hour in the middle leaves a quarter on each side
        ([0], 15, [15, 45, 30]),
        ([0, 1], 15, [30, 45]),
        ([3], 30, [0, 15]),
    ],
)
def test_starts_that_strand_no_quarter_are_offered_first_and_none_is_left_out(
    taken: list[int], minutes: int, order: list[int]
) -> None:
    found = hours(taken=[(1, n) for n in taken])
    offered = slots.offered(found, slots.free(found, minutes, RULES, NOW), RULES)
    assert [int((slot.starts_at - CLINIC_AT) / timedelta(minutes=1)) for slot in offered] == order


@pytest.mark.parametrize(
    ("offered", "taken", "minutes", "order"),
    [
        ((30, 45), [], 30, [0, 30, 15]),
        ((30, 45), [0], 30, [15, 30]),  # of three quarters in a row either leaves one
        ((30, 45, 60), [], 45, [0, 15]),
        ((30, 45), [], 45, [0, 15]),
        ((15,), [], 15, [0, 15, 30, 45]),  # nothing is stranded where everything fits everywhere
        ((30,), [], 30, [0, 30, 15]),
        ((60,), [], 60, [0]),
    ],
)
def test_what_is_stranded_follows_from_the_lengths_that_are_offered(
    offered: tuple[int, ...], taken: list[int], minutes: int, order: list[int]
) -> None:
    rules = Policy(slot_minutes=offered)
    found = hours(taken=[(1, n) for n in taken])
    free = slots.offered(found, slots.free(found, minutes, rules, NOW), rules)
    assert [int((slot.starts_at - CLINIC_AT) / timedelta(minutes=1)) for slot in free] == order


@pytest.mark.parametrize(
    ("run", "fills", "left"), [(1, (2, 3), 1), (4, (3,), 1), (7, (2, 3), 0), (3, (4,), 3), (5, (2,), 1)]
)
def test_a_run_of_quarters_is_filled_as_well_as_bookings_can(run: int, fills: tuple[int, ...], left: int) -> None:
    assert slots.left_over(run, fills) == left


def test_anyone_is_whom_they_saw_last_then_what_packs_then_the_fewest_bookings_then_the_name() -> None:
    names = {1: "Cyd", 2: "Ben", 3: "ada"}
    found = hours((1, 2, 3), taken=[(2, 1)])
    here = [a_slot(analyst_id=who) for who in (1, 2, 3)]

    def chosen(**lean: object) -> int:
        slot = slots.choose(found, here, RULES, AnalystPreference(names=names, **lean))  # type: ignore[arg-type]
        assert slot is not None
        return slot.analyst_id

    assert chosen(seen=1, booked={1: 9}) == 1
    assert chosen() == 2  # her quarter stands alone
    assert chosen(seen=99) == 2
    empty = hours((1, 2, 3))
    equal = slots.choose(empty, here, RULES, AnalystPreference(names=names, booked={1: 1, 2: 2, 3: 1}))
    assert equal is not None
    assert equal.analyst_id == 3  # "ada" comes before "Cyd"
    assert slots.choose(empty, [], RULES) is None


# -- how well it packs


def seats(requests: Sequence[int], analysts: int, pick: Pick, giving_up: random.Random | None = None) -> int:
    """How many requests (in minutes) are seated one after another; with `giving_up` some are cancelled in between."""
    taken: set[tuple[int, object]] = set()
    held: list[Slot] = []
    seated = 0
    for minutes in requests:
        now_taken = frozenset(taken)
        found = Hours(CLINIC_AT, CLINIC_AT + timedelta(hours=1), tuple(range(analysts)), now_taken)  # type: ignore[arg-type]
        free = slots.free(found, minutes, RULES, NOW)
        if free:
            slot = pick(found, free)
            assert slot in free
            taken |= {(slot.analyst_id, quarter) for quarter in slot.quarters}
            held.append(slot)
            seated += 1
        if giving_up is not None and held and giving_up.random() < 0.25:
            gone = held.pop(giving_up.randrange(len(held)))
            taken -= {(gone.analyst_id, quarter) for quarter in gone.quarters}
    return seated


def the_best(requests: Sequence[int], analysts: int) -> int:
    """How many of the requests the best assignment seats: short ones first, in rows of four quarters."""
    short = min(sum(minutes == 15 for minutes in requests), 4 * analysts)
    return short + min(sum(minutes == 30 for minutes in requests), (4 * analysts - short) // 2)


def by_trying_all(requests: Sequence[int], analysts: int) -> int:
    """The same by trying every choice of requests; a choice fits where its quarters do, halves being pairs."""
    for count in range(len(requests), 0, -1):
        for chosen in combinations(requests, count):
            halves, quarters = chosen.count(30), chosen.count(15)
            if halves <= 2 * analysts and quarters <= 4 * analysts - 2 * halves:
                return count
    return 0


def a_month(rng: random.Random, analysts: int) -> list[int]:
    """As many requests of 15 or 30 minutes as fill the clinic on average."""
    return [rng.choice((15, 30)) for _ in range(round(4 * analysts / 1.5))]


def first_offered(found: Hours, free: list[Slot]) -> Slot:
    return slots.offered(found, free, RULES)[0]


def earliest(_found: Hours, free: list[Slot]) -> Slot:
    return free[0]


def test_the_baseline_is_the_best_there_is() -> None:
    rng = random.Random(5)
    for _ in range(50):
        requests = [rng.choice((15, 30)) for _ in range(rng.randint(1, 9))]
        assert the_best(requests, 2) == by_trying_all(requests, 2)


@pytest.mark.timeout(300)
def test_months_are_seated_as_the_best_assignment_would() -> None:
    """Three analysts, members taking the first start offered; measured beside chance and beside earliest first."""
    analysts, rng, chance = 3, random.Random(20231204), random.Random(7)
    shares = {"offered": 0.0, "earliest": 0.0, "chance": 0.0}
    rounds = long_form.count(200, 2_000)
    for number in range(rounds):
        requests = a_month(rng, analysts)
        best = the_best(requests, analysts)
        shares["offered"] += seats(requests, analysts, first_offered) / best
        if number % 10 == 0:  # a tenth is enough for what is only told
            shares["earliest"] += 10 * seats(requests, analysts, earliest) / best
            shares["chance"] += 10 * seats(requests, analysts, lambda _, free: chance.choice(free)) / best
    average = {name: share / rounds for name, share in shares.items()}
    assert average["offered"] >= 0.99, average
    assert average["chance"] < average["earliest"] < average["offered"], average


def test_with_cancellations_it_still_seats_more_than_earliest_first() -> None:
    analysts, rng = 3, random.Random(20231205)
    offered = first = 0
    for number in range(long_form.count(100, 2_000)):
        requests = [rng.choice((15, 30)) for _ in range(14)]
        offered += seats(requests, analysts, first_offered, random.Random(number))
        first += seats(requests, analysts, earliest, random.Random(number))
    assert offered > first
