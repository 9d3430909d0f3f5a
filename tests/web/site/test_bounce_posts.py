"""What the mail provider posts: by the token of the settings alone, and only what is about our emails counts."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.mail import delivery_reports
from booking.store.outbox.emails import OutgoingEmail
from tests.builders import NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.mail.reports import a_report
from tests.web.client import client_of, make_app

PATH, TOKEN = "/mail/bounces", "t" * 40
pytestmark = pytest.mark.both_databases


def fresh(session: Session) -> None:
    """What is read from now on is what is stored now."""
    session.rollback()
    session.expire_all()


@pytest.fixture
def provider(database: Database) -> FlaskClient:
    return client_of(make_app(database, BOOKING_BOUNCE_TOKEN=TOKEN))


@pytest.fixture
def email(session: Session) -> OutgoingEmail:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    found = session.scalars(select(OutgoingEmail).where(OutgoingEmail.booking_id == booking.id)).one()
    found.sent_at = NOW
    session.commit()
    return found


def send(client: FlaskClient, raw: bytes, token: str = f"Bearer {TOKEN}") -> int:
    headers = {"Authorization": token} if token else {}
    return client.post(PATH, data=raw, content_type="message/rfc822", headers=headers).status_code


def test_a_report_with_the_token_marks_its_email_and_again_changes_nothing(
    provider: FlaskClient, session: Session, email: OutgoingEmail
) -> None:
    for _ in range(2):
        assert send(provider, a_report(email.public_id)) == 204
        fresh(session)
        assert email.bounced_at == NOW


def test_an_address_alone_is_enough_from_the_provider(
    provider: FlaskClient, session: Session, email: OutgoingEmail
) -> None:
    assert send(provider, a_report(None)) == 204
    fresh(session)
    assert email.bounced_at == NOW


def test_without_the_token_nothing_is_read(
    database: Database, provider: FlaskClient, session: Session, email: OutgoingEmail
) -> None:
    raw = a_report(email.public_id)
    for token in ("", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"):
        assert send(provider, raw, token) == 401
    assert send(client_of(make_app(database)), raw) == 404
    assert provider.get(PATH).status_code == 405
    fresh(session)
    assert email.bounced_at is None


def test_what_is_no_report_or_too_large_changes_nothing(
    provider: FlaskClient, session: Session, email: OutgoingEmail
) -> None:
    for raw in (b"", b"\x00\xff", b"Subject: Hello\r\n\r\nHow are you?", a_report()):
        assert send(provider, raw) == 204
    assert send(provider, a_report(email.public_id) + b"x" * delivery_reports.MAX_BYTES) == 413
    fresh(session)
    assert email.bounced_at is None
