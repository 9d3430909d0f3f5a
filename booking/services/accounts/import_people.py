"""Import people from a table: all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.domain import errors, wording, zones
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.people import RoleName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.organisation import Organisation
from booking.domain.people.people_table import NEVER, Listed
from booking.services.action_context import ActionContext
from booking.services.cover import leaving
from booking.services.transaction import transactional
from booking.store.bookings import bookings
from booking.store.db import locks
from booking.store.people import importing
from booking.store.people.importing import StoredPerson
from booking.store.programme.programme import Occurrence
from booking.store.queries.people import account_holdings

REASON = "They are no longer an analyst."
#: Columns of a stored person that an import changes, and those that people can set themselves.
COLUMNS = ("name", "time_zone", "member_until", "meeting_url")
OWN_COLUMNS = ("name", "time_zone", "meeting_url")


class WouldOrphan(errors.Refusal):
    """The import would leave upcoming bookings without their member; `problems` names each."""

    code = RefusalCode.WOULD_ORPHAN

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(slots=True)
class Imported:
    """The result of an import. `own_kept` counts cells that differ from what people have set themselves; `closed` names
    addresses whose account is closed, and stays so; `left` those who are no longer analysts, with the number of
    bookings that went through cover."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    own_kept: int = 0
    orphaned: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    left: list[tuple[str, int]] = field(default_factory=list)


@transactional
def import_people(context: ActionContext, people: Sequence[Listed], *, force: bool = False) -> Imported:
    """Add or update everybody in the table; an empty cell leaves what is stored, what people set themselves wins.

    A role cell states all the roles of its person; somebody new without one is a member. Raises WouldOrphan, unless
    forced, where a member with an upcoming booking would lose the role or the membership that it stands on; then
    nothing is written. Dates staffed by somebody who loses the analyst role go through cover. One import or
    publish at a time.
    """
    session, now = context.session, context.now
    locks.programme(session)
    keys = [person.email_key for person in people]
    known = importing.stored(session, keys)
    staffs = _staffed_by_leavers(session, _pairs(people, known), now)
    _lock(session, people, known, staffs, now)
    known = importing.stored(session, keys)
    pairs = _pairs(people, known)
    done = Imported(orphaned=_orphans(session, pairs, context.organisation, now))
    if done.orphaned and not force:
        raise WouldOrphan(done.orphaned)
    done.closed = sorted(person.email for person, row in pairs if row.is_closed)
    new = [person for person in people if person.email_key not in known]
    importing.add(session, [_columns(person) for person in new], now)
    done.added = len(new)
    _update(session, pairs, now, done)
    for person in account_holdings.with_ids(session, staffs):
        count = len(account_holdings.staffed_bookings(session, person.id, now))
        leaving.leave(context, person, staffs[person.id], note=REASON)
        done.left.append((person.name, count))
    if done.added or done.changed:
        counts = {"added": done.added, "changed": done.changed, "orphaned": len(done.orphaned)}
        context.record(AuditAction.IMPORTED, AuditSubject.PEOPLE, None, by=context.actor.staff_or_system_id, **counts)
    return done


def _staffed_by_leavers(
    session: Session, pairs: Sequence[tuple[Listed, StoredPerson]], now: datetime
) -> dict[int, list[Occurrence]]:
    """The occurrences staffed by each person who loses the analyst role, by person's id."""
    return {
        row.id: leaving.staffed(session, row.id, now)
        for person, row in pairs
        if RoleName.ANALYST in row.roles and person.roles and RoleName.ANALYST not in person.roles
    }


def _lock(
    session: Session,
    people: Sequence[Listed],
    known: Mapping[str, StoredPerson],
    staffs: Mapping[int, Sequence[Occurrence]],
    now: datetime,
) -> None:
    """Lock the occurrences that the import changes or renames somebody on, then the people it changes."""
    renamed = [row.id for person, row in _pairs(people, known) if person.name and person.name != row.name]
    concerned = {row.id for rows in staffs.values() for row in rows}
    locks.occurrences(session, concerned | bookings.shown_in(session, renamed, now))
    covered = account_holdings.booked_with(session, staffs, now)  # no more of them now that their hours are locked
    importing.hold(session, {row.id for row in known.values()} | covered)


def _pairs(people: Sequence[Listed], known: Mapping[str, StoredPerson]) -> list[tuple[Listed, StoredPerson]]:
    return [(person, known[person.email_key]) for person in people if person.email_key in known]


def _columns(person: Listed) -> dict[str, object]:
    """The columns of a new person; without a name they are called by the part of the address before the @."""
    return {
        "email": person.email,
        "email_key": person.email_key,
        "name": person.name or person.email.partition("@")[0],
        "time_zone": person.time_zone,
        "member_until": _last_day(person, None),
        "meeting_url": person.meeting_url or None,
        "roles": person.roles or {RoleName.MEMBER},
    }


def _last_day(person: Listed, stored: date | None) -> date | None:
    """The last day of the membership once imported; None for one without."""
    return stored if person.member_until is None else None if person.member_until == NEVER else person.member_until


def _orphans(
    session: Session, pairs: Sequence[tuple[Listed, StoredPerson]], organisation: Organisation, now: datetime
) -> list[str]:
    """Every upcoming booking that the import, and not something before it, would leave without its member."""
    losing: dict[int, frozenset[str]] = {}
    until: dict[int, tuple[date, date]] = {}  # the last day as it is, and as it would be
    for person, row in pairs:
        losing[row.id] = row.roles - person.roles if person.roles else frozenset()
        before = row.member_until or date.max
        until[row.id] = (before, person.member_until or before)
    problems = []
    for booking in importing.coming(session, now):
        when = wording.when(booking.starts_at, None, organisation.zone)
        starts_on = zones.today(booking.starts_at, organisation.zone)
        before, after = until.get(booking.member_id, (date.max, date.max))
        if RoleName.MEMBER in losing.get(booking.member_id, ()) or after < starts_on <= before:
            problems.append(f"{booking.member} has a booking on {when}, when they'd no longer be a member")
    return problems


def _update(session: Session, pairs: Sequence[tuple[Listed, StoredPerson]], now: datetime, done: Imported) -> None:
    """Write what the table changes of stored people, and count it in `done`."""
    changes: list[dict[str, object]] = []
    renamed: list[int] = []
    gone: list[tuple[int, str]] = []
    new: list[tuple[int, str]] = []
    for person, row in pairs:
        before = {name: getattr(row, name) for name in COLUMNS}
        wanted = _wanted(person, row)
        own = {name for name in OWN_COLUMNS if getattr(row, f"{name}_is_own") and wanted[name] != before[name]}
        done.own_kept += len(own)
        after = {name: before[name] if name in own else value for name, value in wanted.items()}
        roles = person.roles or row.roles
        gone += [(row.id, role) for role in row.roles - roles]
        new += [(row.id, role) for role in roles - row.roles]
        if after["name"] != before["name"]:
            renamed.append(row.id)
        if after != before:
            changes.append({"id": row.id, **after})
        is_changed = after != before or roles != row.roles
        done.changed += is_changed
        done.unchanged += not is_changed
    importing.change(session, changes)
    bookings.rename(session, renamed, now)
    importing.take(session, gone)
    importing.grant_roles(session, new)
    leaving.come_back(session, [person_id for person_id, role in new if role == RoleName.ANALYST], now)


def _wanted(person: Listed, row: StoredPerson) -> dict[str, object]:
    """The columns as the table states them; an empty cell leaves what is stored."""
    return {
        "name": person.name or row.name,
        "time_zone": person.time_zone or row.time_zone,
        "member_until": _last_day(person, row.member_until),
        "meeting_url": row.meeting_url if person.meeting_url is None else person.meeting_url or None,
    }
