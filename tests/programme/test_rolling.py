"""A month copied into another: the same weeks of it, from what is stored, with what depends on the month marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from booking.domain.holidays import DaysOff, Holiday
from booking.domain.planning.adjustments import Adjustments, Definition
from booking.domain.recurrence import Rule, RuleChange
from booking.programme import rolling
from booking.programme.rolling import Rolled
from tests.builders import BRISBANE

DECEMBER, JANUARY = date(2023, 12, 1), date(2024, 1, 1)
EMAILS = {1: "ada@example.org"}
NOTHING_OFF = DaysOff()


def a_lab(**fields: object) -> Definition:
    """A lab on Wednesdays, from 6 to 27 December 2023."""
    names = ("rrule", "starts_on", "ends_on", "modules", "turns")
    rule = Rule("FREQ=WEEKLY;BYDAY=WE", date(2023, 12, 6), time(16), time(17), BRISBANE, date(2023, 12, 27))
    rule = replace(rule, **{name: fields.pop(name) for name in names if name in fields})  # type: ignore[arg-type]
    values = {"kind": "lab", "title": "Search Lab", "summary": "", "analysts": (1, 2), "id": 1, **fields}
    return Definition("search-lab", rule=rule, **values)  # type: ignore[arg-type]


def rolled(series: Definition, source: date = DECEMBER, target: date = JANUARY, off: DaysOff = NOTHING_OFF) -> Rolled:
    return rolling.roll(rolling.stored_in_month([series], EMAILS, source), source, target, off)


@pytest.mark.parametrize(
    ("starts", "ends", "january"),
    [
        (6, 27, (date(2024, 1, 1), date(2024, 1, 31))),  # every Wednesday there is
        (6, 31, (date(2024, 1, 1), date(2024, 1, 31))),
        (1, 20, (date(2024, 1, 1), date(2024, 1, 21))),  # the first three
        (12, 27, (date(2024, 1, 8), date(2024, 1, 31))),  # from the second on
    ],
)
def test_the_same_weeks_of_the_month_are_held(starts: int, ends: int, january: tuple[date, date]) -> None:
    series = a_lab(starts_on=date(2023, 12, starts), ends_on=date(2023, 12, ends))
    (one,) = rolled(series).series
    assert (one.statement.rule.starts_on, one.statement.rule.ends_on) == january
    assert (one.statement.slug, one.statement.month) == ("search-lab-2024-01", JANUARY)


def test_only_what_ends_with_the_month_is_copied_and_a_masterclass_where_it_begins() -> None:
    assert rolling.months_of(a_lab(starts_on=date(2023, 10, 4))) == {DECEMBER}
    assert rolling.months_of(a_lab(ends_on=None)) == set()
    ended = Adjustments(ends_on=date(2023, 12, 13))
    assert rolling.months_of(a_lab(ends_on=None, terms=ended)) == {DECEMBER}
    modules = {"ends_on": None, "modules": ("One", "Two")}
    assert rolling.months_of(a_lab(starts_on=date(2023, 11, 30), **modules)) == {DECEMBER}, "its first date counts"


def test_a_longer_series_is_copied_as_it_is_in_its_last_month() -> None:
    turn = RuleChange(date(2023, 12, 1), None, time(9), time(10), title="Search Lab for beginners")
    (one,) = rolled(a_lab(starts_on=date(2023, 10, 4), turns=(turn,))).series
    assert (one.source.rule.starts_on, one.source.title) == (DECEMBER, "Search Lab for beginners")
    assert (one.statement.rule.start_wall, one.statement.rule.starts_on) == (time(9), JANUARY)
    assert one.statement.turns == ()


def test_modules_keep_their_weekday() -> None:
    series = a_lab(rrule="FREQ=WEEKLY;BYDAY=MO,WE", ends_on=None, modules=("One", "Two 2023"))
    (one,) = rolled(series).series
    assert one.statement.rule.starts_on == date(2024, 1, 3), "the first Wednesday, not the Monday before it"
    assert any("module 2 names 2023" in mark for mark in one.marks)


def test_titles_and_holidays_are_marked() -> None:
    off = DaysOff({date(2024, 1, 3): Holiday("Inventory"), date(2024, 1, 10): Holiday("Show Day", ("QLD",), ("NSW",))})
    notes = [note.replace("\N{NO-BREAK SPACE}", " ") for note in rolled(a_lab(), off=off).notes]
    assert notes == [
        "search-lab-2024-01: check the title: the month’s topic was “Search Lab”",
        "search-lab-2024-01: Wed 3 Jan is Inventory: the plan asks what to do",
        "search-lab-2024-01: Wed 10 Jan is Show Day, not in NSW: it still takes place",
    ]
    answered = a_lab(terms=Adjustments(on_holiday="skip"))
    assert "it is skipped, as the series says" in rolled(answered, off=off).notes[1]


def test_the_file_says_the_same_as_the_statements() -> None:
    text = rolling.file_of(rolled(a_lab(ends_on=date(2023, 12, 20))))
    assert text.startswith("# January 2024, copied from December 2023.")
    for line in ("month: 2024-01", "  search-lab-2024-01:", "    every: Wednesday", "    until: 2024-01-21"):
        assert line in text.splitlines()
    assert "analysts: [" in text
    assert "ada@example.org" in text
