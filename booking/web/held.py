"""Public feeds as one process holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from booking.web.calendar_answers import Answer

MOST_HELD = 64


@dataclass(slots=True)
class Held:
    """One public feed as last looked up; `until` is a time of `clock.monotonic`."""

    answer: Answer
    until: float


@dataclass(slots=True)
class Shelf:
    """The public feeds that one application holds, by key; the oldest goes where there are too many."""

    held: dict[str, Held] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def put(self, key: str, answer: Answer, until: float) -> None:
        self.held.pop(key, None)
        while len(self.held) >= MOST_HELD:
            del self.held[next(iter(self.held))]
        self.held[key] = Held(answer, until)
