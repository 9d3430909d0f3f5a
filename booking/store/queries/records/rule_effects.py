"""Counts of those whom a change of rules affects: one statement each, from an index, none that goes on for ever."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, bindparam, distinct, func, select
from sqlalchemy.orm import Session

from booking.domain import zones
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.organisation import Policy
from booking.domain.reports.figures import ReportPeriod
from booking.domain.rules.effects import LATEST_DAYS, MOST_COUNTED, Effect
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.db.base import UTCDateTime, table_of
from booking.store.db.intervals import seconds_between
from booking.store.queries.reports.week_figures import weeks_table, within

WEEKS = 54  # that are looked at, from this one on: nobody can book further ahead
_booking, _audit = table_of(Booking), table_of(AuditEntry)
_NOW, _SINCE = bindparam("now", type_=UTCDateTime()), bindparam("since", type_=UTCDateTime())
_MOST = bindparam("most", type_=Integer)
_AHEAD = (_booking.c.starts_at > _NOW, _booking.c.status == CONFIRMED)


def _counted(found: Select[Any]) -> Select[Any]:
    """How many rows that finds, at most one more than are told apart."""
    return select(func.count()).select_from(found.limit(MOST_COUNTED + 1).subquery())


def _in_one_week() -> Select[Any]:
    week = weeks_table(WEEKS)
    crowded = (
        select(_booking.c.member_id)
        .select_from(week)
        .join(_booking, within(_booking.c.starts_at, week))
        .where(_booking.c.status == CONFIRMED)
        .group_by(week.c.number, _booking.c.member_id)
        .having(func.count() > _MOST)
        .subquery()
    )
    return select(func.count(distinct(crowded.c.member_id)))


_in_one_date = (
    select(_booking.c.member_id)
    .where(*_AHEAD)
    .group_by(_booking.c.occurrence_id, _booking.c.member_id)
    .having(func.count() > _MOST)
    .subquery()
)
_STATEMENTS: dict[Effect, Select[Any]] = {
    Effect.UPCOMING: _counted(
        select(_booking.c.member_id).where(*_AHEAD).group_by(_booking.c.member_id).having(func.count() > _MOST)
    ),
    Effect.PER_WEEK: _in_one_week(),
    Effect.PER_OCCURRENCE: select(func.count(distinct(_in_one_date.c.member_id))),
    Effect.NOTICE: _counted(
        select(_booking.c.id).where(
            _booking.c.starts_at >= _SINCE,
            _booking.c.starts_at < _NOW,
            seconds_between(_booking.c.created_at, _booking.c.starts_at) < _MOST,
        )
    ),
    Effect.HORIZON: _counted(
        select(_booking.c.id).where(
            _booking.c.starts_at > bindparam("beyond", type_=UTCDateTime()), _booking.c.status == CONFIRMED
        )
    ),
    Effect.LENGTHS: _counted(
        select(_booking.c.id).where(*_AHEAD, _booking.c.minutes.not_in(bindparam("lengths", expanding=True)))
    ),
    Effect.MISSED: _counted(
        select(_booking.c.member_id)
        .where(
            _booking.c.starts_at > _SINCE,
            _booking.c.starts_at <= _NOW,
            _booking.c.outcome == VisitOutcome.NO_SHOW,
            _booking.c.status == CONFIRMED,
        )
        .group_by(_booking.c.member_id)
        .having(func.count() >= _MOST)
    ),
    Effect.AUDIT: _counted(select(_audit.c.id).where(_audit.c.at < _SINCE)),
}


def counts(session: Session, effects: Collection[Effect], after: Policy, zone: str, now: datetime) -> dict[Effect, int]:
    """How many each of these effects is about, once the rules are those of `after`."""
    connection = session.connection()
    values = {effect: {"now": now, **_values(effect, after, zone, now)} for effect in effects}
    return {effect: connection.scalar(_STATEMENTS[effect], values[effect]) or 0 for effect in effects}


def _values(effect: Effect, after: Policy, zone: str, now: datetime) -> dict[str, Any]:
    match effect:
        case Effect.PER_WEEK:
            today = zones.today(now, zone)
            monday = today - timedelta(days=today.weekday())
            weeks = [(monday + timedelta(weeks=n), monday + timedelta(weeks=n, days=6)) for n in range(WEEKS)]
            bounds = [ReportPeriod(first, last, zone).bounds[0] for first, last in weeks]
            starts = {f"from_{n}": one[0] for n, one in enumerate(bounds)}
            return starts | {f"to_{n}": one[1] for n, one in enumerate(bounds)} | {"most": after.per_week}
        case Effect.NOTICE:
            return {"since": now - timedelta(days=LATEST_DAYS), "most": after.notice_minutes * 60}
        case Effect.HORIZON:
            return {"beyond": now + timedelta(days=after.horizon_days)}
        case Effect.LENGTHS:
            return {"lengths": list(after.slot_minutes)}
        case Effect.MISSED:
            return {"since": now - timedelta(days=after.no_show_days), "most": after.no_shows}
        case Effect.AUDIT:
            return {"since": now - timedelta(days=after.audit_days)}
    return {"most": getattr(after, effect)}
