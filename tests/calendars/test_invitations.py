"""A booking as an email carries it: REQUEST, the same again with a higher SEQUENCE, CANCEL."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from booking.calendars import invitations
from booking.calendars.invitations import Party
from tests.calendars.reading import events, lines_of, read, unfolded
from tests.calendars.values import PUBLISHER, START, an_appointment, an_id

GOLDEN = Path(__file__).parent / "golden"
FROM = Party("SMK bookings", "bookings@example.org")
TO = Party('Mia "M" Holt; Esq', "mia+smk@example.com")


def invited(**fields):
    return invitations.invitation(PUBLISHER, an_appointment(**fields), FROM, TO)


def test_the_invitation_is_byte_for_byte_the_golden_one():
    assert invited().content == (GOLDEN / "request.ics").read_bytes()


def test_the_cancellation_is_byte_for_byte_the_golden_one():
    found = invited(is_cancelled=True, cancelled_by="member", sequence=1)
    assert found.content == (GOLDEN / "cancel.ics").read_bytes()


def test_a_booking_that_stands_is_a_request():
    found = invited()
    assert found.method == "REQUEST"
    assert lines_of(found.content, "METHOD") == ["METHOD:REQUEST"]
    (event,) = events(found.content)
    assert (event.status.value, event.sequence.value) == ("CONFIRMED", "0")
    assert event.uid.value == f"booking-{an_id(101)}@uids.example.org"
    assert event.dtstart.value.astimezone(UTC) == START


def test_a_cancelled_one_is_a_cancel_with_the_same_uid_and_times():
    before, after = invited(), invited(is_cancelled=True, sequence=1)
    assert after.method == "CANCEL"
    assert lines_of(after.content, "METHOD") == ["METHOD:CANCEL"]
    (first,), (second,) = events(before.content), events(after.content)
    assert (second.status.value, second.sequence.value) == ("CANCELLED", "1")
    for name in ("uid", "dtstart", "dtend"):
        assert first.contents[name][0].value == second.contents[name][0].value


def test_a_moved_booking_keeps_its_uid_and_has_its_new_times():
    moved = invited(starts_at=START + timedelta(minutes=30), ends_at=START + timedelta(minutes=45), sequence=1)
    (event,) = events(moved.content)
    assert moved.method == "REQUEST"
    assert event.dtstart.value.astimezone(UTC) == START + timedelta(minutes=30)
    assert (event.uid.value, event.sequence.value) == (f"booking-{an_id(101)}@uids.example.org", "1")


def test_there_is_one_organiser_and_one_attendee_with_exactly_the_emails_addresses():
    content = invited().content
    assert lines_of(content, "ORGANIZER") == ['ORGANIZER;CN="SMK bookings":mailto:bookings@example.org']
    (attendee,) = lines_of(content, "ATTENDEE")
    assert attendee.endswith(":mailto:mia+smk@example.com")
    (event,) = events(content)
    assert event.attendee.params == {
        "CUTYPE": ["INDIVIDUAL"],
        "ROLE": ["REQ-PARTICIPANT"],
        "PARTSTAT": ["ACCEPTED"],
        "RSVP": ["FALSE"],
        "CN": ["Mia 'M' Holt, Esq"],
    }


def test_an_invitation_is_no_subscription():
    lines = unfolded(invited().content)
    assert not any(line.startswith(("NAME", "X-WR", "REFRESH", "X-PUBLISHED")) for line in lines)


@pytest.mark.parametrize("name", ["Ada\r\nATTENDEE:mailto:x@example.org", "שלום", "a\x00b", "名" * 80])
def test_a_hostile_name_stays_inside_its_parameter(name):
    content = invitations.invitation(PUBLISHER, an_appointment(), Party(name, FROM.email), TO).content
    assert len(lines_of(content, "ATTENDEE")) == 1
    assert len(lines_of(content, "ORGANIZER")) == 1
    assert len(list(read(content).components())) == 2


@pytest.mark.parametrize("name", ["", "  ", "\x00"])
def test_a_person_without_a_name_is_an_address_alone(name):
    made = invitations.invitation(PUBLISHER, an_appointment(), Party(name, FROM.email), Party(name, TO.email))
    (event,) = events(made.content)
    assert lines_of(made.content, "ORGANIZER") == ["ORGANIZER:mailto:bookings@example.org"]
    assert (event.attendee.value, "CN" in event.attendee.params) == ("mailto:mia+smk@example.com", False)
