"""Emails that weren't delivered: send them again, one or all, to another address, or see to them in another way."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import NOT_RESENT
from booking.services.action_context import ActionContext
from booking.services.steps import new_address, undelivered
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person

MOST = 500  # emails that one press sends again
_AGAIN = {"sent_at": None, "failed_at": None, "bounced_at": None, "dismissed_at": None, "attempts": 0, "last_error": ""}


@transactional
def resend(context: ActionContext, email_id: uuid.UUID) -> OutgoingEmail:
    """Put a failed or bounced email back into the outbox as it was, to the address that its person has now.

    Twice is once. It keeps its Message-ID, and its invitation the SEQUENCE. One whose code has expired stays as it is.
    Raises NotFound.
    """
    email = _locked(context.session, email_id)
    if _is_undelivered(email) and email.name not in NOT_RESENT:
        reader = locks.person(context.session, email.person_id) if email.person_id is not None else None
        _send_again(context, email, reader)
    return email


_FAILED_BY = (
    select(OutgoingEmail.id)
    .where(
        OutgoingEmail.failed_at <= bindparam("failed_before"),
        OutgoingEmail.dismissed_at.is_(None),
        OutgoingEmail.name.not_in(NOT_RESENT),
    )
    .order_by(OutgoingEmail.failed_at.desc())
    .limit(bindparam("most"))
    .with_for_update()
)


@transactional
def resend_all(context: ActionContext, failed_before: datetime) -> int:
    """Put the emails back into the outbox that had failed by that time, the latest first, MOST of them; how many.

    Those that somebody has dismissed and those whose codes have expired stay as they are. The time is when the
    coordinator saw them: sent a second time, the same form finds nothing.
    """
    session, by = context.session, context.actor.staff_or_system_id
    ids = session.scalars(_FAILED_BY, {"failed_before": failed_before, "most": MOST}).all()
    if ids:
        present = select(Person.email).where(Person.id == OutgoingEmail.person_id).scalar_subquery()
        again = {**_AGAIN, "due_at": context.now, "to_email": func.coalesce(present, OutgoingEmail.to_email)}
        chosen: ColumnElement[bool] = OutgoingEmail.id.in_(ids)
        session.execute(update(OutgoingEmail).where(chosen).values(again).execution_options(synchronize_session=False))
        context.record(AuditAction.RESENT, AuditSubject.EMAIL, None, by=by, count=len(ids))
    return len(ids)


_EMAIL = select(OutgoingEmail).where(OutgoingEmail.public_id == bindparam("email_id"))


@transactional
def correct_address(context: ActionContext, email_id: uuid.UUID, address: str) -> OutgoingEmail:
    """Give the email's reader another address, as on their own page, and send the email there if it wasn't delivered.

    The person's address changes, so everything else goes there too. Both addresses get a notice, the old one not if
    emails to it fail. Raises NotFound, also for an email that belongs to no account, TextNotAccepted, AddressTaken.
    """
    session, now = context.session, context.now
    by = context.actor.staff_or_system_id
    typed = new_address.parsed(address)
    seen = session.scalars(_EMAIL, {"email_id": email_id}).one_or_none()
    if seen is None or seen.person_id is None:
        raise errors.NotFound()
    person = new_address.locked(session, seen.person_id, now)
    if person.closed_at is not None:
        raise errors.TextNotAccepted("email", "this account is closed: reopen it first")
    email = _locked(session, email_id)
    if typed != person.email:
        new_address.set_by_staff(session, person, typed, now)
        context.record(AuditAction.ADDRESS_CHANGED, AuditSubject.PERSON, person.public_id, by=by)
    if _is_undelivered(email) and email.name not in NOT_RESENT:
        _send_again(context, email, person)
    return email


@transactional
def dismiss(context: ActionContext, email_id: uuid.UUID) -> OutgoingEmail:
    """Take an undelivered email off the list of what needs somebody; it isn't sent. Twice is once. Raises NotFound."""
    by = context.actor.staff_or_system_id
    email = _locked(context.session, email_id)
    if _is_undelivered(email) and email.dismissed_at is None:
        email.dismissed_at = context.now
        context.record(AuditAction.DISMISSED, AuditSubject.EMAIL, email.public_id, by=by, name=email.name)
        context.session.flush()
    return email


def _is_undelivered(email: OutgoingEmail) -> bool:
    return email.failed_at is not None or email.bounced_at is not None


def _send_again(context: ActionContext, email: OutgoingEmail, reader: Person | None) -> None:
    """Queue it; the mark on the reader's address goes, and comes back if it bounces once more."""
    if reader is not None:
        undelivered.works_again(reader)
        email.to_email = reader.email
    for name, value in _AGAIN.items():
        setattr(email, name, value)
    email.due_at = context.now
    by = context.actor.staff_or_system_id
    context.record(AuditAction.RESENT, AuditSubject.EMAIL, email.public_id, by=by, name=email.name)
    context.session.flush()


_LOCKED = (
    select(OutgoingEmail)
    .where(OutgoingEmail.public_id == bindparam("email_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def _locked(session: Session, email_id: uuid.UUID) -> OutgoingEmail:
    """The email as it is now, locked. Raises NotFound."""
    email = session.scalars(_LOCKED, {"email_id": email_id}).one_or_none()
    if email is None:
        raise errors.NotFound()
    return email
