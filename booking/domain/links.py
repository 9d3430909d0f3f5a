"""Addresses of pages and meetings that people enter."""

from __future__ import annotations

from urllib.parse import urlsplit

MAX_CHARACTERS = 2_000
HTTPS = "enter an address that begins with https://"


def is_https(text: str) -> bool:
    """Whether the text is an https address with a host, without spaces or characters that show nothing."""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_address and len(text) <= MAX_CHARACTERS and text.isprintable() and " " not in text
