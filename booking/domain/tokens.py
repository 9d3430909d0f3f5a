"""Addresses that open one thing for whoever holds them: an id and a MAC over it.

Nothing of them is stored, so whoever reads the database can make none.
"""

from __future__ import annotations

import hashlib
import hmac

MAC_CHARACTERS = 32  # of base 32: 160 bits
#: The purpose that join links are signed for, and the one that they were signed for at first: calendars still hold it.
JOIN, FIRST_JOIN = "join", "door"


def _mac(key: str, purpose: str, subject: str, generation: int) -> str:
    text = f"{purpose}\n{subject}\n{generation}".encode()
    digest = hmac.new(key.encode(), text, hashlib.sha256).digest()
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    return "".join(alphabet[byte & 31] for byte in digest)[:MAC_CHARACTERS]


def sign(key: str, purpose: str, subject: str, generation: int = 0) -> str:
    """`<subject>.<MAC>`: the MAC covers purpose, subject and generation, 160 bits."""
    return f"{subject}.{_mac(key, purpose, subject, generation)}"


def subject(token: str) -> str | None:
    """The id a token claims to be for, unchecked; None if it has not the form."""
    claimed, dot, mac = token.rpartition(".")
    return claimed if dot and claimed and len(mac) == MAC_CHARACTERS else None


def verify(key: str, purpose: str, token: str, generation: int = 0) -> bool:
    """Whether the token was made by `sign` with the same key, purpose and generation."""
    claimed = subject(token)
    return claimed is not None and hmac.compare_digest(token.encode(), sign(key, purpose, claimed, generation).encode())


def six_digits(key: str, purpose: str, subject: str) -> str:
    """A code of six digits for `subject`, the same each time it is asked for."""
    digest = hmac.new(key.encode(), f"{purpose}\n{subject}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"
