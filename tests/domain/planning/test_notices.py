"""Which people a publish emails, about what, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import pytest

from booking.domain.enums.emails import EmailName
from booking.domain.enums.planning import BookingFate, PlaceKind, StepKind
from booking.domain.planning import notices, planner
from booking.domain.planning.adjustments import DateException, Definition
from booking.domain.planning.consequences import (
    AffectedPerson,
    Claimed,
    Offered,
    Outcome,
    TouchedBooking,
)
from booking.domain.planning.notices import Notice, SeriesEnrolment, TouchedPeople
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import Plan
from tests.builders import KINDS, NOW, ORGANISATION
from tests.domain.planning.builders import (
    ADA,
    BEN,
    a_definition,
    a_masterclass,
    a_programme,
    asking,
    at,
    december,
)

MIA, TOM, KIM = 101, 102, 103
#: A day before the first Monday: within the 48 hours in which a change is emailed.
NEAR = at(3)


def a_held(number: int = 7, occurrence_id: int = 1, member: int = MIA) -> TouchedBooking:
    """A booking at the start of that Monday's clinic."""
    day = {1: 4, 2: 11, 3: 18}[occurrence_id]
    return TouchedBooking(number, f"b{number}", occurrence_id, ADA, member, f"M{member}", at(day), 15)


def a_place(what: PlaceKind, occurrence_id: int = 1, member: int = KIM) -> AffectedPerson:
    return AffectedPerson(what, 50 + occurrence_id, occurrence_id, member, f"M{member}")


def planned(
    asked: Definition,
    *held: TouchedBooking,
    before: Definition | None = None,
    places: Sequence[AffectedPerson] = (),
    enrolled: Sequence[SeriesEnrolment] = (),
    now: datetime = NOW,
) -> Plan:
    found = planner.changes(a_programme(before or a_definition()), asking(asked), Period(now))
    touched = [one for one in held if one.occurrence_id in found.touched_ids]
    there = [one for one in places if one.occurrence_id in found.touched_ids]
    return planner.complete(found, TouchedPeople(touched, there, (), enrolled), Claimed(), ORGANISATION, now)


def told(plan: Plan) -> dict[int, str]:
    """The email that each member gets."""
    return {notice.member_id: notice.email for notice in plan.notices}


RETITLED = a_definition(title="Drop-in")
MOVED_ON = a_definition(rrule="FREQ=WEEKLY;BYDAY=TU", ends_on=december(19))
ENDED = a_definition(ends_on_day=december(1))


# -- bookings


def test_everybody_gets_one_email_however_many_of_their_things_change() -> None:
    plan = planned(ENDED, a_held(), a_held(8, 2), places=[a_place(PlaceKind.ENROLLED, 3, MIA)])
    (notice,) = plan.notices
    assert (notice.email, notice.member_id) == (EmailName.PROGRAMME_CHANGED, MIA)
    assert [outcome.booking.id for outcome in notice.outcomes] == [7, 8]
    assert (notice.occurrence_ids, notice.booking_id, notice.touched_ids) == ((3,), None, {1, 2, 3})


@pytest.mark.parametrize(
    ("asked", "email"),
    [
        (ENDED, EmailName.CANCELLED_BY_US),
        (MOVED_ON, EmailName.MOVED_BY_US),
        (a_definition(analysts=(BEN,)), EmailName.MOVED_BY_US),
        (a_definition(analysts=()), EmailName.COVER_SOUGHT),
    ],
    ids=["cancelled", "moved", "another analyst", "cover"],
)
def test_one_booking_alone_has_the_email_of_what_becomes_of_it(asked: Definition, email: str) -> None:
    plan = planned(asked, a_held())
    assert told(plan) == {MIA: email}
    assert plan.notices[0].booking_id == 7


@pytest.mark.parametrize(
    ("what", "is_offered", "email"),
    [
        (BookingFate.CANCELLED, False, EmailName.CANCELLED_BY_US),
        (BookingFate.MOVED, False, EmailName.MOVED_BY_US),
        (BookingFate.HANDED, False, EmailName.MOVED_BY_US),
        (BookingFate.UNCOVERED, True, EmailName.COVER_OFFER),
        (BookingFate.UNCOVERED, False, EmailName.COVER_SOUGHT),
    ],
)
def test_each_outcome_has_its_email(what: BookingFate, is_offered: bool, email: EmailName) -> None:
    slot = a_held().slot
    assert notices.email_of(Outcome(a_held(), what, slot, slot if is_offered else None)) == email


def test_a_date_that_somebody_is_booked_on_is_not_listed_a_second_time() -> None:
    (notice,) = planned(ENDED, a_held(), places=[a_place(PlaceKind.ENROLLED, 1, MIA)]).notices
    assert (notice.email, notice.occurrence_ids) == (EmailName.CANCELLED_BY_US, ())


# -- enrolments and the waitlist


@pytest.mark.parametrize("what", [PlaceKind.ENROLLED, PlaceKind.WAITING])
@pytest.mark.parametrize("asked", [ENDED, MOVED_ON], ids=["goes", "moves"])
def test_people_enrolled_or_waiting_are_emailed_about_what_goes_and_moves(what: PlaceKind, asked: Definition) -> None:
    plan = planned(asked, places=[a_place(what)])
    assert told(plan) == {KIM: EmailName.PROGRAMME_CHANGED}
    assert plan.notices[0].occurrence_ids == (1,)
    assert [place.id for place in plan.places] == [51]


def test_people_enrolled_are_emailed_about_a_date_that_returns() -> None:
    plan = planned(a_definition(), before=cancelled(), places=[a_place(PlaceKind.ENROLLED)])
    assert [step.what for step in plan.changes.steps] == [StepKind.RETURNS]
    assert told(plan) == {KIM: EmailName.PROGRAMME_CHANGED}


def cancelled() -> Definition:
    return a_definition(exceptions={"2023-12-04": DateException(cancelled="Ill")})


def test_a_change_far_ahead_is_left_to_calendars() -> None:
    plan = planned(
        a_definition(summary="Anything."),
        a_held(),
        places=[a_place(PlaceKind.ENROLLED), a_place(PlaceKind.WAITING, 1, TOM)],
    )
    assert (plan.notices, plan.places) == ([], [])


def test_a_change_of_what_starts_soon_is_emailed_to_those_booked_and_enrolled() -> None:
    places = [a_place(PlaceKind.ENROLLED), a_place(PlaceKind.WAITING, 1, TOM), a_place(PlaceKind.ENROLLED, 2, TOM)]
    plan = planned(a_definition(summary="Anything."), a_held(), places=places, now=NEAR)
    assert told(plan) == {MIA: EmailName.PROGRAMME_CHANGED, KIM: EmailName.PROGRAMME_CHANGED}
    assert [booking.id for booking in plan.notices[0].bookings] == [7]
    assert [(place.what, place.id) for place in plan.places] == [(PlaceKind.ENROLLED, 51), (PlaceKind.BOOKED, 7)]


@pytest.mark.parametrize(("hours", "is_told"), [(48, True), (49, False)])
def test_soon_is_within_the_hours_of_the_policy(hours: int, is_told: bool) -> None:
    plan = planned(a_definition(summary="Anything."), a_held(), now=at(4) - timedelta(hours=hours))
    assert bool(plan.notices) is is_told


def test_a_change_that_people_cannot_read_is_not_emailed_however_soon() -> None:
    with_ben = a_definition(analysts=(ADA, BEN), meeting_url="https://m/1")
    assert planned(with_ben, a_held(), places=[a_place(PlaceKind.ENROLLED)], now=NEAR).notices == []


def test_a_new_name_is_told_once_to_people_enrolled_and_to_nobody_else() -> None:
    places = [a_place(PlaceKind.ENROLLED, 2), a_place(PlaceKind.ENROLLED, 3), a_place(PlaceKind.WAITING, 2, TOM)]
    (notice,) = planned(RETITLED, a_held(8, 2), places=places).notices
    assert (notice.member_id, notice.renamed, notice.occurrence_ids) == (KIM, ("clinic",), ())


def test_new_dates_that_lie_ahead_are_told_to_people_enrolled_in_the_series() -> None:
    asked = a_definition(rrule="FREQ=WEEKLY;BYDAY=MO,WE", ends_on=december(8))
    enrolled = [SeriesEnrolment("clinic", KIM, "Kim"), SeriesEnrolment("lab", TOM, "Tom")]
    before = a_definition(ends_on=december(8))
    (notice,) = planned(asked, before=before, enrolled=enrolled).notices
    assert (notice.member_id, notice.added) == (KIM, (("clinic", "2023-12-06"),))
    assert planned(asked, before=before, enrolled=enrolled, now=at(7)).notices == []


def test_somebody_whose_offer_ends_is_emailed_unless_another_email_says_it() -> None:
    offers = [
        Offered(1, 1, ADA, MIA, at(4), 15, None, "Mia"),
        Offered(2, 1, ADA, TOM, at(4), 15, None, "Tom"),
        Offered(3, 1, ADA, KIM, at(4), 15, 9, "Kim"),
    ]
    found = notices.withdrawn(offers, [Notice(EmailName.PROGRAMME_CHANGED, MIA, "Mia")])
    assert [(one.email, one.member_id) for one in found] == [(EmailName.OFFER_LAPSED, TOM)]


# -- what differs


def shown(before: Definition, after: Definition, key: str) -> list[tuple[str, str, str]]:
    found = planner.changes(a_programme(before), asking(after), Period(NOW))
    (step,) = [step for step in found.steps if step.key == key]
    return [tuple(one) for one in notices.differences(step, found.definitions[after.slug], KINDS)]  # type: ignore[misc]


def test_differences_are_what_people_read() -> None:
    after = a_definition(title="Drop-in", kind="lab", summary="Anything.", analysts=(BEN,))
    assert shown(a_definition(), after, "2023-12-04") == [
        ("title", "Live Member Clinic", "Drop-in"),
        ("kind", "Clinic", "Lab"),
        ("summary", "Bring questions.", "Anything."),
    ]


def test_a_module_differs_by_its_title_and_by_how_many_there_are() -> None:
    after = a_masterclass(modules=("One", "Joins", "Three", "Four", "Five"))
    assert shown(a_masterclass(), after, "2") == [("module", "Two", "Joins"), ("modules", "4", "5")]


def test_nothing_differs_on_a_date_that_goes_and_the_reason_on_one_that_is_cancelled_already() -> None:
    assert shown(a_definition(), cancelled(), "2023-12-04") == []
    away = a_definition(exceptions={"2023-12-04": DateException(cancelled="Away")})
    assert shown(cancelled(), away, "2023-12-04") == [("reason", "Ill", "Away")]


# -- when


@pytest.mark.parametrize(
    ("first", "due"),
    [
        (None, timedelta(minutes=10)),
        (timedelta(hours=3), timedelta(minutes=10)),
        (timedelta(minutes=65), timedelta(minutes=5)),
        (timedelta(minutes=59), timedelta(0)),
    ],
)
def test_emails_wait_ten_minutes_but_not_past_an_hour_before_the_start(first: timedelta | None, due: timedelta) -> None:
    assert notices.due_at(NOW + first if first is not None else None, NOW) == NOW + due


def test_the_first_start_is_the_earliest_old_or_new_of_what_the_emails_are_about() -> None:
    plan = planned(MOVED_ON, a_held(8, 2))
    assert notices.first_start(plan.changes.steps, plan.notices) == at(11)
    earlier = planned(a_definition(start_wall=time(11), end_wall=time(12)), a_held(8, 2))
    assert notices.first_start(earlier.changes.steps, earlier.notices) == at(11, 11)
    assert notices.first_start(plan.changes.steps, []) is None
