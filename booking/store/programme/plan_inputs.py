"""The stored programme as the values that a plan is made of, in a number of statements that never grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select
from sqlalchemy.orm import Session

from booking.domain.enums.people import RoleName
from booking.domain.organisation import Kind
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.occurrences import Setting, Span, StoredOccurrence
from booking.domain.planning.plan import StoredProgramme
from booking.store.db.base import table_of
from booking.store.people.people import Person, Role
from booking.store.people.time_off import TimeOff
from booking.store.programme import adjustments_json, closures
from booking.store.programme.programme import CANCELLED, Module, Occurrence, Roster, Series, SeriesAnalyst

_series, _module, _staff = table_of(Series), table_of(Module), table_of(SeriesAnalyst)
_occurrence, _roster, _person = table_of(Occurrence), table_of(Roster), table_of(Person)
_away, _role = table_of(TimeOff), table_of(Role)
_ANALYST_IDS = (
    select(_person.c.email_key, _person.c.id)
    .join(_role, _role.c.person_id == _person.c.id)
    .where(_role.c.role == RoleName.ANALYST, _person.c.closed_at.is_(None))
)


def analyst_ids(session: Session) -> dict[str, int]:
    """The ids of everybody who is an analyst with an open account, by what their addresses are compared by."""
    found = session.execute(_ANALYST_IDS)
    return {email: person_id for email, person_id in found}


_MEETING_LINKS = (
    select(_person.c.id, _person.c.meeting_url)
    .join(_role, _role.c.person_id == _person.c.id)
    .where(_role.c.role == RoleName.ANALYST, _person.c.meeting_url.is_not(None))
)


def meeting_links(session: Session) -> dict[int, str]:
    """The analysts' own meeting links, by their internal ids; of those who have one."""
    found = session.execute(_MEETING_LINKS)
    return {person_id: link for person_id, link in found}


_MODULES = select(_module.c.series_id, _module.c.title).order_by(_module.c.series_id, _module.c.number)
_STAFF = select(_staff.c.series_id, _staff.c.analyst_id).order_by(_staff.c.series_id, _staff.c.position)
_SERIES = select(_series).order_by(_series.c.slug)
_AMONG: BindParameter[Any] = bindparam("among", expanding=True)
_OF_ALL = (_MODULES, _STAFF, _SERIES)
_OF_THESE = (
    _MODULES.where(_module.c.series_id.in_(_AMONG)),
    _STAFF.where(_staff.c.series_id.in_(_AMONG)),
    _SERIES.where(_series.c.id.in_(_AMONG)),
)


def definitions(session: Session, among: Sequence[int] | None = None) -> dict[str, Definition]:
    """Every series, by slug; with `among` those of these internal ids."""
    of_modules, of_staff, of_series = _OF_ALL if among is None else _OF_THESE
    values = {} if among is None else {"among": list(among)}
    modules: dict[int, list[str]] = {}
    for series_id, title in session.execute(of_modules, values):
        modules.setdefault(series_id, []).append(title)
    staff: dict[int, list[int]] = {}
    for series_id, analyst_id in session.execute(of_staff, values):
        staff.setdefault(series_id, []).append(analyst_id)
    found: dict[str, Definition] = {}
    for row in session.execute(of_series, values).mappings():
        series_id = row["id"]
        found[row["slug"]] = adjustments_json.definition(
            series_id, dict(row), tuple(modules.get(series_id, ())), tuple(staff.get(series_id, ()))
        )
    return found


_COLUMNS = (
    _occurrence.c.id,
    _occurrence.c.key,
    _occurrence.c.series_id,
    _occurrence.c.rule_on,
    _occurrence.c.starts_at,
    _occurrence.c.ends_at,
    _occurrence.c.module_number,
    _occurrence.c.title,
    _occurrence.c.meeting_url,
    _occurrence.c.status,
    _occurrence.c.reason,
    _occurrence.c.recording_url,
    _occurrence.c.slides_url,
)


_NOBODY: frozenset[int] = frozenset()


_ROSTERS = (
    select(_roster.c.occurrence_id, _roster.c.analyst_id, _roster.c.is_away)
    .join(_occurrence, _occurrence.c.id == _roster.c.occurrence_id)
    .where(_occurrence.c.starts_at >= bindparam("since"))
    .order_by(_roster.c.occurrence_id, _roster.c.position, _roster.c.analyst_id)
)


_OCCURRENCES = (
    select(*_COLUMNS)
    .where(or_(_occurrence.c.starts_at >= bindparam("since"), _occurrence.c.module_number.is_not(None)))
    .order_by(_occurrence.c.starts_at, _occurrence.c.id)
)


def rows(session: Session, slugs: Mapping[int, str], since: datetime) -> dict[str, list[StoredOccurrence]]:
    """The occurrences that count for a plan, by slug: those that start from `since` on, and every module."""
    staff: dict[int, list[int]] = {}
    gone: dict[int, frozenset[int]] = {}
    for occurrence_id, analyst_id, is_away in session.execute(_ROSTERS, {"since": since}):
        if is_away:
            gone[occurrence_id] = gone.get(occurrence_id, _NOBODY) | {analyst_id}
        else:
            staff.setdefault(occurrence_id, []).append(analyst_id)
    found: dict[str, list[StoredOccurrence]] = {}
    for row in session.execute(_OCCURRENCES, {"since": since}):
        setting = Setting(
            row.rule_on,
            row.starts_at,
            row.ends_at,
            row.module_number,
            row.title,
            row.meeting_url,
            tuple(staff.get(row.id, ())),
            row.reason if row.status == CANCELLED else None,
            row.recording_url,
            row.slides_url,
        )
        one = StoredOccurrence(row.id, row.key, setting, gone.get(row.id, _NOBODY))
        found.setdefault(slugs[row.series_id], []).append(one)
    return found


_AWAY = (
    select(_away.c.analyst_id, _away.c.starts_at, _away.c.ends_at)
    .where(_away.c.ended_at.is_(None), _away.c.ends_at > bindparam("now"))
    .order_by(_away.c.analyst_id, _away.c.starts_at)
)


def away(session: Session, now: datetime) -> dict[int, list[Span]]:
    """The times when analysts cannot come, from `now` on."""
    found: dict[int, list[Span]] = {}
    for analyst_id, start, end in session.execute(_AWAY, {"now": now}):
        found.setdefault(analyst_id, []).append((start, end))
    return found


_ANALYSTS = (
    select(_person.c.id, _person.c.name)
    .join(_role, _role.c.person_id == _person.c.id)
    .where(_role.c.role == RoleName.ANALYST)
)


def world(session: Session, kinds: Mapping[str, Kind], now: datetime, *, with_past: bool = False) -> StoredProgramme:
    """The stored programme: eight statements, whatever its size; what began over 33 days ago only `with_past`."""
    since = datetime.min.replace(tzinfo=UTC) if with_past else now - timedelta(days=33)
    known = definitions(session)
    slugs = {definition.id: slug for slug, definition in known.items() if definition.id is not None}
    names = {person_id: name for person_id, name in session.execute(_ANALYSTS)}
    closed = closures.in_force(session, since.date())
    return StoredProgramme(known, rows(session, slugs, since), kinds, away(session, now), names, closed)
