"""What the lines of the audit log are about, as it is now: one statement for each sort of thing on a page."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, null, select
from sqlalchemy.orm import Session

from booking.domain.administration.audit_words import LoggedSubject
from booking.domain.enums.audit import AuditSubject
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.db.base import table_of
from booking.store.db.field_columns import in_field_order
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence, Series
from booking.store.queries.records.audit_list import LoggedAction

_person, _booking, _occurrence, _series = (table_of(one) for one in (Person, Booking, Occurrence, Series))
_waiting, _enrolment, _email = (table_of(one) for one in (WaitlistEntry, Enrolment, OutgoingEmail))
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_NAMES = ("public_id", "person", "title", "starts_at", "zone", "occurrence", "email")
_DATE = {
    "title": func.coalesce(_occurrence.c.title, _series.c.title),
    "zone": _series.c.zone,
    "occurrence": _occurrence.c.public_id,
}


def _columns(**values: Any) -> tuple[Any, ...]:
    """The columns of a LoggedSubject, nothing for those that are not given."""
    given = {name: values.get(name, null()).label(name) for name in _NAMES}
    return in_field_order(LoggedSubject, given)


def _of_member(table: Any, starts_at: Any) -> Select[Any]:
    """A thing of a member's in one occurrence."""
    return (
        select(*_columns(public_id=table.c.public_id, person=_person.c.name, starts_at=starts_at, **_DATE))
        .select_from(table)
        .join(_person, _person.c.id == table.c.member_id)
        .join(_occurrence, _occurrence.c.id == table.c.occurrence_id)
        .join(_series, _series.c.id == _occurrence.c.series_id)
        .where(table.c.public_id.in_(_IDS))
    )


_STATEMENTS: dict[str, Select[Any]] = {
    AuditSubject.BOOKING: _of_member(_booking, _booking.c.starts_at),
    AuditSubject.WAITLIST_ENTRY: _of_member(_waiting, _occurrence.c.starts_at),
    AuditSubject.ENROLMENT: select(
        *_columns(
            public_id=_enrolment.c.public_id,
            person=_person.c.name,
            starts_at=_occurrence.c.starts_at,
            **_DATE,
        )
    )
    .select_from(_enrolment)
    .join(_person, _person.c.id == _enrolment.c.member_id)
    .join(_series, _series.c.id == _enrolment.c.series_id)
    .outerjoin(_occurrence, _occurrence.c.id == _enrolment.c.occurrence_id)
    .where(_enrolment.c.public_id.in_(_IDS)),
    AuditSubject.OCCURRENCE: select(
        *_columns(public_id=_occurrence.c.public_id, starts_at=_occurrence.c.starts_at, **_DATE)
    )
    .join(_series, _series.c.id == _occurrence.c.series_id)
    .where(_occurrence.c.public_id.in_(_IDS)),
    AuditSubject.PERSON: select(*_columns(public_id=_person.c.public_id, person=_person.c.name)).where(
        _person.c.public_id.in_(_IDS)
    ),
    AuditSubject.EMAIL: select(
        *_columns(
            public_id=_email.c.public_id,
            person=func.coalesce(_person.c.name, _email.c.to_email),
            email=_email.c.name,
        )
    )
    .outerjoin(_person, _person.c.id == _email.c.person_id)
    .where(_email.c.public_id.in_(_IDS)),
}
_TITLES = select(_series.c.slug, _series.c.title).where(_series.c.slug.in_(bindparam("slugs", expanding=True)))


def of(session: Session, lines: Iterable[LoggedAction]) -> dict[uuid.UUID, LoggedSubject]:
    """What these lines are about, by public id; what is no longer there is missing. At most six statements."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for line in lines:
        if line.subject_id is not None and line.subject in _STATEMENTS:
            wanted.setdefault(line.subject, set()).add(line.subject_id)
    found: dict[uuid.UUID, LoggedSubject] = {}
    for subject, ids in wanted.items():
        for row in session.connection().execute(_STATEMENTS[subject], {"ids": list(ids)}):
            one = LoggedSubject(*row)
            found[one.public_id] = one
    return found


def titles(session: Session, slugs: Collection[str]) -> dict[str, str]:
    """The titles of series, by slug."""
    if not slugs:
        return {}
    return {slug: title for slug, title in session.connection().execute(_TITLES, {"slugs": sorted(slugs)})}
