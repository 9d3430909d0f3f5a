"""The invitation that an email carries: whom it names, what it keeps from one email to the next, where it stands."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.services.bookings.move import move
from booking.services.outbox.render_email import EmailOrigin, message_of
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_clinic, a_person, a_request, acting
from tests.calendars.reading import plain, read
from tests.databases import Database
from tests.web.client import settings

DOMAIN = "booking.example.org"


def arrived(database: Database, session: Session, message: OutgoingEmail) -> EmailMessage:
    """The email as its reader's mail program has it."""
    person = session.get_one(Person, message.person_id)
    sent = message_of(message, person, EmailOrigin(settings(database), ORGANISATION, DOMAIN), NOW).as_bytes()
    return email.message_from_bytes(sent, policy=email.policy.default)  # type: ignore[return-value]


def carried(message: EmailMessage) -> bytes:
    """The invitation's bytes, from where calendars look for them: the last of the alternatives, which is no file."""
    alternative, attached = message.iter_parts()
    part = list(alternative.iter_parts())[-1]  # type: ignore[attr-defined]
    assert (message.get_content_type(), alternative.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    assert (part.get_content_type(), part["Content-Disposition"]) == ("text/calendar", None)
    assert part.get_content_charset() == "utf-8"
    content: bytes = part.get_payload(decode=True)
    assert attached.get_payload(decode=True) == content
    assert part.get_param("method") == read(content).method.value
    return content


@pytest.fixture(params=["Mia Moss", 'Mia "M" Moss; Esq, <all@example.org>', "Zoë ^ 名", ""])
def emails(request: pytest.FixtureRequest, database: Database, session: Session) -> list[EmailMessage]:
    """Booked, moved by a quarter, cancelled, for a member of that name."""
    clinic = a_clinic(session)
    member = a_person(session, email="mia+clinics@example.org")
    member.name = request.param
    booking = a_booking(session, clinic, member)
    move(acting(session, Actor.link(), NOW + timedelta(hours=1)), booking.public_id, a_request(clinic, 15))
    cancel(acting(session, Actor.link(), NOW + timedelta(hours=2)), booking.public_id)
    return [
        arrived(database, session, row) for row in session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id))
    ]


def the_events(emails: list[EmailMessage]) -> list[dict[str, Any]]:
    found = [plain(carried(message)) for message in emails]
    assert [len(calendar["events"]) for calendar in found] == [1, 1, 1]
    return [{"method": calendar["method"], **calendar["events"][0]} for calendar in found]


def test_the_organiser_is_who_writes_and_the_one_attendee_who_reads_exactly(emails: list[EmailMessage]) -> None:
    for message, event in zip(emails, the_events(emails), strict=True):
        (sender,), (reader,) = message["From"].addresses, message["To"].addresses
        assert event["organizer"]["address"] == f"mailto:{sender.addr_spec}"
        assert event["attendee"]["address"] == f"mailto:{reader.addr_spec}" == "mailto:mia+clinics@example.org"
        # No address but these two, whatever their names hold.
        assert carried(message).replace(b"\r\n ", b"").count(b"mailto:") == 2


def test_a_booking_keeps_its_uid_and_counts_its_changes(emails: list[EmailMessage]) -> None:
    found = the_events(emails)
    assert [(one["method"], one["sequence"], one["status"]) for one in found] == [
        ("REQUEST", 0, "CONFIRMED"),
        ("REQUEST", 1, "CONFIRMED"),
        ("CANCEL", 2, "CANCELLED"),
    ]
    assert len({one["uid"] for one in found}) == 1
    assert [one["dtstamp"] for one in found] == [f"{NOW + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}" for n in range(3)]


def test_a_cancellation_has_the_times_that_were_last_sent(emails: list[EmailMessage]) -> None:
    booked, moved, cancelled = the_events(emails)
    assert booked["starts"]["at"] == f"{CLINIC_AT:%Y-%m-%dT%H:%M:%SZ}"
    assert (
        (cancelled["starts"], cancelled["ends"])
        == (moved["starts"], moved["ends"])
        != (booked["starts"], booked["ends"])
    )


def test_an_email_that_is_sent_again_carries_the_same_bytes(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    message = session.scalars(select(OutgoingEmail)).one()
    first = carried(arrived(database, session, message))
    move(acting(session, Actor.link(), NOW + timedelta(hours=1)), booking.public_id, a_request(clinic, 15))
    assert carried(arrived(database, session, session.get_one(OutgoingEmail, message.id))) == first
