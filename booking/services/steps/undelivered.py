"""An email that was not delivered: its address is marked if it is to blame, and coordinators are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.domain.administration import bounces
from booking.domain.people import email_addresses
from booking.store.db import locks
from booking.store.outbox import emails, outbox
from booking.store.outbox.emails import FAILING, OutgoingEmail
from booking.store.people import people
from booking.store.people.people import Person

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def lock(session: Session, email: OutgoingEmail) -> dict[int, Person]:
    """The coordinators and the email's reader, locked: of two that find out at once only one tells them."""
    ids = {person.id for person in people.coordinators(session)}
    return locks.persons(session, ids if email.person_id is None else {*ids, email.person_id})


def undelivered(
    session: Session, email: OutgoingEmail, locked: Mapping[int, Person], why: str, now: datetime, status: str = ""
) -> None:
    """Mark the reader's address where the status blames it, and tell coordinators, not twice within the hour.

    `locked` is what `lock` gave. An address that the reader no longer has is left alone.
    """
    reader = locked.get(email.person_id) if email.person_id is not None else None
    if (
        reader is not None
        and bounces.blames_address(status or bounces.status_in(why))
        and reader.email_key == email_addresses.key(email.to_email)
    ):
        reader.email_failing_at, reader.email_failure = reader.email_failing_at or now, why
        session.flush()
    if email.name == FAILING or outbox.has_warned(session, now - HOUR):
        return
    facts = {"count": outbox.failed_since(session, now - DAY), "starts_at": now.isoformat(), "error": why}
    for person in people.coordinators(session):
        emails.enqueue(session, FAILING, person.email, facts, now, person_id=person.id)


def works_again(person: Person) -> None:
    """The mark goes: the address has changed, its owner has signed in, or it is tried once more."""
    person.email_failing_at, person.email_failure = None, ""
