"""What a table of people would do: who is new, what changes, what is in the way. Read, never written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.domain import wording, zones
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Organisation
from booking.domain.people.people_table import NEVER, Listed
from booking.store.people import importing, people
from booking.store.people.importing import StoredPerson
from booking.store.queries.people import account_holdings

#: Columns of a stored person that an import changes, and those that people can set themselves.
COLUMNS = ("name", "time_zone", "member_until", "meeting_url")
OWN_COLUMNS = ("name", "time_zone", "meeting_url")
ROLE = "role"
Pair = tuple[Listed, StoredPerson]


@dataclass(frozen=True, slots=True)
class PersonChange:
    """One line about somebody who is stored; `kept` are columns that it would change and that are their own."""

    listed: Listed
    stored: StoredPerson
    before: Mapping[str, object]
    after: Mapping[str, object]
    roles: frozenset[str]
    kept: frozenset[str]

    @property
    def is_changed(self) -> bool:
        return self.after != self.before or self.roles != self.stored.roles

    @property
    def cells(self) -> list[tuple[str, object, object]]:
        """Returns (column, value as it is, value as it would be) of what changes; roles as sorted lists."""
        found: list[tuple[str, object, object]] = [
            (name, self.before[name], self.after[name]) for name in COLUMNS if self.before[name] != self.after[name]
        ]
        if self.roles != self.stored.roles:
            found.append((ROLE, sorted(self.stored.roles), sorted(self.roles)))
        return found


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who would no longer be an analyst, and how many bookings go to others."""

    id: int
    name: str
    bookings: int


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """`orphans` names each booking that would be left without its member."""

    new: list[Listed]
    known: list[PersonChange]
    orphans: list[str]
    leavers: list[Leaver]
    leaves_no_coordinator: bool

    @property
    def changed(self) -> list[PersonChange]:
        return [one for one in self.known if one.is_changed]

    @property
    def unchanged(self) -> int:
        return sum(not one.is_changed for one in self.known)

    @property
    def own_kept(self) -> int:
        """Returns how many cells differ from what people have set themselves, and are passed over."""
        return sum(len(one.kept) for one in self.known)

    @property
    def closed(self) -> list[str]:
        """Returns the addresses whose account is closed, and stays so."""
        return sorted(one.listed.email for one in self.known if one.stored.is_closed)

    @property
    def fingerprint(self) -> str:
        """Returns what stands for all of it: another plan has another one."""
        parts = [
            [one.email_key for one in self.new],
            [[one.stored.id, one.cells] for one in self.changed],
            [self.orphans, [[one.id, one.bookings] for one in self.leavers], self.leaves_no_coordinator],
        ]
        return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


def version_of(stored: StoredPerson) -> str:
    """What stands for everything that an import can change of somebody: another value has another version."""
    values = [sorted(stored.roles), *(getattr(stored, name) for name in COLUMNS)]
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:16]


def pairs_of(listed: Sequence[Listed], known: Mapping[str, StoredPerson]) -> list[Pair]:
    """Each line about somebody who is stored, with what is stored."""
    return [(one, known[one.email_key]) for one in listed if one.email_key in known]


def leavers_of(pairs: Sequence[Pair]) -> list[StoredPerson]:
    """Those who lose the analyst role."""
    return [
        row
        for one, row in pairs
        if RoleName.ANALYST in row.roles and one.roles and RoleName.ANALYST not in one.roles and not row.is_closed
    ]


def plan(
    session: Session,
    listed: Sequence[Listed],
    known: Mapping[str, StoredPerson],
    organisation: Organisation,
    now: datetime,
    *,
    own_wins: bool = True,
) -> ImportPlan:
    """Work out what the table would do to these stored people; `own_wins`: what people set themselves stays."""
    pairs = pairs_of(listed, known)
    changes = [_change(one, row, own_wins=own_wins) for one, row in pairs]
    new = [one for one in listed if one.email_key not in known]
    leavers = [
        Leaver(row.id, row.name, len(account_holdings.staffed_bookings(session, row.id, now)))
        for row in leavers_of(pairs)
    ]
    orphans = _orphans(session, pairs, organisation, now)
    return ImportPlan(new, changes, orphans, leavers, _leaves_no_coordinator(session, new, changes))


def last_day(listed: Listed, stored: date | None) -> date | None:
    """The last day of the membership once imported; None for one without."""
    return stored if listed.member_until is None else None if listed.member_until == NEVER else listed.member_until


def _change(listed: Listed, row: StoredPerson, *, own_wins: bool) -> PersonChange:
    before = {name: getattr(row, name) for name in COLUMNS}
    wanted = _wanted(listed, row)
    own = {name for name in OWN_COLUMNS if getattr(row, f"{name}_is_own") and wanted[name] != before[name]}
    kept = frozenset(own if own_wins else ())
    after = {name: before[name] if name in kept else value for name, value in wanted.items()}
    return PersonChange(listed, row, before, after, listed.roles or row.roles, kept)


def _wanted(listed: Listed, row: StoredPerson) -> dict[str, object]:
    """The columns as the table states them; an empty cell leaves what is stored."""
    return {
        "name": listed.name or row.name,
        "time_zone": row.time_zone if listed.time_zone is None else listed.time_zone or None,
        "member_until": last_day(listed, row.member_until),
        "meeting_url": row.meeting_url if listed.meeting_url is None else listed.meeting_url or None,
    }


def _leaves_no_coordinator(session: Session, new: Sequence[Listed], changes: Sequence[PersonChange]) -> bool:
    """Whether nobody could coordinate any more, where somebody can now."""
    losing = {one.stored.id for one in changes if RoleName.COORDINATOR in one.stored.roles - one.roles}
    if not losing:
        return False
    gained = any(RoleName.COORDINATOR in one.roles for one in new) or any(
        RoleName.COORDINATOR in one.roles and not one.stored.is_closed for one in changes
    )
    now = {one.id for one in people.coordinators(session)}
    return bool(now) and not gained and now <= losing


def _orphans(session: Session, pairs: Sequence[Pair], organisation: Organisation, now: datetime) -> list[str]:
    """Every upcoming booking that the import, and not something before it, would leave without its member."""
    losing: dict[int, frozenset[str]] = {}
    until: dict[int, tuple[date, date]] = {}  # the last day as it is, and as it would be
    for one, row in pairs:
        losing[row.id] = row.roles - one.roles if one.roles else frozenset()
        before = row.member_until or date.max
        until[row.id] = (before, one.member_until or before)
    problems = []
    for booking in importing.coming(session, now):
        when = wording.when(booking.starts_at, None, organisation.zone)
        starts_on = zones.today(booking.starts_at, organisation.zone)
        before, after = until.get(booking.member_id, (date.max, date.max))
        if RoleName.MEMBER in losing.get(booking.member_id, ()) or after < starts_on <= before:
            problems.append(f"{booking.member} has a booking on {when}, when they'd no longer be a member")
    return problems
