"""A message that a coordinator writes to everybody of one date: its words, bounded."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.enums.emails import DateGroup

SUBJECT_CHARACTERS = 150
TEXT_CHARACTERS = 5_000


@dataclass(frozen=True, slots=True)
class DateMessage:
    """What is emailed, and to which groups of people of the date."""

    subject: str
    text: str
    groups: tuple[DateGroup, ...]


def tidy(message: DateMessage) -> DateMessage:
    """The message without control characters, its subject in one line; too long or empty it may be."""
    subject = topics.clean_line("subject", message.subject, sys.maxsize)
    return DateMessage(subject, topics.clean_text("text", message.text, sys.maxsize), message.groups)


def mistakes(message: DateMessage) -> dict[str, str]:
    """What is wrong with a tidy message, by field: `subject`, `text`, `group`."""
    found = {}
    if not message.subject:
        found["subject"] = "Enter a subject."
    elif len(message.subject) > SUBJECT_CHARACTERS:
        found["subject"] = f"Shorten the subject to at most {SUBJECT_CHARACTERS} characters."
    if not message.text:
        found["text"] = "Enter what you want to say."
    elif len(message.text) > TEXT_CHARACTERS:
        found["text"] = f"Shorten the message to at most {TEXT_CHARACTERS:,} characters."
    if not message.groups:
        found["group"] = "Choose who gets it."
    return found


def check(message: DateMessage) -> None:
    """Raise TextNotAccepted, naming the first field that is wrong."""
    for field, words in mistakes(message).items():
        raise errors.TextNotAccepted(field, words)
