"""Enrolments: read for the member, for the page, and before one more is accepted."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme.attendance import Attendance
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import CANCELLED, Module, Occurrence, Series

MAX_RESULTS = 200
MAX_PEOPLE = 1000


@dataclass(frozen=True, slots=True)
class EnrolledOccurrence:
    """One occurrence in which a member has a place. `is_whole`: a place in all of the series.

    `recording_url` and `slides_url` are for afterwards, empty until somebody adds them.
    """

    enrolment: uuid.UUID
    is_whole: bool
    occurrence: uuid.UUID
    series: str
    kind: str
    title: str
    module: int | None
    module_title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_cancelled: bool
    reason: str
    recording_url: str
    slides_url: str


_PLACES = (
    select(
        *in_field_order(
            EnrolledOccurrence,
            {
                "enrolment": Enrolment.public_id,
                "is_whole": Enrolment.occurrence_id.is_(None).label("is_whole"),
                "occurrence": Occurrence.public_id.label("occurrence"),
                "series": Series.slug,
                "kind": Series.kind,
                "title": func.coalesce(Occurrence.title, Series.title).label("title"),
                "module": Occurrence.module_number,
                "module_title": func.coalesce(Module.title, "").label("module_title"),
                "starts_at": Occurrence.starts_at,
                "ends_at": Occurrence.ends_at,
                "zone": Series.zone,
                "is_cancelled": (Occurrence.status == CANCELLED).label("is_cancelled"),
                "reason": Occurrence.reason,
                "recording_url": Occurrence.recording_url,
                "slides_url": Occurrence.slides_url,
            },
        )
    )
    .select_from(Enrolment)
    .join(Series, Series.id == Enrolment.series_id)
    .join(
        Occurrence,
        (Occurrence.series_id == Series.id)
        & or_(Enrolment.occurrence_id.is_(None), Enrolment.occurrence_id == Occurrence.id),
    )
    .outerjoin(Module, (Module.series_id == Series.id) & (Module.number == Occurrence.module_number))
    .where(Enrolment.left_at.is_(None))
)


_OF_MEMBER = (
    _PLACES.where(Enrolment.member_id == bindparam("member_id"), Occurrence.starts_at >= bindparam("start"))
    .order_by(Occurrence.starts_at, Occurrence.id, Enrolment.id)
    .limit(bindparam("most"))
)
_IN_OCCURRENCE = _OF_MEMBER.where(Occurrence.public_id == bindparam("occurrence"))


def of_member(
    session: Session, member_id: int, start: datetime, occurrence: uuid.UUID | None = None, most: int = MAX_RESULTS
) -> list[EnrolledOccurrence]:
    """Returns the member's enrolments that start from `start` on, earliest first; one statement."""
    values = {"member_id": member_id, "start": start, "most": most}
    if occurrence is None:
        rows = session.connection().execute(_OF_MEMBER, values)
    else:
        rows = session.connection().execute(_IN_OCCURRENCE, {**values, "occurrence": occurrence})
    found: dict[uuid.UUID, EnrolledOccurrence] = {}
    for row in rows:
        found.setdefault(row.occurrence, EnrolledOccurrence(*row))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class HasPlace:
    """Somebody who has a place in an occurrence, or came without one any more; `came` whether they were marked so."""

    person_id: int
    public_id: uuid.UUID
    name: str
    came: bool


_IN_ALL = (
    Enrolment.series_id == bindparam("series_id"),
    Enrolment.occurrence_id.is_(None),
    Enrolment.left_at.is_(None),
)
_HAVE_A_PLACE = select(Enrolment.member_id).where(
    Enrolment.series_id == bindparam("series_id"),
    or_(Enrolment.occurrence_id.is_(None), Enrolment.occurrence_id == bindparam("occurrence_id")),
    Enrolment.left_at.is_(None),
)
_MARKED = select(Attendance.member_id).where(Attendance.occurrence_id == bindparam("occurrence_id"))
_CAME = exists().where(Attendance.occurrence_id == bindparam("occurrence_id"), Attendance.member_id == Person.id)
_ENROLLED = (
    select(Person.id, Person.public_id, Person.name, _CAME.label("came"))
    .where(Person.id.in_(_HAVE_A_PLACE.union(_MARKED)))
    .order_by(Person.name, Person.id)
    .limit(MAX_PEOPLE)
)
_WHOLE = select(func.count(func.distinct(Enrolment.member_id))).where(*_IN_ALL)
_SINGLE = (
    select(Enrolment.occurrence_id, func.count(func.distinct(Enrolment.member_id)))
    .where(
        Enrolment.series_id == bindparam("series_id"),
        Enrolment.occurrence_id.in_(bindparam("occurrence_ids", expanding=True)),
        Enrolment.left_at.is_(None),
        Enrolment.member_id.not_in(select(Enrolment.member_id).where(*_IN_ALL)),
    )
    .group_by(Enrolment.occurrence_id)
)


def enrolled(session: Session, series_id: int, occurrence_id: int) -> list[HasPlace]:
    """Everybody who has a place in that occurrence of that series, by name; at most 1,000, in one statement."""
    rows = session.execute(_ENROLLED, {"series_id": series_id, "occurrence_id": occurrence_id})
    return [HasPlace(row.id, row.public_id, row.name, bool(row.came)) for row in rows]


def taken(session: Session, series_id: int, occurrence_ids: Collection[int]) -> dict[int, int]:
    """Returns how many are enrolled in each of those occurrences of one series: two statements."""
    whole = session.scalar(_WHOLE, {"series_id": series_id})
    rows = session.execute(_SINGLE, {"series_id": series_id, "occurrence_ids": list(occurrence_ids)})
    single = {occurrence_id: count for occurrence_id, count in rows}
    return {one: (whole or 0) + single.get(one, 0) for one in occurrence_ids}
