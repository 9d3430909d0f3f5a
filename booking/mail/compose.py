"""A rendered letter as a MIME message (RFC 5322; with an invitation RFC 6047)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from booking.mail.render import Recipient, Rendered

ENCODING = "quoted-printable"  # seven bits and short lines, whatever servers lie on the way


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
    """One message to one person. The same letter has the same Message-ID and Date however often it is made.

    With an invitation: multipart/mixed(multipart/alternative(text, html, calendar), the same bytes as invite.ics).
    `unsubscribe` is the address that ends letters of this sort with one press (RFC 8058), empty where what somebody did
    asks for the letter. Raises UnusableRecipient; ValueError where the sender's own addresses are none.
    """
    message = EmailMessage(policy=SMTP)
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
    message.set_content(rendered.text, cte=ENCODING)
    message.add_alternative(rendered.html, subtype="html", cte=ENCODING)
    if invitation is not None:
        _attach(message, invitation)
    return message


def _attach(message: EmailMessage, invitation: Attached) -> None:
    """The invitation twice, both in base64 so that its bytes arrive as they are."""
    message.add_alternative(
        invitation.content.decode(), subtype="calendar", cte="base64", params={"method": invitation.method}
    )
    message.add_attachment(invitation.content, maintype="application", subtype="ics", filename="invite.ics")


def address(name: str, email: str) -> Address:
    """A header's address, whose name cannot start another header. ValueError where `email` is no address."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    try:
        return Address(display_name=clean, addr_spec=email)
    except (ValueError, IndexError, HeaderParseError) as error:  # all three come for what is empty or broken
        raise ValueError(f"{email!r} is no address for letters") from error
