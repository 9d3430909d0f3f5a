"""Delivery reports as mail servers write them."""

from __future__ import annotations

import uuid

NONE = uuid.UUID(int=0)


def a_report(
    email_id: uuid.UUID | None = NONE,
    recipient: str = "mia.moss@example.org",
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "550 5.1.1 no such user",
    *,
    returned: str = "text/rfc822-headers",
) -> bytes:
    """A report as Postfix writes it; without `email_id` it returns nothing of the email that it is about."""
    head = f"Message-ID: <email-{email_id}@booking.example.org>\r\nSubject: Booked\r\n"
    part = f"--b\r\nContent-Type: {returned}\r\n\r\n{head}\r\n" if email_id is not None else ""
    return (
        "From: MAILER-DAEMON@mx.example.net\r\nTo: booking@example.org\r\nSubject: Undelivered Mail\r\n"
        "Message-ID: <20231127.1@mx.example.net>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words}\r\n\r\n{part}--b--\r\n"
    ).encode()
