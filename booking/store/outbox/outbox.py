"""The outbox: which email may leave next, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Session, aliased

from booking.store.bookings.idempotency import IdempotencyKey
from booking.store.db.base import table_of
from booking.store.outbox.emails import WARNING, OutgoingEmail
from booking.store.outbox.workers import Worker
from booking.store.people.sign_ins import SignIn

LEASE = timedelta(minutes=5)
KEPT = timedelta(days=90)  # emails, from when they left or failed
MAX_DELETED = 5000  # rows that one round of tidying takes away
_EMAIL = table_of(OutgoingEmail)


def _takable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Due, unsent, and in nobody's hands. The index of the outbox answers it."""
    return (
        OutgoingEmail.sent_at.is_(None),
        OutgoingEmail.failed_at.is_(None),
        OutgoingEmail.due_at <= now,
        or_(OutgoingEmail.leased_until.is_(None), OutgoingEmail.leased_until <= now),
    )


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether any email is due: one read, no lock, so that an idle worker disturbs nobody.

    Asked for the earliest, for else PostgreSQL looks for any, from one end of the table to the other.
    """
    earliest = select(OutgoingEmail.id).where(*_takable(now)).order_by(OutgoingEmail.due_at, OutgoingEmail.id).limit(1)
    return session.scalar(earliest) is not None


def lease(session: Session, worker: str, now: datetime, most: int) -> list[OutgoingEmail]:
    """Take up to `most` emails that are due, earliest first, for five minutes.

    An email waits while an earlier one to the same person about the same booking is due, under way or put off; one
    that failed, or is not due yet, holds nothing up. What a publish tells of several things is about any booking.
    """
    earlier = aliased(OutgoingEmail)
    waiting = and_(
        earlier.sent_at.is_(None),
        earlier.failed_at.is_(None),
        or_(earlier.due_at <= now, earlier.attempts > 0),
    )
    held_up = exists().where(
        waiting,
        earlier.person_id == OutgoingEmail.person_id,
        or_(
            earlier.booking_id == OutgoingEmail.booking_id,
            and_(earlier.booking_id.is_(None), earlier.change_id.is_not(None), OutgoingEmail.booking_id.is_not(None)),
            and_(
                OutgoingEmail.booking_id.is_(None),
                OutgoingEmail.change_id.is_not(None),
                earlier.booking_id.is_not(None),
            ),
        ),
        earlier.id < OutgoingEmail.id,
    )
    due = (
        select(OutgoingEmail)
        .where(*_takable(now), ~held_up)
        .order_by(OutgoingEmail.due_at, OutgoingEmail.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    emails = list(session.scalars(due))
    if emails:
        session.execute(
            update(OutgoingEmail)
            .where(OutgoingEmail.id.in_([email.id for email in emails]))
            .values(leased_until=now + LEASE, leased_by=worker, attempts=OutgoingEmail.attempts + 1)
            .execution_options(synchronize_session="evaluate")
        )
    return emails


def _mine(worker: str) -> tuple[ColumnElement[bool], ...]:
    """Still in this worker's hands: whoever lost the lease notes nothing."""
    return OutgoingEmail.leased_by == worker, OutgoingEmail.sent_at.is_(None), OutgoingEmail.failed_at.is_(None)


def sent(session: Session, email_ids: Sequence[int], worker: str, now: datetime) -> None:
    """They left."""
    values: dict[str, Any] = {"sent_at": now, "leased_until": None, "leased_by": None, "last_error": ""}
    session.connection().execute(update(_EMAIL).where(_EMAIL.c.id.in_(email_ids), *_mine(worker)).values(values))


def put_off(session: Session, until: Mapping[int, datetime], worker: str, why: str) -> None:
    """They may go later, each not before its time, by id."""
    values: dict[str, Any] = {"due_at": bindparam("until"), "leased_until": None, "leased_by": None, "last_error": why}
    statement = update(_EMAIL).where(_EMAIL.c.id == bindparam("email_id"), *_mine(worker)).values(values)
    session.connection().execute(statement, [{"email_id": i, "until": at} for i, at in sorted(until.items())])


def failed(session: Session, email_id: int, worker: str, now: datetime, why: str) -> bool:
    """It will never go; it stays, to be seen. Whether that was ours to note."""
    values: dict[str, Any] = {"failed_at": now, "leased_until": None, "leased_by": None, "last_error": why}
    noted = session.connection().execute(update(_EMAIL).where(_EMAIL.c.id == email_id, *_mine(worker)).values(values))
    return noted.rowcount > 0


def forget(session: Session, email_id: int, worker: str) -> None:
    """It has nothing to say any more."""
    session.execute(delete(OutgoingEmail).where(OutgoingEmail.id == email_id, *_mine(worker)))


_HAS_WARNED = select(exists().where(text(WARNING), OutgoingEmail.created_at >= bindparam("since")))


def has_warned(session: Session, since: datetime) -> bool:
    """Whether coordinators were told since then that emails are refused."""
    return bool(session.scalar(_HAS_WARNED, {"since": since}))


_FAILED_SINCE = (
    select(func.count())
    .select_from(OutgoingEmail)
    .where(or_(OutgoingEmail.failed_at >= bindparam("since"), OutgoingEmail.bounced_at >= bindparam("since")))
)


def failed_since(session: Session, since: datetime) -> int:
    """Returns how many emails have failed for good or bounced since then."""
    return session.execute(_FAILED_SINCE, {"since": since}).scalar_one()


def give_back(session: Session, email_ids: Sequence[int], worker: str) -> None:
    """They were taken and not tried."""
    session.execute(
        update(OutgoingEmail)
        .where(OutgoingEmail.id.in_(email_ids), OutgoingEmail.leased_by == worker, OutgoingEmail.sent_at.is_(None))
        .values(leased_until=None, leased_by=None, attempts=OutgoingEmail.attempts - 1)
    )


def seen(session: Session, worker: str, now: datetime) -> None:
    """Note that the worker is alive; one not seen for a day is forgotten."""
    session.execute(delete(Worker).where(or_(Worker.name == worker, Worker.seen_at < now - timedelta(days=1))))
    session.add(Worker(name=worker, seen_at=now))


def tidy(session: Session, now: datetime) -> None:
    """Forget idempotency keys after a day, requests to sign in after a week, emails 90 days after their end."""
    for ended_at in (OutgoingEmail.sent_at, OutgoingEmail.failed_at):
        old = select(OutgoingEmail.id).where(ended_at < now - KEPT).order_by(ended_at).limit(MAX_DELETED)
        if ids := session.scalars(old).all():
            session.execute(delete(OutgoingEmail).where(OutgoingEmail.id.in_(ids)))
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - timedelta(days=1)))
    session.execute(delete(SignIn).where(SignIn.requested_at < now - timedelta(days=7)))
