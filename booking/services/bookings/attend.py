"""Attendance at a lab or a masterclass: marked by its staff, or by joining from the page."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import bindparam, delete, exists, select

from booking.domain import errors
from booking.domain.bookings import policy
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.people import RoleName
from booking.services.action_context import ActionContext
from booking.services.bookings.enrol import place_in
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.people.people import Person
from booking.store.programme.attendance import Attendance
from booking.store.programme.programme import Occurrence, Roster
from booking.store.queries.programme import enrolled

_ON_ROSTER = select(
    exists().where(Roster.occurrence_id == bindparam("row_id"), Roster.analyst_id == bindparam("staff_id"))
)


@transactional
def mark(context: ActionContext, occurrence_id: uuid.UUID, came: Collection[uuid.UUID]) -> int:
    """Keep that exactly those people (public ids) came, of those who have a place or were marked before; how many.

    Its analysts and any coordinator may, once it has begun. Raises NotFound (also for who may not, and for somebody
    without a place), NotBegun.
    """
    session, now, actor = context.session, context.now, context.actor
    row = locks.occurrence(session, occurrence_id)
    staff = session.get(Person, actor.staff_id)
    is_coordinator = staff is not None and RoleName.COORDINATOR in staff.role_names
    if not is_coordinator and not session.scalar(_ON_ROSTER, {"row_id": row.id, "staff_id": actor.staff_id}):
        raise errors.NotFound()
    if now < row.starts_at:
        raise errors.NotBegun()
    known = {one.public_id: one for one in enrolled.enrolled(session, row.series_id, row.id)}
    if not known.keys() >= set(came):
        raise errors.NotFound()
    before = {one.person_id for one in known.values() if one.came}
    after = {known[public_id].person_id for public_id in came}
    session.execute(
        delete(Attendance).where(Attendance.occurrence_id == row.id, Attendance.member_id.in_(before - after))
    )
    session.add_all(
        Attendance(occurrence_id=row.id, member_id=person_id, marked_by_id=actor.staff_id, marked_at=now)
        for person_id in sorted(after - before)
    )
    session.flush()
    if before != after:
        context.record(
            AuditAction.ATTENDANCE_MARKED, AuditSubject.OCCURRENCE, row.public_id, by=actor.staff_id, came=len(after)
        )
    return len(after)


@transactional
def join(context: ActionContext, occurrence_id: uuid.UUID) -> Occurrence:
    """ "Join now": take a place if the member has none, and note that they came.

    From when its join link opens until its end. Twice is once. Raises NotBegun before, and what `enrol` raises.
    """
    session, now = context.session, context.now
    row, member = place_in(context, occurrence_id)
    if now < policy.join_opens_at(context.organisation.policy_for(row.series.slug), row.starts_at):
        raise errors.NotBegun()
    if session.get(Attendance, (row.id, member.id)) is None:
        session.add(Attendance(occurrence_id=row.id, member_id=member.id, marked_by_id=member.id, marked_at=now))
        session.flush()
    return row
