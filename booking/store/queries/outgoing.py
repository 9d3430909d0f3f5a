"""The letters as a coordinator sees them: what waits, what was sent, what failed. No link, no code, no text."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from booking.store.letters import Letter
from booking.store.outbox import KEPT
from booking.store.people import Person

PAGE = 50
KEPT_DAYS = KEPT.days
WAITING, SENT, FAILED = "waiting", "sent", "failed"
STATES = (WAITING, FAILED, SENT)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One letter. `reader` is a name, empty where nobody here has the address; `error` is why it waits or failed."""

    id: int
    public_id: uuid.UUID
    name: str
    reader: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    attempts: int
    error: str


def _is(state: str) -> tuple[ColumnElement[bool], ...]:
    if state == SENT:
        return (Letter.sent_at.is_not(None),)
    if state == FAILED:
        return (Letter.failed_at.is_not(None),)
    return Letter.sent_at.is_(None), Letter.failed_at.is_(None)


def page(session: Session, state: str, before: int | None = None) -> list[Outgoing]:
    """Up to PAGE + 1 letters in that state, newest first, older than the letter of that internal id."""
    wanted = (
        select(
            Letter.id,
            Letter.public_id,
            Letter.name,
            func.coalesce(Person.name, ""),
            Letter.created_at,
            Letter.due_at,
            Letter.sent_at,
            Letter.failed_at,
            Letter.attempts,
            Letter.last_error,
        )
        .outerjoin(Person, Person.id == Letter.person_id)
        .where(*_is(state))
    )
    if before is not None:
        wanted = wanted.where(Letter.id < before)
    rows = session.execute(wanted.order_by(Letter.id.desc()).limit(PAGE + 1))
    return [Outgoing(*tuple(row)) for row in rows]


def counts(session: Session, now: datetime) -> dict[str, int]:
    """How many are due and waiting, how many wait for their time, how many failed."""
    open_ones = (Letter.sent_at.is_(None), Letter.failed_at.is_(None))
    count = select(func.count()).select_from(Letter)
    return {
        "due": session.execute(count.where(*open_ones, Letter.due_at <= now)).scalar_one(),
        "later": session.execute(count.where(*open_ones, Letter.due_at > now)).scalar_one(),
        "failed": session.execute(count.where(Letter.failed_at.is_not(None))).scalar_one(),
    }
