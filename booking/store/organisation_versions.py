"""What coordinators have set of the organisation: every version of each part, of which the newest holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint, bindparam, func, insert, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from booking.domain import numbers as whole_numbers
from booking.domain.enums.organisation import OrganisationPart
from booking.domain.organisation import Organisation
from booking.domain.rules import rule_set
from booking.domain.texts import text_set
from booking.store.db.base import Base, Id, one_of, table_of
from booking.store.people.people import Person
from booking.store.programme.programme import Series


class OrganisationVersion(Base):
    """One version of one part, numbered from 1. Without any, what the data folder says holds."""

    __tablename__ = "organisation_version"
    __table_args__ = (
        UniqueConstraint("part", "number"),
        CheckConstraint(one_of("part", OrganisationPart), name="part"),
        CheckConstraint("number >= 1", name="number"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    part: Mapped[str]
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


_version = table_of(OrganisationVersion)
_NUMBERS = select(_version.c.part, func.max(_version.c.number).label("number")).group_by(_version.c.part)
_NEWEST = (
    select(_version.c.number, _version.c.content)
    .where(_version.c.part == bindparam("part"))
    .order_by(_version.c.number.desc())
    .limit(1)
)
_LAST = select(_version.c.part, func.max(_version.c.number).label("number")).group_by(_version.c.part).subquery()
_IN_EFFECT = select(_version.c.part, _version.c.content).join(
    _LAST, (_version.c.part == _LAST.c.part) & (_version.c.number == _LAST.c.number)
)
_HISTORY = (
    select(OrganisationVersion)
    .options(joinedload(OrganisationVersion.person))
    .where(OrganisationVersion.part == bindparam("part"), OrganisationVersion.number < bindparam("before"))
    .order_by(OrganisationVersion.number.desc())
    .limit(bindparam("most"))
)
_NUMBERED = select(_version.c.content).where(
    _version.c.part == bindparam("part"), _version.c.number == bindparam("number")
)
_INSERT = insert(_version)
_TITLES = select(Series.slug, Series.title).where(Series.slug.in_(bindparam("slugs", expanding=True)))


def numbers(session: Session) -> dict[str, int]:
    """The number of the newest version of each part that has one."""
    return {row.part: row.number for row in session.connection().execute(_NUMBERS)}


def newest(session: Session, part: OrganisationPart) -> tuple[int, dict[str, Any]]:
    """The newest version's number and content; 0 and nothing where there is none."""
    row = session.connection().execute(_NEWEST, {"part": part}).one_or_none()
    return (0, {}) if row is None else (row.number, row.content)


def numbered(session: Session, part: OrganisationPart, number: int) -> dict[str, Any] | None:
    """The content of that version; None where there is none."""
    found: dict[str, Any] | None = session.scalar(_NUMBERED, {"part": part, "number": number})
    return found


def history(
    session: Session, part: OrganisationPart, most: int, before: int | None = None
) -> Sequence[OrganisationVersion]:
    """The newest versions, or the newest with a number lower than `before`; newest first."""
    values = {"part": part, "most": most, "before": whole_numbers.MOST + 1 if before is None else before}
    return session.scalars(_HISTORY, values).all()


def add(session: Session, part: OrganisationPart, number: int, content: dict[str, Any], **by: Any) -> None:
    """Add a version; `by` is its person_id and created_at. A second one of that number breaks its key."""
    session.execute(_INSERT, {"part": part, "number": number, "content": content, **by})


def series_titles(session: Session, slugs: Collection[str]) -> dict[str, str]:
    """The titles of these series, by slug."""
    return {row.slug: row.title for row in session.execute(_TITLES, {"slugs": sorted(slugs)})} if slugs else {}


def in_effect(session: Session, default: Organisation) -> Organisation:
    """The organisation of the data folder with what coordinators have set."""
    stored = {row.part: row.content for row in session.connection().execute(_IN_EFFECT)}
    found = default
    if rules := stored.get(OrganisationPart.RULES):
        found = rule_set.applied(rule_set.from_json(rules, default), found)
    if texts := stored.get(OrganisationPart.TEXTS):
        found = text_set.applied(text_set.from_json(texts, default), found)
    return found
