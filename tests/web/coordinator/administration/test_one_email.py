"""One email for a coordinator, what is done about it, and the addresses that don't work."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.services.accounts import sign_in
from booking.services.outbox import render_email
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from tests.builders import NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.services.outbox.test_secrets import everything_happens
from tests.store.plans import statements
from tests.web.client import client_of, make_app, post

PATH = "/coordinator/emails"
OPENS = re.compile(r"/(?:manage|join|sign-in/link|unsubscribe|me/address)/")
CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


def fresh(session: Session) -> None:
    """What is read from now on is what is stored now."""
    session.rollback()
    session.expire_all()


@pytest.fixture
def coordinator(database: Database, session: Session) -> FlaskClient:
    chief = a_person(session, "Caz Ito", roles=["coordinator"])
    session.commit()
    return client_of(make_app(database), chief)


@pytest.fixture
def bounced(session: Session) -> OutgoingEmail:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.booking_id == booking.id)).one()
    email.sent_at = email.bounced_at = NOW
    email.last_error = "550 5.1.1 no such user"
    mia = session.get_one(Person, booking.member_id)
    mia.email_failing_at, mia.email_failure = NOW, email.last_error
    session.commit()
    return email


def test_an_email_is_shown_as_text_and_as_html_in_a_sandbox(coordinator: FlaskClient, bounced: OutgoingEmail) -> None:
    path = f"{PATH}/{bounced.public_id}"
    assert f'href="{path}"' in coordinator.get(f"{PATH}?show=bounced").text
    page = coordinator.get(path).text
    for words in ("Booked: Mon 4 Dec", "mia.moss@example.org", "Bounced Mon\N{NO-BREAK SPACE}27", "no such user"):
        assert words in page
    frame = coordinator.get(f"{path}/html")
    policy = frame.headers["Content-Security-Policy"]
    assert "sandbox;" in policy
    assert "default-src 'none'" in policy
    assert "allow-" not in policy
    assert "Live Member Clinic" in frame.text


def test_no_email_shows_a_coordinator_what_opens_anything(
    database: Database, coordinator: FlaskClient, session: Session
) -> None:
    everything_happens(session)
    fresh(session)
    shown = set()
    for email in session.scalars(select(OutgoingEmail)).all():
        for path in (f"{PATH}/{email.public_id}", f"{PATH}/{email.public_id}/html"):
            answer = coordinator.get(path)
            assert answer.status_code in {200, 404}
            assert not OPENS.search(answer.text), (email.name, path)
            if email.name == "sign-in":
                words = re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2] or answer.text)
                assert not CODE.search(re.sub(r"#\w+", "", words)), path
                shown.add("code" if render_email.HIDDEN_CODE in answer.text else "no code")
            if answer.status_code == 200:
                shown.add(email.name)
    assert "code" in shown
    assert len(shown) > 15


def test_a_sign_in_email_says_why_its_code_is_not_shown(
    database: Database, coordinator: FlaskClient, session: Session
) -> None:
    mia = a_person(session, "Mia Moss")
    session.commit()
    sign_in.ask(session, mia.email, "sender", NOW)
    email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "sign-in")).one()
    email.failed_at = NOW
    session.commit()
    page = coordinator.get(f"{PATH}/{email.public_id}").text
    assert "only its reader may see" in page
    assert "Send again" not in page
    assert "Send again" not in coordinator.get(f"{PATH}?show=failed").text
    path = f"{PATH}/{email.public_id}"
    assert post(coordinator, f"{path}/resend", path).status_code == 303
    fresh(session)
    assert email.failed_at == NOW


def test_the_address_is_corrected_from_the_email(
    coordinator: FlaskClient, session: Session, bounced: OutgoingEmail
) -> None:
    path = f"{PATH}/{bounced.public_id}"
    answer = post(coordinator, f"{path}/address", path, email="nobody at home")
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert 'value="nobody at home"' in answer.text
    a_person(session, "Max Zed")
    session.commit()
    taken = post(coordinator, f"{path}/address", path, email="max.zed@example.org")
    assert (taken.status_code, "Another account has this address." in taken.text) == (422, True)
    fresh(session)
    assert bounced.bounced_at == NOW
    for _ in range(2):
        assert post(coordinator, f"{path}/address", path, email="mia@new.example").status_code == 303
    fresh(session)
    assert (bounced.to_email, bounced.bounced_at, bounced.sent_at) == ("mia@new.example", None, None)
    assert "Every address works" in coordinator.get(f"{PATH}/addresses").text


def test_failing_addresses_are_on_the_to_do_list_and_on_the_persons_page(
    coordinator: FlaskClient, session: Session, bounced: OutgoingEmail
) -> None:
    todo = coordinator.get("/coordinator/").text
    assert "Email addresses that don&#39;t work" in todo
    assert "Mia Moss: emails to their address bounce." in todo
    assert f'href="{PATH}/addresses"' in todo
    listed = coordinator.get(f"{PATH}/addresses").text
    assert "mia.moss@example.org" in listed
    assert "no such user" in listed
    mia = session.get_one(Person, bounced.person_id)
    assert "have bounced since" in coordinator.get(f"/coordinator/people/{mia.public_id}").text
    assert "Emails bounce" in coordinator.get("/coordinator/people?q=mia").text


def test_a_bounced_email_is_sent_again_or_dismissed(
    coordinator: FlaskClient, session: Session, bounced: OutgoingEmail
) -> None:
    path = f"{PATH}/{bounced.public_id}"
    assert "1 email bounced" in coordinator.get("/coordinator/").text
    assert post(coordinator, f"{path}/dismiss", path).headers["Location"] == f"{PATH}?show=bounced"
    assert "No emails have bounced." in coordinator.get(f"{PATH}?show=bounced").text
    assert "Dismissed Mon" in coordinator.get(f"{PATH}?show=dismissed").text
    assert "1 email bounced" not in coordinator.get("/coordinator/").text
    assert post(coordinator, f"{path}/resend", path).status_code == 303
    fresh(session)
    assert (bounced.dismissed_at, bounced.bounced_at, bounced.sent_at) == (None, None, None)


def test_all_failed_emails_are_sent_again_in_one_go(coordinator: FlaskClient, session: Session) -> None:
    for number in range(3):
        email = OutgoingEmail(
            name="test-email", to_email=f"x{number}@example.org", facts={}, due_at=NOW, created_at=NOW
        )
        email.failed_at = NOW
        session.add(email)
    session.commit()
    shown = coordinator.get(f"{PATH}?show=failed").text
    seen_at = re.search(r'name="seen_at" value="([^"]+)"', shown)
    assert seen_at is not None
    path = f"{PATH}/resend-failed"
    for words in ("sending 3 emails again", "nothing left to send again"):
        answer = post(coordinator, path, f"{PATH}?show=failed", seen_at=unescape(seen_at[1]))
        assert answer.status_code == 303
        assert words in unescape(coordinator.get(answer.headers["Location"]).text)
        session.execute(OutgoingEmail.__table__.update().values(failed_at=None))  # type: ignore[attr-defined]
        late = OutgoingEmail(name="test-email", to_email="y@example.org", facts={}, due_at=NOW, created_at=NOW)
        session.add(late)
        session.commit()
    assert len(session.scalars(select(OutgoingEmail).where(OutgoingEmail.failed_at.is_(None))).all()) == 5


@pytest.mark.parametrize("seen_at", ["", "soon", "0001-01-01T00:00:00+14:00", "2023", "2023-01-01"])
def test_a_form_that_never_stood_on_the_page_sends_nothing(
    coordinator: FlaskClient, session: Session, bounced: OutgoingEmail, seen_at: str
) -> None:
    bounced.bounced_at, bounced.sent_at, bounced.failed_at = None, None, NOW
    session.commit()
    answer = post(coordinator, f"{PATH}/resend-failed", f"{PATH}?show=failed", seen_at=seen_at)
    fresh(session)
    if answer.status_code == 303:  # a time before anything failed
        assert seen_at.startswith("0001") or seen_at == "2023-01-01"
    else:
        assert answer.status_code == 400
    assert bounced.failed_at == NOW


def test_one_email_takes_few_statements(database: Database, coordinator: FlaskClient, bounced: OutgoingEmail) -> None:
    path = f"{PATH}/{bounced.public_id}"
    coordinator.get(path)
    with statements(database) as seen:
        coordinator.get(path)
    assert len(seen) <= 4
    with statements(database) as seen:
        coordinator.get(f"{PATH}?show=bounced")
    assert len(seen) <= 7


def test_what_is_not_there_is_not_found(coordinator: FlaskClient) -> None:
    assert coordinator.get(f"{PATH}/00000000-0000-0000-0000-000000000000").status_code == 404
    assert coordinator.get(f"{PATH}/addresses?after=x").status_code == 404
