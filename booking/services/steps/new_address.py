"""Give a person another email address: what is queued follows, invitations are sent anew, both addresses hear of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.emails import EmailName
from booking.domain.people import email_addresses
from booking.services.steps import undelivered
from booking.store.bookings import bookings
from booking.store.db import locks
from booking.store.outbox import email_facts, emails
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.people.sign_ins import SignIn
from booking.store.queries.people import account_holdings


def parsed(email: str) -> str:
    """The address in the form in which it is kept. Raises TextNotAccepted."""
    try:
        return email_addresses.parse(email)
    except email_addresses.NotAnAddress as error:
        raise errors.TextNotAccepted("email", str(error)) from None


def locked(session: Session, person_id: int, now: datetime) -> Person:
    """The person, once the occurrences are locked in which calendars show a booking of theirs."""
    locks.occurrences(session, bookings.shown_in(session, [person_id], now))
    return locks.person(session, person_id)


def put(session: Session, person: Person, email: str, now: datetime) -> None:
    """Write the new address; what is queued goes there, and invitations are sent anew with a higher SEQUENCE."""
    other = account_holdings.with_email(session, email)
    if other is not None and other.id != person.id:
        raise errors.AddressTaken("another account has this address")
    person.email, person.email_key = email, email_addresses.key(email)
    undelivered.works_again(person)
    try:
        session.flush()
    except IntegrityError as error:
        raise errors.AddressTaken("another account has this address") from error
    unsent = (
        (OutgoingEmail.person_id == person.id) & OutgoingEmail.sent_at.is_(None) & OutgoingEmail.failed_at.is_(None)
    )
    session.execute(update(OutgoingEmail).where(unsent).values(to_email=email))
    asked = (SignIn.person_id == person.id) & SignIn.used_at.is_(None) & (SignIn.expires_at > now)
    session.execute(update(SignIn).where(asked).values(expires_at=now))
    for booking in account_holdings.upcoming_bookings(session, person.id, now):
        if booking.is_invited:
            bookings.revise(booking, now)
            session.flush()
            told = email_facts.booking_facts(session, booking)
            emails.enqueue(session, EmailName.INVITATION, email, told, now, person_id=person.id, booking_id=booking.id)


def tell(session: Session, to: str, old: str, person: Person, now: datetime) -> None:
    """A notice. It belongs to nobody's account, so that no later change of address sends it elsewhere."""
    told = {"old": old, "new": person.email, "name": person.name}
    emails.enqueue(session, EmailName.ADDRESS_CHANGED, to, told, now)


def set_by_staff(session: Session, person: Person, email: str, now: datetime) -> None:
    """Change somebody's address at once; both addresses get a notice, the old one not if emails to it fail anyway."""
    old, is_failing = person.email, person.email_failing_at is not None
    put(session, person, email, now)
    if not is_failing:
        tell(session, old, old, person, now)
    tell(session, email, old, person, now)
