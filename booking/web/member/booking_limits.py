"""Say what a member at their limit has booked already, and which of it they can move here instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from booking.domain import errors
from booking.domain.bookings import suggestions
from booking.domain.bookings.policy import Counted
from booking.domain.bookings.suggestions import Asker
from booking.domain.bookings.timetable import Timetable
from booking.domain.errors import Refusal
from booking.domain.meetings import Appointment
from booking.store.queries.bookings import holdings
from booking.store.queries.programme import meeting_rows
from booking.web.frame import context


@dataclass(frozen=True, slots=True)
class BookingLimit:
    """`refusal` is why nothing new can be booked, None if it can. `held` are the bookings to show: those in this
    occurrence and those that count. `replaceable` are those of them that can move here; `asker` is who looks for a
    slot, with the booking that moves where that is one."""

    refusal: Refusal | None = None
    held: tuple[Appointment, ...] = ()
    replaceable: tuple[Appointment, ...] = ()
    asker: Asker = Asker()  # noqa: RUF009 - a frozen value

    @property
    def is_reached(self) -> bool:
        """Whether it is a limit of the policy's, which another booking's moving here would keep."""
        return isinstance(self.refusal, errors.LimitReached)


def of(member_id: int, found: Timetable, slot_at: datetime) -> BookingLimit:
    """Why this member cannot book there at `slot_at`; one statement more where they hold something to show."""
    organisation, now = context.organisation(), context.now()
    own = holdings.of_member(context.db(), member_id, organisation, now, found.id)
    at, rules = found.start(slot_at), found.rules(organisation, now)
    refusal = suggestions.refusal(Asker(own), at, rules)
    instead: list[Counted] = []
    if isinstance(refusal, errors.LimitReached):
        instead = suggestions.replaceable(own, at, rules)
    ids = {one.public_id for one in instead}
    shown = ids | {one.public_id for one in own.bookings if one.occurrence_id == found.id}
    asker = Asker(own, instead[0].id if len(instead) == 1 else None)
    if not shown:
        return BookingLimit(refusal, asker=asker)
    since = min(one.starts_at for one in own.bookings if one.public_id in shown)
    held = [
        one
        for one in meeting_rows.appointments(context.db(), member_id=member_id, start=since)
        if one.public_id in shown
    ]
    return BookingLimit(
        refusal,
        tuple(held),
        tuple(one for one in held if one.public_id in ids),
        asker,
    )
