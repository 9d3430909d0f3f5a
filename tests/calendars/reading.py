"""A second reader of what we write: vobject, which shares no code with icalendar."""

from __future__ import annotations

from typing import Any

import vobject


def read(content: bytes) -> Any:
    """The one VCALENDAR in the bytes, as vobject has it."""
    (calendar,) = vobject.readComponents(content.decode())
    return calendar


def events(content: bytes) -> list[Any]:
    return list(read(content).contents.get("vevent", []))


def unfolded(content: bytes) -> list[str]:
    """The content lines, folds undone."""
    return content.decode().replace("\r\n ", "").split("\r\n")


def lines_of(content: bytes, name: str) -> list[str]:
    """Every content line of a property, with its parameters."""
    return [line for line in unfolded(content) if line.startswith((f"{name}:", f"{name};"))]
