"""Versions of feeds, asked before they render: has anything changed, and whose address is this."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, true
from sqlalchemy.orm import Session

from booking.domain.enums.people import RoleName
from booking.domain.meetings import Departed
from booking.store.bookings.bookings import Booking
from booking.store.bookings.departures import Departure
from booking.store.db.base import table_of
from booking.store.people.people import Person, Role
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence, Programme, Roster, Series

MEMBER = RoleName.MEMBER
ANALYST = RoleName.ANALYST
GENERATION = {MEMBER: Person.member_feed_generation, ANALYST: Person.analyst_feed_generation}
FETCHED_AT = {MEMBER: Person.member_feed_fetched_at, ANALYST: Person.analyst_feed_fetched_at}


@dataclass(frozen=True, slots=True)
class ProgrammeVersion:
    """The state of the programme. `version` rises with each change that a public feed shows, at `at`.

    The instant tells a version from the one of the same number before a restored backup. `uid_domain` is None until
    the first publish.
    """

    version: int
    at: datetime | None
    uid_domain: str | None

    @property
    def edition(self) -> tuple[int, datetime | None]:
        """Returns the name of this state."""
        return self.version, self.at


@dataclass(frozen=True, slots=True)
class Owner:
    """Returns the owner of the private feed, and all that says whether it has changed.

    `fetched_at` is when a calendar first fetched it, None if none has; `kinds` what its owner has ticked, None for what
    is ticked at first. `changes` rises with every change of a booking of theirs, of a member's enrolments, and with
    each booking that leaves an analyst. `member_until` is the last day of a membership.
    """

    person_id: int
    generation: int
    fetched_at: datetime | None
    kinds: frozenset[str] | None
    published: ProgrammeVersion
    changes: int
    member_until: date | None = None


_PUBLISHED = select(Programme.version, Programme.published_at, Programme.uid_domain)


def published(session: Session) -> ProgrammeVersion:
    """The programme's version and domain; zero and None where nothing was ever published."""
    row = session.execute(_PUBLISHED).one_or_none()
    return ProgrammeVersion(0, None, None) if row is None else ProgrammeVersion(*row)


_SERIES = select(Series.slug, Series.title, Series.terms).order_by(Series.id.desc())
_TITLE = select(Series.slug, Series.title).where(Series.slug == bindparam("slug"))


def series(session: Session, slug: str) -> tuple[str, str] | None:
    """The slug and title of the series that is, or once was, called so; None if there never was one."""
    found = session.execute(_TITLE, {"slug": slug}).one_or_none()
    if found is not None:
        return found.slug, found.title
    renamed = session.execute(_SERIES)
    return next(((row.slug, row.title) for row in renamed if slug in row.terms.get("was", ())), None)


_person, _programme = table_of(Person), table_of(Programme)
_booking, _enrolment, _departure = table_of(Booking), table_of(Enrolment), table_of(Departure)


def _owner_of(role: RoleName) -> Select[Any]:
    """Each booking and enrolment counts one more than its SEQUENCE: a new one and a changed one both raise the sum.

    One that leaves an analyst takes its part away, and its departure brings more.
    """
    whose = {MEMBER: _booking.c.member_id, ANALYST: _booking.c.analyst_id}[role]
    booked = select(func.coalesce(func.sum(_booking.c.sequence + 1), 0)).where(
        whose == _person.c.id, _booking.c.starts_at >= bindparam("start")
    )
    others = {
        MEMBER: select(func.coalesce(func.sum(_enrolment.c.sequence + 1), 0)).where(
            _enrolment.c.member_id == _person.c.id
        ),
        ANALYST: select(func.coalesce(func.sum(_departure.c.sequence), 0)).where(
            _departure.c.analyst_id == _person.c.id
        ),
    }
    return (
        select(
            _person.c.id,
            _person.c[GENERATION[role].key],
            _person.c[FETCHED_AT[role].key],
            _person.c.feed_kinds,
            _programme.c.version,
            _programme.c.published_at,
            _programme.c.uid_domain,
            booked.scalar_subquery() + others[role].scalar_subquery(),
            _person.c.member_until,
        )
        .select_from(
            _person.join(table_of(Role), (Role.person_id == _person.c.id) & (Role.role == role)).outerjoin(
                _programme, true()
            )
        )
        .where(_person.c.public_id == bindparam("public_id"), _person.c.closed_at.is_(None))
    )


_OWNER = {role: _owner_of(role) for role in GENERATION}


def owner(session: Session, public_id: uuid.UUID, role: RoleName, start: datetime) -> Owner | None:
    """The open account of that id that has the role, `member` or `analyst`; else None. One statement.

    `start` is where the feed's window begins: bookings before it do not count.
    """
    row = session.connection().execute(_OWNER[role], {"public_id": public_id, "start": start}).one_or_none()
    if row is None:
        return None
    person_id, generation, fetched_at, kinds, version, published_at, uid_domain, changes, until = row
    ticked = None if kinds is None else frozenset(kinds)
    return Owner(
        person_id,
        generation,
        fetched_at,
        ticked,
        ProgrammeVersion(version or 0, published_at, uid_domain),
        int(changes),
        until,
    )


_PLACES = (
    select(Series.slug, Occurrence.public_id)
    .select_from(Enrolment)
    .join(Series, Series.id == Enrolment.series_id)
    .outerjoin(Occurrence, Occurrence.id == Enrolment.occurrence_id)
    .where(Enrolment.member_id == bindparam("member_id"), Enrolment.left_at.is_(None))
)


def places(session: Session, member_id: int) -> tuple[frozenset[str], frozenset[uuid.UUID]]:
    """Returns where the member is enrolled: the slugs of whole series, and the ids of single occurrences."""
    rows = session.execute(_PLACES, {"member_id": member_id}).all()
    whole = frozenset(slug for slug, occurrence in rows if occurrence is None)
    return whole, frozenset(occurrence for _, occurrence in rows if occurrence is not None)


_DEPARTED = (
    select(Occurrence.public_id, Departure.sequence, Departure.revised_at)
    .join(Occurrence, Occurrence.id == Departure.occurrence_id)
    .where(
        Departure.analyst_id == bindparam("analyst_id"),
        Occurrence.starts_at >= bindparam("start"),
        Occurrence.starts_at < bindparam("end"),
    )
)


def departed(session: Session, analyst_id: int, start: datetime, end: datetime) -> dict[uuid.UUID, Departed]:
    """Returns what has left the analyst's hours that start in [start, end), by the occurrence's public id."""
    rows = session.execute(_DEPARTED, {"analyst_id": analyst_id, "start": start, "end": end})
    return {row.public_id: Departed(row.sequence, row.revised_at) for row in rows}


_ROSTERED = (
    select(Occurrence.public_id)
    .join(Roster, Roster.occurrence_id == Occurrence.id)
    .where(
        Roster.analyst_id == bindparam("analyst_id"),
        Roster.is_away.is_(False),
        Occurrence.starts_at >= bindparam("start"),
        Occurrence.starts_at < bindparam("end"),
    )
    .order_by(Occurrence.public_id)
)


def rostered(session: Session, analyst_id: int, start: datetime, end: datetime) -> list[uuid.UUID]:
    """The ids of the occurrences in [start, end) that the analyst staffs and does not miss, in order of id."""
    return list(session.execute(_ROSTERED, {"analyst_id": analyst_id, "start": start, "end": end}).scalars())
