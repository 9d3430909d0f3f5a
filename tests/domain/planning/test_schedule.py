"""How each occurrence of a series is set: its rule, its adjustments and holidays applied to what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from booking.domain.holidays import DaysOff, Holiday
from booking.domain.planning import schedule
from booking.domain.planning.adjustments import DateException, Definition, Extra, Guest, Moved
from booking.domain.planning.occurrences import Period, StoredOccurrence, StoredSeries
from booking.domain.planning.schedule import Schedule, Surroundings
from booking.domain.recurrence import RuleChange
from tests.builders import NOW
from tests.domain.planning.builders import (
    ADA,
    BEN,
    DAN,
    HOUR,
    a_definition,
    a_masterclass,
    a_row,
    at,
    december,
    published,
)

#: A holiday everywhere on the second of the three Mondays.
HOLIDAY = DaysOff({december(11): Holiday("Founders Day", ("QLD", "NSW"))})
PARTLY = DaysOff({december(11): Holiday("Show Day", ("QLD",), ("NSW",))})


def compute(asked: Definition, stored: list[StoredOccurrence] | None = None, **options: object) -> Schedule:
    around = Surroundings(**{name: options.pop(name) for name in ("days_off", "busy", "away") if name in options})  # type: ignore[arg-type]
    series = StoredSeries(options.pop("before", None), stored or [])  # type: ignore[arg-type]
    asks = bool(options.pop("asks", True))
    return schedule.compute(asked, series, Period(**{"now": NOW, **options}), around, asks=asks)  # type: ignore[arg-type]


def starts(found: Schedule) -> dict[str, datetime]:
    return {key: setting.starts_at for key, setting in found.settings.items() if setting.reason is None}


def days(found: Schedule) -> list[int]:
    """The days of December on which it takes place, by Brisbane's clock."""
    return sorted((start + timedelta(hours=10)).day for start in starts(found).values())


def codes(found: Schedule) -> list[str]:
    return [finding.code for finding in found.findings]


# -- dates


def test_a_series_meets_on_the_dates_of_its_rule_at_its_wall_time() -> None:
    found = compute(a_definition())
    assert starts(found) == {"2023-12-04": at(4), "2023-12-11": at(11), "2023-12-18": at(18)}
    assert found.settings["2023-12-04"].ends_at == at(4, 14)


def test_what_has_begun_is_left_alone() -> None:
    stored = published(a_definition())
    found = compute(a_definition(analysts=(BEN,)), stored, now=at(4))
    assert (found.begun, days(found)) == (["2023-12-04"], [11, 18])


@pytest.mark.parametrize(("with_past", "expected"), [(False, [18]), (True, [4, 11, 18])])
def test_past_dates_of_a_new_series_are_stored_only_when_asked(with_past: bool, expected: list[int]) -> None:
    assert days(compute(a_definition(), now=at(12), with_past=with_past)) == expected


def test_a_skipped_date_goes_with_its_reason() -> None:
    asked = a_definition(skips={december(11): "Ada is ill"})
    found = compute(asked, published(a_definition()))
    assert days(found) == [4, 18]
    assert found.settings["2023-12-11"].reason == "Ada is ill"


def test_a_skipped_date_moves_the_modules_to_the_dates_that_follow() -> None:
    asked = a_masterclass(skips={december(11): ""})
    found = compute(asked, published(a_masterclass()))
    assert starts(found) == {"1": at(4), "2": at(18), "3": at(25), "4": at(25) + timedelta(days=7)}
    assert [found.settings[key].module for key in "1234"] == [1, 2, 3, 4]


def test_modules_that_have_begun_keep_their_date_and_the_rest_are_counted_from_them() -> None:
    stored = published(a_masterclass())
    found = compute(a_masterclass(rrule="FREQ=WEEKLY;BYDAY=WE"), stored, now=at(11, 15))
    assert found.begun == []
    assert starts(found)["3"] == at(13)
    assert starts(found)["4"] == at(20)
    assert not {"1", "2"} & found.settings.keys()


def test_postponed_weeks_are_left_out_and_the_end_moves_as_far() -> None:
    asked = a_definition(postponements=frozenset({(december(11), 1)}))
    assert days(compute(asked)) == [4, 18, 25]


def test_a_series_that_is_ended_loses_the_dates_after_it() -> None:
    found = compute(a_definition(ends_on_day=december(11)), published(a_definition()))
    assert days(found) == [4, 11]
    assert found.settings["2023-12-18"].reason == ""


def test_new_dates_beyond_what_was_stored_are_far_in_a_series_without_an_end() -> None:
    endless = a_definition(ends_on=None)
    stored = published(endless)[:3]
    found = compute(endless, stored, before=endless, until=date(2024, 1, 9))
    assert found.far == {"2023-12-25", "2024-01-01", "2024-01-08"}
    gap = compute(endless, [stored[0], stored[2]], before=endless, until=date(2023, 12, 26))
    assert (days(gap), gap.far) == ([4, 11, 18, 25], {"2023-12-25"})
    assert compute(a_definition(ends_on=december(25)), stored, before=endless).far == set()
    tuesdays = replace(endless, rule=replace(endless.rule, rrule="FREQ=WEEKLY;BYDAY=TU"))
    assert compute(tuesdays, stored, before=endless, until=date(2024, 1, 9)).far == set()


# -- holidays


def test_a_holiday_without_an_answer_is_a_question_with_four_answers() -> None:
    found = compute(a_definition(), days_off=HOLIDAY)
    (question,) = found.findings
    assert (question.code, question.on, question.is_question) == ("holiday", december(11), True)
    assert question.answers == ("keep", "skip", "postpone", "move")
    assert days(found) == [4, 11, 18]


def test_nothing_is_asked_about_a_holiday_where_the_date_is_published_or_nobody_asks() -> None:
    assert codes(compute(a_definition(), published(a_definition()), days_off=HOLIDAY)) == []
    assert codes(compute(a_definition(), days_off=HOLIDAY, asks=False)) == []


@pytest.mark.parametrize(
    ("answer", "expected", "noted"),
    [
        ("keep", [4, 11, 18], ["holiday-kept"]),
        ("skip", [4, 18], []),
        ("postpone", [4, 18, 25], []),
        ("move", [4, 12, 18], ["holiday-moved"]),
    ],
)
def test_an_answer_for_holidays_holds(answer: str, expected: list[int], noted: list[str]) -> None:
    found = compute(a_definition(on_holiday=answer), days_off=HOLIDAY)
    assert (days(found), codes(found)) == (expected, noted)


def test_a_stored_date_that_a_holiday_takes_goes_with_its_name() -> None:
    found = compute(a_definition(on_holiday="skip"), published(a_definition()), days_off=HOLIDAY)
    assert found.settings["2023-12-11"].reason == "Founders Day"


@pytest.mark.parametrize("answer", ["skip", "postpone", "move"])
def test_a_date_that_is_kept_takes_place_on_its_holiday(answer: str) -> None:
    asked = a_definition(on_holiday=answer, keeps=frozenset({december(11)}))
    assert days(compute(asked, days_off=HOLIDAY)) == [4, 11, 18]


def test_a_holiday_of_some_states_is_noted_and_changes_nothing() -> None:
    found = compute(a_definition(on_holiday="skip"), days_off=PARTLY)
    assert (days(found), codes(found)) == ([4, 11, 18], ["holiday-in-some-states"])


def test_an_exception_for_the_day_goes_before_the_answer_for_holidays() -> None:
    moved = {"2023-12-11": DateException(moved=Moved(december(14), time(9), time(10)))}
    found = compute(a_definition(on_holiday="skip", exceptions=moved), days_off=HOLIDAY)
    assert starts(found)["2023-12-11"] == at(14, 9)


def test_a_date_chosen_on_a_holiday_is_noted() -> None:
    moved = {"2023-12-18": DateException(moved=Moved(december(11), time(9), time(10)))}
    assert "holiday-chosen" in codes(compute(a_definition(on_holiday="skip", exceptions=moved), days_off=HOLIDAY))


def test_a_date_is_moved_to_a_day_on_which_no_other_series_meets() -> None:
    asked = a_definition(on_holiday="move")
    busy = {december(12): [("lab", (at(12, 12), at(12, 14)))], december(13): [("lab", (at(13, 14), at(13, 15)))]}
    assert days(compute(asked, days_off=HOLIDAY, busy=busy)) == [4, 13, 18]
    own = {december(12): [("clinic", (at(12), at(12, 14)))]}
    assert days(compute(asked, days_off=HOLIDAY, busy=own)) == [4, 12, 18]


def test_a_holiday_in_a_week_without_a_free_day_is_a_question() -> None:
    week = DaysOff({december(day): Holiday("Break") for day in range(11, 16)})
    found = compute(a_definition(on_holiday="move"), days_off=week)
    (question,) = found.findings
    assert (question.is_question, question.answers) == (True, ("keep", "skip"))


# -- how each is set


def test_an_exception_changes_this_one_only() -> None:
    exception = DateException(
        title="Ask Ben", meeting_url="https://m/own", analysts=(BEN,), recording_url="https://r", slides_url="https://s"
    )
    found = compute(a_definition(exceptions={"2023-12-11": exception}))
    setting, other = found.settings["2023-12-11"], found.settings["2023-12-18"]
    assert setting[4:7] == ("Ask Ben", "https://m/own", (BEN,))
    assert (setting.recording_url, setting.slides_url) == ("https://r", "https://s")
    assert other[4:] == (None, None, (ADA,), None, "", "")


def test_a_cancelled_date_has_its_reason_and_keeps_its_time() -> None:
    found = compute(a_definition(exceptions={"2023-12-11": DateException(cancelled="Ada is ill")}))
    assert found.settings["2023-12-11"].reason == "Ada is ill"
    assert found.settings["2023-12-11"].starts_at == at(11)


@pytest.mark.parametrize(("stated", "expected"), [(None, "https://m/1"), ("", None), ("https://m/2", "https://m/2")])
def test_a_meeting_link_of_its_own_stays_until_another_is_stated(stated: str | None, expected: str | None) -> None:
    stored = [a_row(4, meeting_url="https://m/1", recording_url="https://r")]
    found = compute(a_definition(exceptions={"2023-12-04": DateException(meeting_url=stated)}), stored)
    assert found.settings["2023-12-04"].meeting_url == expected
    assert found.settings["2023-12-04"].recording_url == "https://r"


def test_a_turn_holds_for_this_and_all_later_dates() -> None:
    first = RuleChange(december(11), start_wall=time(15), end_wall=time(16), title="Afternoon", analysts=(BEN,))
    asked = a_definition(turns=(first, RuleChange(december(18), title="Evening")))
    found = compute(asked)
    assert starts(found) == {"2023-12-04": at(4), "2023-12-11": at(11, 15), "2023-12-18": at(18, 15)}
    assert [(setting.title, setting.analysts) for setting in found.settings.values()] == [
        (None, (ADA,)),
        ("Afternoon", (BEN,)),
        ("Evening", (BEN,)),
    ]


def test_guests_join_the_roster_on_their_dates_and_analysts_who_are_away_leave_it() -> None:
    asked = a_definition(analysts=(ADA, BEN), guests=(Guest(DAN, december(11), december(11)),))
    away = {BEN: [(at(18, 13, 30), at(18, 20))], ADA: [(at(18, 14), at(18, 20))]}
    found = compute(asked, away=away)
    rosters = [setting.analysts for setting in found.settings.values()]
    assert rosters == [(ADA, BEN), (ADA, BEN, DAN), (ADA,)]


def test_an_extra_date_stands_for_no_date_of_the_rule() -> None:
    extra = Extra(december(6), time(17), time(18), "Second chance")
    found = compute(a_definition(extras=(extra,)))
    setting = found.settings["+2023-12-06T1700"]
    assert (setting.on, setting.starts_at, setting.title) == (None, at(6, 17), "Second chance")


def test_an_extra_date_can_be_moved_and_cancelled_like_any_other() -> None:
    extra = Extra(december(6), time(17), time(18))
    exception = DateException(moved=Moved(december(7), time(9), time(10)), cancelled="Full moon")
    found = compute(a_definition(extras=(extra,), exceptions={extra.key: exception}))
    assert (found.settings[extra.key].starts_at, found.settings[extra.key].reason) == (at(7, 9), "Full moon")


def test_an_extra_date_in_the_past_is_not_added_and_one_that_has_begun_is_left_alone() -> None:
    extra = Extra(december(6), time(17), time(18))
    asked = a_definition(extras=(extra,))
    assert extra.key not in compute(asked, now=at(7)).settings
    found = compute(asked, published(asked), now=at(7))
    assert extra.key in found.begun


# -- which stored occurrence is which


def test_a_stored_date_of_a_week_is_the_one_that_the_new_day_of_that_week_replaces() -> None:
    found = compute(a_definition(rrule="FREQ=WEEKLY;BYDAY=TU", ends_on=december(12)), published(a_definition())[:2])
    assert starts(found) == {"2023-12-04": at(5), "2023-12-11": at(12)}
    assert [setting.on for setting in found.settings.values()] == [december(5), december(12)]


def test_dates_of_one_week_are_paired_in_order() -> None:
    twice = a_definition(rrule="FREQ=WEEKLY;BYDAY=MO,WE", ends_on=december(8))
    asked = a_definition(rrule="FREQ=WEEKLY;BYDAY=TU,TH", ends_on=december(8))
    assert starts(compute(asked, published(twice))) == {"2023-12-04": at(5), "2023-12-06": at(7)}


def test_a_date_that_the_rule_still_meets_keeps_its_own_occurrence() -> None:
    asked = a_definition(rrule="FREQ=WEEKLY;BYDAY=MO,WE", ends_on=december(8))
    assert starts(compute(asked, [a_row(4)])) == {"2023-12-04": at(4), "2023-12-06": at(6)}


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({"skips": {december(4): ""}}, a_row(4)),
        ({"on_holiday": "skip"}, a_row(4)),
        ({}, a_row(4, reason="Cancelled")),
    ],
    ids=["skipped", "left out for a holiday", "cancelled"],
)
def test_what_is_meant_to_go_is_not_taken_for_another_day(fields: dict[str, object], row: StoredOccurrence) -> None:
    asked = a_definition(rrule="FREQ=WEEKLY;BYDAY=TU", ends_on=december(5), **fields)
    found = compute(asked, [row], days_off=DaysOff({december(4): Holiday("Founders Day")}))
    assert starts(found) == {"2023-12-05": at(5)}
    assert found.settings["2023-12-04"].reason is not None


def test_what_has_begun_is_not_taken_for_another_day() -> None:
    found = compute(a_definition(rrule="FREQ=WEEKLY;BYDAY=TU", ends_on=december(5)), [a_row(4)], now=at(4, 13, 30))
    assert starts(found) == {"2023-12-05": at(5)}


def test_a_new_date_whose_name_is_taken_gets_a_mark() -> None:
    moved_away = replace_on(a_row(4), 5)
    found = compute(a_definition(rrule="FREQ=DAILY", ends_on=december(5)), [moved_away])
    assert starts(found) == {"2023-12-04~": at(4), "2023-12-04": at(5)}


def replace_on(row: StoredOccurrence, day: int) -> StoredOccurrence:
    setting = row.setting._replace(on=december(day), starts_at=at(day), ends_at=at(day) + HOUR)
    return row._replace(setting=setting)


# -- what nothing asks for


def test_a_stored_date_that_nothing_asks_for_and_nothing_ends_stays_staffed_as_the_series_is_now() -> None:
    asked = a_definition(analysts=(BEN,))
    found = compute(asked, [*published(a_definition()), a_row(20)], before=asked)
    assert found.kept == ["2023-12-20"]
    assert found.settings["2023-12-20"].analysts == (BEN,)
    assert found.settings["2023-12-20"].reason is None


def test_a_stored_date_goes_where_the_series_now_meets_on_other_days() -> None:
    asked = a_definition(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")
    found = compute(asked, published(a_definition()), before=a_definition())
    assert days(found) == [4, 18]
    assert (found.kept, found.settings["2023-12-11"].reason) == ([], "")


@pytest.mark.parametrize("before", [december(18), december(25), None])
def test_with_an_earlier_end_the_dates_after_it_go(before: date | None) -> None:
    stored = published(a_definition())
    found = compute(a_definition(ends_on=december(11)), stored, before=a_definition(ends_on=before))
    assert (found.kept, found.settings["2023-12-18"].reason) == ([], "")
    assert [found.settings[row.key].reason for row in stored[:2]] == [None, None]


def test_an_end_that_postponed_weeks_move_is_no_earlier_one() -> None:
    later = a_definition(postponements=frozenset({(december(11), 1)}))
    found = compute(later, published(a_definition()), before=a_definition())
    assert (days(found), found.kept) == ([4, 18, 25], [])


def test_what_had_gone_before_stays_as_it_was() -> None:
    gone = a_row(20, reason="Ada is ill")
    assert compute(a_definition(), [gone]).settings["2023-12-20"] == gone.setting
