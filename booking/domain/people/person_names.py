"""Names of people: what may stand in one."""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 100
JOINERS = frozenset("\u200c\u200d")  # between letters of Persian, Hindi, Malayalam and others, and inside emoji
#: Emails and symbols that show nothing: Hangul fillers and the empty Braille pattern.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})  # not Cn: a letter may be newer than this Python's Unicode

EMPTY = "enter a name"
TOO_LONG = f"use at most {MAX_CHARACTERS} characters"
NOTHING_TO_SEE = "enter a name that people can see"
HIDDEN = "remove the characters that can't be seen or that change the direction of the text"


class NotAName(ValueError):
    """The text cannot be a name; the message says what to enter instead."""


def parse(text: str) -> str:
    """The name as it is stored: one line, single spaces, in composed form (NFC). Raises NotAName.

    Joiners (U+200C, U+200D) belong to the writing of several languages and stay. Other control and format characters
    are refused: they show nothing, or turn the direction of what follows (U+202A to U+202E, U+2066 to U+2069).
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise NotAName(EMPTY)
    if len(name) > MAX_CHARACTERS:
        raise NotAName(TOO_LONG)
    if any(is_hidden(sign) for sign in name):
        raise NotAName(HIDDEN)
    if not any(_is_seen(sign) for sign in name):
        raise NotAName(NOTHING_TO_SEE)
    return name


def is_hidden(sign: str) -> bool:
    """Whether a character shows nothing or turns its neighbours, and has no place in a name."""
    return unicodedata.category(sign) in HIDDEN_CATEGORIES and sign not in JOINERS


def _is_seen(sign: str) -> bool:
    category = unicodedata.category(sign)
    return (category[0] in "LNSP" or category == "Cn") and sign not in BLANKS
