"""Occurrences and bookings as values: the one place where rows become Meeting and Appointment.

Each function is one statement, whatever the number of rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from booking.domain.meetings import Appointment, Meeting
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings import bookings
from booking.store.bookings.bookings import Booking
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme import programme
from booking.store.programme.programme import Module, Occurrence, Roster, Series

_counted = (
    select(Module.series_id, func.count().label("modules")).group_by(Module.series_id).subquery("modules_of_series")
)
_analyst = aliased(Person, name="analyst")
_member = aliased(Person, name="member")


_MEETING = in_field_order(
    Meeting,
    {
        "public_id": Occurrence.public_id,
        "series_slug": Series.slug,
        "series_title": Series.title.label("series_title"),
        "summary": Series.summary,
        "kind": Series.kind,
        "title": func.coalesce(Occurrence.title, Series.title).label("title"),
        "module": Occurrence.module_number,
        "modules": func.coalesce(_counted.c.modules, 0).label("modules"),
        "module_title": func.coalesce(Module.title, "").label("module_title"),
        "starts_at": Occurrence.starts_at,
        "ends_at": Occurrence.ends_at,
        "zone": Series.zone,
        "is_cancelled": (Occurrence.status == programme.CANCELLED).label("is_cancelled"),
        "reason": Occurrence.reason,
        "moved_from_at": Occurrence.moved_from_at,
        "sequence": Occurrence.sequence,
        "revised_at": Occurrence.revised_at,
    },
)
_BOOKING = in_field_order(
    Appointment,
    {
        "public_id": Booking.public_id.label("booking_public_id"),
        "starts_at": Booking.starts_at.label("slot_starts_at"),
        "ends_at": Booking.ends_at.label("slot_ends_at"),
        "minutes": Booking.minutes,
        "analyst": _analyst.name.label("analyst_name"),
        "analyst_public_id": _analyst.public_id.label("analyst_public_id"),
        "member": _member.name.label("member_name"),
        "member_public_id": _member.public_id.label("member_public_id"),
        "chose_analyst": Booking.chose_analyst,
        "topic": Booking.topic,
        "link": Booking.link,
        "is_cancelled": (Booking.status == bookings.CANCELLED).label("booking_is_cancelled"),
        "cancelled_by": Booking.cancelled_by,
        "is_late": Booking.is_late,
        "reason": Booking.reason.label("booking_reason"),
        "outcome": Booking.outcome,
        "is_invited": Booking.is_invited,
        "sequence": Booking.sequence.label("booking_sequence"),
        "revised_at": Booking.revised_at.label("booking_revised_at"),
        "began_at": Booking.began_at,
        "entered_at": Booking.entered_at,
    },
    without=["meeting"],
)


def _with_series(statement: Select[Any]) -> Select[Any]:
    return (
        statement.join(Series, Series.id == Occurrence.series_id)
        .outerjoin(Module, and_(Module.series_id == Series.id, Module.number == Occurrence.module_number))
        .outerjoin(_counted, _counted.c.series_id == Series.id)
    )


_MEETINGS = _with_series(select(*_MEETING).select_from(Occurrence))
_APPOINTMENTS = _with_series(
    select(*_BOOKING, *_MEETING)
    .select_from(Booking)
    .join(Occurrence, Occurrence.id == Booking.occurrence_id)
    .join(_analyst, _analyst.id == Booking.analyst_id)
    .join(_member, _member.id == Booking.member_id)
)


def meetings(
    session: Session,
    start: datetime,
    end: datetime,
    kinds: Collection[str] | None = None,
    series_slug: str | None = None,
    analyst_id: int | None = None,
) -> list[Meeting]:
    """The occurrences that start in [start, end), cancelled ones too, by (starts_at, public_id).

    `kinds` are names of kinds, None for all; `analyst_id` keeps those whose roster has this person.
    """
    wanted: list[ColumnElement[bool]] = [Occurrence.starts_at >= start, Occurrence.starts_at < end]
    if kinds is not None:
        wanted.append(Series.kind.in_(kinds))
    if series_slug is not None:
        wanted.append(Series.slug == series_slug)
    if analyst_id is not None:
        wanted.append(
            Occurrence.id.in_(
                select(Roster.occurrence_id).where(Roster.analyst_id == analyst_id, Roster.is_away.is_(False))
            )
        )
    found = session.execute(_MEETINGS.where(*wanted).order_by(Occurrence.starts_at, Occurrence.public_id))
    return [Meeting(*row) for row in found]


def meeting(session: Session, public_id: uuid.UUID) -> Meeting | None:
    """The occurrence of that id, or None."""
    row = session.execute(_MEETINGS.where(Occurrence.public_id == public_id)).one_or_none()
    return None if row is None else Meeting(*row)


def presenters(session: Session, public_id: uuid.UUID) -> list[str]:
    """The names of those on the roster of that occurrence who can come, in order."""
    return list(
        session.scalars(
            select(Person.name)
            .join(Roster, Roster.analyst_id == Person.id)
            .join(Occurrence, Occurrence.id == Roster.occurrence_id)
            .where(Occurrence.public_id == public_id, Roster.is_away.is_(False))
            .order_by(Roster.position, Person.id)
        )
    )


def next_at(session: Session, now: datetime) -> datetime | None:
    """The start of the earliest occurrence that is not over at `now`, cancelled or not; None if there is none."""
    coming = select(Occurrence.starts_at).where(Occurrence.starts_at > now - MAX_DURATION, Occurrence.ends_at > now)
    return session.execute(coming.order_by(Occurrence.starts_at, Occurrence.id).limit(1)).scalar_one_or_none()


def appointments(
    session: Session,
    *,
    member_id: int | None = None,
    analyst_id: int | None = None,
    occurrence_id: int | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    latest: int | None = None,
    first: int | None = None,
) -> list[Appointment]:
    """The bookings whose slot starts in [start, end), cancelled ones too, by (starts_at, public_id).

    What is None does not narrow; with `first` only that many, with `latest` the last ones, latest first.
    """
    statement = _APPOINTMENTS
    if member_id is not None:
        statement = statement.where(Booking.member_id == member_id)
    if analyst_id is not None:
        statement = statement.where(Booking.analyst_id == analyst_id)
    if occurrence_id is not None:
        statement = statement.where(Booking.occurrence_id == occurrence_id)
    if start is not None:
        statement = statement.where(Booking.starts_at >= start)
    if end is not None:
        statement = statement.where(Booking.starts_at < end)
    order = (Booking.starts_at, Booking.public_id)
    if latest is not None:
        statement = statement.order_by(*(column.desc() for column in order)).limit(latest)
    else:
        statement = statement.order_by(*order).limit(first)
    return [_appointment(row) for row in session.execute(statement)]


def appointment(session: Session, public_id: uuid.UUID) -> Appointment | None:
    """The booking of that id, or None."""
    row = session.execute(_APPOINTMENTS.where(Booking.public_id == public_id)).one_or_none()
    return None if row is None else _appointment(row)


def _appointment(row: Any) -> Appointment:
    values = tuple(row)
    booking_id, *rest = values[: len(_BOOKING)]
    return Appointment(booking_id, Meeting(*values[len(_BOOKING) :]), *rest)
