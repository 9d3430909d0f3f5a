"""The facts that a letter about a booking holds: as of the commit that queued it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.bookings import Booking
from booking.store.programme import Programme

_UID_DOMAIN = select(Programme.uid_domain)


def stamp(instant: datetime) -> str:
    """An instant in a letter's facts: ISO 8601 with its offset, UTC."""
    return instant.isoformat()


def booking_facts(session: Session, booking: Booking, analyst: str = "", **more: Any) -> dict[str, Any]:
    """JSON values about one booking, its meeting included; `more` is added as it is.

    `analyst` is the analyst's name where the caller has it at hand: then nobody is read for it.

    Names only, no address, no room, no link: those are derived when the letter is rendered.
    """
    occurrence = booking.occurrence
    series = occurrence.series
    return {
        "booking": str(booking.public_id),
        "occurrence": str(occurrence.public_id),
        "series": series.slug,
        "kind": series.kind,
        "title": occurrence.title or series.title,
        "zone": series.zone,
        "starts_at": stamp(booking.starts_at),
        "ends_at": stamp(booking.ends_at),
        "minutes": booking.minutes,
        "analyst": analyst or booking.analyst.name,
        "member": booking.member.name,
        "topic": booking.topic,
        "link": booking.link,
        "sequence": booking.sequence,
        "revised_at": stamp(booking.revised_at),
        "is_invited": booking.is_invited,
        "uid_domain": session.scalar(_UID_DOMAIN),
        **more,
    }
