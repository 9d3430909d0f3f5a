"""`repeat:` in a programme file: a rule that cannot be expanded is an error at its line, and costs no time."""

from __future__ import annotations

import pytest

from tests.programme.test_files import one_series, reading_of

LATER = """    changes:
      - from: 2024-02-01
        repeat: FREQ=WEEKLY;BYDAY=MO;INTERVAL=0
"""


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=DAILY;FREQ=SECONDLY", "FREQ is there twice"),
        ("FREQ=DAILY;BYEASTER=400", "BYEASTER is not one of FREQ, INTERVAL, BYDAY"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be a number from 1 to 366"),
        ("FREQ=DAILY;BYHOUR=9", "write the time in `time:`"),
        ("FREQ=DAILY;UNTIL=20240101", "write `until:` or `modules:` to end a series"),
    ],
)
def test_a_rule_that_cannot_be_expanded_is_named_with_file_and_line(rule: str, why: str) -> None:
    reading = reading_of(one_series(every="", repeat=rule))
    (problem,) = reading.problems
    assert str(problem).startswith(f"p.yaml:7: '{rule}'")
    assert why in str(problem)
    assert reading.statements == []


def test_so_is_one_that_holds_from_a_later_date() -> None:
    (problem,) = reading_of(one_series() + LATER).problems
    assert str(problem).startswith("p.yaml:10: ")
    assert "INTERVAL must be a number from 1 to 366" in str(problem)


def test_a_rule_without_a_date_is_named_too() -> None:
    reading = reading_of(one_series(every="", repeat="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"))
    assert [str(problem) for problem in reading.problems] == ["p.yaml:7: the rule gives no dates"]


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2101-01-01", "9999-12-31"])
@pytest.mark.parametrize("field", ["from_", "until"])
def test_a_date_far_away_is_named_before_anything_is_expanded(field: str, day: str) -> None:
    problems = [str(problem) for problem in reading_of(one_series(**{field: day})).problems]
    assert problems == [f"p.yaml:{7 if field == 'from_' else 8}: '{day}': write a year from 2000 to 2100"]


@pytest.mark.parametrize("rule", ["rrule:freq=weekly;byday=mo", "FREQ=WEEKLY;BYDAY=MO"])
def test_a_rule_is_kept_in_capitals_without_its_name(rule: str) -> None:
    (stated,) = reading_of(one_series(every="", repeat=rule)).statements
    assert stated.rule.rrule == "FREQ=WEEKLY;BYDAY=MO"
