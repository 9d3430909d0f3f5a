"""Recurrence rules: what is refused and why, and the dates of what is taken, held against dateutil's."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from booking.domain import recurrence_rules
from booking.domain.recurrence_rules import DAYS, BadRule, RRule, parse


def some(values: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=most, unique=True).map(lambda found: ",".join(map(str, found)))


def from_both_ends(largest: int) -> st.SearchStrategy[int]:
    return st.integers(1, largest) | st.integers(-largest, -1)


PLAIN = some(st.sampled_from(DAYS))
NUMBERED = some(st.tuples(from_both_ends(5), st.sampled_from(DAYS)).map(lambda pair: f"{pair[0]}{pair[1]}"))


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(recurrence_rules.FREQUENCIES))
    parts = {"FREQ": frequency}
    wanted = draw(st.sets(st.sampled_from(["INTERVAL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYSETPOS"])))
    if "INTERVAL" in wanted:
        parts["INTERVAL"] = str(draw(st.integers(1, 6)))
    if "BYDAY" in wanted:
        parts["BYDAY"] = draw(PLAIN if frequency in {"DAILY", "WEEKLY"} else PLAIN | NUMBERED)
    if "BYMONTH" in wanted:
        parts["BYMONTH"] = draw(some(st.integers(1, 12)))
    if "BYMONTHDAY" in wanted and frequency != "WEEKLY":
        parts["BYMONTHDAY"] = draw(some(from_both_ends(31)))
    if "BYYEARDAY" in wanted and frequency == "YEARLY":
        parts["BYYEARDAY"] = draw(some(from_both_ends(366)))
    # dateutil counts places in the first week from its start on only, where RFC 5545 counts those of the whole week
    if "BYSETPOS" in wanted and frequency != "WEEKLY" and len(parts) > (2 if "INTERVAL" in parts else 1):
        parts["BYSETPOS"] = draw(some(from_both_ends(5)))
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(DAYS))
    return ";".join(f"{name}={value}" for name, value in parts.items())


@settings(deadline=None)  # dateutil is slow where months pass without a date
@given(rules(), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_the_dates_are_those_that_dateutil_finds(text: str, first: date) -> None:
    until = first + timedelta(days=1500)
    parsed = parse(text)
    ours = list(takewhile(lambda day: day <= until, recurrence_rules.dates(parsed, first)))
    assume(
        any(day > until for day in recurrence_rules.dates(parsed, first))
    )  # else dateutil looks on until the year 9999
    theirs = rrulestr(text, dtstart=datetime.combine(first, time())).between(
        datetime.combine(first, time()), datetime.combine(until, time()), inc=True
    )
    assert ours == [moment.date() for moment in theirs]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("FREQ=DAILY;FREQ=SECONDLY", "FREQ is there twice"),
        ("FREQ=SECONDLY", "FREQ must be one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=HOURLY", "FREQ must be"),
        ("BYDAY=MO", "FREQ must be"),
        ("", "is not one of FREQ"),
        ("FREQ=DAILY;BYEASTER=400", "BYEASTER is not one of"),
        ("FREQ=YEARLY;BYWEEKNO=3", "BYWEEKNO is not one of"),
        ("FREQ=WEEKLY;", "is not one of"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be a number from 1 to 366"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL must be"),
        ("FREQ=DAILY;INTERVAL=9999999999", "INTERVAL must be"),
        ("FREQ=DAILY;INTERVAL=١", "INTERVAL must be"),
        ("FREQ=DAILY;INTERVAL=1;INTERVAL=1", "INTERVAL is there twice"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH must be numbers from 1 to 12"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH must be"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY must be numbers from 1 to 31, or -1 to -31 from the end"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY must be"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,,2", "BYMONTHDAY must be"),
        ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY must be"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY must be days such as MO"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY must be"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY must be"),
        ("FREQ=MONTHLY;BYDAY=54MO", "BYDAY must be"),
        ("FREQ=MONTHLY;BYDAY=1MO,TU", "number all of its days or none"),
        ("FREQ=WEEKLY;BYDAY=1MO", "need FREQ=MONTHLY or FREQ=YEARLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYYEARDAY=1", "needs FREQ=YEARLY"),
        ("FREQ=MONTHLY;BYSETPOS=1", "needs another BY part"),
        ("FREQ=WEEKLY;WKST=XX", "WKST must be one of"),
        ("FREQ=YEARLY;BYMONTH=" + ",".join(["1"] * 500), "longer than 300 characters"),
    ],
)
def test_a_rule_that_cannot_be_expanded_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(BadRule, match=why):
        parse(text)


@given(st.text(st.sampled_from("FREQ=DAILYWKSTBOUN;,-+0123456789 é"), max_size=40))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except BadRule:
        return
    assert isinstance(found, RRule)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=6",
    ],
)
def test_a_rule_without_a_date_comes_to_an_end(text: str) -> None:
    assert list(recurrence_rules.dates(parse(text), date(2023, 1, 1))) == []


@pytest.mark.parametrize("text", ["FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=366", "FREQ=YEARLY;INTERVAL=366", "FREQ=MONTHLY"])
@pytest.mark.parametrize("first", [date(1, 1, 1), date(2023, 1, 1), date(9999, 12, 31)])
def test_expansion_ends_within_its_budget_wherever_it_begins(text: str, first: date) -> None:
    *_, last = recurrence_rules.dates(parse(text), first)
    assert first <= last <= date.max
    assert last - first <= recurrence_rules.BUDGET


def test_places_are_counted_in_the_whole_week_though_it_has_begun() -> None:
    found = islice(
        recurrence_rules.dates(parse("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1"), date(2020, 1, 1)), 2
    )  # a Wednesday
    assert list(found) == [date(2020, 1, 6), date(2020, 1, 13)]


def test_a_leap_day_comes_every_fourth_year() -> None:
    found = islice(recurrence_rules.dates(parse("FREQ=YEARLY"), date(2024, 2, 29)), 3)
    assert list(found) == [date(2024, 2, 29), date(2028, 2, 29), date(2032, 2, 29)]
