"""The brief of a booking: a topic in a few sentences and a link, cleaned and bounded."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from booking.domain import errors

TOPIC_CHARACTERS = 2_000
LINK_CHARACTERS = 1_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def clean_topic(text: str) -> str:
    """The text without control characters, line ends as LF; TextNotAccepted where it is too long."""
    return clean_text("topic", text, TOPIC_CHARACTERS)


def clean_text(field: str, text: str, most: int) -> str:
    """Text of several lines without control characters, line ends as LF; TextNotAccepted names the field."""
    cleaned = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(cleaned) > most:
        raise errors.TextNotAccepted(field, f"at most {most:,} characters")
    return cleaned


def clean_link(text: str) -> str:
    """An http or https address, or empty; TextNotAccepted for anything else."""
    cleaned = text.strip()
    if not cleaned:
        return ""
    if len(cleaned) > LINK_CHARACTERS:
        raise errors.TextNotAccepted("link", f"at most {LINK_CHARACTERS:,} characters")
    try:
        parts = urlsplit(cleaned)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or _CONTROL.search(cleaned) or re.search(r"\s", cleaned):
        raise errors.TextNotAccepted("link", "an address that begins with http:// or https://")
    return cleaned


def clean_line(field: str, text: str, most: int) -> str:
    """One line without control characters; TextNotAccepted names the field where it is too long."""
    cleaned = " ".join(_CONTROL.sub("", text).split())
    if len(cleaned) > most:
        raise errors.TextNotAccepted(field, f"at most {most} characters")
    return cleaned
