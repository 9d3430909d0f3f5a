"""The bookings of everybody, as a coordinator looks through them: filtered, by start, one page after another."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, time
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from booking.domain.enums.bookings import BookingStatus, VisitOutcome
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.db.base import Id, UTCDateTime, table_of
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Series

PAGE = 60  # bookings on one page
Place = tuple[datetime, int]  # of a booking in the list: its start and its internal id


@dataclass(frozen=True, slots=True)
class ListedBooking:
    """One booking in the list. `title` is the occurrence's own if it has one, else its series'; `zone` the series'."""

    id: int
    public_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    minutes: int
    zone: str
    occurrence_public_id: uuid.UUID
    title: str
    analyst: str
    member: str
    member_email: str
    member_public_id: uuid.UUID
    status: str
    cancelled_by: str | None
    outcome: str | None

    @property
    def place(self) -> Place:
        """Returns its place in the list."""
        return self.starts_at, self.id

    @property
    def is_cancelled(self) -> bool:
        return self.status == BookingStatus.CANCELLED

    def may_change(self, now: datetime) -> bool:
        """Whether staff can move or cancel it: neither cancelled nor marked nor over."""
        return self.status == CONFIRMED and self.outcome is None and now < self.ends_at


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """What to list; None does not narrow it. Starts lie in [`since`, `until`).

    `not_marked_at`: those that have begun by then and that nobody has marked.
    """

    since: datetime | None = None
    until: datetime | None = None
    series_id: int | None = None
    analyst_id: int | None = None
    member_ids: tuple[int, ...] | None = None
    status: BookingStatus | None = None
    outcome: VisitOutcome | None = None
    not_marked_at: datetime | None = None

    @property
    def is_rising(self) -> bool:
        """Whether the earliest come first: from a first day on, else back from the last."""
        return self.since is not None

    def values(self) -> dict[str, Any]:
        """Returns what narrows the list, by field."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if value is not None}


_booking, _occurrence, _series, _person = (table_of(one) for one in (Booking, Occurrence, Series, Person))
_member, _analyst = _person.alias("member"), _person.alias("analyst")
_HERE = tuple_(_booking.c.starts_at, _booking.c.id)
_AFTER = tuple_(bindparam("after_at", type_=UTCDateTime()), bindparam("after_id", type_=Id))
_OF_SERIES = select(_occurrence.c.id).where(_occurrence.c.series_id == bindparam("series_id"))
#: What each field of a BookingFilter asks for, and what comes beyond a place. The `+ 0` keeps SQLite from collecting
#: and sorting all that a series ever had: by start, a page of it is soon together.
_CONDITIONS = {
    "since": _booking.c.starts_at >= bindparam("since"),
    "until": _booking.c.starts_at < bindparam("until"),
    "series_id": (_booking.c.occurrence_id + 0).in_(_OF_SERIES),
    "analyst_id": _booking.c.analyst_id == bindparam("analyst_id"),
    "member_ids": _booking.c.member_id.in_(bindparam("member_ids", expanding=True)),
    "status": _booking.c.status == bindparam("status"),
    "outcome": _booking.c.outcome == bindparam("outcome"),
    "not_marked_at": and_(
        _booking.c.starts_at <= bindparam("not_marked_at"),
        _booking.c.status == CONFIRMED,
        _booking.c.outcome.is_(None),
    ),
    "after": _HERE > _AFTER,
    "before": _HERE < _AFTER,
}
#: The ids of one page; an index has every column, unless they are of one analyst or of some members.
_IDS = select(_booking.c.id).limit(bindparam("most"))
_ROWS = (
    select(
        *in_field_order(
            ListedBooking,
            {
                "id": _booking.c.id,
                "public_id": _booking.c.public_id,
                "starts_at": _booking.c.starts_at,
                "ends_at": _booking.c.ends_at,
                "minutes": _booking.c.minutes,
                "zone": _series.c.zone,
                "occurrence_public_id": _occurrence.c.public_id.label("occurrence_public_id"),
                "title": func.coalesce(_occurrence.c.title, _series.c.title).label("title"),
                "analyst": _analyst.c.name.label("analyst"),
                "member": _member.c.name.label("member"),
                "member_email": _member.c.email.label("member_email"),
                "member_public_id": _member.c.public_id.label("member_public_id"),
                "status": _booking.c.status,
                "cancelled_by": _booking.c.cancelled_by,
                "outcome": _booking.c.outcome,
            },
        )
    )
    .join(_occurrence, _occurrence.c.id == _booking.c.occurrence_id)
    .join(_series, _series.c.id == _occurrence.c.series_id)
    .join(_member, _member.c.id == _booking.c.member_id)
    .join(_analyst, _analyst.c.id == _booking.c.analyst_id)
)


@cache
def _statement(names: frozenset[str], *, is_rising: bool) -> Select[Any]:
    """The statement with these conditions: one of a few hundred, each put together once."""
    order = (_booking.c.starts_at, _booking.c.id)
    by = order if is_rising else tuple(column.desc() for column in order)
    ids = _IDS.where(*(_CONDITIONS[name] for name in sorted(names))).order_by(*by).subquery()
    return _ROWS.join(ids, ids.c.id == _booking.c.id).order_by(*by)


def page(session: Session, narrowed: BookingFilter, after: Place | None, most: int) -> list[ListedBooking]:
    """Up to `most` bookings beyond that place, by start; one statement."""
    values = narrowed.values()
    names = set(values)
    if after is not None:
        values["after_at"], values["after_id"] = after
        names.add("after" if narrowed.is_rising else "before")
    statement = _statement(frozenset(names), is_rising=narrowed.is_rising)
    return [ListedBooking(*row) for row in session.connection().execute(statement, {**values, "most": most})]


@dataclass(frozen=True, slots=True)
class SeriesChoice:
    """A series as a filter offers it; `rrule` and `start_wall` tell it from others of the same title."""

    id: int
    slug: str
    title: str
    rrule: str
    start_wall: time


@dataclass(frozen=True, slots=True)
class AnalystChoice:
    """An analyst as a filter offers them."""

    id: int
    public_id: uuid.UUID
    name: str


_SERIES = (
    select(_series.c.id, _series.c.slug, _series.c.title, _series.c.rrule, _series.c.start_wall)
    .where(_series.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(_series.c.title, _series.c.slug)
)
#: Every analyst_id that bookings have, by one look-up in the index for each, where DISTINCT would read all of it.
_FIRST = select(func.min(_booking.c.analyst_id).label("id")).cte("with_bookings", recursive=True)
_NEXT = select(func.min(_booking.c.analyst_id)).where(_booking.c.analyst_id > _FIRST.c.id).scalar_subquery()
_WITH_BOOKINGS = _FIRST.union_all(select(_NEXT).where(_FIRST.c.id.is_not(None)))
_ANALYSTS = (
    select(_analyst.c.id, _analyst.c.public_id, _analyst.c.name)
    .join(_WITH_BOOKINGS, _WITH_BOOKINGS.c.id == _analyst.c.id)
    .order_by(_analyst.c.name, _analyst.c.id)
)


def series(session: Session, kinds: Collection[str]) -> list[SeriesChoice]:
    """The series of these kinds, by title."""
    return [SeriesChoice(*row) for row in session.connection().execute(_SERIES, {"kinds": sorted(kinds)})]


def analysts(session: Session) -> list[AnalystChoice]:
    """Everybody whom a booking was ever with, by name: those who are no analysts any more are among them."""
    return [AnalystChoice(*row) for row in session.connection().execute(_ANALYSTS)]
