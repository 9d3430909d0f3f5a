"""The hours of occurrences with the names of those who staff them, in a number of statements that never grows."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, exists, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import Hours
from booking.domain.bookings.timetable import RosterAnalyst, Timetable
from booking.domain.organisation import Organisation
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.db.base import table_of
from booking.store.people.people import Person
from booking.store.programme.programme import CANCELLED, Occurrence, Roster, Series
from booking.store.queries.people import commitments

# plain tables: what is asked on every page needs no object of a class
_occurrence, _series, _roster = table_of(Occurrence), table_of(Series), table_of(Roster)
_person, _claim, _waiting = table_of(Person), table_of(Claim), table_of(WaitlistEntry)
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
_IS_AWAITED = exists().where(_waiting.c.occurrence_id == _occurrence.c.id, _waiting.c.ended_at.is_(None))
_WITH_STAFF = _WITH_SERIES.outerjoin(
    _roster, (_roster.c.occurrence_id == _occurrence.c.id) & _roster.c.is_away.is_(False)
).outerjoin(_person, _person.c.id == _roster.c.analyst_id)
_ONE = (
    select(*_HEAD, *_STAFF, _IS_AWAITED.label("is_awaited"))
    .select_from(_WITH_STAFF)
    .where(_occurrence.c.public_id == bindparam("public_id"))
    .order_by(_roster.c.position, _roster.c.analyst_id)
)
_THESE = (
    select(*_HEAD, *_STAFF)
    .select_from(_WITH_STAFF)
    .where(_occurrence.c.public_id.in_(bindparam("public_ids", expanding=True)))
    .order_by(_occurrence.c.starts_at, _occurrence.c.id, _roster.c.position, _roster.c.analyst_id)
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
_OWN_LENGTHS = select(_series.c.slot_minutes).where(_series.c.slot_minutes != "").distinct()
_NOBODY = [(None, None, None, None)]


class _StaffedRow(NamedTuple):
    """An occurrence with one who staffs it, None where nobody does: the columns of _HEAD and _STAFF."""

    id: int
    public_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    status: str
    slug: str
    kind: str
    zone: str
    minutes: str
    title: str
    analyst_id: int | None
    analyst_public_id: uuid.UUID | None
    analyst: str | None
    about: str | None


#: Person, what (0 for a claim, BLOCKED for a blocked one), when, until when, the booking and the offer that own it.
_CLAIMS = select(
    _claim.c.person_id,
    case((_claim.c.blocked_at.is_not(None), literal(commitments.BLOCKED)), else_=literal(0)),
    _claim.c.quarter_at,
    _claim.c.quarter_at,
    _claim.c.booking_id,
    _claim.c.offer_id,
).where(
    _claim.c.person_id.in_(bindparam("person_ids", expanding=True)),
    _claim.c.quarter_at >= bindparam("start"),
    _claim.c.quarter_at < bindparam("end"),
)
_CALENDARS = union_all(
    _CLAIMS,
    commitments.WHERE_ENROLLED.add_columns(null(), null()),
    commitments.WHAT_IS_PRESENTED.add_columns(null(), null()),
)


def timetable(
    session: Session,
    public_id: uuid.UUID,
    organisation: Organisation,
    member_id: int | None = None,
    moving: int | None = None,
) -> Timetable | None:
    """The occurrence of that id, None if there is none: two statements.

    With `member_id` it is read for this member: quarters that they have anywhere, in whatever role, count as taken;
    what is offered to them, and the quarters of the booking `moving` (an internal id), count as free; and they are not
    among the analysts, since nobody books themselves.
    """
    rows = session.connection().execute(_ONE, {"public_id": public_id}).all()
    found = _timetables(session, [_StaffedRow(*row[:-1]) for row in rows], organisation, member_id, moving)
    return replace(found[0], is_awaited=bool(rows[0].is_awaited)) if found else None


def these(
    session: Session, public_ids: Collection[uuid.UUID], organisation: Organisation, member_id: int | None = None
) -> list[Timetable]:
    """The occurrences of those ids, earliest first: two statements. See `timetable`."""
    if not public_ids:
        return []
    found = session.connection().execute(_THESE, {"public_ids": list(public_ids)})
    rows = [_StaffedRow._make(row) for row in found]
    return _timetables(session, rows, organisation, member_id, None)


def coming(
    session: Session,
    organisation: Organisation,
    start: datetime,
    end: datetime,
    member_id: int | None = None,
    moving: int | None = None,
) -> list[Timetable]:
    """The bookable occurrences that start in [start, end), earliest first: three statements. See `timetable`."""
    heads = session.execute(_BETWEEN, {"kinds": list(organisation.bookable), "start": start, "end": end}).all()
    teams: dict[int, list[Sequence[Any]]] = {}
    if heads:
        for occurrence_id, *who in session.execute(_TEAMS, {"ids": [head.id for head in heads]}):
            teams.setdefault(occurrence_id, []).append(who)
    rows = [_StaffedRow(*head, *who) for head in heads for who in teams.get(head.id, _NOBODY)]
    return _timetables(session, rows, organisation, member_id, moving)


def own_lengths(session: Session) -> set[int]:
    """The lengths that series state for themselves, in minutes."""
    stated = session.scalars(_OWN_LENGTHS)
    return {length for text in stated for length in _minutes(text)}


@dataclass(slots=True)
class _Calendars:
    """Returns what the people concerned have while the occurrences last: claims by (person, quarter), meetings by
    person. `blocked` are those of the taken quarters that their analyst keeps free of bookings.

    `held` names the offer to the member who asks that owns a quarter, theirs or an analyst's: free for them.
    """

    taken: set[tuple[int, datetime]] = field(default_factory=set)
    blocked: set[tuple[int, datetime]] = field(default_factory=set)
    held: dict[tuple[int, datetime], int] = field(default_factory=dict)
    meetings: list[tuple[int, datetime, datetime]] = field(default_factory=list)


def _timetables(
    session: Session,
    rows: Iterable[_StaffedRow],
    organisation: Organisation,
    member_id: int | None,
    moving: int | None,
) -> list[Timetable]:
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row.id)]
    if not groups:
        return []
    people = {row.analyst_id for group in groups for row in group if row.analyst_id is not None}
    if member_id is not None:
        people.add(member_id)
    values = {
        "person_ids": list(people),
        "without_slots": list(organisation.without_slots),
        **commitments.bounds(min(group[0].starts_at for group in groups), max(group[0].ends_at for group in groups)),
    }
    found = session.connection().execute(_CALENDARS, values).all()
    calendars = _calendars(found, member_id, moving)
    return [_timetable(group, calendars, member_id) for group in groups]


def _calendars(rows: Sequence[Sequence[Any]], member_id: int | None, moving: int | None) -> _Calendars:
    found = _Calendars()
    own_offers = {offer_id for person_id, _, _, _, _, offer_id in rows if person_id == member_id} - {None}
    for person_id, what, at, until, booking_id, offer_id in rows:
        if what == commitments.ENROLLED and person_id == member_id:
            continue  # whoever is enrolled may book all the same: only an analyst is missed by others
        if what == commitments.BLOCKED:
            found.taken.add((person_id, at))
            found.blocked.add((person_id, at))
        elif what:
            found.meetings.append((person_id, at, until))
        elif offer_id is not None and offer_id in own_offers:
            found.held[person_id, at] = offer_id
        elif booking_id is None or booking_id != moving:
            found.taken.add((person_id, at))
    return found


def _timetable(rows: list[_StaffedRow], calendars: _Calendars, member_id: int | None) -> Timetable:
    head = rows[0]
    analysts = tuple(
        RosterAnalyst(row.analyst_id, row.analyst_public_id, row.analyst, row.about)  # type: ignore[arg-type]
        for row in rows
        if row.analyst_id not in {None, member_id}
    )
    ids = tuple(analyst.id for analyst in analysts)
    hours = Hours(head.starts_at, head.ends_at, ids, frozenset(), head.status == CANCELLED)
    quarters = hours.quarters
    busy = {*calendars.taken, *commitments.touched(calendars.meetings, quarters)}
    taken = frozenset((analyst_id, at) for at in quarters for analyst_id in ids if (analyst_id, at) in busy)
    own = frozenset(at for at in quarters if (member_id, at) in busy)
    hours = replace(hours, taken=taken, own=own)
    return Timetable(
        head.id,
        head.public_id,
        head.slug,
        head.kind,
        head.zone,
        _minutes(head.minutes),
        hours,
        analysts,
        head.title,
        MappingProxyType(calendars.held),
        blocked=frozenset((analyst_id, at) for analyst_id, at in calendars.blocked if analyst_id in ids),
    )


def _minutes(stored: str) -> tuple[int, ...]:
    """The lengths of a series as they are stored, "30,45"; empty where the policy's hold."""
    return tuple(int(length) for length in stored.split(",")) if stored else ()
