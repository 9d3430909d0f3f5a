"""Block one quarter of an analyst's hours, so that nobody books it, and open it again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from booking.domain import errors
from booking.domain.bookings.slots import QUARTER
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.refusals import RefusalCode
from booking.services.action_context import ActionContext
from booking.services.steps import pass_on
from booking.services.transaction import transactional
from booking.store.bookings import claims
from booking.store.db import locks
from booking.store.people.people import Person
from booking.store.programme.programme import SCHEDULED, Occurrence, Roster


class NotBlockable(errors.Refusal):
    """The quarter is booked or held for somebody, so it cannot be blocked."""

    code = RefusalCode.NOT_BLOCKABLE


@dataclass(frozen=True, slots=True)
class AnalystQuarter:
    """One quarter of an hour of one analyst (a public id) in one occurrence, by its UTC start."""

    occurrence: uuid.UUID
    analyst: uuid.UUID
    starts_at: datetime


_STAFFS = (
    select(Person.id, Person.name)
    .join(Roster, Roster.analyst_id == Person.id)
    .where(
        Person.public_id == bindparam("analyst"),
        Roster.occurrence_id == bindparam("occurrence_id"),
        Roster.is_away.is_(False),
    )
)


@transactional
def block(context: ActionContext, quarter: AnalystQuarter) -> bool:
    """Block the quarter; any staff may, for any analyst. Returns False where it is blocked already.

    Raises NotFound (also for who isn't on the roster), OutsideHours, OccurrenceCancelled, AlreadyOver, NotBlockable.
    """
    session, now = context.session, context.now
    row, analyst_id, name = _locked(context, quarter)
    if row.status != SCHEDULED:
        raise errors.OccurrenceCancelled()
    if now >= quarter.starts_at + QUARTER:
        raise errors.AlreadyOver(quarter.starts_at + QUARTER)
    pass_on.lapse_due_offers(context, row.id)
    if (analyst_id, quarter.starts_at) in claims.blocked(
        session, [analyst_id], quarter.starts_at, quarter.starts_at + QUARTER
    ):
        return False
    try:
        with session.begin_nested():
            claims.block(session, analyst_id, quarter.starts_at, now)
    except IntegrityError as error:
        raise NotBlockable() from error
    _record(context, AuditAction.BLOCKED, quarter, name)
    return True


@transactional
def unblock(context: ActionContext, quarter: AnalystQuarter) -> bool:
    """Open a blocked quarter again; those who wait for it come first. Returns False where it isn't blocked.

    Raises NotFound, OutsideHours.
    """
    row, analyst_id, name = _locked(context, quarter)
    if not claims.unblock(context.session, analyst_id, quarter.starts_at):
        return False
    _record(context, AuditAction.UNBLOCKED, quarter, name)
    pass_on.pass_on(context, row.id)
    return True


def _locked(context: ActionContext, quarter: AnalystQuarter) -> tuple[Occurrence, int, str]:
    """The occurrence, locked, and the analyst's internal id and name."""
    session = context.session
    row = session.get_one(Occurrence, locks.hours(session, quarter.occurrence), populate_existing=True)
    found = session.execute(_STAFFS, {"analyst": quarter.analyst, "occurrence_id": row.id}).one_or_none()
    if row.series.kind not in context.organisation.bookable or found is None or not context.actor.is_staff:
        raise errors.NotFound()
    offset = quarter.starts_at - row.starts_at
    if offset % QUARTER or not row.starts_at <= quarter.starts_at <= row.ends_at - QUARTER:
        raise errors.OutsideHours()
    return row, found.id, found.name


def _record(context: ActionContext, action: AuditAction, quarter: AnalystQuarter, name: str) -> None:
    details = {"analyst": name, "starts_at": quarter.starts_at.isoformat()}
    context.record(action, AuditSubject.OCCURRENCE, quarter.occurrence, by=context.actor.staff_id, **details)
