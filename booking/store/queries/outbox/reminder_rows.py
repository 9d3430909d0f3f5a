"""Look again when a reminder leaves, so that it says what is true then."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import zones
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Organisation
from booking.store.bookings.bookings import Booking
from booking.store.outbox import email_facts
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.queries.programme import enrolled, join_info

NAME = EmailName.REMINDER
ENROLLED = EmailName.REMINDER_ENROLLED
NAMES = frozenset({NAME, ENROLLED})
#: Emails that say when and where as a reminder does. For an hour after one of them a reminder says nothing new.
SAYING_WHEN = frozenset(
    {EmailName.BOOKED, EmailName.MOVED, EmailName.MOVED_BY_US, EmailName.PROGRAMME_CHANGED, EmailName.ENROLLED}
)
QUIET = timedelta(hours=1)


def looked_at_again(
    session: Session, email: OutgoingEmail, organisation: Organisation, now: datetime
) -> dict[str, Any] | None:
    """Returns the reminder's facts as of now; None where there is nothing to remind of any more.

    The last one before the start carries the meeting link itself. One that comes so late that the next is due says
    nothing, and neither does one that would leave within an hour of another email that says when.
    """
    if _was_just_told(session, email, now):
        return None
    look = _of_place if email.name == ENROLLED else _of_booking
    return look(session, email, organisation, now)


def _of_booking(
    session: Session, email: OutgoingEmail, organisation: Organisation, now: datetime
) -> dict[str, Any] | None:
    booking = session.get(Booking, email.booking_id, populate_existing=True)
    if booking is None or booking.is_cancelled or now >= booking.starts_at or not booking.member.wants_reminders:
        return None
    later = _later(email, organisation, booking.occurrence.series.slug)
    if _is_next_due(booking.starts_at, later, now):
        return None
    meeting_url = None
    if not later:
        opened = join_info.of_booking(session, booking.public_id, now)
        meeting_url = opened.meeting_url if opened is not None else None
    return email_facts.booking_facts(
        session, booking, hours=email.facts["hours"], meeting_url=meeting_url or "", is_invited=False
    )


def _of_place(
    session: Session, email: OutgoingEmail, organisation: Organisation, now: datetime
) -> dict[str, Any] | None:
    """A place in a lab or a masterclass, for as long as it is held and its join link would open to its reader."""
    public_id, starts_at = uuid.UUID(email.facts["occurrence"]), datetime.fromisoformat(email.facts["starts_at"])
    person = session.get(Person, email.person_id, populate_existing=True)
    if now >= starts_at or person is None or not person.wants_reminders or person.closed_at is not None:
        return None
    last = person.member_until
    if RoleName.MEMBER not in person.role_names or (
        last is not None and zones.today(starts_at, organisation.zone) > last
    ):
        return None
    place = next(iter(enrolled.of_member(session, person.id, starts_at, public_id)), None)
    if place is None or place.is_cancelled or place.starts_at != starts_at:
        return None
    later = _later(email, organisation, place.series)
    if _is_next_due(starts_at, later, now):
        return None
    opened = None if later else join_info.of_occurrence(session, public_id)
    return {
        "enrolment": str(place.enrolment),
        "occurrence": str(public_id),
        "series": place.series,
        "title": place.title,
        "number": place.module,
        "module": place.module_title,
        "zone": place.zone,
        "starts_at": email_facts.stamp(starts_at),
        "hours": email.facts["hours"],
        "meeting_url": (opened.meeting_url if opened is not None else None) or "",
    }


_RECENT = select(OutgoingEmail.booking_id, OutgoingEmail.facts).where(
    OutgoingEmail.person_id == bindparam("person_id"),
    OutgoingEmail.sent_at > bindparam("since"),
    OutgoingEmail.name.in_(SAYING_WHEN),
)
_RECENT_ABOUT = _RECENT.where(OutgoingEmail.booking_id == bindparam("booking_id")).limit(1)


def _was_just_told(session: Session, email: OutgoingEmail, now: datetime) -> bool:
    """Whether another email about the same booking or date left within the hour, to the same person."""
    values = {"person_id": email.person_id, "since": now - QUIET}
    if email.booking_id is not None:
        about = session.execute(_RECENT_ABOUT, {**values, "booking_id": email.booking_id})
        return about.first() is not None
    occurrence = email.facts["occurrence"]
    return any(occurrence in _dates_of(facts) for _, facts in session.execute(_RECENT, values))


def _dates_of(facts: dict[str, Any]) -> set[str]:
    """The public ids of the dates that an email about enrolments names."""
    return {line["occurrence"] for line in facts.get("lines", ()) if "occurrence" in line}


def _later(email: OutgoingEmail, organisation: Organisation, slug: str) -> Sequence[int]:
    """The reminders that are still to come after this one."""
    return [n for n in organisation.policy_for(slug).reminder_hours if n < int(email.facts["hours"])]


def _is_next_due(starts_at: datetime, later: Sequence[int], now: datetime) -> bool:
    return bool(later) and now >= starts_at - timedelta(hours=max(later))
