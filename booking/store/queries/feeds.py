"""What feeds ask before they render: has anything changed, and whose address is this."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.people import Person, Role
from booking.store.programme import Occurrence, Programme, Roster, Series

MEMBER = "member"
ANALYST = "analyst"
GENERATION = {MEMBER: Person.member_feed_generation, ANALYST: Person.analyst_feed_generation}
FETCHED_AT = {MEMBER: Person.member_feed_fetched_at, ANALYST: Person.analyst_feed_fetched_at}


@dataclass(frozen=True, slots=True)
class Published:
    """The state of the programme. `version` rises with each change that a public feed shows.

    `uid_domain` is None until the first publish.
    """

    version: int
    uid_domain: str | None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose private feed it is; `fetched_at` is when a calendar first fetched it, None if none has."""

    person_id: int
    generation: int
    fetched_at: datetime | None


def published(session: Session) -> Published:
    """The programme's version and domain; zero and None where nothing was ever published."""
    row = session.execute(select(Programme.version, Programme.uid_domain)).one_or_none()
    return Published(0, None) if row is None else Published(row.version, row.uid_domain)


def series(session: Session, slug: str) -> tuple[str, str] | None:
    """The slug and title of the series that is, or once was, called so; None if there never was one."""
    found = session.execute(select(Series.slug, Series.title).where(Series.slug == slug)).one_or_none()
    if found is not None:
        return found.slug, found.title
    renamed = session.execute(select(Series.slug, Series.title, Series.terms).order_by(Series.id.desc()))
    return next(((row.slug, row.title) for row in renamed if slug in row.terms.get("was", ())), None)


def owner(session: Session, public_id: uuid.UUID, role: str) -> Owner | None:
    """The open account of that id that has the role, `member` or `analyst`; else None."""
    row = session.execute(
        select(Person.id, GENERATION[role], FETCHED_AT[role])
        .join(Role, Role.person_id == Person.id)
        .where(Person.public_id == public_id, Person.closed_at.is_(None), Role.role == role)
    ).one_or_none()
    return None if row is None else Owner(*row)


def rostered(session: Session, analyst_id: int, start: datetime, end: datetime) -> list[uuid.UUID]:
    """The ids of the occurrences in [start, end) that the analyst staffs, in order of id."""
    return list(
        session.execute(
            select(Occurrence.public_id)
            .join(Roster, Roster.occurrence_id == Occurrence.id)
            .where(Roster.analyst_id == analyst_id, Occurrence.starts_at >= start, Occurrence.starts_at < end)
            .order_by(Occurrence.public_id)
        ).scalars()
    )
