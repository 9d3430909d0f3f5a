"""A plan as a value: its fingerprint stands for all of it, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from booking.domain.enums.planning import FindingCode, PlaceKind
from booking.domain.planning import plan as plans
from booking.domain.planning import planner
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import AffectedPerson, Claimed, Offered, TouchedBooking
from booking.domain.planning.notices import SeriesEnrolment, TouchedPeople
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import Plan
from booking.domain.planning.schedule import PlanFinding
from tests.builders import NOW, ORGANISATION
from tests.domain.planning.builders import ADA, BEN, HOUR, a_definition, a_programme, asking, at

MINUTES = timedelta(minutes=1)


def bookings() -> list[TouchedBooking]:
    """Three bookings of the first two Mondays."""
    return [
        TouchedBooking(7, "g", 1, ADA, 101, "Mia", at(4), 15),
        TouchedBooking(8, "h", 1, ADA, 102, "Tom", at(4, 13, 15), 15),
        TouchedBooking(9, "i", 2, ADA, 101, "Mia", at(11), 15),
    ]


def planned(asked: Definition, held: list[TouchedBooking] | None = None, **more: object) -> Plan:
    """The plan of storing the clinic anew."""
    found = planner.changes(a_programme(a_definition()), asking(asked), Period(NOW))
    claimed = more.pop("claimed", Claimed())
    people = TouchedPeople(held or [], **more)  # type: ignore[arg-type]
    return planner.complete(found, people, claimed, ORGANISATION, NOW)  # type: ignore[arg-type]


WITH_BEN = a_definition(analysts=(BEN,))


def test_the_fingerprint_does_not_depend_on_the_order_of_rows() -> None:
    whole = planned(WITH_BEN, bookings())
    assert len(whole.outcomes) == 3
    assert planned(WITH_BEN, bookings()[::-1]).fingerprint == whole.fingerprint
    assert len(whole.fingerprint) == 16
    assert int(whole.fingerprint, 16) > 0


def test_the_fingerprint_does_not_depend_on_the_order_in_which_adjustments_were_made() -> None:
    days = [at(4).date(), at(11).date()]
    one = a_definition(skips=dict.fromkeys(days, ""), title="Drop-in")
    other = a_definition(skips=dict.fromkeys(days[::-1], ""), title="Drop-in")
    assert planned(one).fingerprint == planned(other).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        lambda: planned(WITH_BEN, bookings()[:2]),
        lambda: planned(a_definition(analysts=(BEN,), title="Drop-in"), bookings()),
        lambda: planned(a_definition(analysts=(BEN, ADA)), bookings()),
        lambda: planned(WITH_BEN, [*bookings()[:2], bookings()[2]._replace(starts_at=at(11, 13, 30))]),
        lambda: planned(WITH_BEN, bookings(), claimed=Claimed(people=frozenset({(BEN, at(4))}))),
        lambda: planned(WITH_BEN, bookings(), offers=[Offered(3, 1, ADA, 103, at(4, 13, 45), 15)]),
        lambda: planned(a_definition(analysts=(BEN,), on_holiday="skip"), bookings()),
    ],
    ids=["a booking less", "words", "roster", "another time", "what is free", "an offer", "an answer for holidays"],
)
def test_the_fingerprint_changes_with_everything_that_would_be_done(other: Callable[[], Plan]) -> None:
    assert other().fingerprint != planned(WITH_BEN, bookings()).fingerprint


def test_places_and_emails_are_part_of_the_fingerprint() -> None:
    gone = a_definition(ends_on_day=at(4).date())
    place = AffectedPerson(PlaceKind.ENROLLED, 5, 2, 103, "Kim")
    assert planned(gone, places=[place]).fingerprint != planned(gone).fingerprint


def test_facts_are_json_that_names_each_consequence() -> None:
    facts = plans.facts(planned(WITH_BEN, bookings()))
    assert [one["series"] for one in facts["series"]] == ["clinic"]
    assert (facts["occurrences"][0]["what"], facts["occurrences"][0]["key"]) == ("changes", "2023-12-04")
    assert facts["occurrences"][0]["after"]["starts_at"] == "2023-12-04T03:00:00+00:00"
    assert facts["bookings"][0]["to"] == {"analyst_id": BEN, "starts_at": "2023-12-04T03:00:00+00:00", "minutes": 15}
    assert {one["member"] for one in facts["emails"]} == {"Mia", "Tom"}


def test_a_plan_that_changes_nothing_is_empty() -> None:
    assert planned(a_definition()).is_empty
    assert not planned(a_definition(on_holiday="skip")).is_empty
    assert not planned(WITH_BEN).is_empty


def test_questions_are_the_findings_that_must_be_answered() -> None:
    plan = planned(a_definition())
    question = PlanFinding(FindingCode.HOLIDAY, "clinic", "does it take place?", is_question=True)
    plan.changes.findings += [PlanFinding(FindingCode.SAME_TIME, "clinic", "moved"), question]
    assert plan.questions == [question]


def test_new_dates_of_a_stored_series_are_told_to_those_enrolled_in_all_of_them() -> None:
    more = a_definition(ends_on=at(25).date())
    plan = planned(more, enrolled=[SeriesEnrolment("clinic", 103, "Kim")])
    assert plan.changes.appearing == {1: "clinic"}
    assert [notice.added for notice in plan.notices] == [(("clinic", "2023-12-25"),)]


def test_offers_whose_slot_goes_end_and_are_withdrawn_by_email() -> None:
    plan = planned(
        WITH_BEN, offers=[Offered(3, 1, ADA, 103, at(4), 15, None, "Kim"), Offered(4, 2, BEN, 104, at(11), 15)]
    )
    assert [one.id for one in plan.ended_offers] == [3]
    assert plans.facts(plan)["ended_offers"] == [3]
    assert [(one.email, one.member) for one in plan.notices] == [("offer-lapsed", "Kim")]


def test_a_plan_is_due_in_ten_minutes_or_an_hour_before_the_first_start_it_is_about() -> None:
    plan = planned(WITH_BEN, bookings())
    assert plan.due_at(NOW) == NOW + 10 * MINUTES
    assert plan.due_at(at(4) - 65 * MINUTES) == at(4) - HOUR
    assert plan.due_at(at(4) - 30 * MINUTES) == at(4) - 30 * MINUTES
    assert replace(plan, notices=[]).due_at(at(4)) == at(4) + 10 * MINUTES
