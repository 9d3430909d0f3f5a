"""Delivery reports (RFC 3464): what a mail server says later about an email that had left, and what follows from it."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from booking.domain.enums.emails import DeliveryAction

WITHIN_DAYS = 14  # mail servers give up after five days at the most; a later report is about something else
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
#: Subjects of a status (RFC 3463, 3.) that are about the address itself, each with the details that aren't: a full
#: mailbox, a message that is too long.
_OF_ADDRESS = {"1": frozenset({"7", "8"}), "2": frozenset({"2", "3", "4"})}
_NO_SUCH_HOST = "5.4.4"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One recipient's part of a report. `email_id` is from our Message-ID, None where the report doesn't carry it.

    `recipients` are the address that the report is about and the one it was first sent to, in lower case; `status` is
    "5.1.1", empty where there is none; `words` are the other server's own.
    """

    email_id: uuid.UUID | None
    recipients: tuple[str, ...]
    action: DeliveryAction
    status: str
    words: str


def status_in(text: str) -> str:
    """The enhanced status code in an answer of a mail server, "5.1.1"; empty where it has none."""
    found = _STATUS.search(text)
    return found[0] if found is not None else ""


def blames_address(status: str) -> bool:
    """Whether a failure with that status is about the address itself: no such mailbox, no such domain or the like.

    A mailbox that is full, a message that is refused for what it holds or a server that was never reached says nothing
    of the kind: mail may arrive there tomorrow.
    """
    found = _STATUS.fullmatch(status)
    if found is None or found[1] != "5":
        return False
    if status == _NO_SUCH_HOST:
        return True
    return found[2] in _OF_ADDRESS and found[3] not in _OF_ADDRESS[found[2]]
