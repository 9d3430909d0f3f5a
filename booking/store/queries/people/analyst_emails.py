"""The addresses of analysts, by which files name them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.enums.people import RoleName
from booking.store.db.base import table_of
from booking.store.people.people import Person, Role

_person, _role = table_of(Person), table_of(Role)
_EMAILS = (
    select(_person.c.id, _person.c.email)
    .join(_role, _role.c.person_id == _person.c.id)
    .where(_role.c.role == RoleName.ANALYST, _person.c.closed_at.is_(None))
)


def by_id(session: Session) -> dict[int, str]:
    """The addresses of everybody who is an analyst with an open account, by internal id."""
    return {person_id: email for person_id, email in session.execute(_EMAILS)}
