"""Read delivery reports (RFC 3464, and RFC 6533 for international addresses) out of raw messages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.message import Message
from email.policy import compat32

from booking.domain.administration.bounces import DeliveryReport, status_in
from booking.domain.enums.emails import DeliveryAction
from booking.mail.masked import masked

MAX_BYTES = 1 << 20  # of one report: it returns the headers of what it is about, or all of it
_MOST_RECIPIENTS = 10  # each of our emails has one
_REPORTS = {"message/delivery-status", "message/global-delivery-status"}
_RETURNED = {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
_OURS = re.compile(r"<email-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>@\s]+>", re.IGNORECASE)


def read(raw: bytes) -> list[DeliveryReport]:
    """The failures and delays that a message reports, one for each recipient; none where it is no delivery report.

    What is too large or broken beyond reading is no report either.
    """
    if len(raw) > MAX_BYTES:
        return []
    try:
        parts = list(message_from_bytes(raw, policy=compat32).walk())
        email_id = next((found for part in parts for found in _email_ids(part)), None)
        fields = [block for part in parts if part.get_content_type() in _REPORTS for block in _blocks(part)]
        return [found for one in fields[:_MOST_RECIPIENTS] if (found := _report(one, email_id)) is not None]
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return []  # the library's parser raises these on made-up messages


def _email_ids(part: Message) -> Iterator[uuid.UUID]:
    """The ids in Message-IDs of ours, in what is returned; never that of the report itself."""
    kind = part.get_content_type()
    if kind in {"message/rfc822", "message/global"}:
        payload = part.get_payload()
        returned = payload[0] if isinstance(payload, list) and payload else None
    elif kind in _RETURNED:
        returned = message_from_string(_text(part), policy=compat32)
    else:
        return
    if isinstance(returned, Message) and (found := _OURS.search(str(returned.get("Message-ID", "")))) is not None:
        yield uuid.UUID(found[1])


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload.decode("utf-8", "replace")
    nested = part.get_payload()
    return "\n\n".join(str(one) for one in nested) if isinstance(nested, list) else str(nested or "")


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report: about the message first, then about each recipient."""
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_type() == "message/delivery-status":
        return [one for one in payload if isinstance(one, Message)]  # the library knows this type, and no other
    texts = re.split(r"\r?\n[ \t]*\r?\n", _text(part))
    return [message_from_string(text.lstrip("\r\n"), policy=compat32) for text in texts if text.strip()]


def _report(fields: Message, email_id: uuid.UUID | None) -> DeliveryReport | None:
    """What one group says; None for the one about the message, and for what was delivered or passed on."""
    said = str(fields.get("Action", "")).partition("(")[0].strip().lower()
    if said not in set(DeliveryAction):
        return None
    named = (_address(str(fields.get(name, ""))) for name in ("Final-Recipient", "Original-Recipient"))
    recipients = tuple(dict.fromkeys(one for one in named if one))
    if not recipients:
        return None
    words = str(fields.get("Diagnostic-Code", "")).partition(";")[2] or str(fields.get("Status", ""))
    status = status_in(str(fields.get("Status", "")))
    if status in {"5.0.0", "4.0.0", ""}:  # "other or undefined": the answer itself often says more
        status = status_in(words) or status
    return DeliveryReport(email_id, recipients, DeliveryAction(said), status, masked(words))


def _address(field: str) -> str:
    """The address of "rfc822; mia@example.org", in lower case; empty where it is of another type."""
    kind, _, address = field.partition(";")
    if kind.strip().lower() not in {"rfc822", "utf-8"}:
        return ""
    return address.strip().strip("<>").lower()[:320]
