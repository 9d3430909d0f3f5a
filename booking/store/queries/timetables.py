"""The hours of occurrences with the names of those who staff them, in a number of statements that never grows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session

from booking.domain.organisation import Organisation, Policy
from booking.domain.slots import Hours
from booking.store.base import table_of
from booking.store.claims import Claim
from booking.store.people import Person
from booking.store.programme import CANCELLED, Occurrence, Roster, Series


@dataclass(frozen=True, slots=True)
class Analyst:
    """One who staffs the occurrence, in the roster's order."""

    id: int
    public_id: uuid.UUID
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Timetable:
    """One occurrence for whoever looks for a slot. `minutes`: the series' own lengths, empty for the policy's."""

    id: int
    public_id: uuid.UUID
    series_slug: str
    kind: str
    zone: str
    minutes: tuple[int, ...]
    hours: Hours
    analysts: tuple[Analyst, ...]
    title: str = ""

    def policy(self, organisation: Organisation) -> Policy:
        """The policy of its series, with the lengths that the series itself states."""
        found = organisation.policy_for(self.series_slug)
        return found.offering(self.minutes) if self.minutes else found


# plain tables: what is asked on every page needs no object of a class
_occurrence, _series, _roster = table_of(Occurrence), table_of(Series), table_of(Roster)
_person, _claim = table_of(Person), table_of(Claim)
_HEAD = (
    _occurrence.c.id,
    _occurrence.c.public_id,
    _occurrence.c.starts_at,
    _occurrence.c.ends_at,
    _occurrence.c.status,
    _series.c.slug,
    _series.c.kind,
    _series.c.zone,
    _series.c.slot_minutes,
    func.coalesce(_occurrence.c.title, _series.c.title).label("title"),
)
_STAFF = (_roster.c.analyst_id, _person.c.public_id, _person.c.name, _person.c.about)
_WITH_SERIES = _occurrence.join(_series, _series.c.id == _occurrence.c.series_id)
_ONE = (
    select(*_HEAD, *_STAFF)
    .select_from(
        _WITH_SERIES.outerjoin(
            _roster, (_roster.c.occurrence_id == _occurrence.c.id) & _roster.c.is_away.is_(False)
        ).outerjoin(_person, _person.c.id == _roster.c.analyst_id)
    )
    .where(_occurrence.c.public_id == bindparam("public_id"))
    .order_by(_roster.c.position, _roster.c.analyst_id)
)
#: Who staffs them is asked by their ids: joined here, a large roster would be read from end to end.
_BETWEEN = (
    select(*_HEAD)
    .select_from(_WITH_SERIES)
    .where(
        _series.c.kind.in_(bindparam("kinds", expanding=True)),
        _occurrence.c.starts_at >= bindparam("start"),
        _occurrence.c.starts_at < bindparam("end"),
    )
    .order_by(_occurrence.c.starts_at, _occurrence.c.id)
)
_TEAMS = (
    select(_roster.c.occurrence_id, *_STAFF)
    .join(_person, _person.c.id == _roster.c.analyst_id)
    .where(_roster.c.occurrence_id.in_(bindparam("ids", expanding=True)), _roster.c.is_away.is_(False))
    .order_by(_roster.c.occurrence_id, _roster.c.position, _roster.c.analyst_id)
)
_NOBODY = [(None, None, None, None)]
_WITHIN = (_claim.c.quarter_at >= bindparam("start"), _claim.c.quarter_at < bindparam("end"))
_CLAIMS = select(_claim.c.analyst_id, _claim.c.quarter_at, _claim.c.booking_id).where(
    _claim.c.analyst_id.in_(bindparam("analyst_ids", expanding=True)), *_WITHIN
)
#: The analysts' claims and, told apart by analyst 0, the member's own.
_CLAIMS_AND_OWN = union_all(
    _CLAIMS,
    select(literal(0), _claim.c.quarter_at, _claim.c.booking_id).where(
        _claim.c.member_id == bindparam("member_id"), *_WITHIN
    ),
)


def timetable(
    session: Session, public_id: uuid.UUID, member_id: int | None = None, moving: int | None = None
) -> Timetable | None:
    """The occurrence of that id, None if there is none: two statements.

    With `member_id` the quarters that this member holds anywhere count as taken; those of the booking `moving`
    (an internal id) count as free.
    """
    rows = session.connection().execute(_ONE, {"public_id": public_id}).all()
    found = _timetables(session, rows, member_id, moving)
    return found[0] if found else None


def coming(
    session: Session,
    kinds: Iterable[str],
    start: datetime,
    end: datetime,
    member_id: int | None = None,
    moving: int | None = None,
) -> list[Timetable]:
    """The occurrences of these kinds that start in [start, end), earliest first: three statements."""
    heads = session.execute(_BETWEEN, {"kinds": list(kinds), "start": start, "end": end}).all()
    teams: dict[int, list[Sequence[Any]]] = {}
    if heads:
        for occurrence_id, *who in session.execute(_TEAMS, {"ids": [head[0] for head in heads]}):
            teams.setdefault(occurrence_id, []).append(who)
    rows = [(*head, *who) for head in heads for who in teams.get(head[0], _NOBODY)]
    return _timetables(session, rows, member_id, moving)


def _timetables(
    session: Session, rows: Iterable[Sequence[Any]], member_id: int | None, moving: int | None
) -> list[Timetable]:
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row[0])]
    if not groups:
        return []
    analyst_ids = {row[10] for group in groups for row in group if row[10] is not None}
    between = {"start": min(group[0][2] for group in groups), "end": max(group[0][3] for group in groups)}
    if member_id is not None:
        values = {"analyst_ids": list(analyst_ids), "member_id": member_id, **between}
        rows = session.connection().execute(_CLAIMS_AND_OWN, values)
    else:
        rows = session.connection().execute(_CLAIMS, {"analyst_ids": list(analyst_ids), **between})
    claimed = [(analyst_id, quarter_at) for analyst_id, quarter_at, b in rows if b is None or b != moving]
    held = frozenset(quarter_at for analyst_id, quarter_at in claimed if analyst_id == 0)
    taken = [(analyst_id, quarter_at) for analyst_id, quarter_at in claimed if analyst_id != 0]
    return [_timetable(group, taken, held) for group in groups]


def _timetable(rows: list[Sequence[Any]], taken: list[tuple[int, datetime]], held: frozenset[datetime]) -> Timetable:
    occurrence_id, public_id, starts_at, ends_at, status, slug, kind, zone, minutes, title = tuple(rows[0])[:10]
    analysts = tuple(Analyst(row[10], row[11], row[12], row[13]) for row in rows if row[10] is not None)
    here = frozenset((analyst_id, at) for analyst_id, at in taken if starts_at <= at < ends_at)
    ids = tuple(analyst.id for analyst in analysts)
    hours = Hours(starts_at, ends_at, ids, here, status == CANCELLED, held)
    lengths = tuple(int(length) for length in minutes.split(",")) if minutes else ()
    return Timetable(occurrence_id, public_id, slug, kind, zone, lengths, hours, analysts, title)
