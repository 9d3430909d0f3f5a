"""What a reminder says when it leaves: the one letter that looks again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.organisation import Organisation
from booking.store import facts
from booking.store.bookings import Booking
from booking.store.letters import Letter
from booking.store.queries import doors

NAME = "reminder"


def looked_at_again(
    session: Session, letter: Letter, organisation: Organisation, now: datetime
) -> dict[str, Any] | None:
    """What the reminder says as of now; None where there is nothing to remind of any more.

    The last one before the start carries the room itself. One that comes so late that the next is due says nothing.
    """
    booking = session.get(Booking, letter.booking_id, populate_existing=True)
    if booking is None or booking.is_cancelled or now >= booking.starts_at or not booking.member.wants_reminders:
        return None
    hours = organisation.policy_for(booking.occurrence.series.slug).reminder_hours
    mine = int(letter.facts["hours"])
    later = [n for n in hours if n < mine]
    if later and now >= booking.starts_at - timedelta(hours=max(later)):
        return None
    room = None
    if not later:
        opened = doors.of_booking(session, booking.public_id, now)
        room = opened.room if opened is not None else None
    return facts.booking_facts(session, booking, hours=mine, room=room or "", is_invited=False)
