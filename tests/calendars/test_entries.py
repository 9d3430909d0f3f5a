"""What one VEVENT says of an occurrence or a booking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from booking.calendars import entries, feeds
from booking.domain import tokens
from tests.calendars.reading import events, lines_of
from tests.calendars.values import (
    ADDRESSES,
    PUBLISHER,
    START,
    SYDNEYS,
    a_meeting,
    an_appointment,
    an_id,
)

HALF_AN_HOUR = timedelta(minutes=30)


def content_of(entry):
    return feeds.single(entry)


def the_event(entry):
    (event,) = events(content_of(entry))
    return event


def of_meeting(make, meeting):
    return make(PUBLISHER, meeting, []) if make is entries.given else make(PUBLISHER, meeting)


EVERY_WAY = [entries.public, entries.followed, entries.given]


@pytest.mark.parametrize("make", EVERY_WAY)
def test_an_occurrence_has_one_uid_and_one_sequence_in_every_feed(make):
    event = the_event(of_meeting(make, a_meeting(7, sequence=4)))
    assert event.uid.value == f"occurrence-{an_id(7)}@uids.example.org"
    assert event.sequence.value == "4"


@pytest.mark.parametrize("make", EVERY_WAY)
def test_dtstamp_is_the_last_change_in_whole_seconds_utc(make):
    content = content_of(of_meeting(make, a_meeting()))
    assert lines_of(content, "DTSTAMP") == ["DTSTAMP:20261101T050607Z"]
    assert lines_of(content, "LAST-MODIFIED") == ["LAST-MODIFIED:20261101T050607Z"]


def test_a_bookings_dtstamp_is_its_last_change_too():
    content = content_of(entries.booked(PUBLISHER, an_appointment()))
    assert lines_of(content, "DTSTAMP") == ["DTSTAMP:20261101T050607Z"]
    assert lines_of(content, "LAST-MODIFIED") == ["LAST-MODIFIED:20261101T050607Z"]


ALWAYS = {
    *("UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL"),
    *("CATEGORIES", "CLASS", "TRANSP", "STATUS"),
}
EVERY_ENTRY = {
    "public": (lambda **fields: entries.public(PUBLISHER, a_meeting(**fields)), set()),
    "followed": (lambda **fields: entries.followed(PUBLISHER, a_meeting(**fields)), {"CONFERENCE"}),
    "given": (lambda **fields: entries.given(PUBLISHER, a_meeting(**fields), [an_appointment()]), {"CONFERENCE"}),
    "booked": (lambda **fields: entries.booked(PUBLISHER, an_appointment(**fields)), {"CONFERENCE"}),
}


@pytest.mark.parametrize(("make", "more"), EVERY_ENTRY.values(), ids=EVERY_ENTRY)
def test_an_entry_says_each_thing_once_and_nothing_else_and_a_cancelled_one_has_no_join_link(make, more):
    assert sorted(line.name for line in the_event(make()).lines()) == sorted(ALWAYS | more)
    assert [part.name for part in the_event(make()).components()] == []
    assert sorted(line.name for line in the_event(make(is_cancelled=True)).lines()) == sorted(ALWAYS)


@pytest.mark.parametrize(("make", "more"), EVERY_ENTRY.values(), ids=EVERY_ENTRY)
def test_an_entry_is_online_begins_with_its_time_in_words_and_names_its_page(make, more):
    event = the_event(make())
    assert event.location.value == "Online"
    assert event.description.value.startswith("Monday 30 November, 1:00–")
    assert " AEST (2:00–" in event.description.value.partition("\n")[0]
    assert event.description.value.endswith(event.url.value)


@pytest.mark.parametrize(("make", "more"), EVERY_ENTRY.values(), ids=EVERY_ENTRY)
def test_a_join_link_is_a_conference_with_a_label_for_whoever_may_join(make, more):
    found = lines_of(content_of(make()), "CONFERENCE")
    assert len(found) == len(more)
    for line in found:
        named, _, address = line.partition(";VALUE=URI:")
        assert named == 'CONFERENCE;FEATURE=AUDIO,VIDEO;LABEL="Join: Live Member Clinic"'
        assert address.startswith("https://book.example.org/join/")


@pytest.mark.parametrize("zone", ["Australia/Brisbane", "Australia/Lord_Howe", "Europe/London", "UTC"])
@pytest.mark.parametrize("make", EVERY_WAY)
def test_no_time_floats(make, zone):
    content = content_of(of_meeting(make, a_meeting(zone=zone)))
    for line in (lines_of(content, "DTSTART")[-1], *lines_of(content, "DTEND")):
        assert line.endswith("Z") or f";TZID={zone}:" in line
    assert the_event(of_meeting(make, a_meeting(zone=zone))).dtstart.value.astimezone(UTC) == START


@pytest.mark.parametrize("make", EVERY_WAY)
def test_no_entry_recurs_rings_or_invites(make):
    content = content_of(of_meeting(make, a_meeting())) + content_of(entries.booked(PUBLISHER, an_appointment()))
    event_lines = content.partition(b"BEGIN:VEVENT")[2]
    for word in (b"RRULE", b"RDATE", b"EXDATE", b"RECURRENCE-ID", b"VALARM", b"ATTENDEE", b"ORGANIZER", b"DURATION"):
        assert word not in event_lines
    assert b"METHOD" not in content


def test_a_public_occurrence_shows_its_page_and_blocks_nobodys_day():
    content = content_of(entries.public(PUBLISHER, a_meeting()))
    event = the_event(entries.public(PUBLISHER, a_meeting()))
    page = f"https://book.example.org/occurrences/{an_id(1)}"
    assert (event.url.value, event.location.value) == (page, "Online")
    assert (event.contents["class"][0].value, event.transp.value) == ("PUBLIC", "TRANSPARENT")
    assert event.status.value == "CONFIRMED"
    assert event.categories.value == ["Clinic"]
    assert event.description.value == (
        "Monday 30 November, 1:00–2:00 pm AEST (2:00–3:00 pm in Sydney)\n\n"
        "Live help from the analysts.\n\n"
        f"Book a slot: {page}"
    )
    assert b"CONFERENCE" not in content
    assert b"/join/" not in content


def test_an_occurrence_without_slots_does_not_offer_one():
    description = the_event(entries.public(PUBLISHER, a_meeting(kind="lab"))).description.value
    assert "Book" not in description
    assert f"Details: https://book.example.org/occurrences/{an_id(1)}" in description


def test_a_module_says_its_number_and_title():
    meeting = a_meeting(title="Influencers", module=2, modules=4, module_title="Organic, Paid", kind="masterclass")
    event = the_event(entries.public(PUBLISHER, meeting))
    assert event.summary.value == "Influencers, 2 of 4: Organic, Paid"
    assert event.categories.value == ["Masterclass"]


def test_a_kind_that_is_no_longer_listed_still_has_a_category():
    assert the_event(entries.public(PUBLISHER, a_meeting(kind="office hours"))).categories.value == ["office hours"]


def test_sydneys_time_is_said_only_where_it_differs():
    winter = datetime(2026, 7, 6, 3, tzinfo=UTC)
    description = the_event(entries.public(PUBLISHER, a_meeting(starts_at=winter))).description.value
    assert description.startswith("Monday 6 July, 1:00–2:00 pm AEST\n")
    description = the_event(entries.public(SYDNEYS, a_meeting())).description.value
    assert description.startswith("Monday 30 November, 2:00–3:00 pm AEDT\n")


def test_sydneys_day_is_said_where_it_is_another():
    late = datetime(2026, 11, 30, 13, 15, tzinfo=UTC)
    description = the_event(entries.public(PUBLISHER, a_meeting(starts_at=late))).description.value
    assert "Monday 30 November, 11:15 pm–12:15 am AEST (Tuesday 1 December, 12:15–1:15 am in Sydney)" in description


@pytest.mark.parametrize(
    ("zone", "instants", "walls"),
    [
        ("Australia/Brisbane", ["2026-09-28T03:00", "2026-10-05T03:00"], ["20260928T130000", "20261005T130000"]),
        ("Australia/Sydney", ["2026-09-28T03:00", "2026-10-05T02:00"], ["20260928T130000", "20261005T130000"]),
        ("Australia/Brisbane", ["2026-10-03T03:00", "2026-10-04T03:00"], ["20261003T130000", "20261004T130000"]),
        ("Australia/Sydney", ["2026-10-03T03:00", "2026-10-04T02:00"], ["20261003T130000", "20261004T130000"]),
        ("Australia/Brisbane", ["2027-04-03T03:00", "2027-04-04T03:00"], ["20270403T130000", "20270404T130000"]),
        ("Australia/Sydney", ["2027-04-03T02:00", "2027-04-04T03:00"], ["20270403T130000", "20270404T130000"]),
        ("Australia/Brisbane", ["2027-03-29T03:00", "2027-04-05T03:00"], ["20270329T130000", "20270405T130000"]),
        ("Australia/Sydney", ["2027-03-29T02:00", "2027-04-05T03:00"], ["20270329T130000", "20270405T130000"]),
    ],
)
def test_a_series_keeps_its_wall_clock_across_the_clock_change_and_a_reader_gets_the_instant(zone, instants, walls):
    for instant, wall in zip(instants, walls, strict=True):
        starts_at = datetime.fromisoformat(instant).replace(tzinfo=UTC)
        entry = entries.public(PUBLISHER, a_meeting(starts_at=starts_at, zone=zone))
        assert lines_of(content_of(entry), "DTSTART")[-1] == f"DTSTART;TZID={zone}:{wall}"
        assert the_event(entry).dtstart.value.astimezone(UTC) == starts_at
        assert the_event(entry).dtend.value.astimezone(UTC) == starts_at + timedelta(hours=1)


@pytest.mark.parametrize(
    ("hour", "told"),
    [
        (14, ";TZID=Australia/Sydney:20270404T013000"),
        (15, ":20270403T153000Z"),
        (16, ":20270403T163000Z"),
        (17, ";TZID=Australia/Sydney:20270404T033000"),
    ],
)
def test_a_wall_time_that_comes_twice_is_told_in_utc(hour, told):
    starts_at = datetime(2027, 4, 3, hour, 30, tzinfo=UTC)
    content = content_of(entries.public(PUBLISHER, a_meeting(starts_at=starts_at, zone="Australia/Sydney")))
    assert lines_of(content, "DTSTART")[-1] == f"DTSTART{told}"


@pytest.mark.parametrize("make", EVERY_WAY)
def test_a_cancelled_occurrence_stays_says_so_and_has_no_join_link(make):
    entry = of_meeting(make, a_meeting(is_cancelled=True, reason="The host is ill.", sequence=1))
    event = the_event(entry)
    assert event.summary.value == "CANCELLED: Live Member Clinic"
    assert (event.status.value, event.transp.value, event.sequence.value) == ("CANCELLED", "TRANSPARENT", "1")
    assert "Cancelled. The host is ill." in event.description.value
    assert "Book a slot" not in event.description.value
    assert b"/join/" not in content_of(entry)


@pytest.mark.parametrize("make", EVERY_WAY)
def test_a_moved_occurrence_says_where_it_was(make):
    meeting = a_meeting(moved_from_at=START - timedelta(days=3, hours=1))
    assert "\nMoved from Friday 27 November, 12:00 pm AEST." in the_event(of_meeting(make, meeting)).description.value


def test_a_followed_occurrence_is_private_and_has_its_join_link():
    entry = entries.followed(PUBLISHER, a_meeting(kind="lab", title="Lab: Ads"))
    event = the_event(entry)
    join_link = ADDRESSES.join_url(an_id(1))
    assert (event.contents["class"][0].value, event.transp.value) == ("PRIVATE", "OPAQUE")
    assert f"Join: {join_link}\nDetails: " in event.description.value
    assert lines_of(content_of(entry), "CONFERENCE") == [
        f'CONFERENCE;FEATURE=AUDIO,VIDEO;LABEL="Join: Lab: Ads";VALUE=URI:{join_link}'
    ]
    assert tokens.verify(ADDRESSES.secret_key, "join", join_link.rpartition("/")[2])


def test_a_booking_is_private_blocks_its_time_and_has_a_join_link_of_its_own():
    entry = entries.booked(PUBLISHER, an_appointment(sequence=2))
    event = the_event(entry)
    join_link, page = ADDRESSES.join_url(an_id(101)), f"https://book.example.org/bookings/{an_id(101)}"
    assert event.uid.value == f"booking-{an_id(101)}@uids.example.org"
    assert event.summary.value == "Live Member Clinic with Ada Reyes"
    assert (event.contents["class"][0].value, event.transp.value, event.sequence.value) == ("PRIVATE", "OPAQUE", "2")
    assert (event.url.value, event.contents["conference"][0].value) == (page, join_link)
    assert event.description.value == (
        "Monday 30 November, 1:00–1:15 pm AEST (2:00–2:15 pm in Sydney)\n"
        "With Ada Reyes, 15 minutes.\n\n"
        "About: GA4 events not firing\n"
        "Link: https://shop.example.com/thanks\n\n"
        f"Join: {join_link}\n"
        f"View, move or cancel: {page}"
    )


def test_a_booking_without_a_brief_has_no_empty_lines_for_it():
    description = the_event(entries.booked(PUBLISHER, an_appointment(topic="", link=""))).description.value
    assert "Topic" not in description
    assert "Link:" not in description
    assert "\n\n\n" not in description


@pytest.mark.parametrize("title", ["", "  ", "\x00"])
def test_an_occurrence_without_a_title_is_called_after_its_kind(title):
    assert the_event(entries.public(PUBLISHER, a_meeting(title=title, kind="lab"))).summary.value == "Lab"
    cancelled = entries.public(PUBLISHER, a_meeting(title=title, kind="lab", is_cancelled=True))
    assert the_event(cancelled).summary.value == "CANCELLED: Lab"
    nothing = entries.public(PUBLISHER, a_meeting(title=title, kind=title))
    assert the_event(nothing).summary.value == "Meeting"
    assert lines_of(content_of(nothing), "CATEGORIES") == []


def test_a_category_is_one_word_to_every_reader():
    kind = entries.public(PUBLISHER, a_meeting(kind="ask us, anything; really"))
    assert lines_of(content_of(kind), "CATEGORIES") == ["CATEGORIES:ask us · anything · really"]


@pytest.mark.parametrize("name", ["", "  ", "\x00"])
def test_an_analyst_without_a_name_leaves_no_gap(name):
    event = the_event(entries.booked(PUBLISHER, an_appointment(analyst=name)))
    assert event.summary.value == "Live Member Clinic"
    assert "\nWith an analyst, 15 minutes.\n" in event.description.value


@pytest.mark.parametrize("name", ["", "  ", "\x00"])
def test_a_member_without_a_name_leaves_no_gap(name):
    event = the_event(entries.given(PUBLISHER, a_meeting(), [an_appointment(member=name, topic="GA4")]))
    assert "\n1:00 pm, 15 minutes: a member – GA4\n" in event.description.value


def test_a_cancelled_booking_says_why_and_has_no_join_link():
    entry = entries.booked(PUBLISHER, an_appointment(is_cancelled=True, cancelled_by="staff", reason="Ada is ill."))
    event = the_event(entry)
    assert event.summary.value == "CANCELLED: Live Member Clinic with Ada Reyes"
    assert (event.status.value, event.transp.value) == ("CANCELLED", "TRANSPARENT")
    assert "Cancelled. Ada is ill." in event.description.value
    assert b"/join/" not in content_of(entry)


def test_a_cancellation_without_a_reason_just_says_so():
    description = the_event(entries.booked(PUBLISHER, an_appointment(is_cancelled=True))).description.value
    assert "\nCancelled.\nWith" in description


def test_an_analysts_hour_has_a_line_for_each_booking_that_stands():
    meeting = a_meeting()
    first = an_appointment(meeting=meeting, topic="GA4\nevents")
    later = an_appointment(
        102,
        meeting,
        starts_at=START + HALF_AN_HOUR,
        ends_at=START + HALF_AN_HOUR * 2,
        minutes=30,
        member="Mo Lindqvist",
        topic="",
    )
    gone = an_appointment(103, meeting, is_cancelled=True, member="Max Gone")
    event = the_event(entries.given(PUBLISHER, meeting, [first, later, gone]))
    assert event.description.value == (
        "Monday 30 November, 1:00–2:00 pm AEST (2:00–3:00 pm in Sydney)\n\n"
        "1:00 pm, 15 minutes: Mia Holt – GA4 events\n"
        "1:30 pm, 30 minutes: Mo Lindqvist\n\n"
        f"Join: {ADDRESSES.join_url(an_id(1))}\n"
        "Your day: https://book.example.org/analyst/2026-11-30"
    )
    assert event.url.value == "https://book.example.org/analyst/2026-11-30"
    assert (event.contents["class"][0].value, event.transp.value) == ("PRIVATE", "OPAQUE")


def test_an_analysts_hour_that_nobody_has_booked_says_so():
    assert "Nobody has booked yet." in the_event(entries.given(PUBLISHER, a_meeting(), [])).description.value
    lab = entries.given(PUBLISHER, a_meeting(kind="lab"), [])
    assert "Nobody" not in the_event(lab).description.value


def test_an_analysts_hour_was_last_changed_when_its_last_booking_was():
    later = datetime(2026, 11, 20, tzinfo=UTC)
    entry = entries.given(PUBLISHER, a_meeting(), [an_appointment(revised_at=later), an_appointment(102)])
    assert lines_of(content_of(entry), "DTSTAMP") == ["DTSTAMP:20261120T000000Z"]


def test_the_secret_key_is_not_shown_by_the_values_that_hold_it():
    assert "a secret key" not in repr(PUBLISHER)
    assert "a secret key" not in repr(replace(PUBLISHER, uid_domain="other"))
