"""Sentences about a publish and its undo, on pages and in the terminal: when emails go out, and what changes now."""

from __future__ import annotations

from datetime import datetime

from booking.domain import wording, zones
from booking.domain.planning.notices import UNDO_FOR

UNDONE = "Undone: pages and calendars are as they were before, and nobody was emailed."
NOW = "Pages and calendars change now"


def people(count: int) -> str:
    """`1 person`, `59 people`."""
    return "1 person" if count == 1 else f"{count} people"


def before(due_at: datetime, now: datetime, zone: str, count: int) -> str:
    """Returns what publishing at `now` would mean: `count` people are emailed at `due_at`, and undo ends then."""
    if due_at <= now:
        return f"{NOW}, and emails go out at once: what they are about starts within the hour. There is no undo."
    if not count:
        return f"{NOW}. Nobody is emailed. You can undo it for ten minutes."
    if due_at >= now + UNDO_FOR:
        return f"{NOW}; emails go out in ten minutes. Undo before then and nobody gets one."
    at = _clock(due_at, zone)
    return f"{NOW}; emails go out at {at}, an hour before the first start. Undo before then and nobody gets one."


def after(published_at: datetime, due_at: datetime, now: datetime, zone: str, count: int) -> str:
    """The same once it is published, and it can still be undone or no longer."""
    done = "Pages and calendars have changed"
    if now < due_at:
        at = _clock(due_at, zone)
        if not count:
            return f"{done}. Nobody is emailed. You can undo it until {at}."
        why = "" if due_at >= published_at + UNDO_FOR else ", an hour before the first start"
        return f"{done}; {people(count)} will be emailed at {at}{why}. Undo before then and nobody gets an email."
    if not count:
        return f"{done}. Nobody was emailed. The time to undo it has passed."
    if due_at <= published_at:
        were = "was" if count == 1 else "were"
        return f"{done}, and {people(count)} {were} emailed at once, less than an hour before the first start."
    return f"{done}, and the emails have gone out: {people(count)}."


def _clock(at: datetime, zone: str) -> str:
    return f"{wording.clock(at, zone)} {zones.abbreviation(at, zone)}".replace(wording.NBSP, " ")
