"""Reminders for those enrolled: written when their hour comes, since a lab goes on for a year and has thousands."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, bindparam, delete, exists, or_, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain import zones
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Organisation
from booking.store.db.base import Base, Id, table_of
from booking.store.people.people import Person, Role
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import SCHEDULED, Occurrence, Series


class ReminderProgress(Base):
    """Progress: how far the reminders of an occurrence at that time have been written: to everybody up to the internal
    id `up_to_id`, in that order; None when it is everybody. What has moved has another `starts_at`, and begins anew.
    """

    __tablename__ = "reminder_progress"

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id", ondelete="CASCADE"), primary_key=True)
    hours: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    up_to_id: Mapped[int | None] = mapped_column(Id)


@dataclass(frozen=True, slots=True)
class Due:
    """One occurrence whose reminder, so many hours before it, is due and not written to everybody; `on` is its day in
    the programme's zone, which a membership has to cover."""

    occurrence_id: int
    public_id: uuid.UUID
    series_id: int
    starts_at: datetime
    hours: int
    on: date

    @property
    def due_at(self) -> datetime:
        return self.starts_at - timedelta(hours=self.hours)


def hours_now(starts_at: datetime, hours: Sequence[int], now: datetime) -> int | None:
    """Returns the reminder that is due: of those whose hour has come the last; None before the first of them."""
    return min((n for n in hours if starts_at - timedelta(hours=n) <= now), default=None)


_IS_SOON = (Occurrence.starts_at > bindparam("now"), Occurrence.starts_at <= bindparam("latest"))
_MARKS = (
    select(ReminderProgress)
    .join(Occurrence, Occurrence.id == ReminderProgress.occurrence_id)
    .where(*_IS_SOON, ReminderProgress.starts_at == Occurrence.starts_at)
    .execution_options(populate_existing=True)
)
_SOON = (
    select(Occurrence.id, Occurrence.public_id, Series.id, Occurrence.starts_at, Occurrence.revised_at, Series.slug)
    .join(Series, Series.id == Occurrence.series_id)
    .where(*_IS_SOON, Occurrence.status == SCHEDULED, Series.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(Occurrence.starts_at, Occurrence.id)
)


def due(session: Session, organisation: Organisation, now: datetime) -> list[Due]:
    """Returns the reminders that are due, earliest first: two reads, for the worker.

    Left out is what came to its time, or was published with something new, when the hour was past: whoever is enrolled
    mostly has an email about that (not where a publish was undone, or told of nothing that emails tell).
    """
    policies = (organisation.policy, *organisation.series_policies.values())
    latest = now + timedelta(hours=max((n for policy in policies for n in policy.reminder_hours), default=0))
    soon = {"now": now, "latest": latest}
    marks = {(row.occurrence_id, row.hours): row.up_to_id for row in session.scalars(_MARKS, soon)}
    rows = session.execute(_SOON, {**soon, "kinds": list(organisation.without_slots)})
    found = []
    for occurrence_id, public_id, series_id, starts_at, revised_at, slug in rows:
        hours = hours_now(starts_at, organisation.policy_for(slug).reminder_hours, now)
        if hours is None:
            continue
        one = Due(occurrence_id, public_id, series_id, starts_at, hours, zones.today(starts_at, organisation.zone))
        mark = (occurrence_id, hours)
        if marks[mark] is not None if mark in marks else revised_at < one.due_at:
            found.append(one)
    return found


_LOCKED = (
    select(Occurrence.id)
    .where(
        Occurrence.id == bindparam("occurrence_id"),
        Occurrence.status == SCHEDULED,
        Occurrence.starts_at == bindparam("starts_at"),
    )
    .with_for_update()
)


def locked(session: Session, one: Due) -> ReminderProgress | None:
    """The mark to go on from, with its occurrence locked; None where nothing is left, or it is not on at that time."""
    if session.scalar(_LOCKED, {"occurrence_id": one.occurrence_id, "starts_at": one.starts_at}) is None:
        return None
    key = (one.occurrence_id, one.hours, one.starts_at)
    mark = session.get(ReminderProgress, key, populate_existing=True)
    if mark is None:
        mark = ReminderProgress(occurrence_id=one.occurrence_id, hours=one.hours, starts_at=one.starts_at, up_to_id=0)
        session.add(mark)
        session.flush()
    return mark if mark.up_to_id is not None else None


_PLACES = select(Enrolment.member_id).where(
    Enrolment.series_id == bindparam("series_id"),
    Enrolment.left_at.is_(None),
    Enrolment.created_at < bindparam("due_at"),
)
_HAVE_A_PLACE = union_all(
    _PLACES.where(Enrolment.occurrence_id.is_(None)),
    _PLACES.where(Enrolment.occurrence_id == bindparam("occurrence_id")),
)
_READERS = (
    select(Person.id, Person.email)
    .where(Person.id.in_(_HAVE_A_PLACE), Person.id > bindparam("after_id"))
    .where(Person.wants_reminders, Person.closed_at.is_(None))
    .where(or_(Person.member_until.is_(None), Person.member_until >= bindparam("on")))
    .where(exists().where(Role.person_id == Person.id, Role.role == RoleName.MEMBER))
    .order_by(Person.id)
    .limit(bindparam("most"))
)


def readers(session: Session, one: Due, after_id: int, most: int) -> list[tuple[int, str]]:
    """Up to `most` members (internal id, address) by id who are reminded: enrolled when its hour was still to come."""
    values = {
        "series_id": one.series_id,
        "occurrence_id": one.occurrence_id,
        "due_at": one.due_at,
        "on": one.on,
        "after_id": after_id,
        "most": most,
    }
    return [(row.id, row.email) for row in session.execute(_READERS, values)]


_FORGET = delete(table_of(ReminderProgress)).where(ReminderProgress.starts_at <= bindparam("now"))


def forget(session: Session, now: datetime) -> None:
    """Nobody is reminded of what has begun."""
    session.connection().execute(_FORGET, {"now": now})
