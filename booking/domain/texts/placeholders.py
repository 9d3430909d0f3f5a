"""Placeholders in an organisation's own words: a closed list of names in braces, each filled with a plain text.

Nothing else is understood, so no text can read anything, call anything or fail: what isn't in the list is a mistake of
whoever writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_IN_BRACES = re.compile(r"\{+[^{}\n]{0,40}\}*|\}+")

#: What each is filled with, as the page explains it.
MEANINGS: Mapping[str, str] = {
    "name": "the reader’s name",
    "organisation": "the name",
    "short_name": "the short name",
    "website": "the address of this website",
    "contact_email": "the contact email address",
    "contact_phone": "the telephone number",
    "contact_page": "the contact page",
    "join_page": "the page where people become members",
}
GREETING = ("name", "organisation", "short_name")
BLOCK = tuple(name for name in MEANINGS if name != "name")


def listed(names: Sequence[str]) -> str:
    """The placeholders as they are written: "{name}, {organisation}"."""
    return ", ".join(f"{{{name}}}" for name in names)


def used(text: str) -> list[str]:
    """The names of the placeholders in the text, in their order."""
    return _PLACEHOLDER.findall(text)


def mistake(text: str, allowed: Sequence[str]) -> str:
    """What is wrong with the braces of the text, and which placeholders there are; empty where nothing is."""
    for found in _IN_BRACES.finditer(text):
        named = _PLACEHOLDER.fullmatch(found[0])
        if named is None or named[1] not in allowed:
            return f"“{found[0]}” isn’t a placeholder. The placeholders here are {listed(allowed)}."
    return ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each placeholder replaced once; braces within a value stay as they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
