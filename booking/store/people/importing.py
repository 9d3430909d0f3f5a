"""Shared steps of an import of people: reading, holding, adding and changing many at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.db.base import new_public_id
from booking.store.people.people import Person, Role
from booking.store.programme.programme import Occurrence, Roster, SeriesAnalyst

CHUNK = 5000  # values in one statement; SQLite takes 32,766 and PostgreSQL 65,535
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """One person as an import finds them."""

    roles: frozenset[str]
    id: int
    name: str
    name_is_own: bool
    time_zone: str | None
    time_zone_is_own: bool
    member_until: date | None
    meeting_url: str | None
    meeting_url_is_own: bool
    is_closed: bool


@dataclass(frozen=True, slots=True)
class UpcomingBooking:
    """A confirmed booking that has not begun; `member` is the name, for saying whose."""

    starts_at: datetime
    member_id: int
    member: str


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


#: What an import reads of a person, in the order of the fields of Stored after its roles.
_COLUMNS = (
    Person.id,
    Person.name,
    Person.name_is_own,
    Person.time_zone,
    Person.time_zone_is_own,
    Person.member_until,
    Person.meeting_url,
    Person.meeting_url_is_own,
    Person.closed_at.is_not(None),
)


_STORED = select(Person.email_key, *_COLUMNS).where(Person.email_key.in_(bindparam("chunk", expanding=True)))
_ROLES = select(Role.person_id, Role.role).join(Person).where(Person.email_key.in_(bindparam("chunk", expanding=True)))


def stored(session: Session, keys: Sequence[str]) -> dict[str, StoredPerson]:
    """Returns the known ones of these addresses, by what addresses are compared by."""
    found: list[Any] = []
    roles: dict[int, set[str]] = {}
    for chunk in _chunks(keys):
        found += session.execute(_STORED, {"chunk": list(chunk)})
        for person_id, role in session.execute(_ROLES, {"chunk": list(chunk)}):
            roles.setdefault(person_id, set()).add(role)
    return {key: StoredPerson(frozenset(roles.get(row_id, ())), row_id, *rest) for key, row_id, *rest in found}


_PUBLIC_IDS = select(Person.email_key, Person.public_id).where(Person.email_key.in_(bindparam("chunk", expanding=True)))


def public_ids(session: Session, keys: Sequence[str]) -> dict[str, uuid.UUID]:
    """Returns the public ids of these addresses, by what addresses are compared by."""
    found: dict[str, uuid.UUID] = {}
    for chunk in _chunks(keys):
        rows = session.execute(_PUBLIC_IDS, {"chunk": list(chunk)})
        found |= {key: public_id for key, public_id in rows}
    return found


_ROSTERED = (
    select(Roster.occurrence_id, Roster.analyst_id).join(Occurrence).where(Occurrence.starts_at > bindparam("now"))
)


def rostered(session: Session, now: datetime) -> list[tuple[int, int]]:
    """(occurrence, analyst) of every roster that is still to begin."""
    rows = session.execute(_ROSTERED, {"now": now})
    return [(occurrence_id, analyst_id) for occurrence_id, analyst_id in rows]


_HOLD = (
    select(Person.id)
    .where(Person.id.in_(bindparam("chunk", expanding=True)))
    .order_by(Person.id)
    .with_for_update(key_share=True)
)


def hold(session: Session, ids: Collection[int]) -> None:
    """Lock the persons, ascending by id, without reading them (FOR NO KEY UPDATE)."""
    for chunk in _chunks(sorted(ids)):
        session.execute(_HOLD, {"chunk": list(chunk)})


_COMING = (
    select(Booking.starts_at, Booking.member_id, Person.name)
    .join(Occurrence, Occurrence.id == Booking.occurrence_id)
    .join(Person, Person.id == Booking.member_id)
    .where(Occurrence.starts_at > bindparam("since"), Booking.starts_at > bindparam("now"), Booking.status == CONFIRMED)
    .order_by(Booking.starts_at, Booking.id)
)


def coming(session: Session, now: datetime) -> list[UpcomingBooking]:
    """Every confirmed booking that has not begun, earliest first."""
    rows = session.execute(_COMING, {"since": now - MAX_DURATION, "now": now})
    return [UpcomingBooking(*row) for row in rows]


_IDS = select(Person.email_key, Person.id).where(Person.email_key.in_(bindparam("chunk", expanding=True)))


def add(session: Session, people: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Add people; each a mapping of columns, with their `roles` beside them."""
    if not people:
        return
    rows = [
        {"public_id": new_public_id(), "created_at": now, **{k: v for k, v in person.items() if k != "roles"}}
        for person in people
    ]
    session.execute(insert(Person), rows)
    ids: dict[str, int] = {}
    for chunk in _chunks([row["email_key"] for row in rows]):
        ids |= {key: person_id for key, person_id in session.execute(_IDS, {"chunk": list(chunk)})}
    grant_roles(session, [(ids[person["email_key"]], role) for person in people for role in sorted(person["roles"])])


def change(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set columns of people; each a mapping that holds `id` too, all with the same keys."""
    if rows:
        session.execute(update(Person), [dict(row) for row in rows])


def grant_roles(session: Session, roles: Sequence[tuple[int, str]]) -> None:
    """Add roles, each as (person, role)."""
    if roles:
        session.execute(insert(Role), [{"person_id": person_id, "role": role} for person_id, role in roles])


def take(session: Session, roles: Sequence[tuple[int, str]]) -> None:
    """Take roles away, each as (person, role)."""
    for role in sorted({role for _, role in roles}):
        for chunk in _chunks([person_id for person_id, lost in roles if lost == role]):
            session.execute(delete(Role).where(Role.role == role, Role.person_id.in_(chunk)))


def leave_rosters(session: Session, analyst_ids: Sequence[int], now: datetime) -> None:
    """Nobody can book them any more; where they are booked, they stay."""
    to_come = select(Occurrence.id).where(Occurrence.starts_at > now)
    is_booked = exists().where(
        Booking.occurrence_id == Roster.occurrence_id,
        Booking.analyst_id == Roster.analyst_id,
        Booking.status == CONFIRMED,
    )
    session.execute(delete(SeriesAnalyst).where(SeriesAnalyst.analyst_id.in_(analyst_ids)))
    session.execute(
        delete(Roster).where(Roster.analyst_id.in_(analyst_ids), Roster.occurrence_id.in_(to_come), ~is_booked)
    )
