"""Shared steps of what writes the programme: series rows, rosters, occurrences in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, selectinload

from booking.domain.programme import Statement
from booking.domain.recurrence import Instance, Rule
from booking.store.base import new_public_id
from booking.store.bookings import CONFIRMED, Booking
from booking.store.people import Person, Role
from booking.store.programme import Module, Occurrence, Programme, Roster, Series, SeriesAnalyst


def stored_series(session: Session, slugs: Iterable[str]) -> dict[str, Series]:
    """Series by slug, their modules and analysts read with them."""
    rows = session.scalars(
        select(Series)
        .where(Series.slug.in_(list(slugs)))
        .options(selectinload(Series.modules), selectinload(Series.analysts))
        .execution_options(populate_existing=True)
    )
    return {row.slug: row for row in rows}


def rule_of(series: Series) -> Rule:
    """The rule that a series row holds."""
    modules = tuple(module.title for module in series.modules)
    days = (series.starts_on, series.start_wall, series.end_wall)
    return Rule(series.rrule, *days, series.zone, series.ends_on, modules)


def analyst_ids(session: Session, emails: Iterable[str]) -> dict[str, int]:
    """The ids of those addresses that are analysts with an open account."""
    found = session.execute(
        select(Person.email, Person.id)
        .join(Role, Role.person_id == Person.id)
        .where(Person.email.in_(list(emails)), Role.role == "analyst", Person.closed_at.is_(None))
    )
    return {email: person_id for email, person_id in found}


def write_series(
    session: Session, stored: Series | None, stated: Statement, analysts: Sequence[int], now: datetime
) -> Series:
    """Add the series, or bring its row, modules and analysts to what is stated."""
    series = stored or Series(slug=stated.slug, created_at=now, modules=[], analysts=[])
    rule = stated.rule
    series.kind, series.title, series.summary = stated.kind, stated.title, stated.summary
    series.zone, series.rrule, series.starts_on, series.ends_on = rule.zone, rule.rrule, rule.starts_on, rule.ends_on
    series.start_wall, series.end_wall = rule.start_wall, rule.end_wall
    series.slot_minutes = ",".join(map(str, stated.slot_minutes))
    kept = {module.number: module for module in series.modules}
    series.modules[:] = [
        _titled(kept.get(number) or Module(number=number), title) for number, title in enumerate(rule.modules, 1)
    ]
    if [place.analyst_id for place in series.analysts] != list(analysts):
        here = {place.analyst_id: place for place in series.analysts}
        places = [here.get(analyst_id) or SeriesAnalyst(analyst_id=analyst_id) for analyst_id in analysts]
        for position, place in enumerate(places):
            place.position = position
        series.analysts[:] = places
    session.add(series)
    session.flush()
    return series


def _titled(module: Module, title: str) -> Module:
    module.title = title
    return module


def add_occurrences(
    session: Session, series_id: int, instances: Sequence[Instance], analysts: Sequence[int], now: datetime
) -> None:
    """Store instances as new occurrences with their roster: two statements, however many."""
    if not instances:
        return
    stamp = now.replace(microsecond=0)
    rows = [
        {
            "public_id": new_public_id(),
            "series_id": series_id,
            "key": instance.key,
            "module_number": instance.module,
            "starts_at": instance.starts_at,
            "ends_at": instance.ends_at,
            "revised_at": stamp,
            "created_at": now,
        }
        for instance in instances
    ]
    ids = session.scalars(insert(Occurrence).returning(Occurrence.id), rows).all()
    roster = [{"occurrence_id": o, "analyst_id": a, "position": p} for o in ids for p, a in enumerate(analysts)]
    if roster:
        session.execute(insert(Roster), roster)


def write_rosters(session: Session, occurrence_ids: Sequence[int], analysts: Sequence[int]) -> None:
    """Give these occurrences that roster; rooms set for one analyst in one of them stay."""
    if not occurrence_ids:
        return
    session.execute(delete(Roster).where(Roster.occurrence_id.in_(occurrence_ids), Roster.analyst_id.not_in(analysts)))
    there = {
        (o, a): p
        for o, a, p in session.execute(
            select(Roster.occurrence_id, Roster.analyst_id, Roster.position).where(
                Roster.occurrence_id.in_(occurrence_ids)
            )
        )
    }
    missing = [
        {"occurrence_id": o, "analyst_id": a, "position": p}
        for o in occurrence_ids
        for p, a in enumerate(analysts)
        if (o, a) not in there
    ]
    if missing:
        session.execute(insert(Roster), missing)
    for position, analyst_id in enumerate(analysts):
        session.execute(
            update(Roster)
            .where(
                Roster.occurrence_id.in_(occurrence_ids), Roster.analyst_id == analyst_id, Roster.position != position
            )
            .values(position=position)
        )


def rosters(session: Session, occurrence_ids: Iterable[int]) -> dict[int, list[int]]:
    """Who staffs each occurrence, in order."""
    found: dict[int, list[int]] = {}
    for occurrence_id, analyst_id in session.execute(
        select(Roster.occurrence_id, Roster.analyst_id)
        .where(Roster.occurrence_id.in_(list(occurrence_ids)))
        .order_by(Roster.occurrence_id, Roster.position, Roster.analyst_id)
    ):
        found.setdefault(occurrence_id, []).append(analyst_id)
    return found


def booked(session: Session, occurrence_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """How many confirmed bookings each analyst has in each occurrence; pairs without any are left out."""
    found = session.execute(
        select(Booking.occurrence_id, Booking.analyst_id, func.count())
        .where(Booking.occurrence_id.in_(list(occurrence_ids)), Booking.status == CONFIRMED)
        .group_by(Booking.occurrence_id, Booking.analyst_id)
    )
    return {(occurrence_id, analyst_id): count for occurrence_id, analyst_id, count in found}


def revise_bookings(session: Session, occurrence_ids: Sequence[int], now: datetime) -> None:
    """Raise the SEQUENCE of every confirmed booking in occurrences whose change shows in them."""
    session.execute(
        update(Booking)
        .where(Booking.occurrence_id.in_(occurrence_ids), Booking.status == CONFIRMED)
        .values(sequence=Booking.sequence + 1, revised_at=now.replace(microsecond=0))
    )


def touch(programme: Programme, now: datetime) -> None:
    """Count a change that a public feed shows."""
    programme.version += 1
    programme.published_at = now
