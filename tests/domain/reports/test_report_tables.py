"""The period of a report, and its tables: what they add up, and what a chart says in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.domain.reports import report_tables
from booking.domain.reports.figures import (
    LEAD_HOURS,
    AnalystWeek,
    BadPeriod,
    CalendarUse,
    ModuleAttendance,
    ReportFigures,
    ReportPeriod,
    WaitlistWeek,
)
from booking.domain.reports.report_tables import NAMES, ReportTable
from tests.builders import BRISBANE

PERIOD = ReportPeriod(date(2023, 12, 6), date(2023, 12, 13), BRISBANE)
ADA = AnalystWeek(0, 1, "Ada", 8, 4, 3, 1, 1, 2, 1, 1, 2, 1, 360, not_marked=1)
FIGURES = ReportFigures(
    PERIOD,
    [ADA, AnalystWeek(0, 2, "Ben", offered=8), AnalystWeek(1, 1, "Ada", offered=4, booked=4, bookings=4)],
    [1, 0, 2, 0, 0, 1],
    [WaitlistWeek(0, 3, 2, 1, 0, 1), WaitlistWeek(1)],
    [ModuleAttendance("Search", 1, "Accounts", 1, 4, 3), ModuleAttendance("Lab", None, "", 2, 0, 1)],
    [CalendarUse("clinics", 1)],
)


def tables(figures: ReportFigures = FIGURES) -> dict[str, ReportTable]:
    return dict(report_tables.with_name(report_tables.tables(figures)))


def test_a_period_is_cut_into_weeks_from_monday_and_no_day_outside_it_counts() -> None:
    assert PERIOD.weeks == [date(2023, 12, 4), date(2023, 12, 11)]
    at = datetime(2023, 12, 5, 14, tzinfo=UTC)  # midnight in Brisbane
    assert PERIOD.bounds == [(at, at + timedelta(days=5)), (at + timedelta(days=5), at + timedelta(days=8))]
    one = replace(PERIOD, last=PERIOD.first)
    assert one.bounds == [(at, at + timedelta(days=1))]


def test_a_week_with_a_clock_change_has_the_hours_that_it_has() -> None:
    spring = ReportPeriod(date(2023, 9, 25), date(2023, 10, 8), "Australia/Sydney")
    lengths = [end - start for start, end in spring.bounds]
    assert lengths == [timedelta(days=7, hours=-1), timedelta(days=7)]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2023, 12, 2), date(2023, 12, 1), "“To” is before “From”"),
        (date(2023, 1, 1), date(2024, 1, 2), "at most a year"),
    ],
)
def test_a_period_that_cannot_be_reported_on_says_why(first: date, last: date, words: str) -> None:
    with pytest.raises(BadPeriod, match=words):
        ReportPeriod(first, last, BRISBANE).check()


def test_a_year_is_not_too_long() -> None:
    period = ReportPeriod(date(2024, 1, 1), date(2024, 12, 31), BRISBANE)
    period.check()
    assert len(period.weeks) == 53


def test_use_is_added_up_by_week_and_by_analyst() -> None:
    found = tables()
    assert list(found) == list(NAMES)
    assert found["use-by-week"].rows == [("Wed 6 Dec", 16, 4, "25%"), ("Mon 11 Dec", 4, 4, "100%")]
    assert found["use-by-analyst"].rows == [("Ada", 12, 8, "67%"), ("Ben", 8, 0, "0%")]
    assert found["use"].rows[0] == ("Wed 6 Dec", "Ada", 8, 4, "50%")
    assert "Ada: 8 of 12 booked, 67%" in found["use-by-analyst"].chart_title


def test_two_analysts_of_one_name_are_two() -> None:
    twins = [AnalystWeek(0, 1, "Ada", offered=4), AnalystWeek(0, 2, "Ada", offered=8)]
    assert [row[:2] for row in tables(replace(FIGURES, weeks=twins))["use-by-analyst"].rows] == [("Ada", 4), ("Ada", 8)]


def test_no_shows_are_counted_of_what_is_marked_and_lateness_of_what_was_started() -> None:
    found = tables()
    assert found["visits"].rows[0] == ("Wed 6 Dec", 3, 1, 1, "50%", 1, 2, 1, 1)
    assert found["lateness"].rows == [("Ada", 2, 1, "50%", "3.0"), ("Ben", 0, 0, "", "")]


def test_lead_times_are_said_in_words_and_add_up() -> None:
    rows = tables()["lead-time"].rows
    assert len(rows) == len(LEAD_HOURS) + 1
    assert rows[0] == ("Less than 1 hour", 1, "25%")
    assert rows[-1] == ("14 days or more", 1, "25%")


def test_waitlist_enrolment_and_calendars_have_their_words() -> None:
    found = tables()
    assert found["waitlist"].rows[0] == ("Wed 6 Dec", 3, 2, 1, 0, 1)
    assert found["enrolment"].rows == [
        ("Search", "Module 1: Accounts", 1, 4, 3, "75%"),
        ("Lab", "", 2, 0, 1, ""),
    ]
    assert found["calendars"].rows == [("clinics", 1)]


def test_no_bar_is_longer_than_its_whole_and_each_row_has_every_column() -> None:
    for table in tables().values():
        assert all(bar.value <= bar.whole for bar in table.bars)
        assert {len(row) for row in table.rows} <= {len(table.header)}


def test_weeks_of_two_years_say_which() -> None:
    period = ReportPeriod(date(2023, 12, 25), date(2024, 1, 7), BRISBANE)
    rows = tables(replace(FIGURES, period=period))["use-by-week"].rows
    assert [row[0] for row in rows] == ["Mon 25 Dec 2023", "Mon 1 Jan 2024"]
