"""Enrol in a lab or a masterclass, all of it or one date, and leave again."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Organisation
from booking.services.action_context import ActionContext
from booking.services.steps import leave_place, offer_places
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import SCHEDULED, Occurrence
from booking.store.queries.programme import enrolled, occurrence_lookup, place_queue


@transactional
def enrol(context: ActionContext, occurrence_id: uuid.UUID, *, whole: bool = False) -> Enrolment:
    """Take a place in one occurrence, or with `whole` in every one of its series that is still to come.

    Twice is once; a place in all takes in the single ones. Staff may do it for a member. Raises NotFound,
    NotEnrollable, OccurrenceCancelled, AlreadyOver, NotAMember, MembershipEnded, Full.
    """
    return _enrol(context, occurrence_id, whole=whole)[0]


def place_in(context: ActionContext, occurrence_id: uuid.UUID) -> tuple[Occurrence, Person]:
    """See to it that the member has a place in that occurrence; both are locked. Raises what `enrol` raises."""
    _, row, member = _enrol(context, occurrence_id, whole=False)
    return row, member


def _enrol(context: ActionContext, occurrence_id: uuid.UUID, *, whole: bool) -> tuple[Enrolment, Occurrence, Person]:
    session, now = context.session, context.now
    one = occurrence_lookup.with_public_id(session, occurrence_id)
    if one is None:
        raise errors.NotFound()
    concerned = _to_come(session, one.series_id, now) if whole else [one.id]
    rows = locks.occurrences(session, sorted({*concerned, one.id}))
    member = locks.person(session, context.actor.for_member_id)
    row = rows[one.id]
    check_may_enrol(context, row, member)
    had = _places(session, member.id, row)
    same = next((place for place in had if (place.occurrence_id is None) or not whole), None)
    if same is not None:
        return same, row, member
    _check_capacity(context, row, concerned, member)
    for waits in place_queue.of_member_in(session, concerned, member.id):
        offer_places.end(context, waits, WaitlistOutcome.BOOKED)
    made = _add(context, row, member, [rows[i] for i in concerned], whole=whole)
    return made, row, member


def _add(
    context: ActionContext, row: Occurrence, member: Person, concerned: list[Occurrence], *, whole: bool
) -> Enrolment:
    """Write the place, its email and its line in the audit log."""
    session, now = context.session, context.now
    made = Enrolment(
        member_id=member.id,
        series_id=row.series_id,
        occurrence_id=None if whole else row.id,
        revised_at=now.replace(microsecond=0),
        created_at=now,
    )
    for single in _singles(session, member.id, row.series_id) if whole else []:
        single.left_at = now
    session.flush()
    session.add(made)
    session.flush()
    _tell(context, made, member, row, concerned)
    by_id = context.actor.present_id
    context.record(AuditAction.ENROLLED, AuditSubject.ENROLMENT, made.public_id, by=by_id, whole=whole)
    return made


def add_place(context: ActionContext, row: Occurrence, member: Person) -> Enrolment:
    """Enrol the member in that one date, whose place is theirs already; both are locked."""
    return _add(context, row, member, [row], whole=False)


def has_place(session: Session, member_id: int, row: Occurrence) -> Enrolment | None:
    """The member's enrolment that takes in the date; None without one."""
    return next(iter(_places(session, member_id, row)), None)


def check_may_enrol(context: ActionContext, row: Occurrence, member: Person) -> None:
    """Raise why the member may not enrol in that date, full or not."""
    organisation = context.organisation
    if organisation.kinds[row.series.kind].bookable:
        raise errors.NotEnrollable()
    if row.status != SCHEDULED:
        raise errors.OccurrenceCancelled()
    if row.ends_at <= context.now:
        raise errors.AlreadyOver(row.ends_at)
    _check_member(member, row, organisation)


_TO_COME = (
    select(Occurrence.id)
    .where(
        Occurrence.series_id == bindparam("series_id"),
        Occurrence.ends_at > bindparam("now"),
        Occurrence.status == SCHEDULED,
    )
    .order_by(Occurrence.id)
    .limit(enrolled.MAX_RESULTS)
)


def _to_come(session: Session, series_id: int, now: datetime) -> list[int]:
    return list(session.scalars(_TO_COME, {"series_id": series_id, "now": now}))


def _check_member(member: Person, row: Occurrence, organisation: Organisation) -> None:
    """Raises unless a member on its day; a date after the end of a membership stays, but its join link stays closed."""
    if RoleName.MEMBER not in member.role_names or member.closed_at is not None:
        raise errors.NotAMember()
    last = member.member_until
    if last is not None and zones.today(row.starts_at, organisation.zone) > last:
        raise errors.MembershipEnded(last, is_trial=member.is_trial)


_PLACES = select(Enrolment).where(
    Enrolment.member_id == bindparam("member_id"),
    Enrolment.series_id == bindparam("series_id"),
    Enrolment.left_at.is_(None),
    Enrolment.occurrence_id.is_(None) | (Enrolment.occurrence_id == bindparam("row_id")),
)


def _places(session: Session, member_id: int, row: Occurrence) -> list[Enrolment]:
    """The member's places that take in the occurrence, the one in all of the series first."""
    found = session.scalars(_PLACES, {"member_id": member_id, "series_id": row.series_id, "row_id": row.id}).all()
    return sorted(found, key=lambda place: place.occurrence_id is not None)


_SINGLES = select(Enrolment).where(
    Enrolment.member_id == bindparam("member_id"),
    Enrolment.series_id == bindparam("series_id"),
    Enrolment.occurrence_id.is_not(None),
    Enrolment.left_at.is_(None),
)


def _singles(session: Session, member_id: int, series_id: int) -> list[Enrolment]:
    return list(session.scalars(_SINGLES, {"member_id": member_id, "series_id": series_id}))


def _check_capacity(context: ActionContext, row: Occurrence, concerned: list[int], member: Person) -> None:
    """Raise Full where a date has no place left: places that are held for others count as taken.

    Those who wait come first: what is free is held for them before anybody else has it.
    """
    session, capacity = context.session, context.organisation.policy_for(row.series.slug).capacity
    if not capacity:
        return
    for occurrence_id in set(concerned) & set(place_queue.awaited_in_series(session, row.series_id)):
        offer_places.serve_places(context, occurrence_id)
    held = place_queue.held(session, concerned, context.now, member.id)
    taken = enrolled.taken(session, row.series_id, concerned)
    if any(count + held.get(one, 0) >= capacity for one, count in taken.items()):
        raise errors.Full(capacity)


def _tell(
    context: ActionContext, made: Enrolment, member: Person, row: Occurrence, concerned: list[Occurrence]
) -> None:
    titles = {module.number: module.title for module in row.series.modules}
    lines = [
        {
            "occurrence": str(one.public_id),
            "title": one.title or row.series.title,
            "number": one.module_number,
            "module": titles.get(one.module_number or 0, ""),
            "starts_at": email_facts.stamp(one.starts_at),
        }
        for one in sorted(concerned, key=lambda one: one.starts_at)[:20]
    ]
    told = {
        "enrolment": str(made.public_id),
        "occurrence": str(row.public_id),
        "series": row.series.slug,
        "title": row.series.title,
        "zone": row.series.zone,
        "count": len(concerned),
        "lines": lines,
    }
    emails.enqueue(context.session, EmailName.ENROLLED, member.email, told, context.now, person_id=member.id)


@transactional
def leave(context: ActionContext, enrolment_id: uuid.UUID) -> Enrolment:
    """Give the place up; twice is once. Raises NotFound for what is nobody's, or somebody else's."""
    place = leave_place.locked(context, enrolment_id, lambda seen: context.actor.may_act_for(seen.member_id))
    if place.left_at is None:
        leave_place.end(context, place)
        context.record(
            AuditAction.LEFT, AuditSubject.ENROLMENT, place.public_id, by=context.actor.recorded(place.member_id)
        )
    return place
