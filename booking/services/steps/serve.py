"""Serve the waitlist in the same transaction that frees a slot, whatever frees it."""

from __future__ import annotations

from collections.abc import Iterable

from booking.domain.bookings.slots import Slot
from booking.services.action_context import ActionContext
from booking.services.steps import pass_on


def serve(context: ActionContext, occurrence_ids: Iterable[int], *freed: tuple[int, Slot]) -> None:
    """Offer what is free in those occurrences to whoever waits there; `freed` are slots let go of, with where."""
    for occurrence_id in sorted(set(occurrence_ids)):
        slots = [slot for where, slot in freed if where == occurrence_id]
        pass_on.pass_on(context, occurrence_id, slots)
