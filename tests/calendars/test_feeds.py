"""A whole feed: its VCALENDAR, its order, its window, the catalogue, and the digest that names its bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from booking import version
from booking.calendars import catalogue, entries, feeds, subscriptions
from booking.calendars.addresses import Addresses
from booking.calendars.parts import part
from booking.domain import zones
from booking.domain.organisation import Kind
from tests.builders import ORGANISATION
from tests.calendars.reading import events, lines_of, read, unfolded
from tests.calendars.values import ADDRESSES, NOW, PUBLISHER, START, a_meeting, an_appointment

GOLDEN = Path(__file__).parent / "golden"
WINDOW = catalogue.window(NOW, "Australia/Brisbane")
PROGRAMME = catalogue.public(ORGANISATION)["programme"]


def a_feed(*meetings, publisher=PUBLISHER, shown=PROGRAMME):
    return feeds.feed(publisher, shown, WINDOW, [part(entries.public(publisher, meeting)) for meeting in meetings])


def a_programme():
    """What a week may hold: a clinic, a moved lab, a cancelled module, and a series on Sydney's clock."""
    day = timedelta(days=1)
    return [
        a_meeting(1),
        a_meeting(
            2,
            START + 2 * day,
            kind="lab",
            title="Lab: Meta Business Suite",
            summary="One activity, start to finish; bring yours.",
            moved_from_at=START + 1 * day,
            sequence=1,
        ),
        a_meeting(
            3,
            START + 4 * day - timedelta(hours=3),
            ends_at=START + 4 * day - timedelta(hours=1),
            kind="masterclass",
            title="Influencer Marketing",
            module=1,
            modules=4,
            module_title="Trends, Forecasts & Opportunities",
            is_cancelled=True,
            reason="The host is ill.",
            sequence=2,
        ),
        a_meeting(4, START + 3 * day, zone="Australia/Sydney", title="Evening clinic"),
    ]


def test_the_public_feed_is_byte_for_byte_the_golden_one():
    assert a_feed(*a_programme()) == (GOLDEN / "programme.ics").read_bytes()


def test_the_private_feed_is_byte_for_byte_the_golden_one():
    mine = [
        entries.followed(PUBLISHER, a_programme()[1]),
        entries.booked(PUBLISHER, an_appointment()),
        entries.booked(PUBLISHER, an_appointment(102, is_cancelled=True, cancelled_by="staff", reason="Ada is ill.")),
    ]
    content = feeds.feed(PUBLISHER, catalogue.private(ORGANISATION)["member"], WINDOW, map(part, mine))
    assert content == (GOLDEN / "member.ics").read_bytes()


def test_equal_content_gives_equal_bytes_in_whatever_order_it_comes():
    assert a_feed(*a_programme()) == a_feed(*reversed(a_programme()))


def test_a_feed_says_who_it_is_and_how_often_to_look():
    lines = unfolded(a_feed(a_meeting()))
    for line in (
        "VERSION:2.0",
        f"PRODID:{feeds.PRODID}",
        "CALSCALE:GREGORIAN",
        "NAME:SMK programme",
        "X-WR-CALNAME:SMK programme",
        "X-WR-TIMEZONE:Australia/Brisbane",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ):
        assert lines.count(line) == 1, line
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert not any(line.startswith("METHOD") for line in lines)


def test_a_name_has_nothing_that_would_have_to_be_escaped():
    shown = catalogue.of_series(ORGANISATION, "ads", "Organic, Paid; A\\B\r\nBEGIN:VEVENT")
    content = a_feed(shown=shown)
    assert lines_of(content, "NAME") == ["NAME:SMK: Organic · Paid · A/B BEGIN:VEVENT"]
    assert lines_of(content, "X-WR-CALNAME") == ["X-WR-CALNAME:SMK: Organic · Paid · A/B BEGIN:VEVENT"]
    assert read(content).contents["x-wr-calname"][0].value == "SMK: Organic · Paid · A/B BEGIN:VEVENT"


def test_entries_come_by_start_and_then_by_uid():
    content = a_feed(a_meeting(3), a_meeting(1, START + timedelta(hours=1)), a_meeting(2))
    assert [event.uid.value[-20:-17] for event in events(content)] == ["002", "003", "001"]


def test_each_zone_that_is_used_is_described_once():
    content = a_feed(a_meeting(1), a_meeting(2), a_meeting(3, zone="Australia/Sydney"))
    assert lines_of(content, "TZID") == ["TZID:Australia/Brisbane", "TZID:Australia/Sydney"]
    assert lines_of(a_feed(a_meeting()), "TZID") == ["TZID:Australia/Brisbane"]


def test_an_empty_feed_has_the_programmes_zone_and_nothing_else():
    content = a_feed()
    calendar = read(content)
    assert [component.name for component in calendar.components()] == ["VTIMEZONE"]
    assert lines_of(content, "TZID") == ["TZID:Australia/Brisbane"]


def test_a_zone_that_is_not_kept_by_hand_is_right_too():
    content = a_feed(*(a_meeting(n, START + timedelta(days=30 * n), zone="Europe/London") for n in range(12)))
    starts = [event.dtstart.value.astimezone(UTC) for event in events(content)]
    assert starts == [START + timedelta(days=30 * n) for n in range(12)]


def test_a_second_reader_gets_every_instant_of_the_window():
    meetings, at, number = [], WINDOW.start + timedelta(hours=3), 0
    while at < WINDOW.end:
        number += 1
        meetings.append(a_meeting(number, at, zone=("Australia/Sydney", "Australia/Brisbane")[number % 2]))
        at += timedelta(days=3)
    read_back = {event.uid.value: event.dtstart.value.astimezone(UTC) for event in events(a_feed(*meetings))}
    assert read_back == {PUBLISHER.occurrence_uid(meeting.public_id): meeting.starts_at for meeting in meetings}
    assert len(read_back) > 150


@pytest.mark.parametrize(
    ("now", "first_day", "end_day"),
    [
        (datetime(2026, 11, 24, tzinfo=UTC), date(2026, 9, 1), date(2028, 1, 1)),
        (datetime(2026, 11, 30, 13, 59, tzinfo=UTC), date(2026, 9, 1), date(2028, 1, 1)),
        (datetime(2026, 11, 30, 14, 0, tzinfo=UTC), date(2026, 10, 1), date(2028, 2, 1)),
        (datetime(2027, 2, 1, tzinfo=UTC), date(2026, 12, 1), date(2028, 4, 1)),
    ],
)
def test_the_window_moves_once_a_month_on_the_programmes_clock(now, first_day, end_day):
    window = catalogue.window(now, "Australia/Brisbane")
    assert window.first_day == first_day
    assert window.start == zones.day_starts_at(first_day, "Australia/Brisbane")
    assert window.end == zones.day_starts_at(end_day, "Australia/Brisbane")


def test_there_is_a_feed_for_the_programme_and_for_each_kind():
    found = catalogue.public(ORGANISATION)
    assert list(found) == ["programme", "clinics", "labs", "masterclasses"]
    assert (found["labs"].name, found["labs"].kinds) == ("SMK Labs", frozenset({"lab"}))
    assert found["programme"].kinds is None
    hours = Kind("office hours", "office-hours", "Office hour", "Office hours", bookable=True)
    more = replace(ORGANISATION, kinds={**ORGANISATION.kinds, "office hours": hours})
    assert catalogue.public(more)["office-hours"].name == "SMK Office hours"


def test_a_member_follows_what_has_no_slots():
    assert catalogue.private(ORGANISATION)["member"].kinds == frozenset({"lab", "masterclass"})


def test_a_file_is_called_after_its_feed():
    assert catalogue.of_series(ORGANISATION, "ga4", "GA4").file_name == "series-ga4.ics"
    assert PROGRAMME.file_name == "programme.ics"


def test_the_digest_changes_with_all_that_the_bytes_depend_on(monkeypatch):
    def digest(publisher=PUBLISHER, version=(1,), key="programme", window=WINDOW):
        return feeds.digest(feeds.fingerprint(publisher), version, key, window)

    seen = {digest()}
    assert digest() in seen
    for other in (
        digest(version=(2,)),
        digest(key="labs"),
        digest(window=catalogue.window(NOW + timedelta(days=31), "Australia/Brisbane")),
        digest(replace(PUBLISHER, uid_domain="other.example.org")),
        digest(replace(PUBLISHER, addresses=Addresses("https://other.example.org", ADDRESSES.secret_key))),
        digest(replace(PUBLISHER, addresses=Addresses(ADDRESSES.base_url, "another key"))),
        digest(replace(PUBLISHER, organisation=replace(ORGANISATION, short_name="SM"))),
        digest(replace(PUBLISHER, organisation=replace(ORGANISATION, zone="Australia/Sydney"))),
        digest(replace(PUBLISHER, organisation=replace(ORGANISATION, kinds={}))),
    ):
        assert other not in seen
        seen.add(other)
    monkeypatch.setattr(version, "current", lambda: "99")
    assert digest() not in seen
    monkeypatch.undo()
    monkeypatch.setattr(feeds, "made_by", lambda: "other code")
    assert digest() not in seen
    monkeypatch.undo()
    monkeypatch.setattr(feeds.metadata, "version", lambda _package: "99")
    assert digest() not in seen
    monkeypatch.undo()
    monkeypatch.setattr(zones, "data_version", lambda: "2099z")
    assert digest() not in seen


def test_the_links_open_each_client_with_the_address_encoded():
    found = subscriptions.links("https://book.example.org/feeds/series/a.ics")
    encoded = "book.example.org%2Ffeeds%2Fseries%2Fa.ics"
    assert found.apple == "webcal://book.example.org/feeds/series/a.ics"
    assert found.google == f"https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2F{encoded}"
    assert found.outlook_work == f"https://outlook.office.com/calendar/0/addfromweb?url=https%3A%2F%2F{encoded}"
    assert found.outlook_private == f"https://outlook.live.com/calendar/0/addfromweb?url=https%3A%2F%2F{encoded}"
    assert found.plain == "https://book.example.org/feeds/series/a.ics"
