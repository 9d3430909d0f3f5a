"""Change an email address: asked for by the person and confirmed from the new one, or set at once by staff.

Bookings, calendar addresses, sessions and history belong to the person, and stay.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.people import email_addresses
from booking.services.action_context import ActionContext
from booking.services.steps import new_address
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.db import locks
from booking.store.outbox import emails
from booking.store.people.address_changes import AddressChange
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings

VALID = email_addresses.CONFIRM_WITHIN
MAX_REQUESTS = 5  # within VALID


class AddressChangeExpired(errors.Refusal):
    """The link was used, has been replaced by a newer one, or is too old."""

    code = RefusalCode.ADDRESS_CHANGE_EXPIRED


_RECENT = (
    select(func.count())
    .select_from(AddressChange)
    .where(AddressChange.person_id == bindparam("person_id"), AddressChange.requested_at > bindparam("since"))
)


@transactional
def ask(session: Session, person_id: int, email: str, now: datetime) -> AddressChange:
    """Ask to change one's own address: an email with a link goes to the new one, and nothing changes before it is used.

    An address that another account has gets an email that says so, and the answer here is the same, so that nobody
    learns who has an account. Raises TextNotAccepted, TooManyRequests.
    """
    typed = new_address.parsed(email)
    person = locks.person(session, person_id)
    if email_addresses.key(typed) == person.email_key:
        raise errors.TextNotAccepted("email", "this is already your address")
    if (session.scalar(_RECENT, {"person_id": person.id, "since": now - VALID}) or 0) >= MAX_REQUESTS:
        raise errors.TooManyRequests(now + VALID)
    own = AddressChange.person_id == person.id
    session.execute(update(AddressChange).where(own, AddressChange.expires_at > now).values(expires_at=now))
    is_taken = account_holdings.with_email(session, typed) is not None
    made = AddressChange(
        person_id=person.id, email=typed, requested_at=now, expires_at=now if is_taken else now + VALID
    )
    session.add(made)
    session.flush()
    told = {"address_change": str(made.public_id), "is_taken": is_taken, "old": person.email}
    emails.enqueue(session, EmailName.ADDRESS_CONFIRM, typed, told, now)
    audit_log.write(
        session, AuditAction.ADDRESS_CHANGE_ASKED, AuditSubject.PERSON, person.public_id, now, actor_id=person.id
    )
    return made


@transactional
def confirm(session: Session, request_id: uuid.UUID, now: datetime) -> Person:
    """Change the address by the link that was sent to the new one; the caller has checked its MAC.

    The old address gets a notice. Raises AddressChangeExpired, AddressTaken.
    """
    seen = waiting(session, request_id, now)
    if seen is None:
        raise AddressChangeExpired()
    person = new_address.locked(session, seen.person_id, now)
    row = session.get_one(AddressChange, seen.id, populate_existing=True)
    if row.confirmed_at is not None or row.expires_at <= now or person.closed_at is not None:
        raise AddressChangeExpired()
    row.confirmed_at = now
    old = person.email
    new_address.put(session, person, row.email, now)
    new_address.tell(session, old, old, person, now)
    audit_log.write(
        session,
        AuditAction.ADDRESS_CHANGED,
        AuditSubject.PERSON,
        person.public_id,
        now,
        actor_id=person.id,
        is_by_link=True,
    )
    return person


_OPEN_REQUEST = select(AddressChange).where(
    AddressChange.public_id == bindparam("request_id"),
    AddressChange.confirmed_at.is_(None),
    AddressChange.expires_at > bindparam("now"),
)


def waiting(session: Session, request_id: uuid.UUID, now: datetime) -> AddressChange | None:
    """The request that a link stands for, while it can be confirmed; else None."""
    return session.scalars(_OPEN_REQUEST, {"request_id": request_id, "now": now}).one_or_none()


@transactional
def change(context: ActionContext, public_id: uuid.UUID, email: str) -> Person:
    """Set somebody's address at once, for a coordinator or operator; both addresses get a notice.

    The same address changes nothing. Raises NotFound, TextNotAccepted, AddressTaken.
    """
    session, now = context.session, context.now
    typed = new_address.parsed(email)
    found = account_holdings.with_public_id(session, public_id)
    if found is None:
        raise errors.NotFound()
    person = new_address.locked(session, found.id, now)
    if typed == person.email:
        return person
    new_address.set_by_staff(session, person, typed, now)
    context.record(
        AuditAction.ADDRESS_CHANGED, AuditSubject.PERSON, person.public_id, by=context.actor.staff_or_system_id
    )
    return person
