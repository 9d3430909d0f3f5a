"""Delivery reports are read as mail servers write them; everything else is none, however broken."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.domain.enums.emails import DeliveryAction
from booking.mail import delivery_reports
from tests import long_form
from tests.mail.reports import a_report

ID = uuid.UUID("6f1d9a52-3f0b-4b43-8a52-0d2f7e5f9a11")


@pytest.mark.parametrize(
    "returned", ["text/rfc822-headers", "message/rfc822", "message/global-headers", "message/global"]
)
def test_a_failure_names_the_email_the_recipient_and_why(returned: str) -> None:
    (found,) = delivery_reports.read(a_report(ID, "Mia@Example.org", returned=returned))
    assert found.email_id == ID
    assert found.recipients == ("mia@example.org",)
    assert (found.action, found.status, found.words) == (DeliveryAction.FAILED, "5.1.1", "550 5.1.1 no such user")


def test_a_delay_is_told_apart_and_what_was_delivered_or_passed_on_is_no_report() -> None:
    (found,) = delivery_reports.read(a_report(ID, action="Delayed (will retry)", status="4.4.1", words="timed out"))
    assert (found.action, found.status) == (DeliveryAction.DELAYED, "4.4.1")
    for action in ("delivered", "relayed", "expanded", "", "nonsense"):
        assert delivery_reports.read(a_report(ID, action=action)) == []


def test_the_status_comes_from_the_answer_where_the_report_leaves_it_open() -> None:
    (found,) = delivery_reports.read(a_report(ID, status="5.0.0", words="550 5.2.2 mailbox full"))
    assert found.status == "5.2.2"
    (found,) = delivery_reports.read(a_report(ID, status="5.0.0", words="go away"))
    assert found.status == "5.0.0"


def test_an_international_report_is_read_and_the_original_recipient_too() -> None:
    raw = a_report(ID).replace(b"message/delivery-status", b"message/global-delivery-status")
    raw = raw.replace(
        b"Final-Recipient: rfc822; mia.moss", b"Original-Recipient: rfc822; old\r\nFinal-Recipient: utf-8; mia.moss"
    )
    (found,) = delivery_reports.read(raw)
    assert found.recipients == ("mia.moss@example.org", "old")
    assert found.email_id == ID


def test_words_hold_nobodys_address_and_nothing_that_opens_anything() -> None:
    (found,) = delivery_reports.read(
        a_report(ID, words="550 5.1.1 <mia@example.org> see https://x.example/secret " + "x" * 900)
    )
    assert "mia@" not in found.words
    assert "secret" not in found.words
    assert len(found.words) <= 300


def test_a_report_without_the_email_or_about_somebody_elses_has_no_id_of_ours() -> None:
    (found,) = delivery_reports.read(a_report(None))
    assert found.email_id is None
    other = a_report(ID).replace(f"email-{ID}".encode(), b"4711")
    assert delivery_reports.read(other)[0].email_id is None
    in_report = a_report(None).replace(b"20231127.1@mx.example.net", f"email-{ID}@booking.example.org".encode())
    assert delivery_reports.read(in_report)[0].email_id is None, "the report's own Message-ID proves nothing"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 100,
        b"Subject: Hello\r\n\r\nHow are you?",
        b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nBack on Monday.",
        a_report(ID).replace(b"rfc822; mia", b"x400; mia"),
        a_report(ID) + b"x" * delivery_reports.MAX_BYTES,
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
        + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 3000,
    ],
)
def test_anything_else_is_no_report(raw: bytes) -> None:
    assert delivery_reports.read(raw) == []


@settings(max_examples=long_form.count(60, 3000))
@given(st.binary(max_size=60), st.integers(0, 900), st.integers(0, 60))
def test_a_report_with_any_bytes_in_it_is_read_without_an_error(junk: bytes, at: int, gone: int) -> None:
    raw = a_report(ID)
    assert len(delivery_reports.read(raw[:at] + junk + raw[at + gone :])) <= 10
