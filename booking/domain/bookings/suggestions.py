"""Slots to suggest to somebody: only those that a booking of theirs would get, decided by the same two refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.domain import errors
from booking.domain.bookings import policy, slots
from booking.domain.bookings.policy import Counted, Holdings
from booking.domain.bookings.slots import Hours, Slot
from booking.domain.organisation import Policy


@dataclass(frozen=True, slots=True)
class Asker:
    """The person looking for a slot. `holdings` None for a visitor, or for staff, who book past limits.

    `moving` is the booking (an internal id) that would move there, None for a new one.
    """

    holdings: Holdings | None = None
    moving: int | None = None


def refusal(
    asker: Asker, occurrence_id: int, clinic_at: datetime, slot_at: datetime, rules: Policy, zone: str, now: datetime
) -> errors.Refusal | None:
    """Why the asker may not hold a slot at `slot_at` in that occurrence, whether it is free or not."""
    if asker.holdings is None:
        return None
    standing = asker.holdings.standing(occurrence_id, slot_at, rules, zone, now, asker.moving)
    return policy.refusal(standing, rules, slot_at, zone, clinic_at=clinic_at, now=now)


def bookable(
    asker: Asker, occurrence_id: int, hours: Hours, minutes: int, rules: Policy, zone: str, now: datetime
) -> list[Slot]:
    """The slots of `minutes` that the asker can book there at `now`, by start, then in the roster's order.

    `hours` as the asker sees them: with their own quarters, and without those of the booking that moves.
    """
    free = slots.free(hours, minutes, rules, now)
    may_start_at = {
        at
        for at in {slot.starts_at for slot in free}  # whoever the analyst is, the member's own limits are the same
        if refusal(asker, occurrence_id, hours.starts_at, at, rules, zone, now) is None
    }
    return [slot for slot in free if slot.starts_at in may_start_at]


def replaceable(
    holdings: Holdings,
    occurrence_id: int,
    clinic_at: datetime,
    slot_at: datetime,
    rules: Policy,
    zone: str,
    now: datetime,
) -> list[Counted]:
    """The upcoming bookings of somebody at a limit any one of which could move to a slot at `slot_at` there."""
    return [
        one
        for one in holdings.bookings
        if one.starts_at > now
        and refusal(Asker(holdings, one.id), occurrence_id, clinic_at, slot_at, rules, zone, now) is None
    ]
