"""A rendered letter as a MIME message (RFC 5322; with an invitation RFC 6047)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from booking.mail.render import Recipient, Rendered


@dataclass(frozen=True, slots=True)
class Sender:
    """From and Reply-To; `domain` makes the Message-ID."""

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
) -> EmailMessage:
    """One message to one person. The same letter has the same Message-ID and Date however often it is made.

    With an invitation: multipart/mixed(multipart/alternative(text, html, calendar), the same bytes as invite.ics).
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender.name, sender.email)
    message["To"] = _address(recipient.name, recipient.email)
    message["Reply-To"] = _address("", sender.reply_to)
    message["Subject"] = rendered.subject
    message["Message-ID"] = f"<letter-{public_id}@{sender.domain}>"
    message["Date"] = format_datetime(created_at)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    if invitation is not None:
        _attach(message, invitation)
    return message


def _attach(message: EmailMessage, invitation: Attached) -> None:
    content = invitation.content.decode()
    message.add_alternative(content, subtype="calendar", params={"method": invitation.method})
    message.make_mixed()
    attached = EmailMessage(policy=SMTP)
    attached.set_content(content, subtype="calendar", params={"method": invitation.method})
    attached.add_header("Content-Disposition", "attachment", filename="invite.ics")
    message.attach(attached)


def _address(name: str, email: str) -> Address:
    """An address whose name cannot start another header."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return Address(display_name=clean, addr_spec=email)
