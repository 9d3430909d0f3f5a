"""A series changed by its form: only what differs is touched, each at the level at which it belongs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from booking.domain.planning import planner, series_edits
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import Changes
from booking.domain.planning.series_edits import SeriesFields
from booking.domain.recurrence import RuleChange
from tests.builders import BRISBANE, NOW
from tests.domain.planning.builders import ADA, BEN, a_definition, a_masterclass, a_programme, asking, december

TODAY = date(2023, 11, 27)
LATER = RuleChange(december(11), "FREQ=WEEKLY;BYDAY=TU", time(15), time(16), title="Open clinic", analysts=(BEN,))


def changed(series: Definition, today: date = TODAY, since: date | None = None, **fields: object) -> Definition:
    asked = replace(series_edits.fields_of(series, today), **fields)  # type: ignore[arg-type]
    return series_edits.change(series, asked, today, since)


def plan(before: Definition, after: Definition) -> Changes:
    return planner.changes(a_programme(before), asking(after), Period(NOW))


def steps(before: Definition, after: Definition) -> list[tuple[str, str]]:
    return [(step.what, step.key) for step in plan(before, after).steps]


def test_a_form_sent_as_it_was_opened_changes_nothing() -> None:
    for series in (a_definition(), a_definition(turns=(LATER,)), a_masterclass(), a_definition(ends_on=None)):
        for today in (TODAY, december(12)):
            assert changed(series, today) == series


def test_the_form_shows_what_holds_from_today_on() -> None:
    series = a_definition(turns=(LATER,))
    before, after = (series_edits.fields_of(series, today) for today in (TODAY, december(12)))
    assert (before.title, before.rrule, before.analysts) == (series.title, series.rule.rrule, (ADA,))
    assert (after.title, after.rrule, after.start_wall) == ("Open clinic", "FREQ=WEEKLY;BYDAY=TU", time(15))
    assert after.analysts == (BEN,)


def test_only_what_differs_is_taken_off_later_turns() -> None:
    found = changed(a_definition(turns=(LATER,)), title="Help desk", start_wall=time(9), end_wall=time(10))
    assert (found.title, found.rule.start_wall, found.analysts) == ("Help desk", time(9), (ADA,))
    assert found.rule.turns == (RuleChange(december(11), "FREQ=WEEKLY;BYDAY=TU", analysts=(BEN,)),)


def test_description_lengths_link_and_holidays_are_the_series_own() -> None:
    found = changed(a_definition(), summary="New", slot_minutes=(30,), meeting_url="https://x.org", on_holiday="skip")
    assert (found.summary, found.slot_minutes, found.meeting_url) == ("New", (30,), "https://x.org")
    assert found.terms.on_holiday == "skip"
    assert changed(found, meeting_url="").meeting_url is None
    assert steps(a_definition(), replace(a_definition(), meeting_url="https://x.org")) == []


def test_new_hours_hold_from_a_day_on_where_one_is_given() -> None:
    found = changed(a_definition(), since=december(12), start_wall=time(15), end_wall=time(16))
    assert found.rule.turns == (RuleChange(december(12), None, time(15), time(16)),)
    assert steps(a_definition(), found) == [("moves", "2023-12-18")]
    assert changed(a_definition(), since=december(4), start_wall=time(9)).rule.turns == ()


def test_every_second_week_is_counted_from_where_it_begins_to_hold() -> None:
    rrule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"
    begun = a_definition(starts_on=date(2023, 11, 20), ends_on=None)
    assert changed(begun, since=december(4), rrule=rrule).rule.turns == (RuleChange(december(4), rrule),)
    ahead = changed(a_definition(), rrule=rrule)
    assert (ahead.rule.rrule, ahead.rule.turns) == (rrule, ())


def test_a_last_day_ends_what_is_stored_after_it_and_a_later_one_brings_it_back() -> None:
    ended = changed(a_definition(), ends_on=december(11))
    assert steps(a_definition(), ended) == [("goes", "2023-12-18")]
    assert series_edits.last_day(ended) == december(11)
    again = changed(ended, ends_on=december(25))
    assert (again.rule.ends_on, again.terms.ends_on) == (december(25), None)
    assert steps(a_definition(), again) == [("appears", "2023-12-25")]
    assert changed(a_definition(ends_on=None), ends_on=december(11)).terms.ends_on == december(11)
    endless = changed(ended, ends_on=None)
    assert (endless.rule.ends_on, endless.terms.ends_on) == (None, None)


def test_postponed_weeks_count_in_the_last_day() -> None:
    postponed = a_definition(postponements=frozenset({(december(11), 1)}))
    assert series_edits.last_day(postponed) == december(25)
    assert changed(postponed, ends_on=date(2024, 1, 1)).rule.ends_on == december(25)


def test_a_later_first_day_skips_what_is_stored_before_it_and_an_earlier_one_takes_that_back() -> None:
    later = changed(a_definition(), starts_on=december(6))
    assert steps(a_definition(), later) == [("goes", "2023-12-04")]
    assert changed(later, starts_on=december(4)) == a_definition()
    assert steps(a_masterclass(), changed(a_masterclass(), starts_on=december(11)))[0] == ("moves", "1")


def test_a_module_that_is_taken_off_is_cancelled_and_one_that_is_put_back_takes_place() -> None:
    shorter = changed(a_masterclass(), modules=("One", "Two", "Three"))
    assert ("goes", "4") in steps(a_masterclass(), shorter)
    longer = changed(shorter, modules=("One", "Two", "Three", "Last"))
    assert longer.terms == a_masterclass().terms
    assert longer.rule.modules[-1] == "Last"


@pytest.mark.parametrize("ends_on", [None, december(18)])
def test_a_new_series_is_what_the_form_says(ends_on: date | None) -> None:
    asked = SeriesFields("Lab", "FREQ=WEEKLY;BYDAY=WE", time(10), time(11), december(6), ends_on=ends_on)
    found = series_edits.new("lab", "lab", BRISBANE, asked)
    assert (found.slug, found.kind, found.id, found.meeting_url, found.rule.zone) == (
        "lab",
        "lab",
        None,
        None,
        BRISBANE,
    )
    assert series_edits.fields_of(found, TODAY) == asked
