"""The rules of a sign-in email's code and link: for how long and how often they work, and how a code is read."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

VALID_MINUTES = 10
VALID = timedelta(minutes=VALID_MINUTES)
CODES_AT_ONCE = 3  # the codes of so many of a person's latest emails work
MAX_TRIES = 5  # wrong codes on one page
CODE_CHARACTERS = 1_000  # of what is pasted; the rest is not looked at

_TOGETHER = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
_APART = re.compile(r"(?<![0-9])[0-9](?:[\s\-\u2010-\u2015.\u00b7_]{0,2}[0-9]){5}(?![0-9])")


def code_in(text: str) -> str | None:
    """The six digits in what was typed or pasted, with spaces, dashes or words around or between them.

    None where there is no group of exactly six, or more than one.
    """
    plain = "".join(_digit(character) for character in text[:CODE_CHARACTERS])
    found = set(_TOGETHER.findall(plain)) or {re.sub(r"[^0-9]", "", apart) for apart in _APART.findall(plain)}
    return found.pop() if len(found) == 1 else None


def _digit(character: str) -> str:
    """A digit of any script as 0 to 9; marks that show nothing (as in "\\u200e123456") as nothing."""
    if unicodedata.category(character) == "Cf":
        return ""
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def masked(email: str) -> str:
    """An address of which its owner knows enough: "m…@example.org"."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
