"""Emails from row to mailbox, with a real SMTP server on both databases."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import vobject
from aiosmtpd.controller import Controller
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.mail.mailer import LocalMailer, TemporaryFailure
from booking.mail.smtp import SMTPMailer
from booking.services.accounts.sign_in import ask
from booking.services.bookings.cancel import cancel
from booking.services.bookings.move import move
from booking.services.outbox import deliver
from booking.services.outbox.deliver import EmailWorker
from booking.services.outbox.resend import resend
from booking.settings import Settings
from booking.store.bookings.idempotency import IdempotencyKey
from booking.store.outbox import emails
from booking.store.outbox.emails import OutgoingEmail
from booking.store.outbox.workers import Worker
from booking.store.people.people import Person
from booking.store.people.sign_ins import SignIn
from tests.builders import NOW, ORGANISATION, a_booking, a_clinic, a_person, a_request, acting
from tests.databases import Database
from tests.web.client import settings as settings_of


@dataclass
class Mailbox:
    """What arrived at a real SMTP server, and how it answers."""

    messages: list[EmailMessage] = field(default_factory=list)
    reply: str = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("gone"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.reply.startswith("250"):
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.messages.append(parsed)  # type: ignore[arg-type]
        return self.reply


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, SMTPMailer]]:
    received = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(received, hostname="127.0.0.1", port=port)
    controller.start()
    mailer = SMTPMailer(f"smtp://127.0.0.1:{port}")
    yield received, mailer
    mailer.close()
    controller.stop()


def settings(database: Database) -> Settings:
    return settings_of(database, BOOKING_MAIL_FROM="clinics@example.org")


def run(database: Database, mailer: Any, now: Any = NOW, worker: str = "one") -> int:
    return deliver.deliver_once(EmailWorker(database.sessions, mailer, settings(database), ORGANISATION, worker), now)


def dated(message: EmailMessage) -> Any:
    return message["Date"].datetime


def rows(session: Session) -> list[OutgoingEmail]:
    session.rollback()
    return list(session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))


def test_a_booking_email_arrives_with_its_invitation_twice_the_same(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Moss", time_zone="Australia/Perth"))
    assert run(database, mailer) == 1
    (message,) = received.messages
    assert message["Subject"] == "Booked: Mon 4 Dec 11:00 am Perth (1:00 pm AEST), 15 minutes"
    assert message["To"] == "Mia Moss <mia.moss@example.org>"
    assert message["From"] == "Social Media Knowledge <clinics@example.org>"
    assert message["Reply-To"] == "people@example.org"
    assert message.get_content_type() == "multipart/mixed"
    alternative, attached = message.iter_parts()
    text, html, calendar = alternative.iter_parts()  # type: ignore[attr-defined]
    assert [part.get_content_type() for part in (text, html, calendar)] == ["text/plain", "text/html", "text/calendar"]
    assert (calendar.get_param("method"), calendar.get_content_charset()) == ("REQUEST", "utf-8")
    assert calendar["Content-Disposition"] is None
    assert attached.get_content_type() == "application/ics"
    assert attached.get_filename() == "invite.ics"
    assert calendar.get_payload(decode=True) == attached.get_payload(decode=True)
    event = vobject.readOne(calendar.get_content()).vevent
    assert event.uid.value == f"booking-{booking.public_id}@booking.example.org"
    assert (event.sequence.value, event.attendee.value) == ("0", "mailto:mia.moss@example.org")
    assert event.organizer.value == "mailto:clinics@example.org"
    assert f"https://booking.example.org/manage/{booking.public_id}." in text.get_content()
    assert f"https://booking.example.org/join/{booking.public_id}." in text.get_content()
    assert rows(session)[0].sent_at == NOW


def test_an_email_is_dated_when_it_leaves_and_not_when_it_was_queued(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    a_booking(session, a_clinic(session))
    assert run(database, mailer, NOW + timedelta(minutes=3)) == 1
    assert [dated(message) for message in received.messages] == [NOW + timedelta(minutes=3)]


def test_an_email_that_is_sent_again_is_dated_anew_and_keeps_its_message_id(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    mia, sam = a_person(session, "Gone"), a_person(session, "Sam Ives", ["coordinator"])
    a_booking(session, a_clinic(session), mia)
    assert run(database, mailer) == 1
    (failed,) = [row for row in rows(session) if row.failed_at]
    session.get_one(Person, mia.id).email = "mia@example.org"
    session.commit()
    again = NOW + timedelta(days=3)
    resend(acting(session, Actor.staff(sam.id), again), failed.public_id)
    run(database, mailer, again)
    (message,) = [one for one in received.messages if one["To"].addresses[0].addr_spec == "mia@example.org"]
    assert message["Message-ID"] == f"<email-{failed.public_id}@booking.example.org>"
    assert dated(message) == again


def test_booked_moved_and_cancelled_go_out_in_order_each_with_the_facts_of_its_commit(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    move(acting(session, Actor.link()), booking.public_id, a_request(clinic, 30))
    cancel(acting(session, Actor.link()), booking.public_id)
    while run(database, mailer):
        pass
    sent = []
    for message in received.messages:
        part = next(p for p in message.walk() if p.get_content_type() == "text/calendar")
        calendar = vobject.readOne(part.get_content())  # type: ignore[attr-defined]
        sent.append((calendar.method.value, calendar.vevent.sequence.value, message["Subject"].partition(":")[0]))
    assert sent == [("REQUEST", "0", "Booked"), ("REQUEST", "1", "Moved"), ("CANCEL", "2", "Cancelled")]


def test_a_later_email_does_not_overtake_one_that_is_put_off(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    received.reply = "451 try later"
    assert run(database, mailer) == 1
    cancel(acting(session, Actor.link()), booking.public_id)
    received.reply = "250 OK"
    assert run(database, mailer) == 0
    other = a_booking(session, clinic)
    assert run(database, mailer) == 1
    assert other.member.name in received.messages[0]["To"]
    later = NOW + timedelta(minutes=2)
    assert [run(database, mailer, later), run(database, mailer, later)] == [1, 1]
    assert [message["Subject"].split(":")[0] for message in received.messages[1:]] == ["Booked", "Cancelled"]


def test_a_refused_recipient_fails_for_good_and_holds_nothing_up(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    booking = a_booking(session, a_clinic(session), a_person(session, "Gone", email="gone@example.org"))
    assert run(database, mailer) == 1
    message = rows(session)[0]
    assert message.failed_at == NOW
    assert "550" in message.last_error
    assert "gone@example.org" not in message.last_error
    a_booking(session, a_clinic(session))
    cancel(acting(session, Actor.link()), booking.public_id)
    assert run(database, mailer) == 2
    assert len(received.messages) == 1


def test_a_dead_mail_server_loses_nothing_and_waits_longer_each_time(database: Database, session: Session) -> None:
    a_booking(session, a_clinic(session))
    dead = SMTPMailer("smtp://127.0.0.1:9")
    now, waits = NOW, []
    for _ in range(12):
        assert run(database, dead, now) == 1
        due_at = rows(session)[0].due_at
        waits.append((due_at - now).total_seconds())
        now = due_at
    assert 24 <= waits[0] <= 36
    assert all(2880 <= wait <= 4320 for wait in waits[-3:])
    assert waits[3] > waits[0]
    assert run(database, LocalMailer(), now) == 1
    assert rows(session)[0].sent_at == now


def test_a_worker_killed_between_lease_and_sent_sends_again_with_the_same_message_id(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer], monkeypatch: pytest.MonkeyPatch
) -> None:
    received, mailer = mailbox
    a_booking(session, a_clinic(session))

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deliver, "mark_sent", killed)
        with pytest.raises(KeyboardInterrupt):
            run(database, mailer)
    assert run(database, mailer, NOW + timedelta(minutes=4), "two") == 0
    assert run(database, mailer, NOW + timedelta(minutes=5), "two") == 1
    first, second = received.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert (dated(first), dated(second)) == (NOW, NOW + timedelta(minutes=5))


def test_two_workers_at_once_send_each_email_once(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=5)
    for minutes in (0, 15, 30, 45):
        for place in clinic.roster:
            a_booking(session, clinic, after_minutes=minutes, analyst=place.analyst.public_id)
    counted: list[str] = []

    class Counting(LocalMailer):
        def send(self, message: EmailMessage) -> None:
            counted.append(message["Message-ID"])

    together = threading.Barrier(4)

    def work(name: str) -> None:
        together.wait()
        while run(database, Counting(), NOW, name):
            pass

    threads = [threading.Thread(target=work, args=(f"worker-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counted) == len(set(counted)) == 20


def test_no_row_holds_what_opens_anything(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    a_person(session, "Mia Moss")
    session.commit()
    asked = ask(session, "mia.moss@example.org", "sender", NOW)
    a_booking(session, a_clinic(session))
    while run(database, mailer):
        pass
    texts = [m.get_body(("plain",)).get_content() for m in received.messages]  # type: ignore[union-attr]
    code = texts[0].split("Your code: ")[1][:6]
    link = texts[0].split("/sign-in/link/")[1].split()[0]
    manage = texts[1].split("/manage/")[1].split()[0]
    assert code.isdigit()
    assert link.startswith(str(asked))
    stored = " ".join(str(message.facts) for message in rows(session))
    for secret in (code, link, manage):
        assert secret not in stored


def test_names_and_topics_cannot_write_headers(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    hostile = a_person(session, "Eve\r\nBcc: all@example.org", email="eve@example.org")
    booking = a_booking(session, a_clinic(session), hostile, topic="Hello\r\nBcc: all@example.org\r\n\r\n.")
    assert run(database, mailer) == 1
    (message,) = received.messages
    assert message["Bcc"] is None
    assert message["To"].addresses[0].addr_spec == "eve@example.org"
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert booking.topic in text.replace("\r\n", "\n")


def test_an_email_that_is_not_due_waits(database: Database, session: Session) -> None:
    emails.enqueue(session, "test-email", "someone@example.org", {}, NOW, due_at=NOW + timedelta(hours=1))
    session.commit()
    assert run(database, LocalMailer()) == 0
    assert run(database, LocalMailer(), NOW + timedelta(hours=1)) == 1


def test_a_person_with_a_feed_gets_no_invitation(
    database: Database, session: Session, mailbox: tuple[Mailbox, SMTPMailer]
) -> None:
    received, mailer = mailbox
    a_booking(session, a_clinic(session), a_person(session, member_feed_fetched_at=NOW))
    assert run(database, mailer) == 1
    assert received.messages[0].get_content_type() == "multipart/alternative"


def test_the_worker_says_that_it_lives_and_forgets_what_has_had_its_time(session: Session) -> None:
    a_person(session, "Mia Moss")
    session.commit()
    ask(session, "mia.moss@example.org", "sender", NOW - timedelta(days=8))
    a_booking(session, a_clinic(session), key="old")
    deliver.keep_house(session, "one", NOW + timedelta(days=2))
    names = session.scalars(select(Worker.name)).all()
    assert names == ["one"]
    assert session.scalars(select(IdempotencyKey.key)).all() == []
    assert session.scalars(select(SignIn.id)).all() == []


@pytest.mark.parametrize("url", ["http://example.org", "smtp://", "example.org"])
def test_an_address_that_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://HOST"):
        SMTPMailer(url)


def test_a_server_that_is_not_there_is_a_temporary_failure() -> None:
    with pytest.raises(TemporaryFailure, match=r"127\.0\.0\.1:9"):
        SMTPMailer("smtp://127.0.0.1:9").open()
