"""What a programme file states of one series, and where it says so."""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain.recurrence import Rule


@dataclass(frozen=True, slots=True)
class Place:
    """A file and a line in it, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Named:
    """An analyst's e-mail address, in lower case, and where it stands."""

    email: str
    place: Place


@dataclass(frozen=True, slots=True)
class Statement:
    """One series as its file states it. `slot_minutes` is empty where the policy's lengths hold."""

    slug: str
    kind: str
    title: str
    summary: str
    rule: Rule
    slot_minutes: tuple[int, ...]
    analysts: tuple[Named, ...]
    place: Place
