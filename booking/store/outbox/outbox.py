"""The outbox: which email may leave next, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, text, update
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


#: Due, unsent, and in nobody's hands. The index of the outbox answers it.
_TAKABLE = (
    OutgoingEmail.sent_at.is_(None),
    OutgoingEmail.failed_at.is_(None),
    OutgoingEmail.due_at <= bindparam("now"),
    or_(OutgoingEmail.leased_until.is_(None), OutgoingEmail.leased_until <= bindparam("now")),
)
#: Asked for the earliest, for else PostgreSQL looks for any, from one end of the table to the other.
_EARLIEST = select(OutgoingEmail.id).where(*_TAKABLE).order_by(OutgoingEmail.due_at, OutgoingEmail.id).limit(1)
_earlier = aliased(OutgoingEmail)
_HELD_UP = exists().where(
    _earlier.sent_at.is_(None),
    _earlier.failed_at.is_(None),
    or_(_earlier.due_at <= bindparam("now"), _earlier.attempts > 0),
    _earlier.person_id == OutgoingEmail.person_id,
    or_(
        _earlier.booking_id == OutgoingEmail.booking_id,
        and_(_earlier.booking_id.is_(None), _earlier.change_id.is_not(None), OutgoingEmail.booking_id.is_not(None)),
        and_(
            OutgoingEmail.booking_id.is_(None), OutgoingEmail.change_id.is_not(None), _earlier.booking_id.is_not(None)
        ),
    ),
    _earlier.id < OutgoingEmail.id,
)
_DUE = (
    select(OutgoingEmail)
    .where(*_TAKABLE, ~_HELD_UP)
    .order_by(OutgoingEmail.due_at, OutgoingEmail.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .execution_options(populate_existing=True)
)


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether any email is due: one read, no lock, so that an idle worker disturbs nobody."""
    return session.scalar(_EARLIEST, {"now": now}) is not None


def lease(session: Session, worker: str, now: datetime, most: int) -> list[OutgoingEmail]:
    """Take up to `most` emails that are due, earliest first, for five minutes.

    An email waits while an earlier one to the same person about the same booking is due, under way or put off; one
    that failed, or is not due yet, holds nothing up. What a publish tells of several things is about any booking.
    """
    emails = list(session.scalars(_DUE, {"now": now, "most": most}))
    if emails:
        session.execute(
            update(OutgoingEmail)
            .where(OutgoingEmail.id.in_([email.id for email in emails]))
            .values(leased_until=now + LEASE, leased_by=worker, attempts=OutgoingEmail.attempts + 1)
            .execution_options(synchronize_session="evaluate")
        )
    return emails


#: Still in this worker's hands: whoever lost the lease notes nothing.
_MINE = (_EMAIL.c.leased_by == bindparam("worker"), _EMAIL.c.sent_at.is_(None), _EMAIL.c.failed_at.is_(None))
_SENT = (
    update(_EMAIL)
    .where(_EMAIL.c.id.in_(bindparam("email_ids", expanding=True)), *_MINE)
    .values(sent_at=bindparam("now"), leased_until=None, leased_by=None, last_error="")
)
_PUT_OFF = (
    update(_EMAIL)
    .where(_EMAIL.c.id == bindparam("email_id"), *_MINE)
    .values(due_at=bindparam("until"), leased_until=None, leased_by=None, last_error=bindparam("why"))
)
_FAILED = (
    update(_EMAIL)
    .where(_EMAIL.c.id == bindparam("email_id"), *_MINE)
    .values(failed_at=bindparam("now"), leased_until=None, leased_by=None, last_error=bindparam("why"))
)
_FORGET = delete(_EMAIL).where(_EMAIL.c.id == bindparam("email_id"), *_MINE)


def sent(session: Session, email_ids: Sequence[int], worker: str, now: datetime) -> None:
    """They left."""
    session.connection().execute(_SENT, {"email_ids": list(email_ids), "worker": worker, "now": now})


def put_off(session: Session, until: Mapping[int, datetime], worker: str, why: str) -> None:
    """They may go later, each not before its time, by id."""
    rows = [{"email_id": i, "until": at, "worker": worker, "why": why} for i, at in sorted(until.items())]
    session.connection().execute(_PUT_OFF, rows)


def failed(session: Session, email_id: int, worker: str, now: datetime, why: str) -> bool:
    """It will never go; it stays, to be seen. Whether that was ours to note."""
    values = {"email_id": email_id, "worker": worker, "now": now, "why": why}
    return session.connection().execute(_FAILED, values).rowcount > 0


def forget(session: Session, email_id: int, worker: str) -> None:
    """It has nothing to say any more."""
    session.connection().execute(_FORGET, {"email_id": email_id, "worker": worker})


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


_GIVE_BACK = (
    update(_EMAIL)
    .where(
        _EMAIL.c.id.in_(bindparam("email_ids", expanding=True)),
        _EMAIL.c.leased_by == bindparam("worker"),
        _EMAIL.c.sent_at.is_(None),
    )
    .values(leased_until=None, leased_by=None, attempts=_EMAIL.c.attempts - 1)
)


def give_back(session: Session, email_ids: Sequence[int], worker: str) -> None:
    """They were taken and not tried."""
    session.connection().execute(_GIVE_BACK, {"email_ids": list(email_ids), "worker": worker})


def seen(session: Session, worker: str, now: datetime) -> None:
    """Note that the worker is alive; one not seen for a day is forgotten."""
    session.execute(delete(Worker).where(or_(Worker.name == worker, Worker.seen_at < now - timedelta(days=1))))
    session.add(Worker(name=worker, seen_at=now))


_OLD = [
    select(OutgoingEmail.id).where(ended_at < bindparam("before")).order_by(ended_at).limit(MAX_DELETED)
    for ended_at in (OutgoingEmail.sent_at, OutgoingEmail.failed_at)
]
_DELETE = delete(_EMAIL).where(_EMAIL.c.id.in_(bindparam("ids", expanding=True)))
_DELETE_KEYS = delete(table_of(IdempotencyKey)).where(IdempotencyKey.created_at < bindparam("before"))
_DELETE_SIGN_INS = delete(table_of(SignIn)).where(SignIn.requested_at < bindparam("before"))


def tidy(session: Session, now: datetime) -> None:
    """Forget idempotency keys after a day, requests to sign in after a week, emails 90 days after their end."""
    for old in _OLD:
        if ids := session.scalars(old, {"before": now - KEPT}).all():
            session.connection().execute(_DELETE, {"ids": ids})
    session.connection().execute(_DELETE_KEYS, {"before": now - timedelta(days=1)})
    session.connection().execute(_DELETE_SIGN_INS, {"before": now - timedelta(days=7)})
