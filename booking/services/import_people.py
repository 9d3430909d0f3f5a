"""Import people from a table: all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session, aliased

from booking.domain import errors, wording, zones
from booking.domain.organisation import Organisation
from booking.domain.people import Listed
from booking.services.deed import deed
from booking.store import locks, register
from booking.store.base import new_public_id
from booking.store.bookings import CONFIRMED, Booking
from booking.store.people import Person, Role
from booking.store.programme import Occurrence, Roster, SeriesAnalyst

CHUNK = 500  # addresses in one statement


class WouldOrphan(errors.Refusal):
    """The import would leave coming bookings without their member or analyst; `problems` names each."""

    code = "would-orphan"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(slots=True)
class Imported:
    """What an import came to. `own_kept` counts cells that people had set themselves, and which stayed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    own_kept: int = 0
    orphaned: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stored:
    id: int
    name: str
    name_is_own: bool
    time_zone: str | None
    time_zone_is_own: bool
    member_until: date | None
    roles: frozenset[str]


@deed
def import_people(
    session: Session, people: Sequence[Listed], organisation: Organisation, now: datetime, *, force: bool = False
) -> Imported:
    """Add or update everybody in the table; an empty cell leaves what is stored, what people set themselves wins.

    Raises WouldOrphan, unless forced, where somebody with a coming booking would lose the role or the membership
    that it stands on; then nothing is written.
    """
    stored = _stored(session, [person.email for person in people])
    ids = sorted(row.id for row in stored.values())
    for start in range(0, len(ids), CHUNK):
        locks.persons(session, ids[start : start + CHUNK])
    stored = _stored(session, [person.email for person in people])
    done = Imported()
    done.orphaned = _orphans(session, people, stored, organisation, now)
    if done.orphaned and not force:
        raise WouldOrphan(done.orphaned)
    _add(session, [person for person in people if person.email not in stored], now, done)
    _update(session, [(person, stored[person.email]) for person in people if person.email in stored], now, done)
    counts = {"added": done.added, "changed": done.changed, "orphaned": len(done.orphaned)}
    if done.added or done.changed:
        register.write(session, "imported", "people", None, now, **counts)
    return done


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def _stored(session: Session, emails: Sequence[str]) -> dict[str, _Stored]:
    found: dict[str, Any] = {}
    roles: dict[int, set[str]] = {}
    for chunk in _chunks(emails):
        for email, *values in session.execute(
            select(
                Person.email,
                Person.id,
                Person.name,
                Person.name_is_own,
                Person.time_zone,
                Person.time_zone_is_own,
                Person.member_until,
            ).where(Person.email.in_(chunk))
        ):
            found[email] = values
        for person_id, role in session.execute(
            select(Role.person_id, Role.role).join(Person).where(Person.email.in_(chunk))
        ):
            roles.setdefault(person_id, set()).add(role)
    return {email: _Stored(*values, roles=frozenset(roles.get(values[0], ()))) for email, values in found.items()}


def _orphans(
    session: Session, people: Sequence[Listed], stored: dict[str, _Stored], organisation: Organisation, now: datetime
) -> list[str]:
    """Every coming booking that the import would leave without its member or its analyst."""
    losing_member: dict[int, date | None] = {}
    losing_analyst: set[int] = set()
    for person in people:
        row = stored.get(person.email)
        if row is None:
            continue
        if person.roles and "member" in row.roles - person.roles:
            losing_member[row.id] = None
        elif person.member_until is not None:
            losing_member[row.id] = person.member_until
        if person.roles and "analyst" in row.roles - person.roles:
            losing_analyst.add(row.id)
    problems = []
    for booking, member, analyst in _coming(session, list(losing_member), list(losing_analyst), now):
        when = wording.when(booking.starts_at, None, organisation.zone)
        until = losing_member.get(booking.member_id, date.max)
        starts_on = zones.today(booking.starts_at, organisation.zone)
        if booking.member_id in losing_member and (until is None or starts_on > until):
            problems.append(f"{member} is booked on {when}, and would no longer be a member then")
        if booking.analyst_id in losing_analyst:
            problems.append(f"{analyst} has a booking on {when}, and would no longer be an analyst")
    return problems


def _coming(
    session: Session, member_ids: list[int], analyst_ids: list[int], now: datetime
) -> list[tuple[Booking, str, str]]:
    found: dict[int, tuple[Booking, str, str]] = {}
    member, analyst = aliased(Person), aliased(Person)
    for column, ids in ((Booking.member_id, member_ids), (Booking.analyst_id, analyst_ids)):
        for start in range(0, len(ids), CHUNK):
            rows = session.execute(
                select(Booking, member.name, analyst.name)
                .join(member, member.id == Booking.member_id)
                .join(analyst, analyst.id == Booking.analyst_id)
                .where(column.in_(ids[start : start + CHUNK]), Booking.starts_at > now, Booking.status == CONFIRMED)
                .order_by(Booking.starts_at)
            )
            found |= {booking.id: (booking, m, a) for booking, m, a in rows}
    return sorted(found.values(), key=lambda row: (row[0].starts_at, row[0].id))


def _add(session: Session, people: Sequence[Listed], now: datetime, done: Imported) -> None:
    if not people:
        return
    rows = [
        {
            "public_id": new_public_id(),
            "email": person.email,
            "name": person.name or person.email.partition("@")[0],
            "time_zone": person.time_zone,
            "member_until": person.member_until,
            "created_at": now,
        }
        for person in people
    ]
    ids = session.scalars(insert(Person).returning(Person.id, sort_by_parameter_order=True), rows).all()
    roles = [
        {"person_id": person_id, "role": role}
        for person_id, person in zip(ids, people, strict=True)
        for role in sorted(person.roles or {"member"})
    ]
    session.execute(insert(Role), roles)
    done.added = len(rows)


def _update(session: Session, pairs: Sequence[tuple[Listed, _Stored]], now: datetime, done: Imported) -> None:
    changes: list[dict[str, object]] = []
    gone: list[tuple[int, str]] = []
    new: list[dict[str, object]] = []
    for person, row in pairs:
        name = person.name or row.name
        zone = person.time_zone or row.time_zone
        done.own_kept += (row.name_is_own and name != row.name) + (row.time_zone_is_own and zone != row.time_zone)
        values = {
            "name": row.name if row.name_is_own else name,
            "time_zone": row.time_zone if row.time_zone_is_own else zone,
            "member_until": person.member_until or row.member_until,
        }
        roles = person.roles or row.roles
        gone += [(row.id, role) for role in row.roles - roles]
        new += [{"person_id": row.id, "role": role} for role in sorted(roles - row.roles)]
        differs = values != {"name": row.name, "time_zone": row.time_zone, "member_until": row.member_until}
        if differs:
            changes.append({"id": row.id, **values})
        done.changed += differs or roles != row.roles
        done.unchanged += not differs and roles == row.roles
    if changes:
        session.execute(update(Person), changes)
    for role in {role for _, role in gone}:
        losing = [person_id for person_id, lost in gone if lost == role]
        for start in range(0, len(losing), CHUNK):
            session.execute(delete(Role).where(Role.role == role, Role.person_id.in_(losing[start : start + CHUNK])))
        if role == "analyst":
            _leave_rosters(session, losing, now)
    if new:
        session.execute(insert(Role), new)


def _leave_rosters(session: Session, analyst_ids: list[int], now: datetime) -> None:
    """Whoever is no analyst any more is offered in no clinic to come; where they are booked they stay."""
    coming = select(Occurrence.id).where(Occurrence.starts_at > now)
    is_booked = exists().where(
        Booking.occurrence_id == Roster.occurrence_id,
        Booking.analyst_id == Roster.analyst_id,
        Booking.status == CONFIRMED,
    )
    for start in range(0, len(analyst_ids), CHUNK):
        chunk = analyst_ids[start : start + CHUNK]
        session.execute(delete(SeriesAnalyst).where(SeriesAnalyst.analyst_id.in_(chunk)))
        session.execute(
            delete(Roster).where(Roster.analyst_id.in_(chunk), Roster.occurrence_id.in_(coming), ~is_booked)
        )
