"""What a line says of a series beside its schedule: a module, the lengths of slots, words for a kind of meeting."""

from __future__ import annotations

import re

from booking.domain import numbers
from booking.domain.bookings.lengths import MAX_LENGTHS as MOST_LENGTHS
from booking.domain.bookings.lengths import is_length
from booking.programme.announcements.grammar.vocabulary import (
    BOOKABLE,
    BOOKED,
    LENGTHS,
    MODULAR,
    MODULE,
    NUMBERED,
    NUMBERS,
    PLAIN,
    UNSURE,
    folded,
)


def module(text: str, is_modular: bool) -> tuple[int, str] | None:
    """Number and title of `Module 2: …`, `Module Three - …`; of `2. …` where the series has modules."""
    low = folded(text)
    match = MODULE.match(low) or (NUMBERED.match(low) if is_modular else None)
    if match is None:
        return None
    number = numbers.whole(match["number"]) or NUMBERS.get(match["number"], 0)
    title = re.sub(r"^[\s:.)–—‐-]+", "", text[match.start("rest") :]).strip()
    return (number, title) if number and title else None


def lengths(text: str) -> tuple[int, ...]:
    """Slot lengths in minutes, beside a word for booking or talking: `Book a 30 or 45 minute talk`, `30/45m chats`.

    Empty where the text names none that can be booked.
    """
    low = folded(text)
    found: set[int] = set()
    for match in LENGTHS.finditer(low):
        if BOOKED.search(low[max(0, match.start() - 40) : match.end() + 40]):
            found |= {int(number) for number in re.findall(r"\d{2,3}", match["lengths"])}
    return tuple(sorted(filter(is_length, found))[:MOST_LENGTHS])


def places_of_lengths(text: str) -> list[tuple[int, int]]:
    """The stretches of a line that name lengths of slots."""
    return [match.span() for match in LENGTHS.finditer(folded(text))]


_ROLES = tuple(
    (role, re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?:e?s)?(?!\w)"))
    for role, words in (("modular", MODULAR), ("bookable", BOOKABLE), ("plain", PLAIN), ("unsure", UNSURE))
)


def role_of(text: str) -> str:
    """The kind of meeting that a title names: `bookable`, `modular`, `plain`, `unsure` or empty."""
    low = folded(text)
    return next((role for role, pattern in _ROLES if pattern.search(low)), "")
