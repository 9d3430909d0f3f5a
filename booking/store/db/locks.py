"""Locks, in the one order: programme, occurrences, persons; each ascending by id, before any insert.

On SQLite the transaction itself is the lock (BEGIN IMMEDIATE) and these only read afresh.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload, load_only

from booking.domain import errors
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Programme, Series

_PROGRAMME = select(Programme).with_for_update().execution_options(populate_existing=True)


def programme(session: Session) -> Programme:
    """The programme row, made if it is missing; for publishing only."""
    row = session.scalars(_PROGRAMME).one_or_none()
    if row is None:
        row = Programme(id=1)
        session.add(row)
        session.flush()
    return row


_OCCURRENCES = (
    select(Occurrence)
    .where(Occurrence.id.in_(bindparam("wanted", expanding=True)))
    .order_by(Occurrence.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def occurrences(session: Session, ids: Iterable[int]) -> dict[int, Occurrence]:
    """The occurrences by id; NotFound if one is missing."""
    wanted = sorted(set(ids))
    rows = session.scalars(_OCCURRENCES, {"wanted": list(wanted)}).all()
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


#: What booking needs of the member, and no more.
_BOOKER = _PERSONS.options(
    load_only(
        Person.public_id,
        Person.email,
        Person.name,
        Person.time_zone,
        Person.invitations,
        Person.member_feed_fetched_at,
        Person.wants_reminders,
    )
)


def booker(session: Session, person_id: int) -> Person:
    """The member who books, locked likewise; only what a booking needs of them is read."""
    row = session.scalars(_BOOKER, {"ids": [person_id]}).one_or_none()
    if row is None:
        raise errors.NotFound()
    return row


def persons(session: Session, ids: Iterable[int]) -> dict[int, Person]:
    """The persons by id, locked so that inserts which refer to them go on (FOR NO KEY UPDATE)."""
    wanted = sorted(set(ids))
    rows = session.scalars(_PERSONS, {"ids": wanted}).all()
    if len(rows) != len(wanted):
        raise errors.NotFound()
    return {row.id: row for row in rows}


_NAMES = (Series.slug, Series.kind, Series.title, Series.zone)  # the rest of it is read when it is asked for
_OCCURRENCE = (
    select(Occurrence)
    .where(Occurrence.public_id == bindparam("public_id"))
    .options(joinedload(Occurrence.series, innerjoin=True).load_only(*_NAMES))
    .with_for_update(of=Occurrence)
    .execution_options(populate_existing=True)
)


_HOURS = select(Occurrence.id).where(Occurrence.public_id == bindparam("public_id")).with_for_update()


def hours(session: Session, public_id: uuid.UUID) -> int:
    """Lock the occurrence without reading it: its internal id; NotFound if there is none."""
    found = session.connection().execute(_HOURS, {"public_id": public_id}).scalar_one_or_none()
    if found is None:
        raise errors.NotFound()
    return found


def occurrence(session: Session, public_id: uuid.UUID) -> Occurrence:
    """The one occurrence of that public id, its series read with it; NotFound if there is none."""
    row = session.scalars(_OCCURRENCE, {"public_id": public_id}).one_or_none()
    if row is None:
        raise errors.NotFound()
    return row


def person(session: Session, person_id: int) -> Person:
    return persons(session, [person_id])[person_id]
