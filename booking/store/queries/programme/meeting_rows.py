"""Occurrences and bookings as values: the one place where rows become Meeting and Appointment.

Each function is one statement, whatever the number of rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, select
from sqlalchemy.orm import Session, aliased

from booking.domain.meetings import Appointment, Meeting
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings import bookings
from booking.store.bookings.bookings import Booking
from booking.store.bookings.notes import Note
from booking.store.db.base import UTCDateTime
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme import programme
from booking.store.programme.programme import Module, Occurrence, Roster, Series

NEVER = literal(datetime(1, 1, 1, tzinfo=UTC), UTCDateTime())
NO_LIMIT = 2**31 - 1  # rows, for a list that is not cut

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
        "module": Module.number.label("module"),  # none for a date whose module was taken off the series
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
        "agreed": func.coalesce(Note.agreed, "").label("agreed"),
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
    .outerjoin(Note, Note.booking_id == Booking.id)
)
_MEETING_BY_ID = _MEETINGS.where(Occurrence.public_id == bindparam("public_id"))
_APPOINTMENT_BY_ID = _APPOINTMENTS.where(Booking.public_id == bindparam("public_id"))
_STAFFED = select(Roster.occurrence_id).where(Roster.analyst_id == bindparam("analyst_id"), Roster.is_away.is_(False))
#: What narrows a list, by the name of its value.
_MEETING_FILTERS: dict[str, ColumnElement[bool]] = {
    "start": Occurrence.starts_at >= bindparam("start"),
    "end": Occurrence.starts_at < bindparam("end"),
    "kinds": Series.kind.in_(bindparam("kinds", expanding=True)),
    "series_slug": Series.slug == bindparam("series_slug"),
    "analyst_id": Occurrence.id.in_(_STAFFED),
}
_APPOINTMENT_FILTERS: dict[str, ColumnElement[bool]] = {
    "member_id": Booking.member_id == bindparam("member_id"),
    "analyst_id": Booking.analyst_id == bindparam("analyst_id"),
    "occurrence_id": Booking.occurrence_id == bindparam("occurrence_id"),
    "start": Booking.starts_at >= bindparam("start"),
    "end": Booking.starts_at < bindparam("end"),
}
_earlier = aliased(Booking)
#: The start of the earliest booking that is shown of those that started before `since`.
_FIRST_SHOWN = (
    select(_earlier.starts_at)
    .where(_earlier.member_id == bindparam("member_id"), _earlier.starts_at < bindparam("since"))
    .order_by(_earlier.starts_at.desc())
    .offset(bindparam("passed"))
    .limit(1)
    .scalar_subquery()
)
_OF_MEMBER = _APPOINTMENTS.where(
    Booking.member_id == bindparam("member_id"), Booking.starts_at >= func.coalesce(_FIRST_SHOWN, NEVER)
).order_by(Booking.starts_at, Booking.public_id)
_PRESENTERS = (
    select(Person.name)
    .join(Roster, Roster.analyst_id == Person.id)
    .join(Occurrence, Occurrence.id == Roster.occurrence_id)
    .where(Occurrence.public_id == bindparam("public_id"), Roster.is_away.is_(False))
    .order_by(Roster.position, Person.id)
)
_NEXT_AT = (
    select(Occurrence.starts_at)
    .where(Occurrence.starts_at > bindparam("since"), Occurrence.ends_at > bindparam("now"))
    .order_by(Occurrence.starts_at, Occurrence.id)
    .limit(1)
)


@cache
def _meetings_by(filters: tuple[str, ...]) -> Select[Any]:
    """The occurrences narrowed by those filters; built once for each set of them."""
    narrowed = _MEETINGS.where(*(_MEETING_FILTERS[name] for name in filters))
    return narrowed.order_by(Occurrence.starts_at, Occurrence.public_id)


@cache
def _appointments_by(filters: tuple[str, ...], *, latest_first: bool) -> Select[Any]:
    """The bookings narrowed by those filters, at most `most` of them; built once for each set of them."""
    narrowed = _APPOINTMENTS.where(*(_APPOINTMENT_FILTERS[name] for name in filters))
    order = (Booking.starts_at, Booking.public_id)
    ordered = narrowed.order_by(*(column.desc() for column in order) if latest_first else order)
    return ordered.limit(bindparam("most"))


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
    asked = {
        "start": start,
        "end": end,
        "kinds": None if kinds is None else list(kinds),
        "series_slug": series_slug,
        "analyst_id": analyst_id,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return [Meeting(*row) for row in session.connection().execute(_meetings_by(tuple(given)), given)]


def meeting(session: Session, public_id: uuid.UUID) -> Meeting | None:
    """The occurrence of that id, or None."""
    row = session.connection().execute(_MEETING_BY_ID, {"public_id": public_id}).one_or_none()
    return None if row is None else Meeting(*row)


def presenters(session: Session, public_id: uuid.UUID) -> list[str]:
    """The names of those on the roster of that occurrence who can come, in order."""
    return list(session.scalars(_PRESENTERS, {"public_id": public_id}))


def next_at(session: Session, now: datetime) -> datetime | None:
    """The start of the earliest occurrence that is not over at `now`, cancelled or not; None if there is none."""
    values = {"since": now - MAX_DURATION, "now": now}
    return session.connection().execute(_NEXT_AT, values).scalar_one_or_none()


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
    asked = {
        "member_id": member_id,
        "analyst_id": analyst_id,
        "occurrence_id": occurrence_id,
        "start": start,
        "end": end,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    statement = _appointments_by(tuple(given), latest_first=latest is not None)
    most = next((most for most in (latest, first) if most is not None), NO_LIMIT)
    return [_appointment(row) for row in session.connection().execute(statement, {**given, "most": most})]


def of_member(
    session: Session, member_id: int, since: datetime, most_before: int
) -> tuple[list[Appointment], list[Appointment]]:
    """A member's bookings: those that start from `since` on, earliest first, and the latest before it, latest first."""
    values = {"member_id": member_id, "since": since, "passed": most_before - 1}
    found = [_appointment(row) for row in session.connection().execute(_OF_MEMBER, values)]
    later = [one for one in found if one.starts_at >= since]
    earlier = [one for one in reversed(found) if one.starts_at < since]
    return later, earlier[:most_before]


def appointment(session: Session, public_id: uuid.UUID) -> Appointment | None:
    """The booking of that id, or None."""
    row = session.connection().execute(_APPOINTMENT_BY_ID, {"public_id": public_id}).one_or_none()
    return None if row is None else _appointment(row)


def _appointment(row: Any) -> Appointment:
    values = tuple(row)
    booking_id, *rest = values[: len(_BOOKING)]
    return Appointment(booking_id, Meeting(*values[len(_BOOKING) :]), *rest)
