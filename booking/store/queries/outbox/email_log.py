"""The emails as a coordinator sees them: what waits, was sent, failed, bounced or was dismissed. No link, no code."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.domain.enums.emails import NOT_RESENT, EmailState
from booking.store.outbox.emails import OutgoingEmail
from booking.store.outbox.outbox import KEPT
from booking.store.people.people import Person

PAGE = 50
MAX_COUNTED = 1000  # beyond this many nobody needs to know how many more
KEPT_DAYS = KEPT.days
WAITING, SENT, FAILED = EmailState.WAITING, EmailState.SENT, EmailState.FAILED
BOUNCED, DISMISSED = EmailState.BOUNCED, EmailState.DISMISSED
STATES = tuple(EmailState)
_OPEN = (OutgoingEmail.sent_at.is_(None), OutgoingEmail.failed_at.is_(None))
_TO_SEE_TO = OutgoingEmail.dismissed_at.is_(None)
#: By when each list is ordered, and what else its emails have in common.
_LISTS: dict[EmailState, tuple[InstrumentedAttribute[Any], tuple[ColumnElement[bool], ...]]] = {
    WAITING: (OutgoingEmail.due_at, _OPEN),
    SENT: (OutgoingEmail.sent_at, (OutgoingEmail.sent_at.is_not(None), OutgoingEmail.bounced_at.is_(None))),
    FAILED: (OutgoingEmail.failed_at, (OutgoingEmail.failed_at.is_not(None), _TO_SEE_TO)),
    BOUNCED: (OutgoingEmail.bounced_at, (OutgoingEmail.bounced_at.is_not(None), _TO_SEE_TO)),
    DISMISSED: (OutgoingEmail.dismissed_at, (OutgoingEmail.dismissed_at.is_not(None),)),
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One email. `reader` is a name, empty where nobody here has the address; `error` is why it waits, failed, bounced
    or is delayed."""

    id: int
    public_id: uuid.UUID
    name: str
    reader: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    bounced_at: datetime | None
    dismissed_at: datetime | None
    attempts: int
    error: str

    @property
    def state(self) -> EmailState:
        """Returns the list in which it stands."""
        if self.dismissed_at is not None:
            return DISMISSED
        if self.bounced_at is not None:
            return BOUNCED
        if self.failed_at is not None:
            return FAILED
        return WAITING if self.sent_at is None else SENT

    @property
    def place(self) -> tuple[datetime, int]:
        """Returns its place in its list."""
        ended_at = self.dismissed_at or self.bounced_at or self.failed_at or self.sent_at
        return ended_at or self.due_at, self.id

    @property
    def may_be_sent_again(self) -> bool:
        """Whether it wasn't delivered, and is still of use to its reader."""
        is_undelivered = self.failed_at is not None or self.bounced_at is not None
        return is_undelivered and self.name not in NOT_RESENT


_ROWS = select(
    OutgoingEmail.id,
    OutgoingEmail.public_id,
    OutgoingEmail.name,
    func.coalesce(Person.name, ""),
    OutgoingEmail.created_at,
    OutgoingEmail.due_at,
    OutgoingEmail.sent_at,
    OutgoingEmail.failed_at,
    OutgoingEmail.bounced_at,
    OutgoingEmail.dismissed_at,
    OutgoingEmail.attempts,
    OutgoingEmail.last_error,
).outerjoin(Person, Person.id == OutgoingEmail.person_id)


def page(session: Session, state: EmailState, after: tuple[datetime, int] | None = None) -> list[Outgoing]:
    """Up to PAGE + 1 emails in that state that come after that place: what leaves next, what left or failed last."""
    at, conditions = _LISTS[state]
    is_rising = state == WAITING
    order = (at, OutgoingEmail.id) if is_rising else (at.desc(), OutgoingEmail.id.desc())
    wanted = _ROWS.where(*conditions, *_beyond(at, after, is_rising=is_rising)).order_by(*order)
    return [Outgoing(*tuple(row)) for row in session.execute(wanted.limit(PAGE + 1))]


_OF_PERSON = (
    _ROWS.where(OutgoingEmail.person_id == bindparam("person_id"), OutgoingEmail.id < bindparam("before"))
    .order_by(OutgoingEmail.id.desc())
    .limit(PAGE + 1)
)


def of_person(session: Session, person_id: int, before: int) -> list[Outgoing]:
    """Up to PAGE + 1 emails to that person whose internal id lies below `before`, the latest first; one statement."""
    rows = session.execute(_OF_PERSON, {"person_id": person_id, "before": before})
    return [Outgoing(*tuple(row)) for row in rows]


_ROW = _ROWS.where(OutgoingEmail.public_id == bindparam("public_id"))
_WITH_READER = (
    select(OutgoingEmail, Person)
    .outerjoin(Person, Person.id == OutgoingEmail.person_id)
    .where(OutgoingEmail.public_id == bindparam("public_id"))
)


def one(session: Session, public_id: uuid.UUID) -> tuple[Outgoing, OutgoingEmail, Person | None] | None:
    """One email as lists show it, with its row and its reader, for reading only; None where there is no such email."""
    row = session.execute(_ROW, {"public_id": public_id}).one_or_none()
    if row is None:
        return None
    email, person = session.execute(_WITH_READER, {"public_id": public_id}).one()
    return Outgoing(*tuple(row)), email, person


def _beyond(
    at: InstrumentedAttribute[Any], after: tuple[datetime, int] | None, *, is_rising: bool
) -> tuple[ColumnElement[bool], ...]:
    if after is None:
        return ()
    here = tuple_(at, OutgoingEmail.id)
    there = tuple_(literal(after[0], at.type), literal(after[1], OutgoingEmail.id.type))
    return (here > there,) if is_rising else (here < there,)


def counts(session: Session, now: datetime) -> dict[str, int]:
    """Returns how many are due and waiting, wait for their time, failed, or bounced; of each at most one more than
    MAX_COUNTED.
    """
    wanted = {
        "due": (*_OPEN, OutgoingEmail.due_at <= now),
        "later": (*_OPEN, OutgoingEmail.due_at > now),
        "failed": _LISTS[FAILED][1],
        "bounced": _LISTS[BOUNCED][1],
    }
    return {name: _count(session, *conditions) for name, conditions in wanted.items()}


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    some = select(OutgoingEmail.id).where(*conditions).limit(MAX_COUNTED + 1).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one()
