"""A plan in words: what happens to many dates alike is one line, people apart."""

from __future__ import annotations

from datetime import time

from booking.domain.planning import planner
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import Plan
from booking.domain.planning.words import in_words
from booking.domain.recurrence import RuleChange
from tests.builders import NOW
from tests.domain.planning.builders import a_definition, a_programme, asking, december

EVERY_MONDAY = {"ends_on": None}


def lines(before: Definition, after: Definition) -> list[str]:
    found = planner.changes(a_programme(before), asking(after), Period(NOW))
    [section] = in_words.sections(Plan(found), {}, {before.slug: before})
    return [line.text.replace("\N{NO-BREAK SPACE}", " ") for line in section.lines]


def test_a_new_title_of_a_year_of_dates_is_one_line() -> None:
    [line] = lines(a_definition(**EVERY_MONDAY), a_definition(title="Help desk", **EVERY_MONDAY))
    assert line.endswith(
        "dates, from Mon 4 Dec 2023 1:00 pm AEST to Mon 30 Dec 2024 1:00 pm AEST (new title or description)"
    )


def test_so_are_dates_that_move_to_one_weekday_and_hour() -> None:
    moved = a_definition(rrule="FREQ=WEEKLY;BYDAY=WE", start_wall=time(15), end_wall=time(16), **EVERY_MONDAY)
    first = lines(a_definition(**EVERY_MONDAY), moved)[0]
    assert first.endswith("from Mon 4 Dec 2023 1:00 pm AEST to Mon 23 Dec 2024 1:00 pm AEST → Wednesday, 3:00 pm")


def test_dates_that_move_differently_and_a_few_stand_by_themselves() -> None:
    assert len(lines(a_definition(), a_definition(start_wall=time(15), end_wall=time(16)))) == 3
    turn = RuleChange(december(12), None, time(9), time(10))
    moved = a_definition(start_wall=time(15), end_wall=time(16), turns=(turn,), **EVERY_MONDAY)
    found = lines(a_definition(**EVERY_MONDAY), moved)
    assert [line.rpartition("→ ")[2] for line in found] == [
        "Mon 4 Dec 2023 3:00 pm AEST",
        "Mon 11 Dec 2023 3:00 pm AEST",
        "Monday, 9:00 am",
    ]
