"""What becomes of bookings and offers when a date changes: nobody is worse off than the change itself requires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.domain.bookings.slots import QUARTER, Slot
from booking.domain.enums.planning import BookingFate, StepKind
from booking.domain.planning.consequences import (
    COVER_ENDS,
    Claimed,
    Offered,
    Outcome,
    Step,
    TouchedBooking,
    ended_offers,
    leaving,
    new_start,
    outcomes,
    touched,
)
from booking.domain.planning.occurrences import Setting
from tests.builders import CLINIC_AT, NOW

HOUR = timedelta(hours=1)
ADA, BEN, DAN = 1, 2, 3


def a_setting(start: datetime = CLINIC_AT, end: datetime | None = None, *analysts: int, **more: object) -> Setting:
    values: dict[str, object] = {"analysts": analysts, **more}
    return Setting(start.date(), start, end or start + HOUR, **values)  # type: ignore[arg-type]


def a_step(before: Setting, after: Setting) -> Step:
    fields = tuple(
        name
        for name, differs in {
            "when": before[1:3] != after[1:3],
            "title": before.title != after.title,
            "analysts": before.analysts != after.analysts,
            "reason": before.reason != after.reason,
        }.items()
        if differs
    )
    moved = StepKind.MOVES if "when" in fields else StepKind.CHANGES
    what = StepKind.GOES if after.reason is not None else moved
    return Step(what, "clinic", "2023-12-04", 1, before, after, fields)


def a_held(number: int = 1, quarter: int = 0, minutes: int = 15, analyst: int = ADA, **more: object) -> TouchedBooking:
    values: dict[str, object] = {"member_id": 100 + number, "member": f"M{number}", **more}
    return TouchedBooking(
        number,
        str(number),
        1,
        analyst,
        starts_at=CLINIC_AT + quarter * QUARTER,
        minutes=minutes,
        **values,  # type: ignore[arg-type]
    )


def an_offer(booking: TouchedBooking | None, quarter: int, analyst: int = BEN, member: int = 101) -> Offered:
    at = CLINIC_AT + quarter * QUARTER
    return Offered(9, 1, analyst, booking.member_id if booking else member, at, 15, booking.id if booking else None)


def what_becomes(step: Step, *held: TouchedBooking, now: datetime = NOW, **claimed: object) -> list[tuple[str, int]]:
    """What becomes of the bookings, and with which analyst (0 where none)."""
    found = outcomes([step], held, Claimed(**claimed), now)  # type: ignore[arg-type]
    return [(outcome.what, outcome.slot.analyst_id if outcome.slot is not None else 0) for outcome in found]


def test_a_booking_whose_time_and_analyst_stay_is_not_touched() -> None:
    retitled = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT, None, ADA, BEN, title="Ask us"))
    longer = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT - HOUR, CLINIC_AT + 2 * HOUR, ADA))
    assert what_becomes(retitled, a_held()) == what_becomes(longer, a_held()) == []


def test_a_booking_moves_along_with_its_date_by_as_much() -> None:
    step = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT + 24 * HOUR, None, ADA))
    (outcome,) = outcomes([step], [a_held(quarter=2)], Claimed(), NOW)
    assert (outcome.what, outcome.slot) == (BookingFate.MOVED, Slot(ADA, CLINIC_AT + 24 * HOUR + 2 * QUARTER, 15))


def test_a_booking_goes_to_another_analyst_where_its_own_is_not_free_or_not_on_the_roster() -> None:
    moved = a_step(a_setting(CLINIC_AT, None, ADA, BEN), a_setting(CLINIC_AT + 24 * HOUR, None, ADA, BEN))
    busy = frozenset({(ADA, CLINIC_AT + 24 * HOUR)})
    assert what_becomes(moved, a_held(), people=busy) == [(BookingFate.HANDED, BEN)]
    left = a_step(a_setting(CLINIC_AT, None, ADA, BEN), a_setting(CLINIC_AT, None, BEN))
    assert what_becomes(left, a_held()) == [(BookingFate.HANDED, BEN)]


def test_no_analyst_gets_a_booking_of_their_own() -> None:
    left = a_step(a_setting(CLINIC_AT, None, ADA, BEN), a_setting(CLINIC_AT, None, BEN))
    assert what_becomes(left, a_held(member_id=BEN)) == [(BookingFate.UNCOVERED, ADA)]


def test_a_booking_is_cancelled_where_its_date_goes_or_its_time_does_or_its_member_is_not_free() -> None:
    gone = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT, None, ADA, reason="Ill"))
    assert what_becomes(gone, a_held()) == [(BookingFate.CANCELLED, 0)]
    shorter = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT, CLINIC_AT + 2 * QUARTER, ADA))
    assert what_becomes(shorter, a_held(quarter=1), a_held(2, quarter=2)) == [(BookingFate.CANCELLED, 0)]
    moved = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT + 24 * HOUR, None, ADA))
    assert what_becomes(moved, a_held(), people=frozenset({(101, CLINIC_AT + 24 * HOUR)})) == [
        (BookingFate.CANCELLED, 0)
    ]


@pytest.mark.parametrize(
    ("minutes_ahead", "what"), [(61, BookingFate.UNCOVERED), (60, BookingFate.CANCELLED), (30, BookingFate.CANCELLED)]
)
def test_cover_is_looked_for_until_an_hour_before_the_start(minutes_ahead: int, what: BookingFate) -> None:
    left = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT, None))
    (outcome,) = outcomes([left], [a_held()], Claimed(), CLINIC_AT - timedelta(minutes=minutes_ahead))
    assert outcome.what == what
    assert outcome.ends_at == (CLINIC_AT - COVER_ENDS if what == BookingFate.UNCOVERED else None)


def test_the_nearest_free_time_is_offered_to_a_member_who_waits_and_has_no_other_offer() -> None:
    left = a_step(a_setting(CLINIC_AT, None, ADA, BEN), a_setting(CLINIC_AT, None, BEN))
    busy = frozenset({(BEN, CLINIC_AT + quarter * QUARTER) for quarter in (1, 2)})
    (outcome,) = outcomes([left], [a_held(quarter=1)], Claimed(people=busy), NOW)
    assert outcome.offered == Slot(BEN, CLINIC_AT, 15)
    (other,) = outcomes([left], [a_held(quarter=1)], Claimed(people=busy, with_offer=frozenset({101})), NOW)
    assert (other.what, other.offered) == (BookingFate.UNCOVERED, None)


def test_nothing_is_moved_to_a_start_that_is_past() -> None:
    earlier = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT - 2 * HOUR, None, ADA))
    assert what_becomes(earlier, a_held(), now=CLINIC_AT - 2 * HOUR) == [(BookingFate.CANCELLED, 0)]
    assert what_becomes(earlier, a_held(), now=CLINIC_AT - 2 * HOUR - QUARTER) == [(BookingFate.MOVED, ADA)]


def test_a_booking_takes_quarters_that_another_of_the_same_change_frees() -> None:
    step = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT + QUARTER, CLINIC_AT + HOUR + QUARTER, ADA))
    assert what_becomes(step, a_held(1, 0), a_held(2, 1)) == [(BookingFate.MOVED, ADA), (BookingFate.MOVED, ADA)]


def test_a_booking_that_waits_for_cover_goes_on_waiting_when_its_date_is_renamed() -> None:
    step = a_step(a_setting(CLINIC_AT, None, BEN), a_setting(CLINIC_AT, None, BEN, title="Ask us anything"))
    waiting = a_held(is_uncovered=True)
    offer = an_offer(waiting, 2)
    assert outcomes([step], [waiting], Claimed(), NOW) == []
    assert ended_offers([step], [offer], [], [waiting]) == []


def test_it_goes_to_whoever_joins_the_roster_and_is_free_and_its_offer_ends() -> None:
    step = a_step(a_setting(CLINIC_AT, None, BEN), a_setting(CLINIC_AT, None, BEN, DAN))
    waiting = a_held(is_uncovered=True)
    found = outcomes([step], [waiting], Claimed(), NOW)
    assert [(o.what, o.slot and o.slot.analyst_id) for o in found] == [(BookingFate.HANDED, DAN)]
    offer = an_offer(waiting, 2)
    assert ended_offers([step], [offer], found, [waiting]) == [offer]
    busy = Claimed(people=frozenset({(DAN, CLINIC_AT)}))
    assert outcomes([step], [waiting], busy, NOW) == []


def test_it_moves_along_with_its_date_and_is_offered_another_time_there() -> None:
    later = CLINIC_AT + 2 * HOUR
    step = a_step(a_setting(CLINIC_AT, None, BEN), a_setting(later, None, BEN))
    waiting = a_held(is_uncovered=True)
    others = [a_held(2, 0, analyst=BEN)]
    [moved, of_ben] = sorted(outcomes([step], [waiting, *others], Claimed(), NOW), key=lambda o: o.booking.id)
    assert (moved.what, moved.slot and moved.slot.starts_at) == (BookingFate.UNCOVERED, later)
    assert (moved.offered and moved.offered.starts_at, moved.ends_at) == (later + QUARTER, later - COVER_ENDS)
    assert (of_ben.what, of_ben.slot and of_ben.slot.starts_at) == (BookingFate.MOVED, later)


def test_an_offer_that_cannot_stay_is_replaced_by_the_nearest_free_time() -> None:
    step = a_step(a_setting(CLINIC_AT, None, BEN, DAN), a_setting(CLINIC_AT, None, DAN))
    waiting = a_held(is_uncovered=True)
    offer = an_offer(waiting, 1, analyst=BEN)
    assert leaving([step], [offer]) == [offer]
    claimed = Claimed(people=frozenset({(DAN, CLINIC_AT)}), lost_offer=frozenset({waiting.id}))
    [found] = outcomes([step], [waiting], claimed, NOW)
    assert (found.what, found.slot, found.offered and found.offered.analyst_id) == (
        BookingFate.UNCOVERED,
        waiting.slot,
        DAN,
    )
    assert ended_offers([step], [offer], [found], [waiting]) == [offer]


def test_a_booking_whose_analyst_leaves_waits_for_cover_where_nobody_else_is_free() -> None:
    step = a_step(a_setting(CLINIC_AT, None, ADA, BEN), a_setting(CLINIC_AT, None, BEN))
    claimed = Claimed(people=frozenset({(BEN, CLINIC_AT)}))
    [found] = outcomes([step], [a_held()], claimed, NOW)
    assert (found.what, found.slot and found.slot.analyst_id) == (BookingFate.UNCOVERED, ADA)
    assert (found.offered and found.offered.starts_at) == CLINIC_AT + QUARTER
    [too_late] = outcomes([step], [a_held()], claimed, CLINIC_AT - COVER_ENDS)
    assert too_late.what == BookingFate.CANCELLED


def test_an_offer_on_the_waitlist_stays_where_its_slot_does() -> None:
    renamed = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT, None, ADA, title="New"))
    moved = a_step(a_setting(CLINIC_AT, None, ADA), a_setting(CLINIC_AT + HOUR, None, ADA))
    offer = an_offer(None, 1, analyst=ADA)
    assert ended_offers([renamed], [offer], [], []) == []
    assert ended_offers([moved], [offer], [], []) == [offer]


@dataclass(frozen=True)
class Case:
    """One step with everything that is booked in its date."""

    step: Step
    held: list[TouchedBooking]
    claimed: Claimed


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A clinic of one hour with up to three analysts, some of whose bookings wait for cover, and any one change."""
    team = draw(st.lists(st.sampled_from([ADA, BEN, DAN]), unique=True, max_size=3))
    off = [analyst for analyst in (ADA, BEN, DAN) if analyst not in team]
    held: list[TouchedBooking] = []
    taken: set[tuple[int, int]] = set()
    for number in range(1, draw(st.integers(1, 6)) + 1):
        analyst, quarter = draw(st.sampled_from([ADA, BEN, DAN])), draw(st.integers(0, 3))
        if (analyst, quarter) not in taken:
            taken.add((analyst, quarter))
            held.append(a_held(number, quarter, 15, analyst, is_uncovered=analyst in off))
    shift = draw(st.sampled_from([0, 0, 0, 1, -2, 96])) * QUARTER
    start, end = CLINIC_AT + shift, CLINIC_AT + shift + draw(st.sampled_from([2, 4, 4, 4, 6])) * QUARTER
    after = a_setting(
        start,
        end,
        *draw(st.lists(st.sampled_from([ADA, BEN, DAN]), unique=True, max_size=3)),
        title=draw(st.sampled_from([None, "Renamed"])),
        reason=draw(st.sampled_from([None, None, None, None, "Holiday"])),
    )
    elsewhere = draw(st.sets(st.tuples(st.sampled_from([ADA, BEN, DAN]), st.integers(-2, 6)), max_size=4)) - taken
    claims = frozenset((analyst, CLINIC_AT + n * QUARTER) for analyst, n in elsewhere)
    step = a_step(a_setting(CLINIC_AT, None, *team), after)
    staying = frozenset((b.analyst_id, at) for b in held if b not in touched([step], held) for at in b.slot.quarters)
    return Case(step, held, Claimed(people=claims | staying))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_no_change_makes_a_booking_worse_off_than_it_requires(case: Case) -> None:
    found = {o.booking.id: o for o in outcomes([case.step], case.held, case.claimed, NOW)}
    after, owned = case.step.after, set(case.claimed.people)
    for booking in case.held:
        outcome = found.get(booking.id)
        start = new_start(case.step, booking) if after.reason is None else None
        if outcome is None:
            assert start == booking.starts_at
            assert booking.analyst_id in after.analysts or booking.is_uncovered
        elif outcome.what == BookingFate.CANCELLED:
            quarters = (
                {(booking.analyst_id, start + n * QUARTER) for n in range(booking.minutes // 15)} if start else set()
            )
            assert start is None or start - COVER_ENDS <= NOW or quarters & (owned | _taken(found)), booking
            assert not (booking.is_uncovered and start == booking.starts_at)
        else:
            assert outcome.slot is not None
            assert outcome.slot.starts_at == start
            if outcome.what != BookingFate.UNCOVERED:
                assert outcome.slot.analyst_id in after.analysts


def _taken(found: dict[int, Outcome]) -> set[tuple[int, datetime]]:
    slots = [slot for o in found.values() for slot in (o.slot, o.offered) if slot is not None]
    return {(slot.analyst_id, at) for slot in slots for at in slot.quarters}


@settings(max_examples=150, deadline=None)
@given(cases())
def test_nobody_is_in_two_places_after_any_change(case: Case) -> None:
    found = {o.booking.id: o for o in outcomes([case.step], case.held, case.claimed, NOW)}
    quarters: list[tuple[int, datetime]] = []
    for booking in case.held:
        outcome = found.get(booking.id)
        slots = [booking.slot] if outcome is None else [outcome.slot, outcome.offered]
        quarters += [(slot.analyst_id, at) for slot in slots if slot is not None for at in slot.quarters]
    assert len(quarters) == len(set(quarters))
