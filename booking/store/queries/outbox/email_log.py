"""The emails as a coordinator sees them: what waits, what was sent, what failed. No link, no code, no text."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.domain.enums.emails import EmailState
from booking.store.outbox.emails import OutgoingEmail
from booking.store.outbox.outbox import KEPT
from booking.store.people.people import Person

PAGE = 50
MAX_COUNTED = 1000  # beyond this many nobody needs to know how many more
KEPT_DAYS = KEPT.days
WAITING, SENT, FAILED = EmailState.WAITING, EmailState.SENT, EmailState.FAILED
STATES = tuple(EmailState)
_OPEN = (OutgoingEmail.sent_at.is_(None), OutgoingEmail.failed_at.is_(None))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One email. `reader` is a name, empty where nobody here has the address; `error` is why it waits or failed."""

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

    @property
    def place(self) -> tuple[datetime, int]:
        """Returns its place in its list."""
        return self.sent_at or self.failed_at or self.due_at, self.id


def page(session: Session, state: EmailState, after: tuple[datetime, int] | None = None) -> list[Outgoing]:
    """Up to PAGE + 1 emails in that state that come after that place: what leaves next, what left or failed last."""
    wanted = select(
        OutgoingEmail.id,
        OutgoingEmail.public_id,
        OutgoingEmail.name,
        func.coalesce(Person.name, ""),
        OutgoingEmail.created_at,
        OutgoingEmail.due_at,
        OutgoingEmail.sent_at,
        OutgoingEmail.failed_at,
        OutgoingEmail.attempts,
        OutgoingEmail.last_error,
    ).outerjoin(Person, Person.id == OutgoingEmail.person_id)
    if state == WAITING:
        wanted = wanted.where(*_OPEN, *_beyond(OutgoingEmail.due_at, after, is_rising=True))
        wanted = wanted.order_by(OutgoingEmail.due_at, OutgoingEmail.id)
    else:
        at: InstrumentedAttribute[datetime | None] = OutgoingEmail.sent_at if state == SENT else OutgoingEmail.failed_at
        wanted = wanted.where(at.is_not(None), *_beyond(at, after, is_rising=False))
        wanted = wanted.order_by(at.desc(), OutgoingEmail.id.desc())
    return [Outgoing(*tuple(row)) for row in session.execute(wanted.limit(PAGE + 1))]


def _beyond(
    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    after: tuple[datetime, int] | None,
    *,
    is_rising: bool,
) -> tuple[ColumnElement[bool], ...]:
    if after is None:
        return ()
    here = tuple_(at, OutgoingEmail.id)
    there = tuple_(literal(after[0], at.type), literal(after[1], OutgoingEmail.id.type))
    return (here > there,) if is_rising else (here < there,)


def counts(session: Session, now: datetime) -> dict[str, int]:
    """Returns how many are due and waiting, wait for their time, or failed; of each at most one more than
    MAX_COUNTED.
    """
    wanted = {
        "due": (*_OPEN, OutgoingEmail.due_at <= now),
        "later": (*_OPEN, OutgoingEmail.due_at > now),
        "failed": (OutgoingEmail.failed_at.is_not(None),),
    }
    return {name: _count(session, *conditions) for name, conditions in wanted.items()}


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    some = select(OutgoingEmail.id).where(*conditions).limit(MAX_COUNTED + 1).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one()
