"""What an SMTP server's answers mean for an email; the server is a real one."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest

from booking.mail import smtp
from booking.mail.mailer import PermanentFailure, TemporaryFailure, Unreachable
from booking.mail.smtp import SMTPMailer
from tests.mail import server

WRITTEN = "mia.moss@example.org"


def a_message(to: str = WRITTEN) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "clinics@example.org", to, "Booked"
    message.set_content("Hello")
    return message


@pytest.mark.parametrize("url", ["http://example.org", "smtp://", "example.org", "smtp://example.org:mail"])
def test_an_address_that_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp://HOST|Port"):
        SMTPMailer(url)


@pytest.mark.parametrize(
    ("url", "port"), [("smtp://h", 25), ("smtp+starttls://h", 587), ("smtps://h", 465), ("smtps://h:2465", 2465)]
)
def test_each_way_has_its_own_port_unless_one_is_given(url: str, port: int) -> None:
    assert SMTPMailer(url).port == port


def test_emails_of_a_batch_share_one_connection() -> None:
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        for _ in range(3):
            mailer.send(a_message())
        mailer.close()
        assert (len(mailbox.messages), mailbox.connections) == (3, 1)


def test_a_connection_that_broke_between_two_emails_is_opened_anew() -> None:
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        mailbox.hangs_up = True
        mailer.send(a_message())
        time.sleep(0.2)
        mailer.send(a_message())
        mailer.close()
        assert (len(mailbox.messages), mailbox.connections) == (2, 2)


@pytest.mark.parametrize("refusal", ["550 no such mailbox", "550 5.1.1 <mia.moss@example.org>: unknown", "553 no"])
def test_a_recipient_who_is_refused_for_good_is_a_permanent_failure(refusal: str) -> None:
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        mailbox.refusals[WRITTEN] = refusal
        with pytest.raises(PermanentFailure, match=refusal[:3]) as failure:
            mailer.send(a_message())
        assert "mia.moss" not in str(failure.value)
        mailer.send(a_message("ben@example.org"))
        mailer.close()
        assert len(mailbox.messages) == 1


@pytest.mark.parametrize(
    "refusal", ["450 mailbox busy", "451 greylisted", "530 sign in first", "550 5.7.1 relaying denied"]
)
def test_a_recipient_who_is_refused_for_now_or_because_of_us_is_a_temporary_failure(refusal: str) -> None:
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        mailbox.refusals[WRITTEN] = refusal
        with pytest.raises(TemporaryFailure, match=refusal[:3]):
            mailer.send(a_message())
        mailer.close()


@pytest.mark.parametrize("reply", ["451 try later", "550 5.7.1 not from you", "530 sign in first"])
def test_an_email_that_the_server_does_not_take_may_go_later(reply: str) -> None:
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        mailbox.reply = reply
        with pytest.raises(TemporaryFailure, match=reply[:3]):
            mailer.send(a_message())
        mailbox.reply = "250 OK"
        mailer.send(a_message())
        mailer.close()
        assert len(mailbox.messages) == 1


@pytest.mark.parametrize("reply", ["550 no", "552 full", "554 5.6.0 looks like spam"])
def test_an_email_that_the_server_refuses_for_good_is_a_permanent_failure(reply: str) -> None:
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        mailbox.reply = reply
        with pytest.raises(PermanentFailure, match=reply[:3]):
            mailer.send(a_message())
        mailbox.reply = "250 OK"
        mailer.send(a_message())
        mailer.close()
        assert len(mailbox.messages) == 1


@pytest.mark.parametrize("ends_with", ["421 4.4.2 too long idle", ""])
def test_a_server_that_ends_the_connection_as_an_email_comes_gets_it_on_a_new_one(ends_with: str) -> None:
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        mailer.send(a_message())
        mailbox.ends_with, mailbox.hangs_up_on_mail = ends_with, True
        mailer.send(a_message())
        mailer.close()
        assert (len(mailbox.messages), mailbox.connections) == (2, 2)


def test_a_server_that_keeps_an_email_waiting_is_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "SECONDS", 0.3)
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        mailer.send(a_message())
        mailbox.seconds = 1.0
        with pytest.raises(TemporaryFailure, match="timed out"):
            mailer.send(a_message())
        mailer.close()
        assert mailbox.connections == 1


def test_an_email_costs_the_server_no_command_beyond_the_email() -> None:
    with server.serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        for _ in range(3):
            mailer.send(a_message())
        mailer.close()
        assert mailbox.commands == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3]


def test_a_server_that_is_not_there_cannot_be_reached_and_is_named() -> None:
    mailer = SMTPMailer(f"smtp://127.0.0.1:{server.free_port()}")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:\d+: ConnectionRefused"):
        mailer.send(a_message())


def test_user_and_password_are_given_as_the_address_spells_them() -> None:
    with server.serving(password="p@ss/word") as mailbox:
        signed_in = f"smtp://booking:p%40ss%2Fword@127.0.0.1:{mailbox.port}"
        SMTPMailer(signed_in).check()
        mailer = SMTPMailer(signed_in)
        mailer.send(a_message())
        mailer.close()
        assert len(mailbox.messages) == 1


def test_a_wrong_password_is_said_and_never_shown() -> None:
    with server.serving(password="right") as mailbox:
        with pytest.raises(Unreachable, match="535") as failure:
            SMTPMailer(f"smtp://booking:wrong-one@127.0.0.1:{mailbox.port}").check()
        assert "wrong-one" not in str(failure.value)


def test_a_server_that_wants_a_password_and_gets_none_loses_no_email() -> None:
    with server.serving(password="right") as mailbox:
        mailer = SMTPMailer(mailbox.url)
        with pytest.raises(TemporaryFailure, match="530"):
            mailer.send(a_message())
        mailer.close()


def test_starttls_that_a_server_does_not_offer_sends_nothing_in_the_clear() -> None:
    with server.serving() as mailbox:
        with pytest.raises(Unreachable, match="STARTTLS"):
            SMTPMailer(f"smtp+starttls://127.0.0.1:{mailbox.port}").check()
        assert mailbox.messages == []


def test_a_check_greets_and_sends_nothing() -> None:
    with server.serving() as mailbox:
        SMTPMailer(mailbox.url).check()
        assert (mailbox.connections, mailbox.messages) == (1, [])


def test_an_address_that_the_server_cannot_take_is_a_permanent_failure() -> None:
    message = a_message("mia@bücher.example")
    with server.serving(international=False) as mailbox:
        mailer = SMTPMailer(mailbox.url)
        with pytest.raises(PermanentFailure, match="takes no such address"):
            mailer.send(message)
        mailer.close()
