"""Entries as bytes, kept by what they were made from: while they are kept, unchanged content is not rendered again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from booking.calendars.entries import CalendarEntry, Publisher

MAX_ENTRIES = 5_000  # about 4 kB each with what they were made from, 25 kB where people write all they may


@dataclass(frozen=True, slots=True)
class Part:
    """One VEVENT as bytes, with what its calendar needs to know of it. `order` sorts: start, then UID."""

    starts_at: datetime
    uid: str
    zone: str
    content: bytes

    @property
    def order(self) -> tuple[datetime, str]:
        return self.starts_at, self.uid


def part(entry: CalendarEntry) -> Part:
    """The entry rendered."""
    return Part(entry.starts_at, entry.uid, entry.zone, entry.event.to_ical())


class Render(Protocol):
    """Gives the part that `make` (a function of `entries`) makes of values, which must be hashable."""

    def __call__(self, make: Callable[..., CalendarEntry], *values: object) -> Part: ...


def kept(publisher: Publisher, most: int = MAX_ENTRIES) -> Render:
    """A renderer for one publisher; it keeps up to `most` parts by their values, those used last."""

    @lru_cache(maxsize=most)
    def render(make: Callable[..., CalendarEntry], *values: object) -> Part:
        return part(make(publisher, *values))

    return render
