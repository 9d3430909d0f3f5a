"""Reminders of bookings: emails with a due time, replaced when their booking moves, gone when it is cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from booking.domain.organisation import Organisation
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.db.base import table_of
from booking.store.outbox import emails
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Series
from booking.store.queries.outbox.reminder_rows import NAME


def due(starts_at: datetime, hours: Sequence[int], now: datetime) -> list[tuple[int, datetime]]:
    """Returns the reminders still ahead: (hours before, due at); one whose hour is past is left out."""
    return [(n, at) for n in sorted(hours, reverse=True) if (at := starts_at - timedelta(hours=n)) > now]


def rows(booking: Booking, member: Person, hours: Sequence[int], now: datetime) -> list[dict[str, Any]]:
    """The emails that remind of a booking, ready for emails.add."""
    if not member.wants_reminders:
        return []
    return [
        emails.row(
            NAME,
            member.email,
            {"booking": str(booking.public_id), "hours": n},
            now,
            person_id=member.id,
            booking_id=booking.id,
            due_at=at,
        )
        for n, at in due(booking.starts_at, hours, now)
    ]


_DROP = delete(table_of(OutgoingEmail)).where(
    OutgoingEmail.booking_id.in_(bindparam("ids", expanding=True)),
    OutgoingEmail.name == NAME,
    OutgoingEmail.sent_at.is_(None),
    OutgoingEmail.failed_at.is_(None),
)


def drop(session: Session, booking_ids: Iterable[int]) -> None:
    """Forget the reminders of these bookings that have not left."""
    session.connection().execute(_DROP, {"ids": list(booking_ids)})


_TO_REMIND_OF = (
    select(Booking, Person, Series.slug)
    .join(Person, Person.id == Booking.member_id)
    .join(Occurrence, Occurrence.id == Booking.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .where(
        Booking.id.in_(bindparam("ids", expanding=True)),
        Booking.status == CONFIRMED,
        Booking.starts_at > bindparam("now"),
    )
    .order_by(Booking.id)
    .execution_options(populate_existing=True)
)


def plan(session: Session, booking_ids: Iterable[int], organisation: Organisation, now: datetime) -> None:
    """Remind of these bookings as they stand now, in place of whatever was to remind of them; three statements."""
    ids = list(booking_ids)
    if not ids:
        return
    session.flush()
    drop(session, ids)
    found = session.execute(_TO_REMIND_OF, {"ids": list(ids), "now": now})
    made = [
        row
        for booking, member, slug in found
        for row in rows(booking, member, organisation.policy_for(slug).reminder_hours, now)
    ]
    if made:
        emails.add(session, made)


_UPCOMING_OF = select(Booking.id).where(
    Booking.member_id == bindparam("member_id"), Booking.status == CONFIRMED, Booking.starts_at > bindparam("now")
)


def upcoming_of(session: Session, member_id: int, now: datetime) -> list[int]:
    """The internal ids of a member's bookings that are still to come."""
    return list(session.scalars(_UPCOMING_OF, {"member_id": member_id, "now": now}))
