"""The people whose email address doesn't work."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session

from booking.store.db.base import Id, UTCDateTime, table_of
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person

PAGE = 50
_person = table_of(Person)


@dataclass(frozen=True, slots=True)
class FailingAddress:
    """One person: since when emails to the address bounce, and why."""

    id: int
    public_id: uuid.UUID
    name: str
    email: str
    since: datetime
    why: str

    @property
    def place(self) -> tuple[datetime, int]:
        """Returns its place in the list."""
        return self.since, self.id


_ROWS = (
    select(
        *in_field_order(
            FailingAddress,
            {
                "id": _person.c.id,
                "public_id": _person.c.public_id,
                "name": _person.c.name,
                "email": _person.c.email,
                "since": _person.c.email_failing_at,
                "why": _person.c.email_failure,
            },
        )
    )
    .where(_person.c.email_failing_at.is_not(None), _person.c.closed_at.is_(None))
    .order_by(_person.c.email_failing_at.desc(), _person.c.id.desc())
    .limit(PAGE + 1)
)
_AFTER = _ROWS.where(
    tuple_(_person.c.email_failing_at, _person.c.id)
    < tuple_(bindparam("after_at", type_=UTCDateTime()), bindparam("after_id", type_=Id))
)


def page(session: Session, after: tuple[datetime, int] | None = None) -> list[FailingAddress]:
    """Up to PAGE + 1 people beyond that place, the latest first; one statement."""
    if after is None:
        rows = session.connection().execute(_ROWS)
    else:
        rows = session.connection().execute(_AFTER, {"after_at": after[0], "after_id": after[1]})
    return [FailingAddress(*row) for row in rows]
