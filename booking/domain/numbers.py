"""Whole numbers as people write them."""

from __future__ import annotations

MAX_DIGITS = 9  # more than anything here counts, and far fewer than Python refuses to read

MOST = 10**MAX_DIGITS - 1


def whole(text: str) -> int | None:
    """The whole number that a text is, at most 999,999,999; None for any other text, also one of endless digits."""
    digits = text.lstrip("0") or text[-1:]
    return int(digits) if text.isdecimal() and len(digits) <= MAX_DIGITS else None
