"""Text that may stand in a log or a stored error: nobody's address, nothing that opens anything."""

from __future__ import annotations

import re

MAX_LENGTH = 300
_ADDRESS = re.compile(r"(?<![^\s<>()\[\]:;,\"'@])[^\s<>()\[\]:;,\"'@]+(?:@|%40)([^\s<>()\[\]:;,\"'@]+)")
_LINK = re.compile(r"(https?://[^\s/?#\"'<>]+)[/?#][^\s\"'<>]*")
_OPENS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}\.[a-z2-7]+"  # a signed address, whole or cut short
    r"|(?<![\w-])[\w-]+\.[a-z2-7]{32,}"  # one that is for something without a UUID
    r"|booking_[\w-]{32,}",  # a program's token
    re.IGNORECASE,
)
_ROW = re.compile(r"^DETAIL: .*$", re.MULTILINE)  # what PostgreSQL tells of a row: its values


def hidden(text: str) -> str:
    """`text`, line by line as it was; of an address only the domain is left, of a link only the host."""
    return _ADDRESS.sub(r"…@\1", _OPENS.sub("…", _LINK.sub(r"\1/…", _ROW.sub("DETAIL: …", text))))


def masked(text: str) -> str:
    """The same in one line of at most 300 characters."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return hidden(" ".join(shown.split()))[:MAX_LENGTH]
