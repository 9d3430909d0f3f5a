"""Join links: when the meeting link behind a permanent join address is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Showing(Enum):
    """The state that a join link shows."""

    EARLY = "early"
    BUSY = "busy"
    OPEN = "open"
    OVER = "over"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JoinLink:
    """One link. `busy_until` is the end of the slot before it, while that one runs with somebody else; all UTC."""

    opens_at: datetime
    ends_at: datetime
    is_cancelled: bool = False
    busy_until: datetime | None = None


def showing(link: JoinLink, now: datetime) -> Showing:
    """Returns what it shows at `now`: the meeting link from `opens_at` until `ends_at`, but never while it is busy."""
    if link.is_cancelled:
        return Showing.CANCELLED
    if now >= link.ends_at:
        return Showing.OVER
    if now < link.opens_at:
        return Showing.EARLY
    if link.busy_until is not None and now < link.busy_until:
        return Showing.BUSY
    return Showing.OPEN


def meeting_url(*candidates: str | None) -> str | None:
    """The first that is set of: this analyst's on this occurrence, the analyst's, the occurrence's, the series'."""
    return next((candidate for candidate in candidates if candidate), None)


def sharing(links: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """Of analysts and their meeting links: those whose link somebody else has too, in the order given.

    Where two have one link, two members with bookings at the same time meet in the same call.
    """
    pairs = [(name, link) for name, link in links if link]
    count = Counter(link for _, link in pairs)
    return tuple(name for name, link in pairs if count[link] > 1)
