"""The head of an email that was pasted with its text: its date is no date of the programme."""

from __future__ import annotations

import re
from collections.abc import Sequence

from booking.programme.announcements.budget import SourceLine

_FIELD = re.compile(r"^(?P<name>from|to|cc|bcc|reply-to|date|sent|subject)\s*:", re.IGNORECASE)


def lines_of(lines: Sequence[SourceLine]) -> frozenset[SourceLine]:
    """The lines of a head but its subject: two or more fields below each other, with "From:" or "Subject:"."""
    found: set[SourceLine] = set()
    block: list[tuple[str, SourceLine]] = []
    for line in [*lines, SourceLine(0, "")]:
        match = _FIELD.match(line.text)
        if match is not None:
            block.append((match["name"].lower(), line))
            continue
        names = {name for name, _ in block}
        if len(names) > 1 and names & {"from", "subject"}:
            found |= {one for name, one in block if name != "subject"}
        block = []
    return frozenset(found)
