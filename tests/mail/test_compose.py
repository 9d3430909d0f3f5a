"""Emails as MIME: what the headers say, and what nobody can make them say."""

from __future__ import annotations

import email
import email.policy
import re
import uuid
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from booking.mail.compose import Attached, Sender, UnusableRecipient, compose
from booking.mail.masked import masked
from booking.mail.render import Recipient, Rendered

EMAIL = uuid.UUID(int=7)
AT = datetime(2023, 11, 26, 23, 0, tzinfo=UTC)
SENDER = Sender("Social Media Knowledge", "clinics@example.org", "people@example.org", "booking.example.org")
MIA = Recipient("mia@example.org", "Mia")
RENDERED = Rendered("Booked: Mon 4 Dec", "Sydney · 1–2 pm\n" + "long " * 400 + "\n", "<p>Sydney · 1–2 pm</p>")
ICS = "BEGIN:VCALENDAR\r\nSUMMARY:Clinic · one\r\nEND:VCALENDAR\r\n".encode()


UNSUBSCRIBE = f"https://booking.example.org/unsubscribe/reminders/{uuid.UUID(int=9)}.{'aB3-_' * 9}"


def arrived(recipient: Recipient = MIA, attached: Attached | None = None) -> EmailMessage:
    sent = compose(RENDERED, recipient, SENDER, EMAIL, AT, [attached] if attached else []).as_bytes()
    return email.message_from_bytes(sent, policy=email.policy.default)  # type: ignore[return-value]


def test_an_email_says_who_when_and_that_a_machine_wrote_it() -> None:
    message = arrived()
    assert message["Message-ID"] == f"<email-{EMAIL}@booking.example.org>"
    assert message["Date"].datetime == AT
    assert message["Auto-Submitted"] == "auto-generated"
    assert (message["From"], message["Reply-To"]) == (
        "Social Media Knowledge <clinics@example.org>",
        "people@example.org",
    )


def test_the_same_email_leaving_at_the_same_time_has_the_same_bytes_and_no_two_share_a_boundary() -> None:
    def written(message: uuid.UUID) -> bytes:
        return compose(RENDERED, MIA, SENDER, message, AT, [Attached("REQUEST", ICS)]).as_bytes()

    assert written(EMAIL) == written(EMAIL)
    boundaries = [set(re.findall(rb'boundary="([^"]+)"', written(uuid.uuid4()))) for _ in range(2)]
    assert [len(found) for found in boundaries] == [2, 2]
    assert not boundaries[0] & boundaries[1]


def test_the_address_that_ends_emails_is_written_as_it_is_and_not_in_code() -> None:
    """No mail program decodes it (RFC 2369, RFC 8058): in code the button to unsubscribe would be missing."""
    written = compose(RENDERED, MIA, SENDER, EMAIL, AT, (), UNSUBSCRIBE).as_bytes().split(b"\r\n")
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>".encode() in written
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in written


@pytest.mark.parametrize("subject", ["Größe", "long " * 60, "=?utf-8?q?a=0Ab?=", "Booked: Mon"])
def test_a_subject_arrives_as_it_is_written_in_lines_of_78_and_seven_bits(subject: str) -> None:
    sent = compose(Rendered(subject.strip(), "a", "b"), MIA, SENDER, EMAIL, AT).as_bytes()
    assert max(len(line) for line in sent.split(b"\r\n")) <= 78
    assert sent.isascii()
    assert email.message_from_bytes(sent, policy=email.policy.default)["Subject"] == subject.strip()


@pytest.mark.parametrize("text", ["a=_b", "\u2028 one line", "line \r\nline \n\n.\nFrom me", "\t", "=" * 200])
def test_words_arrive_as_they_were_written(text: str) -> None:
    sent = compose(Rendered("x", text, "<p>x</p>"), MIA, SENDER, EMAIL, AT).as_bytes()
    message = email.message_from_bytes(sent, policy=email.policy.default)
    shown = message.get_body(("plain",)).get_content()  # type: ignore[attr-defined]
    assert shown.replace("\r\n", "\n") == text.replace("\r\n", "\n") + "\n"
    assert max(len(line) for line in sent.split(b"\r\n")) <= 78


def test_an_email_is_seven_bits_in_short_lines_whatever_it_says() -> None:
    sent = compose(RENDERED, Recipient("mia@example.org", "Zoë"), SENDER, EMAIL, AT, [Attached("REQUEST", ICS)])
    lines = sent.as_bytes().split(b"\r\n")
    assert max(len(line) for line in lines) <= 78
    assert all(byte < 128 for line in lines for byte in line)
    text = arrived().get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.replace("\r\n", "\n") == RENDERED.text


def test_an_invitation_arrives_byte_for_byte_beside_the_text_and_as_a_file() -> None:
    message = arrived(attached=Attached("CANCEL", ICS))
    alternative, attached = message.iter_parts()
    parts = list(alternative.iter_parts())  # type: ignore[attr-defined]
    assert [message.get_content_type(), alternative.get_content_type()] == ["multipart/mixed", "multipart/alternative"]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html", "text/calendar"]
    assert parts[2].get_payload(decode=True) == attached.get_payload(decode=True) == ICS
    assert (parts[2].get_param("method"), parts[2].get_content_charset()) == ("CANCEL", "utf-8")
    assert parts[2]["Content-Disposition"] is None
    assert (attached.get_filename(), attached.get_content_disposition()) == ("invite.ics", "attachment")


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
def test_a_name_cannot_start_another_header(ending: str) -> None:
    message = arrived(Recipient("eve@example.org", f"Eve{ending}Bcc: all@example.org"))
    assert message["Bcc"] is None
    assert [one.addr_spec for one in message["To"].addresses] == ["eve@example.org"]


@pytest.mark.parametrize("name", ['Mia "the" Moss', "Moss, Mia", "Zoë Ångström", "Mia <all@example.org>", ""])
def test_a_name_arrives_as_it_is_written_and_adds_no_address(name: str) -> None:
    (found,) = arrived(Recipient("mia@example.org", name))["To"].addresses
    assert (found.display_name, found.addr_spec) == (name, "mia@example.org")


@pytest.mark.parametrize("address", ["", "mia", "a@b.c, d@e.f", "a@b.c\r\nBcc: d@e.f", "<a@b.c>", "@", "a@", "é@b.c"])
def test_what_is_no_address_is_told_apart_from_our_own_mistakes(address: str) -> None:
    with pytest.raises(UnusableRecipient):
        compose(RENDERED, Recipient(address, "Mia"), SENDER, EMAIL, AT)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("550 5.1.1 <mia.moss@example.org>: no\r\nsuch user", "550 5.1.1 <…@example.org>: no such user"),
        ("see https://booking.example.org/manage/abc.def now", "see https://booking.example.org/… now"),
        ("x" * 400, "x" * 300),
        ("\x1b[31mred", "[31mred"),
    ],
)
def test_what_may_stand_in_a_log_names_nobody_and_opens_nothing(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_each_of_several_invitations_is_a_file_of_its_own_that_mail_programs_act_on() -> None:
    both = [Attached("REQUEST", ICS), Attached("CANCEL", ICS.replace(b"one", b"two"))]
    message = email.message_from_bytes(
        compose(RENDERED, MIA, SENDER, EMAIL, AT, both).as_bytes(), policy=email.policy.default
    )
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "multipart/alternative",
        "text/calendar",
        "text/calendar",
    ]
    attached = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert [part["Content-Type"].params["method"] for part in attached] == ["REQUEST", "CANCEL"]
    assert [part.get_payload(decode=True) for part in attached] == [one.content for one in both]
    assert [part.get_filename() for part in attached] == ["invite.ics"] * 2
