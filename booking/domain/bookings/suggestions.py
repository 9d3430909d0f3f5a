"""Slots to suggest to somebody: only those that a booking of theirs would get, decided by the same two refusals."""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain import errors
from booking.domain.bookings import policy, slots
from booking.domain.bookings.policy import Counted, Holdings, RequestedStart, Rules
from booking.domain.bookings.slots import Hours, Slot


@dataclass(frozen=True, slots=True)
class Asker:
    """The person looking for a slot. `holdings` None for a visitor, or for staff, who book past limits.

    `moving` is the booking (an internal id) that would move there, None for a new one.
    """

    holdings: Holdings | None = None
    moving: int | None = None


def refusal(asker: Asker, at: RequestedStart, rules: Rules) -> errors.Refusal | None:
    """Why the asker may not hold a slot that starts there, whether it is free or not."""
    if asker.holdings is None:
        return None
    return policy.refusal(asker.holdings.standing(at, rules, asker.moving), at, rules)


def bookable(asker: Asker, occurrence_id: int, hours: Hours, minutes: int, rules: Rules) -> list[Slot]:
    """The slots of `minutes` that the asker can book there now, by start, then in the roster's order.

    `hours` as the asker sees them: with their own quarters, and without those of the booking that moves.
    """
    free = slots.free(hours, minutes, rules.policy, rules.now)
    may_start_at = {
        at
        for at in {slot.starts_at for slot in free}  # whoever the analyst is, the member's own limits are the same
        if refusal(asker, RequestedStart(occurrence_id, hours.starts_at, at), rules) is None
    }
    return [slot for slot in free if slot.starts_at in may_start_at]


def replaceable(holdings: Holdings, at: RequestedStart, rules: Rules) -> list[Counted]:
    """The upcoming bookings of somebody at a limit any one of which could move to a slot that starts there."""
    return [
        one
        for one in holdings.bookings
        if one.starts_at > rules.now and refusal(Asker(holdings, one.id), at, rules) is None
    ]
