"""Text that may stand in a log or a stored error: one line, nobody's address, nothing that opens anything."""

from __future__ import annotations

import re

LONGEST = 300
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'@]+@([^\s<>()\[\]:;,\"'@]+)")
_LINK = re.compile(r"(https?://[^\s/?#]+)\S+")


def masked(text: str) -> str:
    """`text` in one line of at most 300 characters; of an address only the domain is left, of a link only the host."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    shown = _LINK.sub(r"\1/…", " ".join(shown.split()))
    return _ADDRESS.sub(r"…@\1", shown)[:LONGEST]
