"""Answers for one public holiday, and for all of a series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from booking.domain.enums.planning import FindingCode
from booking.domain.holidays import DaysOff, Holiday
from booking.domain.planning import holiday_answers, planner, schedule
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.holiday_answers import HolidayAnswer
from booking.domain.planning.occurrences import Period, StoredOccurrence, StoredSeries
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.schedule import Surroundings
from tests.builders import NOW
from tests.domain.planning.builders import a_definition, a_masterclass, a_programme, asking, december

MOVE_DAY, OTHER_DAY = december(11), december(18)
OFF = DaysOff({MOVE_DAY: Holiday("Show Day"), OTHER_DAY: Holiday("Staff Day")})


def answered(definition: Definition, answer: str, on: date | None = MOVE_DAY) -> Definition:
    given = HolidayAnswer(definition.slug, on, answer)
    return holiday_answers.apply(definition, given, StoredSeries(), Period(NOW), Surroundings(OFF))


def held_on(definition: Definition) -> list[int]:
    computed = schedule.compute(definition, StoredSeries(), Period(NOW), Surroundings(OFF))
    return [(one.starts_at + timedelta(hours=10)).day for one in computed.settings.values() if not one.reason]


def questions(definition: Definition) -> list[date | None]:
    found = planner.changes(a_programme(), asking(definition), Period(NOW), OFF)
    return [one.on for one in found.findings if one.code == FindingCode.HOLIDAY and one.is_question]


def test_each_holiday_is_asked_about() -> None:
    assert questions(a_definition(id=None)) == [MOVE_DAY, OTHER_DAY]


@pytest.mark.parametrize(
    ("answer", "days"), [("keep", [4, 11, 18]), ("skip", [4, 18]), ("move", [4, 12, 18]), ("postpone", [4, 18, 25])]
)
def test_an_answer_for_one_holiday_leaves_the_other_open(answer: str, days: list[int]) -> None:
    found = answered(a_definition(id=None), answer)
    assert held_on(found) == days
    assert questions(found) == [OTHER_DAY]
    assert found.terms.on_holiday == ""


def test_an_answer_for_the_whole_series_settles_all_of_them() -> None:
    found = answered(a_definition(id=None), "skip", None)
    assert (questions(found), held_on(found)) == ([], [4])


def test_the_reason_of_a_skipped_holiday_is_its_name() -> None:
    assert answered(a_definition(), "skip").terms.skips == {MOVE_DAY: "Show Day"}


@pytest.mark.parametrize("first", ["keep", "skip", "move", "postpone"])
@pytest.mark.parametrize("then", ["keep", "skip", "move", "postpone"])
def test_a_later_answer_takes_the_place_of_an_earlier_one(first: str, then: str) -> None:
    assert answered(answered(a_definition(), first), then) == answered(a_definition(), then)


def test_a_module_is_moved_within_its_week() -> None:
    found = answered(a_masterclass(), "move")
    moved = found.terms.exceptions["2"].moved
    assert moved is not None
    assert moved.on == december(12)


def test_where_the_week_has_no_free_day_nothing_changes() -> None:
    daily = a_definition(rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
    assert answered(daily, "move") == daily


def test_a_day_that_is_no_holiday_has_no_answer() -> None:
    assert answered(a_definition(), "skip", december(4)) == a_definition()


def test_answers_are_read_as_forms_send_them_and_anything_else_is_left_out() -> None:
    texts = ["clinic/2023-12-11=skip", "clinic=keep", "clinic/soon=skip", "clinic=perhaps", "=keep", "", "clinic"]
    assert holiday_answers.read(texts) == [
        HolidayAnswer("clinic", MOVE_DAY, "skip"),
        HolidayAnswer("clinic", None, "keep"),
    ]


def published(definition: Definition) -> StoredProgramme:
    """The programme with the series as it is stored with its answers."""
    world = a_programme(a_definition())
    found = planner.changes(world, asking(definition), Period(NOW), OFF)
    rows = {row.key: row for row in world.rows["clinic"]}
    rows |= {step.key: StoredOccurrence(step.occurrence_id or 99, step.key, step.after) for step in found.steps}
    return replace(world, definitions={"clinic": definition}, rows={"clinic": list(rows.values())})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("keep", "Held"),
        ("skip", "Skipped"),
        ("move", "Moved to Tue\xa012\xa0Dec"),
        ("postpone", "Postponed, with all later dates"),
    ],
)
def test_what_happens_is_said_in_words(answer: str, words: str) -> None:
    world = published(answered(a_definition(), answer))
    assert holiday_answers.in_words(world.series("clinic"), MOVE_DAY) == words
    assert holiday_answers.in_words(world.series("clinic"), december(12)) is None


@pytest.mark.parametrize("first", ["keep", "skip", "move", "postpone"])
@pytest.mark.parametrize("then", ["keep", "skip", "move"])
def test_an_answer_is_changed_once_it_is_published(first: str, then: str) -> None:
    world = published(answered(a_definition(), first))
    around = Surroundings(OFF)
    given = HolidayAnswer("clinic", MOVE_DAY, then)
    changed = holiday_answers.apply(world.definitions["clinic"], given, world.series("clinic"), Period(NOW), around)
    assert changed == answered(a_definition(), then)
