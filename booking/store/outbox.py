"""The outbox: which letter may leave next, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from booking.store.idempotency import IdempotencyKey
from booking.store.letters import Letter
from booking.store.sign_ins import SignIn
from booking.store.workers import Worker

LEASE = timedelta(minutes=5)
KEPT = timedelta(days=90)  # letters that have left, or never will
MOST_AT_ONCE = 5000  # rows that one round of tidying takes away


def _takable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Due, unsent, and in nobody's hands. The index of the outbox answers it."""
    return (
        Letter.sent_at.is_(None),
        Letter.failed_at.is_(None),
        Letter.due_at <= now,
        or_(Letter.leased_until.is_(None), Letter.leased_until <= now),
    )


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether any letter is due: one read, no lock, so that an idle worker disturbs nobody."""
    return session.scalar(select(Letter.id).where(*_takable(now)).limit(1)) is not None


def lease(session: Session, worker: str, now: datetime, most: int) -> list[Letter]:
    """Take up to `most` letters that are due, earliest first, for five minutes.

    A letter waits while an earlier one to the same person about the same booking is due, under way or put off; one
    that failed, or is not due yet, holds nothing up.
    """
    earlier = aliased(Letter)
    waiting = and_(
        earlier.sent_at.is_(None),
        earlier.failed_at.is_(None),
        or_(earlier.due_at <= now, earlier.attempts > 0),
    )
    held_up = exists().where(
        waiting,
        earlier.person_id == Letter.person_id,
        earlier.booking_id == Letter.booking_id,
        earlier.id < Letter.id,
    )
    due = (
        select(Letter)
        .where(*_takable(now), ~held_up)
        .order_by(Letter.due_at, Letter.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    letters = list(session.scalars(due))
    for letter in letters:
        letter.leased_until, letter.leased_by = now + LEASE, worker
        letter.attempts += 1
    return letters


def _mine(letter_id: int, worker: str) -> tuple[ColumnElement[bool], ...]:
    """Still in this worker's hands: whoever lost the lease notes nothing."""
    return Letter.id == letter_id, Letter.leased_by == worker, Letter.sent_at.is_(None), Letter.failed_at.is_(None)


def sent(session: Session, letter_id: int, worker: str, now: datetime) -> None:
    """It left."""
    session.execute(
        update(Letter)
        .where(*_mine(letter_id, worker))
        .values(sent_at=now, leased_until=None, leased_by=None, last_error="")
    )


def put_off(session: Session, letter_id: int, worker: str, until: datetime, why: str) -> None:
    """It may go later: not before `until`."""
    session.execute(
        update(Letter)
        .where(*_mine(letter_id, worker))
        .values(due_at=until, leased_until=None, leased_by=None, last_error=why)
    )


def failed(session: Session, letter_id: int, worker: str, now: datetime, why: str) -> None:
    """It will never go; it stays, to be seen."""
    session.execute(
        update(Letter)
        .where(*_mine(letter_id, worker))
        .values(failed_at=now, leased_until=None, leased_by=None, last_error=why)
    )


def forget(session: Session, letter_id: int, worker: str) -> None:
    """It has nothing to say any more."""
    session.execute(delete(Letter).where(*_mine(letter_id, worker)))


def was_written(session: Session, name: str, since: datetime) -> bool:
    """Whether a letter of that name was queued since then."""
    return bool(session.scalar(select(exists().where(Letter.name == name, Letter.created_at >= since))))


def failed_since(session: Session, since: datetime) -> int:
    """How many letters have failed for good since then."""
    wanted = (
        select(func.count()).select_from(Letter).where(Letter.failed_at >= since, Letter.created_at >= since - KEPT)
    )
    return session.execute(wanted).scalar_one()


def give_back(session: Session, letter_ids: Sequence[int], worker: str) -> None:
    """They were taken and not tried."""
    session.execute(
        update(Letter)
        .where(Letter.id.in_(letter_ids), Letter.leased_by == worker, Letter.sent_at.is_(None))
        .values(leased_until=None, leased_by=None, attempts=Letter.attempts - 1)
    )


def seen(session: Session, worker: str, now: datetime) -> None:
    """Note that the worker is alive; one not seen for a day is forgotten."""
    session.execute(delete(Worker).where(or_(Worker.name == worker, Worker.seen_at < now - timedelta(days=1))))
    session.add(Worker(name=worker, seen_at=now))


def tidy(session: Session, now: datetime) -> None:
    """Forget idempotency keys after a day, requests to sign in after a week, letters that are over after 90 days."""
    over = or_(Letter.sent_at.is_not(None), Letter.failed_at.is_not(None))
    old = select(Letter.id).where(Letter.created_at < now - KEPT, over).order_by(Letter.created_at).limit(MOST_AT_ONCE)
    session.execute(delete(Letter).where(Letter.id.in_(old)))
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < now - timedelta(days=1)))
    session.execute(delete(SignIn).where(SignIn.requested_at < now - timedelta(days=7)))
