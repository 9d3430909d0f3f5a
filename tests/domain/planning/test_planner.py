"""What is stored compared with what is asked for: the steps, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest

from booking.domain import wording
from booking.domain.planning import edits, planner
from booking.domain.planning.adjustments import DateException, Definition, Extra, Moved
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import Changes
from booking.domain.planning.resolve import ResolvedRequest
from booking.domain.recurrence import RuleChange
from tests.builders import NOW
from tests.domain.planning.builders import (
    ADA,
    BEN,
    a_definition,
    a_masterclass,
    a_programme,
    a_row,
    asking,
    at,
    december,
    published,
)

#: The first Monday, as findings name it.
DAY = wording.day(december(4))


def changed(before: Definition | None, after: Definition, now: datetime = NOW, with_past: bool = False) -> Changes:
    """The changes of storing one series anew."""
    stored = a_programme(*([before] if before is not None else []))
    return planner.changes(stored, asking(after), Period(now, with_past))


def steps(found: Changes) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(step.what, step.key, step.fields) for step in found.steps]


# -- steps


def test_a_series_that_is_asked_for_as_it_is_changes_nothing() -> None:
    found = changed(a_definition(), a_definition())
    assert (found.steps, found.series, found.far, found.findings, found.problems) == ([], [], [], [], [])


def test_the_dates_of_a_new_series_appear() -> None:
    new = a_definition(id=None)
    found = changed(None, new)
    assert [(step.what, step.key, step.before) for step in found.steps] == [
        ("appears", "2023-12-04", None),
        ("appears", "2023-12-11", None),
        ("appears", "2023-12-18", None),
    ]
    assert [(one.before, one.after) for one in found.series] == [(None, new)]
    assert (found.appearing, found.touched_ids) == ({}, [])


@pytest.mark.parametrize(
    ("exception", "what", "fields"),
    [
        (DateException(moved=Moved(december(13), time(13), time(14))), "moves", ("when",)),
        (DateException(cancelled="Ill"), "goes", ("reason",)),
        (DateException(title="Ask"), "changes", ("title",)),
        (DateException(analysts=(BEN,)), "changes", ("analysts",)),
        (DateException(recording_url="https://r", slides_url="https://s"), "changes", ("recording", "slides")),
        (
            DateException(moved=Moved(december(13), time(13), time(14)), title="Ask", cancelled="Ill"),
            "goes",
            ("when", "title", "reason"),
        ),
    ],
    ids=["moved", "cancelled", "title", "analysts", "recording", "all"],
)
def test_an_exception_is_one_step_with_the_fields_that_differ(
    exception: DateException, what: str, fields: tuple[str, ...]
) -> None:
    found = changed(a_definition(), a_definition(exceptions={"2023-12-11": exception}))
    assert steps(found) == [(what, "2023-12-11", fields)]
    assert found.touched_ids == [2]


def test_a_cancelled_date_that_takes_place_again_returns() -> None:
    cancelled = a_definition(exceptions={"2023-12-11": DateException(cancelled="Ill")})
    assert steps(changed(cancelled, a_definition())) == [("returns", "2023-12-11", ("reason",))]


def test_only_what_people_still_see_of_a_cancelled_date_is_a_step() -> None:
    cancelled = a_definition(exceptions={"2023-12-11": DateException(cancelled="Ill")})
    roster = replace(cancelled, analysts=(BEN,))
    assert [key for _, key, _ in steps(changed(cancelled, roster))] == ["2023-12-04", "2023-12-18"]
    reason = a_definition(exceptions={"2023-12-11": DateException(cancelled="Away")})
    assert steps(changed(cancelled, reason)) == [("changes", "2023-12-11", ("reason",))]


def test_a_cancelled_date_is_not_listed_where_a_new_series_never_held_it() -> None:
    new = a_definition(id=None, exceptions={"2023-12-11": DateException(cancelled="Ill")})
    assert [key for _, key, _ in steps(changed(None, new))] == ["2023-12-04", "2023-12-18"]


def test_steps_are_in_order_of_time() -> None:
    asked = edits.extra(
        a_definition(exceptions={"2023-12-18": DateException(moved=Moved(december(5), time(9), time(10)))}),
        Extra(december(7), time(9), time(10)),
    )
    assert [(what, key) for what, key, _ in steps(changed(a_definition(), asked))] == [
        ("moves", "2023-12-18"),
        ("appears", "+2023-12-07T0900"),
    ]


@pytest.mark.parametrize(
    "fields",
    [{"title": "Drop-in"}, {"summary": "Anything."}, {"kind": "lab"}, {"zone": "Australia/Lindeman"}],
    ids=["title", "summary", "kind", "zone"],
)
def test_new_words_of_a_series_are_a_change_of_each_date(fields: dict[str, object]) -> None:
    found = changed(a_definition(), a_definition(**fields))
    assert steps(found) == [("changes", f"2023-12-{day:02}", ("words",)) for day in (4, 11, 18)]
    name = "rule" if "zone" in fields else next(iter(fields))
    assert [one.fields for one in found.series] == [(name,)]


def test_a_new_title_of_a_module_is_a_change_of_that_module_alone() -> None:
    asked = a_masterclass(modules=("One", "Joins", "Three", "Four"))
    assert steps(changed(a_masterclass(), asked)) == [("changes", "2", ("words",))]


def test_one_more_module_renumbers_all_of_them() -> None:
    found = changed(a_masterclass(), a_masterclass(modules=("One", "Two", "Three", "Four", "Five")))
    assert [what for what, _, _ in steps(found)] == ["changes"] * 4 + ["appears"]  # "1 of 4" becomes "1 of 5"


def test_nothing_is_moved_into_the_past() -> None:
    asked = a_definition(exceptions={"2023-12-11": DateException(moved=Moved(december(1), time(13), time(14)))})
    found = changed(a_definition(), asked, now=at(2))
    assert (found.steps, found.problems) == ([], ["clinic: clinic Fri 2023-12-01 13:00 lies in the past"])


def test_dates_beyond_the_far_end_are_stored_without_being_steps() -> None:
    endless = a_definition(ends_on=None)
    stored = replace(a_programme(endless), rows={"clinic": published(endless)[:3]})
    found = planner.changes(stored, asking(endless), Period(NOW))
    assert found.steps == []
    assert found.far[0].key == "2023-12-25"


def test_what_has_begun_and_what_nothing_asks_for_is_listed_by_its_wall_time() -> None:
    definition = a_definition()
    rows = {"clinic": [*published(definition), a_row(20)]}
    found = planner.changes(replace(a_programme(definition), rows=rows), asking(definition), Period(at(5)))
    assert found.begun == [("clinic", datetime(2023, 12, 4, 13))]
    assert found.kept == [("clinic", datetime(2023, 12, 20, 13))]


def test_the_title_of_a_module_that_has_begun_stays() -> None:
    asked = a_masterclass(modules=("Un", "Deux", "Three", "Four"))
    found = changed(a_masterclass(), asked, now=at(5))
    assert [finding.message for finding in found.findings] == ["module 1 has started, so it keeps its title “One”"]
    assert found.series[0].after.rule.modules == ("One", "Deux", "Three", "Four")


# -- series that nobody asks about


def test_wall_times_that_a_zone_shifts_are_mended_in_a_series_that_nobody_asks_about() -> None:
    hour_later = a_definition(start_wall=time(14), end_wall=time(15))
    stored = replace(a_programme(a_definition()), definitions={"clinic": hour_later})
    found = planner.changes(stored, ResolvedRequest(), Period(NOW))
    assert steps(found) == [("moves", f"2023-12-{day:02}", ("when",)) for day in (4, 11, 18)]
    assert found.steps[0].after.starts_at == at(4, 14)
    assert found.series == []


def test_a_series_that_nobody_asks_about_is_not_moved_to_another_day() -> None:
    stored = a_programme(a_definition())
    tuesdays = a_definition(rrule="FREQ=WEEKLY;BYDAY=TU", title="Other words")
    found = planner.changes(replace(stored, definitions={"clinic": tuesdays}), ResolvedRequest(), Period(NOW))
    assert (found.steps, found.series) == ([], [])


@pytest.mark.parametrize(("extends", "is_filled"), [(False, False), (True, True)])
def test_its_far_end_is_filled_only_when_asked(extends: bool, is_filled: bool) -> None:
    endless = a_definition(ends_on=None)
    stored = replace(a_programme(endless), rows={"clinic": published(endless)[:3]})
    found = planner.changes(stored, ResolvedRequest(), Period(NOW), extends=extends)
    assert bool(found.far) is is_filled
    assert found.steps == []


def test_a_renamed_series_is_the_one_it_came_from() -> None:
    renamed = a_definition("drop-in", was=("clinic",))
    asked = ResolvedRequest({"drop-in": renamed}, {"drop-in": "clinics.yaml:3"}, {"drop-in": "clinic"})
    found = planner.changes(a_programme(a_definition()), asked, Period(NOW))
    assert (found.steps, [one.fields for one in found.series]) == ([], [("slug", "terms")])


def test_problems_name_the_place_that_asks() -> None:
    early = {"2023-12-04": DateException(moved=Moved(december(1), time(1), time(2)))}
    asked = ResolvedRequest({"clinic": a_definition(exceptions=early)}, {"clinic": "f:3"})
    found = planner.changes(a_programme(a_definition()), asked, Period(at(2)))
    assert found.problems == ["f:3: clinic Fri 2023-12-01 01:00 lies in the past"]


def test_an_analyst_is_named_by_id_where_no_name_is_known() -> None:
    stored = replace(a_programme(a_definition("lab-1", kind="lab", title="One")), names={})
    found = planner.changes(
        stored, asking(a_definition("lab-2", kind="lab", title="Two", id=None, ends_on=december(4))), Period(NOW)
    )
    assert [finding.message for finding in found.findings] == [
        f"{DAY}: analyst {ADA} is on two rosters at once: One and Two"
    ]


# -- the level at which an edit belongs


def test_a_name_for_all_upcoming_dates_is_that_of_the_series() -> None:
    had = a_definition(turns=(RuleChange(december(11), title="Open clinic"),), exceptions={"2023-12-18": OWN})
    asked = edits.onwards(had, RuleChange(NOW.date(), title="Help desk"), NOW.date())
    assert (asked.title, asked.rule.turns) == ("Help desk", ())
    assert steps(changed(had, asked)) == [
        ("changes", "2023-12-04", ("words",)),
        ("changes", "2023-12-11", ("title",)),
    ], "a date with a name of its own keeps it, and its calendars have nothing to show"


OWN = DateException(title="Year in review")


@pytest.mark.parametrize("day", [4, 2])
def test_from_the_first_upcoming_date_on_is_the_series_itself(day: int) -> None:
    asked = edits.onwards(a_definition(), RuleChange(december(day), analysts=(BEN,)), NOW.date())
    assert (asked.analysts, asked.rule.turns) == ((BEN,), ())


def test_from_a_later_date_on_is_a_turn() -> None:
    turn = RuleChange(december(11), title="Help desk")
    asked = edits.onwards(a_definition(), turn, NOW.date())
    assert (asked.title, asked.rule.turns) == (a_definition().title, (turn,))
    early = Extra(december(1), time(9), time(10))
    with_extra = edits.onwards(a_definition(extras=(early,)), RuleChange(december(4), title="Help desk"), NOW.date())
    assert len(with_extra.rule.turns) == 1, "an added date before it keeps its name"


def test_hours_and_days_of_all_upcoming_dates_are_those_of_the_rule() -> None:
    had = a_definition(turns=(RuleChange(december(11), None, time(15), time(16), title="Open clinic"),))
    change = RuleChange(NOW.date(), "FREQ=WEEKLY;BYDAY=TU", time(9), time(10))
    asked = edits.onwards(had, change, NOW.date())
    assert (asked.rule.rrule, asked.rule.start_wall, asked.rule.end_wall) == (change.rrule, time(9), time(10))
    assert asked.rule.turns == (RuleChange(december(11), title="Open clinic"),), "what the edit is not about stays"


def test_a_name_that_passes_from_dates_to_their_series_is_written_and_nobody_sees_it() -> None:
    had = a_definition(turns=(RuleChange(december(11), title="Help desk"),))
    found = changed(had, edits.everywhere(had, RuleChange(NOW.date(), title="Help desk")))
    assert steps(found) == [("changes", "2023-12-04", ("words",))]
    assert [(step.key, step.fields, step.after.title) for step in found.far] == [
        ("2023-12-11", ("own_title",), None),
        ("2023-12-18", ("own_title",), None),
    ]


def test_a_series_that_had_an_end_and_has_none_gets_dates_that_the_plan_shows() -> None:
    found = changed(a_definition(), a_definition(ends_on=None))
    assert {step.what for step in found.steps} == {"appears"}
    assert len(found.steps) > 40
    assert found.far == []


# -- what has begun


def test_dates_of_a_new_series_that_have_begun_are_named() -> None:
    found = changed(None, a_definition(id=None), now=at(11, 13, 20))
    assert [step.key for step in found.steps] == ["2023-12-18"]
    (noted,) = found.findings
    assert noted.message == f"2 dates have already started, so they aren’t added: {DAY} to {wording.day(december(11))}"
    (noted,) = changed(None, a_definition(id=None), now=at(4, 13, 20)).findings
    assert noted.message == f"{DAY} has already started, so it isn’t added"


def test_a_first_module_that_has_begun_is_named() -> None:
    (noted,) = changed(None, a_masterclass(id=None), now=at(4, 13, 20)).findings
    assert noted.message == f"{DAY} (module 1) has already started, so it isn’t added"


def test_a_date_under_way_stays_and_the_plan_says_so() -> None:
    found = changed(a_definition(), a_definition(start_wall=time(15), end_wall=time(16)), now=at(4, 13, 20))
    assert [step.key for step in found.steps] == ["2023-12-11", "2023-12-18"]
    assert [one.message for one in found.findings] == [f"{DAY} is under way, so it stays as it is"]
    assert changed(a_definition(), a_definition(), now=at(4, 13, 20)).findings == []
