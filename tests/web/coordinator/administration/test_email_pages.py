"""The emails for a coordinator, and the addresses that end emails."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services.outbox import deliver
from booking.services.outbox.deliver import EmailWorker
from booking.services.outbox.resend import resend
from booking.store.outbox import outbox
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_clinic, a_person, acting
from tests.databases import Database
from tests.mail.server import serving
from tests.web.client import SECRET_KEY, client_of, make_app, post, settings

pytestmark = pytest.mark.both_databases  # search, and sending again


def send(database: Database, url: str, now: object = NOW) -> None:
    from booking.mail.smtp import SMTPMailer

    mailer = SMTPMailer(url)
    found = settings(database, BOOKING_MAIL_FROM="booking@example.org")
    deliver.deliver_once(EmailWorker(database.sessions, mailer, found, ORGANISATION, "worker"), now)  # type: ignore[arg-type]
    mailer.close()


def test_a_refused_email_is_told_at_once_shown_and_sent_again(database: Database, session: Session) -> None:
    cora = a_person(session, "Cora", roles=["coordinator"])
    member = a_person(session, "Mia Moss")
    a_booking(session, a_clinic(session), member)
    client = client_of(make_app(database), cora)
    assert "Booking confirmed, to Mia Moss" in client.get("/coordinator/emails").text
    with serving() as mailbox:
        mailbox.refusals[member.email] = "550 5.1.1 no such user"
        send(database, mailbox.url)
        send(database, mailbox.url)
        assert [(str(one["To"]), str(one["Subject"])[:20]) for one in mailbox.messages] == [
            (f"Cora <{cora.email}>", "1 email bounced")
        ]
        page = client.get("/coordinator/emails?show=failed").text
        assert "no such user" in page
        assert member.email not in page
        email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "booked")).one()
        mailbox.refusals.clear()
        path = f"/coordinator/emails/{email.public_id}/resend"
        assert post(client, path, "/coordinator/emails?show=failed").status_code == 303
        send(database, mailbox.url)
        assert str(mailbox.messages[-1]["To"]) == f"Mia Moss <{member.email}>"
        assert f"email-{email.public_id}@" in str(mailbox.messages[-1]["Message-ID"])
    assert "No emails have failed." in client.get("/coordinator/emails?show=failed").text
    sent = client.get("/coordinator/emails?show=sent").text
    assert "Booking confirmed, to Mia Moss" in sent
    assert "Emails bounced, to Cora" in sent
    for address in ("/manage/", "/join/", "/sign-in/link/"):
        assert address not in sent
    assert client.get("/coordinator/emails?show=nonsense").status_code == 404
    for wrong in ("x", "20231126T230000.000000-x", "20231126T230000.000000-" + "9" * 19, "99999999T230000.0-1"):
        assert client.get(f"/coordinator/emails?after={wrong}").status_code == 404


def test_emails_are_listed_fifty_at_a_time_and_forgotten_after_ninety_days(
    database: Database, session: Session
) -> None:
    cora = a_person(session, "Cora", roles=["coordinator"])
    for number in range(60):
        session.add(
            OutgoingEmail(
                name="test-email",
                to_email="x@example.org",
                facts={},
                due_at=NOW,
                created_at=NOW - timedelta(days=400),
                sent_at=NOW - timedelta(days=number * 3) if number % 2 else None,
            )
        )
    session.commit()
    client = client_of(make_app(database), cora)
    assert client.get("/coordinator/emails?show=sent").text.count(">Test email</a>") == 30
    outbox.tidy(session, NOW)
    session.commit()
    kept = session.scalars(select(OutgoingEmail)).all()
    assert sorted((NOW - one.sent_at).days for one in kept if one.sent_at) == [n * 3 for n in range(1, 31, 2)]
    assert len([one for one in kept if one.sent_at is None]) == 30, "what waits is never forgotten"


@pytest.mark.parametrize("state", ["waiting", "sent", "failed"])
def test_the_list_is_read_to_its_end_without_a_gap(database: Database, session: Session, state: str) -> None:
    """What leaves next stands first; of what is over, the last. Many share an instant, as emails of one publish do."""
    cora = a_person(session, "Cora", roles=["coordinator"])
    for number in range(120):
        at = NOW + timedelta(microseconds=number // 40)
        ended = {f"{state}_at": at} if state != "waiting" else {}
        email = OutgoingEmail(
            name=f"n{number}.", to_email="x@example.org", facts={}, due_at=at, created_at=NOW, **ended
        )
        session.add(email)
        session.flush()
    session.commit()
    client = client_of(make_app(database), cora)
    path, seen = f"/coordinator/emails?show={state}", []
    while path:
        page = client.get(path).text
        seen.append([int(number) for number in re.findall(r">n(\d+)\.</a>", page)])
        more = re.search(r'href="([^"]*after=[^"]*)"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert [len(one) for one in seen] == [50, 50, 20]
    expected = list(range(120)) if state == "waiting" else list(reversed(range(120)))
    assert [number for one in seen for number in one] == expected


def test_an_email_sent_again_goes_to_the_address_that_its_reader_has_now(database: Database, session: Session) -> None:
    member = a_person(session, "Mia Moss")
    a_booking(session, a_clinic(session), member)
    with serving() as mailbox:
        mailbox.refusals[member.email] = "550 5.1.1 no such user"
        send(database, mailbox.url)
        session.rollback()
        session.get_one(Person, member.id).email = "mia@new.example.org"
        session.commit()
        email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "booked")).one()
        resend(acting(session, Actor.staff(member.id)), email.public_id)
        resend(acting(session, Actor.staff(member.id)), email.public_id)
        send(database, mailbox.url)
        send(database, mailbox.url)
        assert [str(one["To"]) for one in mailbox.messages] == ["Mia Moss <mia@new.example.org>"]


def test_many_emails_are_counted_to_a_thousand(database: Database, session: Session) -> None:
    cora = a_person(session, "Cora", roles=["coordinator"])
    row = {"name": "test-email", "to_email": "x@example.org", "facts": {}, "created_at": NOW}
    session.execute(
        insert(OutgoingEmail), [{**row, "due_at": NOW + timedelta(days=9000)}] * 1001 + [{**row, "due_at": NOW}]
    )
    session.commit()
    page = client_of(make_app(database), cora).get("/coordinator/emails").text
    assert "1 waiting to be sent · over 1,000 scheduled · 0 failed" in page


def test_one_press_ends_reminders_from_the_mail_program_or_the_page(database: Database, session: Session) -> None:
    member = a_person(session, "Mia Moss")
    session.commit()
    client = client_of(make_app(database))
    path = f"/unsubscribe/reminders/{tokens.sign(SECRET_KEY, 'unsubscribe-reminders', str(member.public_id))}"
    assert "Stop reminders" in client.get(path).text
    session.rollback()
    assert session.get_one(Person, member.id).wants_reminders, "opening the link ends nothing"
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, "Stopped." in answer.text) == (200, True)
    session.rollback()
    session.expire_all()
    assert not session.get_one(Person, member.id).wants_reminders
    forged = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert client.post(forged).status_code == 404
    assert client.post(path.replace("/reminders/", "/daily-agenda/")).status_code == 404


def test_preferences_are_kept_on_the_profile(database: Database, session: Session) -> None:
    person = a_person(session, "Mia Moss", roles=["member", "analyst"])
    session.commit()
    client = client_of(make_app(database), person)
    form = {"name": "Mia Moss", "time_zone": "", "invitations": "never", "about": ""}
    assert post(client, "/me", "/me", **form, reminders="no", daily_agenda="").status_code == 303
    session.rollback()
    session.expire_all()
    kept = session.get_one(Person, person.id)
    assert (kept.wants_reminders, kept.agenda_hour) == (False, None)
    assert post(client, "/me", "/me", **form, reminders="yes", daily_agenda="6").status_code == 303
    session.expire_all()
    session.rollback()
    kept = session.get_one(Person, person.id)
    assert (kept.wants_reminders, kept.agenda_hour) == (True, 6)
    for wrong in ({"reminders": "maybe"}, {"daily_agenda": "25"}):
        assert post(client, "/me", "/me", **form, **wrong).status_code == 422
    assert CLINIC_AT > NOW
