"""VTIMEZONE against the zone data: every change of the clocks, to the minute, for as long as anything shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytz
from dateutil.rrule import rrulestr
from icalendar import Timezone

from booking.calendars import vtimezone
from booking.domain import zones

START, END = datetime(2023, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
#: Every zone of Australia, and a few from elsewhere.
GENERATED = (
    *sorted(set(pytz.country_timezones["AU"]) - vtimezone.KEPT_BY_HAND.keys()),
    *("Pacific/Auckland", "Europe/London", "America/New_York", "Asia/Kolkata", "UTC"),
)


def onsets(component: Timezone) -> list[tuple[datetime, timedelta, str]]:
    """Every onset up to END in UTC with the offset and name from then on, by the rules of RFC 5545, 3.6.5."""
    found = []
    for part in component.subcomponents:
        first, before = part["DTSTART"].dt, part["TZOFFSETFROM"].td
        again = [first]
        if "RRULE" in part:
            rule = part["RRULE"].to_ical().decode()
            again = rrulestr(f"{rule};UNTIL={END:%Y%m%dT%H%M%S}", dtstart=first)
        found += [((wall - before).replace(tzinfo=UTC), part["TZOFFSETTO"].td, str(part["TZNAME"])) for wall in again]
    return sorted(found)


def offset_and_name(component: Timezone, at: datetime) -> tuple[timedelta, str]:
    return [(offset, name) for onset, offset, name in onsets(component) if onset <= at][-1]


def changes(zone: str) -> list[datetime]:
    """Every instant at which the zone's offset changes in [START, END), found without our own search."""
    rules = ZoneInfo(zone)
    found, at = [], START
    while at < END:
        if (at + timedelta(hours=1)).astimezone(rules).utcoffset() != at.astimezone(rules).utcoffset():
            minutes = [at + timedelta(minutes=n) for n in range(61)]
            was = at.astimezone(rules).utcoffset()
            found.append(next(minute for minute in minutes if minute.astimezone(rules).utcoffset() != was))
        at += timedelta(hours=1)
    return found


@pytest.mark.parametrize("zone", [*vtimezone.KEPT_BY_HAND, *GENERATED])
def test_a_zone_changes_its_clocks_when_the_zone_data_say_so_and_never_else(zone):
    component = vtimezone.component(zone, START, END)
    mine = {onset: offset for onset, offset, _ in onsets(component) if onset > START}
    for at in changes(zone):
        assert mine.pop(at) == at.astimezone(ZoneInfo(zone)).utcoffset(), at
    assert not mine


@pytest.mark.parametrize("zone", [*vtimezone.KEPT_BY_HAND, *GENERATED])
def test_a_zone_has_the_offset_and_the_name_of_the_zone_data_on_every_day(zone):
    component = vtimezone.component(zone, START, END)
    found = onsets(component)
    at, index = START, 0
    while at < END:
        while index + 1 < len(found) and found[index + 1][0] <= at:
            index += 1
        assert found[index][1:] == (zones.local(at, zone).utcoffset(), zones.abbreviation(at, zone)), at
        at += timedelta(days=1)


@pytest.mark.parametrize("zone", ["Australia/Brisbane", "Australia/Perth", "Australia/Darwin", "Asia/Kolkata", "UTC"])
def test_a_zone_without_daylight_saving_is_one_standard(zone):
    (part,) = vtimezone.component(zone, START, END).subcomponents
    assert part.name == "STANDARD"
    assert part["TZOFFSETFROM"].td == part["TZOFFSETTO"].td


def test_brisbane_is_one_standard_at_ten_hours_east():
    lines = vtimezone.component("Australia/Brisbane", START, END).to_ical().decode().splitlines()
    assert "TZOFFSETTO:+1000" in lines
    assert "TZOFFSETFROM:+1000" in lines
    assert "BEGIN:DAYLIGHT" not in lines
    assert not any(line.startswith("RRULE") for line in lines)


def test_sydneys_onsets_of_2026_and_2027_are_right_to_the_second():
    found = {
        onset: (offset, name) for onset, offset, name in onsets(vtimezone.component("Australia/Sydney", START, END))
    }
    assert found[datetime(2026, 10, 3, 16, tzinfo=UTC)] == (timedelta(hours=11), "AEDT")
    assert found[datetime(2027, 4, 3, 16, tzinfo=UTC)] == (timedelta(hours=10), "AEST")


def test_a_hand_kept_zone_has_no_end():
    text = vtimezone.component("Australia/Sydney", START, END).to_ical().decode()
    assert text.count("RRULE:FREQ=YEARLY") == 2
    assert "UNTIL" not in text


def test_days_before_the_hand_kept_rules_come_from_the_zone_data():
    start, end = datetime(2007, 1, 1, tzinfo=UTC), datetime(2007, 12, 31, tzinfo=UTC)
    component = vtimezone.component("Australia/Sydney", start, end)
    assert offset_and_name(component, datetime(2007, 3, 26, tzinfo=UTC)) == (timedelta(hours=10), "AEST")
    assert offset_and_name(component, datetime(2007, 3, 24, tzinfo=UTC)) == (timedelta(hours=11), "AEDT")
