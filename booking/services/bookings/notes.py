"""Write what was noted of a visit, and what was agreed; the member gets what was agreed by email."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.domain import errors, wording
from booking.domain.bookings import topics
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.bookings.bookings import Booking
from booking.store.bookings.notes import Note
from booking.store.outbox import email_facts, emails
from booking.store.outbox.emails import OutgoingEmail
from booking.store.queries.bookings import booking_lookup

MAX_LENGTH = 5_000
AFTER = timedelta(minutes=30)  # so long after the end the email leaves


def sent_after(name: str) -> str:
    """When the member is emailed what was agreed, without a full stop."""
    return f"{name} gets it by email {wording.length_of_time(int(AFTER.total_seconds() // 60))} after the end"


STILL_TYPING = timedelta(minutes=10)  # and so long after the last change, where that is later


@transactional
def write_note(context: ActionContext, booking_id: uuid.UUID, private: str, agreed: str) -> Note:
    """Keep both texts; what was agreed goes to the member by one email, half an hour after the end.

    Written again before that email has left, it replaces what the email says; afterwards another leaves. The same
    words change nothing. Its analyst and any coordinator may, from the start on. Raises NotFound (also for whose
    booking it is not), NotConfirmed, NotBegun, TextNotAccepted.
    """
    session, now, actor = context.session, context.now, context.actor
    kept = (
        topics.clean_text("private note", private, MAX_LENGTH),
        topics.clean_text("what was agreed", agreed, MAX_LENGTH),
    )
    booking, _ = booking_lookup.locked_for_staff(session, booking_id, actor)
    if booking.is_cancelled:
        raise errors.NotConfirmed()
    if now < booking.starts_at and booking.began_at is None:
        raise errors.NotBegun()
    note = session.get(Note, booking.id, populate_existing=True)
    if note is None:
        note = Note(booking_id=booking.id, private="", agreed="", written_at=now)
        session.add(note)
    if (note.private, note.agreed) == kept:
        session.flush()
        return note
    is_news = note.agreed != kept[1]
    note.private, note.agreed = kept
    note.written_by_id, note.written_at = actor.staff_id, now
    session.flush()
    if is_news:
        _tell(session, booking, kept[1], now)
    context.record(AuditAction.NOTED, AuditSubject.BOOKING, booking.public_id, by=actor.staff_id)
    return note


def _tell(session: Session, booking: Booking, agreed: str, now: datetime) -> None:
    """One email waits at a time: the newest words take the place of those that have not left."""
    session.execute(
        delete(OutgoingEmail).where(
            OutgoingEmail.booking_id == booking.id,
            OutgoingEmail.name == EmailName.AGREED,
            OutgoingEmail.sent_at.is_(None),
            OutgoingEmail.failed_at.is_(None),
            OutgoingEmail.attempts == 0,
        )
    )
    if agreed:
        told = email_facts.booking_facts(session, booking, agreed=agreed, is_invited=False)
        emails.enqueue(
            session,
            EmailName.AGREED,
            booking.member.email,
            told,
            now,
            person_id=booking.member_id,
            booking_id=booking.id,
            due_at=max(booking.ends_at + AFTER, now + STILL_TYPING),
        )
