"""A rendered email as a MIME message (RFC 5322; with an invitation RFC 6047)."""

from __future__ import annotations

import uuid
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from booking.mail import headers
from booking.mail.render import Recipient, Rendered


class _Policy(EmailPolicy):
    """As email.policy.SMTP, but header values stand as `headers` made them: nothing is encoded or folded twice."""

    def header_max_count(self, name: str) -> int | None:
        return None

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if hasattr(value, "name"):  # parsed by the library's own header factory
            return name, value
        if not all(line.isascii() and line.isprintable() for line in value.split(headers.FOLD)):
            raise ValueError(f"{name} is not in seven-bit lines: write its value with booking.mail.headers")
        return name, value

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        return value


POLICY = _Policy(linesep="\r\n", refold_source="none")
#: Parsed, as whoever asks a message for its attachments wants it.
AS_FILE = POLICY.header_factory("Content-Disposition", 'attachment; filename="invite.ics"')


class UnusableRecipient(Exception):
    """No email can be addressed to them: theirs is no address. The text does not repeat it."""


@dataclass(frozen=True, slots=True)
class Sender:
    """From and Reply-To; `domain`, international or not, makes the Message-ID."""

    name: str
    email: str
    reply_to: str
    domain: str


@dataclass(frozen=True, slots=True)
class Attached:
    """An invitation: METHOD and its bytes."""

    method: str
    content: bytes


def compose(
    rendered: Rendered,
    recipient: Recipient,
    sender: Sender,
    public_id: uuid.UUID,
    leaves_at: datetime,
    invitations: Sequence[Attached] = (),
    unsubscribe: str = "",
) -> EmailMessage:
    """One message to one person, dated `leaves_at`. However often one email is sent, its Message-ID stays the same.

    All else being equal, it has the same bytes but for `Date:`.

    With an invitation: multipart/mixed(multipart/alternative(text, html, calendar), the same bytes as invite.ics).
    With several: multipart/mixed(multipart/alternative(text, html), each as an invite.ics of its own).
    `unsubscribe` is the address that ends emails of this sort with one press (RFC 8058), empty where what somebody did
    asks for the email. Raises UnusableRecipient; ValueError where the sender's own addresses are none.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = headers.mailbox("From", sender.name, sender.email)
    try:
        message["To"] = headers.mailbox("To", recipient.name, recipient.email)
    except ValueError as error:
        raise UnusableRecipient("this is not an address that emails can go to") from error
    message["Reply-To"] = headers.mailbox("Reply-To", "", sender.reply_to)
    message["Subject"] = headers.unstructured("Subject", rendered.subject)
    message["Message-ID"] = f"<email-{public_id}@{sender.domain.encode('idna').decode()}>"
    message["Date"] = format_datetime(leaves_at)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["MIME-Version"] = "1.0"
    words = [_quoted("text/plain", rendered.text), _quoted("text/html", rendered.html)]
    if not invitations:
        return _multipart("alternative", public_id, words, message)
    if len(invitations) > 1:
        files = [_calendar(one, AS_FILE) for one in invitations]
        return _multipart("mixed", public_id, [_multipart("alternative", public_id, words), *files], message)
    encoded = _encoded(invitations[0])
    attached = _part("application/ics", encoded, "base64")
    attached["Content-Disposition"] = AS_FILE
    alternatives = [*words, _calendar(invitations[0])]
    return _multipart("mixed", public_id, [_multipart("alternative", public_id, alternatives), attached], message)


def _calendar(invitation: Attached, disposition: Any = None) -> EmailMessage:
    """An invitation that mail programs act on (RFC 6047, 2.4)."""
    made = _part(f'text/calendar; charset="utf-8"; method="{invitation.method}"', _encoded(invitation), "base64")
    if disposition is not None:
        made["Content-Disposition"] = disposition
    return made


def _encoded(invitation: Attached) -> str:
    return encodebytes(invitation.content).decode().replace("\n", "\r\n")


def _multipart(
    kind: str, public_id: uuid.UUID, parts: list[EmailMessage], whole: EmailMessage | None = None
) -> EmailMessage:
    """Parts as one. None can hold the boundary, for no encoding of ours writes `=_` (RFC 2045, 6.7)."""
    made = EmailMessage(policy=POLICY) if whole is None else whole
    made["Content-Type"] = f'multipart/{kind}; boundary="=_{kind[0]}{public_id.hex[:20]}"'
    for part in parts:
        made.attach(part)
    return made


def _quoted(content_type: str, text: str) -> EmailMessage:
    """Words in quoted-printable: seven bits and short lines, whatever servers lie on the way."""
    lines = b"\r\n".join(text.encode().splitlines()) + b"\r\n"
    return _part(f'{content_type}; charset="utf-8"', b2a_qp(lines).decode(), "quoted-printable")


def _part(content_type: str, body: str, encoding: str) -> EmailMessage:
    """One part, its body encoded already."""
    made = EmailMessage(policy=POLICY)
    made["Content-Type"] = content_type
    made["Content-Transfer-Encoding"] = encoding
    made.set_payload(body)
    return made
