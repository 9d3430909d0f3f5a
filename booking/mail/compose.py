"""A rendered letter as a MIME message (RFC 5322; with an invitation RFC 6047)."""

from __future__ import annotations

import uuid
from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from booking.domain import addresses, names
from booking.mail.render import Recipient, Rendered

SHORT = 76  # a header of so many characters needs no folding
UNFOLDED = frozenset({"Message-ID", "List-Unsubscribe"})  # the library would write long ones in code


class _Policy(EmailPolicy):
    """As email.policy.SMTP, but what is ASCII and short is written as it stands, for a third of the work.

    What is longer, or in other letters, is left to the library. Each header is set once, by `compose`.
    """

    def header_max_count(self, name: str) -> int | None:
        return None

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        plain = str(value)
        if (
            not hasattr(value, "name")  # no header of the library's own
            and "=?" not in plain
            and plain.isascii()
            and plain.isprintable()
            and (name in UNFOLDED or len(name) + 2 + len(plain) <= SHORT)
        ):
            return name, plain
        return super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        return value


POLICY = _Policy(linesep="\r\n", refold_source="none")
#: Parsed, as whoever asks a message for its attachments wants it.
AS_FILE = POLICY.header_factory("Content-Disposition", 'attachment; filename="invite.ics"')


class UnusableRecipient(Exception):
    """No letter can be addressed to them: theirs is no address. The text does not repeat it."""


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
    created_at: datetime,
    invitation: Attached | None = None,
    unsubscribe: str = "",
) -> EmailMessage:
    """One message to one person. The same letter has the same bytes, Message-ID and Date however often it is made.

    With an invitation: multipart/mixed(multipart/alternative(text, html, calendar), the same bytes as invite.ics).
    `unsubscribe` is the address that ends letters of this sort with one press (RFC 8058), empty where what somebody did
    asks for the letter. Raises UnusableRecipient; ValueError where the sender's own addresses are none.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = address(sender.name, sender.email)
    try:
        message["To"] = address(recipient.name, recipient.email)
    except ValueError as error:
        raise UnusableRecipient("this is no address that letters can go to") from error
    message["Reply-To"] = address("", sender.reply_to)
    message["Subject"] = rendered.subject
    message["Message-ID"] = f"<letter-{public_id}@{sender.domain.encode('idna').decode()}>"
    message["Date"] = format_datetime(created_at)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["MIME-Version"] = "1.0"
    words = [_quoted("text/plain", rendered.text), _quoted("text/html", rendered.html)]
    if invitation is None:
        return _multipart("alternative", public_id, words, message)
    encoded = encodebytes(invitation.content).decode().replace("\n", "\r\n")
    calendar = _part(f'text/calendar; charset="utf-8"; method="{invitation.method}"', encoded, "base64")
    attached = _part("application/ics", encoded, "base64")
    attached["Content-Disposition"] = AS_FILE
    return _multipart("mixed", public_id, [_multipart("alternative", public_id, [*words, calendar]), attached], message)


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


@lru_cache(maxsize=256)
def address(name: str, email: str) -> Address:
    """A header's address, its domain as it travels (xn--…); the name cannot start another header.

    ValueError where `email` is no address.
    """
    clean = " ".join("".join(c if c.isprintable() or c in names.JOINERS else " " for c in name).split())
    try:
        return Address(display_name=clean, addr_spec=addresses.key(email))
    except (ValueError, IndexError, HeaderParseError) as error:  # all three come for what is empty or broken
        raise ValueError(f"{email!r} is no address for letters") from error
