"""Locks, in the one order: programme, occurrences, persons; each ascending by id, before any insert.

On SQLite the transaction itself is the lock (BEGIN IMMEDIATE) and these only read afresh.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from booking.domain import errors
from booking.store.people import Person
from booking.store.programme import Occurrence, Programme


def programme(session: Session) -> Programme:
    """The programme row, made if it is missing; for publishing only."""
    row = session.scalars(select(Programme).with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None:
        row = Programme(id=1)
        session.add(row)
        session.flush()
    return row


def occurrences(session: Session, ids: Iterable[int]) -> dict[int, Occurrence]:
    """The occurrences by id; NotFound if one is missing."""
    wanted = sorted(set(ids))
    rows = session.scalars(
        select(Occurrence)
        .where(Occurrence.id.in_(wanted))
        .order_by(Occurrence.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(rows) != len(wanted):
        raise errors.NotFound()
    return {row.id: row for row in rows}


_PERSONS = (
    select(Person)
    .where(Person.id.in_(bindparam("ids", expanding=True)))
    .order_by(Person.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def persons(session: Session, ids: Iterable[int]) -> dict[int, Person]:
    """The persons by id, locked so that inserts which refer to them go on (FOR NO KEY UPDATE)."""
    wanted = sorted(set(ids))
    rows = session.scalars(_PERSONS, {"ids": wanted}).all()
    if len(rows) != len(wanted):
        raise errors.NotFound()
    return {row.id: row for row in rows}


_OCCURRENCE = (
    select(Occurrence)
    .where(Occurrence.public_id == bindparam("public_id"))
    .options(joinedload(Occurrence.series, innerjoin=True))
    .with_for_update(of=Occurrence)
    .execution_options(populate_existing=True)
)


def occurrence(session: Session, public_id: uuid.UUID) -> Occurrence:
    """The one occurrence of that public id, its series read with it; NotFound if there is none."""
    row = session.scalars(_OCCURRENCE, {"public_id": public_id}).one_or_none()
    if row is None:
        raise errors.NotFound()
    return row


def person(session: Session, person_id: int) -> Person:
    return persons(session, [person_id])[person_id]
