"""Recurrence, held against an expansion that shares no code with it: a loop over days, and zoneinfo."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.recurrence import Rule, expand, last_date

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = ("Australia/Brisbane", "Australia/Sydney", "Australia/Lord_Howe", "Europe/London", "America/New_York", "UTC")


def by_hand(days: set[int], start: date, end: date, clock: time, zone: str) -> list[datetime]:
    """The starts in UTC: each day in turn, its clock time by zoneinfo, a skipped one left out, of two the first."""
    found = []
    day = start
    while day < end:
        if day.weekday() in days:
            local = datetime.combine(day, clock, ZoneInfo(zone))
            instant = local.astimezone(UTC)
            if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local.replace(tzinfo=None):
                found.append(instant)
        day += timedelta(days=1)
    return found


@given(
    days=st.sets(st.integers(0, 6), min_size=1),
    start=st.dates(date(2023, 1, 1), date(2027, 1, 1)),
    length=st.integers(1, 400),
    hour=st.integers(0, 22),
    minute=st.sampled_from([0, 15, 30, 45]),
    zone=st.sampled_from(ZONES),
)
def test_every_start_is_what_a_loop_over_days_finds(
    days: set[int], start: date, length: int, hour: int, minute: int, zone: str
) -> None:
    rule = Rule(f"FREQ=WEEKLY;BYDAY={','.join(DAYS[n] for n in days)}", start, time(hour, minute), time(23, 45), zone)
    end = start + timedelta(days=length)
    assert [i.starts_at for i in expand(rule, start, end)] == by_hand(days, start, end, time(hour, minute), zone)


def a_rule(**fields: object) -> Rule:
    values = {
        "rrule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": date(2023, 9, 25),
        "start_wall": time(13),
        "end_wall": time(14),
        "zone": "Australia/Sydney",
        **fields,
    }
    return Rule(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("zone", "day", "utc"),
    [
        ("Australia/Sydney", date(2023, 9, 25), "03:00"),
        ("Australia/Sydney", date(2023, 10, 2), "02:00"),
        ("Australia/Brisbane", date(2023, 9, 25), "03:00"),
        ("Australia/Brisbane", date(2023, 10, 2), "03:00"),
        ("Australia/Sydney", date(2024, 4, 1), "02:00"),
        ("Australia/Sydney", date(2024, 4, 8), "03:00"),
        ("Australia/Sydney", date(2026, 10, 5), "02:00"),
        ("Australia/Sydney", date(2027, 4, 5), "03:00"),
    ],
)
def test_one_o_clock_stays_one_o_clock_across_a_clock_change(zone: str, day: date, utc: str) -> None:
    found = expand(a_rule(zone=zone), day, day + timedelta(days=1))
    assert [f"{i.starts_at:%H:%M}" for i in found] == [utc]
    assert found[0].wall == datetime.combine(day, time(13))


def test_a_skipped_start_is_dropped_and_uses_up_no_module() -> None:
    sundays = a_rule(
        rrule="FREQ=WEEKLY;BYDAY=SU",
        starts_on=date(2026, 9, 27),
        start_wall=time(2, 30),
        end_wall=time(4),
        modules=("One", "Two"),
    )
    found = expand(sundays, date(2026, 9, 1), date(2027, 1, 1))
    assert [(i.wall.date(), i.module) for i in found] == [(date(2026, 9, 27), 1), (date(2026, 10, 11), 2)]


def test_of_two_equal_clock_times_the_first_counts() -> None:
    sundays = a_rule(rrule="FREQ=WEEKLY;BYDAY=SU", starts_on=date(2027, 4, 4), start_wall=time(2, 30), end_wall=time(4))
    found = expand(sundays, date(2027, 4, 4), date(2027, 4, 5))
    assert found[0].starts_at == datetime(2027, 4, 3, 15, 30, tzinfo=UTC)


def test_modules_are_counted_from_the_first_date_whatever_is_asked_for() -> None:
    rule = a_rule(modules=("One", "Two", "Three"))
    found = expand(rule, date(2023, 10, 2), date(2024, 1, 1))
    assert [(i.key, i.module) for i in found] == [("2", 2), ("3", 3)]
    assert last_date(rule) == date(2023, 10, 9)


def test_the_last_day_counts_and_the_end_of_the_window_does_not() -> None:
    rule = a_rule(ends_on=date(2023, 10, 9))
    assert [i.key for i in expand(rule, date(2023, 9, 1), date(2024, 1, 1))] == [
        "2023-09-25",
        "2023-10-02",
        "2023-10-09",
    ]
    assert [i.key for i in expand(rule, date(2023, 10, 2), date(2023, 10, 9))] == ["2023-10-02"]
    assert last_date(a_rule()) is None
