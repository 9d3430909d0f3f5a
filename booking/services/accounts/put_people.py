"""Add and change the people of a table, as imports and the page of one person do: all of it or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.people import RoleName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.people.people_table import Listed
from booking.services.accounts import import_plan
from booking.services.accounts.close_account import LastCoordinator
from booking.services.accounts.import_plan import ImportPlan, Pair
from booking.services.action_context import ActionContext
from booking.services.cover import leaving
from booking.store.bookings import bookings
from booking.store.db import locks
from booking.store.people import importing
from booking.store.programme.programme import Occurrence
from booking.store.queries.people import account_holdings

REASON = "They are no longer an analyst."


class WouldOrphan(errors.Refusal):
    """Upcoming bookings would be left without their member; `problems` names each."""

    code = RefusalCode.WOULD_ORPHAN

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class PeopleChanged(errors.Refusal):
    """What would be done is no longer what was shown."""

    code = RefusalCode.PEOPLE_CHANGED


@dataclass(frozen=True, slots=True)
class PutRules:
    """`force`: even if bookings lose their member. `own_wins`: what people set themselves stays. `expected` is the
    fingerprint of the plan that was shown, and `seen` the version of the one person; None where nothing was shown."""

    force: bool = False
    own_wins: bool = True
    expected: str | None = None
    seen: str | None = None


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


def put(context: ActionContext, listed: Sequence[Listed], rules: PutRules) -> Imported:
    """Add or update everybody in the table; an empty cell leaves what is stored.

    A role cell states all the roles of its person; somebody new without one is a member. Dates staffed by somebody who
    loses the analyst role go through cover. One import or publish at a time. Raises PeopleChanged, LastCoordinator and
    WouldOrphan; nothing is written then.
    """
    session, now = context.session, context.now
    locks.programme(session)
    keys = [one.email_key for one in listed]
    known = importing.stored(session, keys)
    staffs = _staffed_by_leavers(session, import_plan.pairs_of(listed, known), now)
    _lock(session, import_plan.pairs_of(listed, known), staffs, now)
    known = importing.stored(session, keys)
    found = import_plan.plan(session, listed, known, context.organisation, now, own_wins=rules.own_wins)
    _check(found, rules)
    importing.add(session, [_columns(one) for one in found.new], now)
    _update(session, found, now)
    leavers = account_holdings.with_ids(session, [one.id for one in found.leavers])
    leaving.leave_together(context, [(person, staffs.get(person.id, [])) for person in leavers], note=REASON)
    _record(context, found)
    return Imported(
        added=len(found.new),
        changed=len(found.changed),
        unchanged=found.unchanged,
        own_kept=found.own_kept,
        orphaned=found.orphans,
        closed=found.closed,
        left=[(one.name, one.bookings) for one in found.leavers],
    )


def _check(found: ImportPlan, rules: PutRules) -> None:
    if rules.expected is not None and found.fingerprint != rules.expected:
        raise PeopleChanged("people have changed since this was shown")
    if rules.seen is not None and [import_plan.version_of(one.stored) for one in found.known] != [rules.seen]:
        raise PeopleChanged("somebody has changed this person since they were shown")
    if found.leaves_no_coordinator:
        raise LastCoordinator("nobody would be a coordinator any more; give somebody else that role first")
    if found.orphans and not rules.force:
        raise WouldOrphan(found.orphans)


def _staffed_by_leavers(session: Session, pairs: Sequence[Pair], now: datetime) -> dict[int, list[Occurrence]]:
    """The occurrences staffed by each person who loses the analyst role, by person's id."""
    return {row.id: leaving.staffed(session, row.id, now) for row in import_plan.leavers_of(pairs)}


def _lock(session: Session, pairs: Sequence[Pair], staffs: Mapping[int, Sequence[Occurrence]], now: datetime) -> None:
    """Lock the occurrences that the import changes or renames somebody on, then the people it changes."""
    renamed = [row.id for one, row in pairs if one.name and one.name != row.name]
    concerned = {row.id for rows in staffs.values() for row in rows}
    locks.occurrences(session, concerned | bookings.shown_in(session, renamed, now))
    covered = account_holdings.booked_with(session, staffs, now)  # no more of them now that their hours are locked
    importing.hold(session, {row.id for _, row in pairs} | covered)


def _columns(listed: Listed) -> dict[str, object]:
    """The columns of a new person; without a name they are called by the part of the address before the @."""
    return {
        "email": listed.email,
        "email_key": listed.email_key,
        "name": listed.name or listed.email.partition("@")[0],
        "time_zone": listed.time_zone or None,
        "member_until": import_plan.last_day(listed, None),
        "meeting_url": listed.meeting_url or None,
        "roles": listed.roles or {RoleName.MEMBER},
    }


def _update(session: Session, found: ImportPlan, now: datetime) -> None:
    """Write what changes of stored people."""
    columns = [{"id": one.stored.id, **one.after} for one in found.changed if one.after != one.before]
    renamed = [one.stored.id for one in found.changed if one.after["name"] != one.before["name"]]
    gone = [(one.stored.id, role) for one in found.changed for role in one.stored.roles - one.roles]
    new = [(one.stored.id, role) for one in found.changed for role in one.roles - one.stored.roles]
    importing.change(session, columns)
    bookings.rename(session, renamed, now)
    importing.take(session, gone)
    importing.grant_roles(session, new)
    leaving.come_back(session, [person_id for person_id, role in new if role == RoleName.ANALYST], now)


def _record(context: ActionContext, found: ImportPlan) -> None:
    """One line for the whole, and one for each person: it stands in the audit trail on their page."""
    if not found.new and not found.changed:
        return
    by = context.actor.staff_or_system_id
    ids = importing.public_ids(
        context.session, [*(one.email_key for one in found.new), *(one.listed.email_key for one in found.changed)]
    )
    added: list[tuple[uuid.UUID, dict[str, Any]]] = [(ids[one.email_key], {}) for one in found.new]
    changed = [(ids[one.listed.email_key], {"columns": [cell[0] for cell in one.cells]}) for one in found.changed]
    context.record_each(AuditAction.ADDED, AuditSubject.PERSON, added, by=by)
    context.record_each(AuditAction.CHANGED, AuditSubject.PERSON, changed, by=by)
    if len(found.new) + len(found.changed) > 1:
        counts = {"added": len(found.new), "changed": len(found.changed), "orphaned": len(found.orphans)}
        context.record(AuditAction.IMPORTED, AuditSubject.PEOPLE, None, by=by, **counts)
