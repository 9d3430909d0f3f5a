"""Lengths of slots: the grid that calendars are kept on, the lengths that may be offered on it, and their words.

The grid is the quarter of an hour, and only stated here; which lengths are offered is said by policy.yaml and by
`slots:` in programme files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

GRID_MINUTES = 15
SHORTEST, LONGEST = GRID_MINUTES, 240  # minutes
MAX_LENGTHS = 4  # lengths that one series offers: as many as a page has room for
RULE = f"each a multiple of {GRID_MINUTES} from {SHORTEST} to {LONGEST}, at most {MAX_LENGTHS} of them"
ON_GRID = ":00, :15, :30 or :45"


def is_length(minutes: int) -> bool:
    """Whether slots of so many minutes can be offered."""
    return SHORTEST <= minutes <= LONGEST and minutes % GRID_MINUTES == 0


def is_on_grid(clock: time) -> bool:
    """Whether hours that are booked may begin or end at that clock time."""
    return clock.minute % GRID_MINUTES == 0


def between(start: time, end: time) -> int:
    """The minutes from one clock time to a later one of the same day."""
    return (end.hour - start.hour) * 60 + end.minute - start.minute


def in_words(minutes: Sequence[int]) -> str:
    """ "60 minutes", "30 or 45 minutes", "15, 30 or 45 minutes"."""
    numbers = [str(one) for one in minutes]
    return " or ".join(filter(None, [", ".join(numbers[:-1]), numbers[-1]])) + " minutes"


def sentence(minutes: Sequence[int]) -> str:
    """Which lengths are offered: "Slots are 15 or 30 minutes long."."""
    return f"Slots are {in_words(minutes)} long."
