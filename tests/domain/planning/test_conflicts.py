"""What a plan needs twice: an analyst, a member, a meeting link, an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from booking.domain import wording
from booking.domain.enums.planning import FindingCode, PlaceKind, StepKind
from booking.domain.planning import conflicts, planner
from booking.domain.planning.adjustments import DateException, Definition, Moved
from booking.domain.planning.consequences import AffectedPerson, Claimed
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import Changes, StoredProgramme
from tests.builders import NOW
from tests.domain.planning.builders import ADA, BEN, DAN, a_definition, a_programme, asking, at, december

MIA, TOM = 101, 102
#: The first Monday, as findings name it.
DAY = wording.day(december(4))


def a_lab(slug: str = "lab", **fields: object) -> Definition:
    """A lab at the time of the first Monday clinic."""
    return a_definition(slug, **{"kind": "lab", "title": "Lab", "id": 2, "ends_on": december(4), **fields})


def changed(stored: StoredProgramme, *asked: Definition) -> Changes:
    return planner.changes(stored, asking(*asked), Period(NOW))


def texts(found: Changes, code: FindingCode) -> list[str]:
    return [finding.message for finding in found.findings if finding.code == code]


# -- analysts


def test_an_analyst_on_another_roster_is_not_offered_in_a_bookable_hour() -> None:
    found = changed(a_programme(a_definition(analysts=(ADA, BEN))), a_lab(id=None))
    (step,) = [step for step in found.steps if step.series == "clinic"]
    assert (step.what, step.key, step.after.analysts) == (StepKind.CHANGES, "2023-12-04", (BEN,))
    assert texts(found, FindingCode.SAME_ANALYST) == [
        f"{DAY}: Ada is in Lab then, so members can't book them in Live Member Clinic"
    ]


def test_an_analyst_is_offered_again_once_the_other_roster_needs_them_no_more() -> None:
    both = a_programme(a_definition(analysts=(ADA, BEN)), a_lab())
    without_ada = [row._replace(setting=row.setting._replace(analysts=(BEN,))) for row in both.rows["clinic"][:1]]
    stored = replace(both, rows={**both.rows, "clinic": [*without_ada, *both.rows["clinic"][1:]]})
    found = changed(stored, a_lab(analysts=(DAN,)))
    (step,) = [step for step in found.steps if step.series == "clinic"]
    assert step.after.analysts == (ADA, BEN)


@pytest.mark.parametrize(
    ("start", "end", "is_finding"),
    [
        (time(12), time(13), False),
        (time(12), time(13, 15), True),
        (time(13, 45), time(15), True),
        (time(14), time(15), False),
    ],
)
def test_hours_that_only_touch_do_not_overlap(start: time, end: time, is_finding: bool) -> None:
    found = changed(a_programme(a_definition()), a_lab(id=None, start_wall=start, end_wall=end))
    assert bool(texts(found, FindingCode.SAME_ANALYST)) is is_finding


def test_of_two_bookable_hours_the_later_one_gives_way() -> None:
    other = a_definition("open-clinic", id=None, start_wall=time(13, 30), end_wall=time(15), ends_on=december(4))
    found = changed(a_programme(a_definition()), other)
    assert [(step.series, step.after.analysts) for step in found.steps] == [("open-clinic", ())]


def test_two_rosters_that_cannot_be_booked_are_only_noted() -> None:
    found = changed(a_programme(a_lab()), a_lab("workshop", id=None, title="Workshop"))
    assert texts(found, FindingCode.SAME_ANALYST) == [f"{DAY}: Ada is on two rosters at once: Lab and Workshop"]
    assert [step.after.analysts for step in found.steps] == [(ADA,)]


def test_a_cancelled_date_needs_nobody() -> None:
    cancelled = a_lab(id=None, exceptions={"2023-12-04": DateException(cancelled="Ill")})
    assert texts(changed(a_programme(a_definition()), cancelled), FindingCode.SAME_ANALYST) == []


# -- meeting links and hours


def test_two_series_with_one_meeting_link_at_once_are_noted() -> None:
    link = {"meeting_url": "https://m/1"}
    found = changed(a_programme(a_definition(**link)), a_lab(id=None, analysts=(BEN,), **link))
    assert texts(found, FindingCode.SAME_MEETING_LINK) == [
        f"{DAY}: Live Member Clinic and Lab use the same meeting link"
    ]
    own = {"2023-12-04": DateException(meeting_url="https://m/own")}
    apart = changed(a_programme(a_definition(**link)), a_lab(id=None, exceptions=own, **link))
    assert texts(apart, FindingCode.SAME_MEETING_LINK) == []


def test_a_date_that_is_moved_onto_another_series_is_noted() -> None:
    stored = a_programme(a_definition(), a_lab(analysts=(BEN,), start_wall=time(9), end_wall=time(10)))
    moved = a_definition(exceptions={"2023-12-11": DateException(moved=Moved(december(4), time(9, 30), time(10)))})
    found = changed(stored, moved)
    assert texts(found, FindingCode.SAME_TIME) == [f"{DAY}: Live Member Clinic then clashes with Lab"]
    assert texts(changed(stored, a_definition(title="Drop-in")), FindingCode.SAME_TIME) == []


def test_analysts_of_one_bookable_date_with_one_meeting_link_are_one_finding_a_series() -> None:
    stored = a_programme(a_definition())
    found = changed(stored, a_definition(analysts=(ADA, BEN, DAN)))
    links = {ADA: "https://m/1", BEN: "https://m/1", DAN: "https://m/3"}
    (finding,) = conflicts.shared_links(found, stored, links)
    assert (finding.code, finding.on) == (FindingCode.SAME_LINK, december(4))
    assert "Ada and Ben use the same meeting link" in finding.message
    assert conflicts.shared_links(found, stored, {**links, BEN: "https://m/2"}) == []
    lab = changed(stored, a_lab(id=None, analysts=(ADA, BEN)))
    assert conflicts.shared_links(lab, stored, links) == []


# -- members


@pytest.mark.parametrize(
    ("hour", "minute", "is_finding"), [(9, 0, True), (9, 45, True), (10, 0, False), (8, 45, False)]
)
def test_a_member_with_something_else_at_the_new_time_is_noted(hour: int, minute: int, is_finding: bool) -> None:
    moved = a_definition(exceptions={"2023-12-11": DateException(moved=Moved(december(12), time(9), time(10)))})
    found = changed(a_programme(a_definition()), moved)
    places = [
        AffectedPerson(PlaceKind.ENROLLED, 1, 2, MIA, "Mia"),
        AffectedPerson(PlaceKind.ENROLLED, 2, 2, TOM, "Tom"),
    ]
    claimed = Claimed(enrolled=frozenset({(MIA, at(12, hour, minute)), (999, at(12, 9))}))
    findings = conflicts.members_in_both(found.steps, places, claimed)
    expected = ["1 member has something else at the new time"]
    assert [finding.message for finding in findings] == (expected if is_finding else [])


def test_members_are_counted_and_none_is_looked_for_where_the_time_stays() -> None:
    places = [
        AffectedPerson(PlaceKind.ENROLLED, 1, 2, MIA, "Mia"),
        AffectedPerson(PlaceKind.ENROLLED, 2, 2, TOM, "Tom"),
    ]
    claimed = Claimed(people=frozenset({(MIA, at(12, 9)), (TOM, at(12, 9, 15)), (MIA, at(11, 13))}))
    moved = a_definition(exceptions={"2023-12-11": DateException(moved=Moved(december(12), time(9), time(10)))})
    (finding,) = conflicts.members_in_both(changed(a_programme(a_definition()), moved).steps, places, claimed)
    assert finding.message == "2 members have something else at the new time"
    retitled = changed(a_programme(a_definition()), a_definition(title="Drop-in"))
    assert conflicts.members_in_both(retitled.steps, places, claimed) == []
