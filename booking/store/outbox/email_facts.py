"""The facts that an email about a booking holds: as of the commit that queued it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from booking.domain.bookings.timetable import Timetable
from booking.store.bookings.bookings import Booking
from booking.store.programme.programme import Occurrence


def stamp(instant: datetime) -> str:
    """An instant in an email's facts: ISO 8601 with its offset, UTC."""
    return instant.isoformat()


def date_facts(occurrence: Occurrence) -> dict[str, str]:
    """JSON values about one date as such, whatever anybody has in it; a link to its page is made of `about_date`."""
    series = occurrence.series
    return {
        "about_date": str(occurrence.public_id),
        "series": series.slug,
        "title": occurrence.title or series.title,
        "zone": series.zone,
        "starts_at": stamp(occurrence.starts_at),
    }


class Was(NamedTuple):
    """What a booking was before it changed; `analyst` is a name."""

    starts_at: datetime
    minutes: int
    analyst: str

    @classmethod
    def of(cls, booking: Booking) -> Was:
        """The booking as it is now, to be kept before it changes."""
        return cls(booking.starts_at, booking.minutes, booking.analyst.name)

    @property
    def facts(self) -> dict[str, Any]:
        return {"was_at": stamp(self.starts_at), "was_minutes": self.minutes, "was_with": self.analyst}


def booking_facts(
    session: Session, booking: Booking, analyst: str = "", at: Timetable | None = None, **more: Any
) -> dict[str, Any]:
    """JSON values about one booking, its meeting included; `more` is added as it is.

    `analyst` is the analyst's name and `at` the occurrence, where the caller has them at hand: then neither is read.

    Names only, no address, no meeting link, no other link: those are derived when the email is rendered.
    """
    return {
        "booking": str(booking.public_id),
        **(_of_occurrence(booking) if at is None else _of_timetable(at)),
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
        **more,
    }


def _of_occurrence(booking: Booking) -> dict[str, str]:
    occurrence = booking.occurrence
    series = occurrence.series
    title = occurrence.title or series.title
    return _meeting(occurrence.public_id, series.slug, series.kind, title, series.zone)


def _of_timetable(at: Timetable) -> dict[str, str]:
    return _meeting(at.public_id, at.series_slug, at.kind, at.title, at.zone)


def _meeting(public_id: uuid.UUID, slug: str, kind: str, title: str, zone: str) -> dict[str, str]:
    return {"occurrence": str(public_id), "series": slug, "kind": kind, "title": title, "zone": zone}
