"""The figures of the reports: ten statements at most, whatever the period.

Weeks that were counted before are read as they are kept; the others are added up by the database.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from booking.domain.reports.figures import (
    LEAD_HOURS,
    AnalystWeek,
    CalendarUse,
    ModuleAttendance,
    ReportFigures,
    ReportPeriod,
    WaitlistWeek,
)
from booking.store import report_weeks
from booking.store.db.base import UTCDateTime, table_of
from booking.store.feed_fetches import FeedFetch
from booking.store.people.people import Person
from booking.store.programme.attendance import Attendance
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import SCHEDULED, Module, Occurrence, Series
from booking.store.queries.reports import week_figures
from booking.store.queries.reports.week_figures import WeekCount

IN_USE = timedelta(days=14)  # a calendar that an app has fetched within so long
_occurrence, _series, _person = (table_of(one) for one in (Occurrence, Series, Person))
_module, _enrolment, _attendance, _fetch = (table_of(one) for one in (Module, Enrolment, Attendance, FeedFetch))


def _modules() -> Select[Any]:
    """Dates of what members enrol in, places in them and who came, by series and module."""
    stays = _enrolment.c.left_at.is_(None)
    whole = select(func.count()).where(
        _enrolment.c.series_id == _occurrence.c.series_id, _enrolment.c.occurrence_id.is_(None), stays
    )
    single = select(func.count()).where(_enrolment.c.occurrence_id == _occurrence.c.id, stays)
    came = select(func.count()).where(_attendance.c.occurrence_id == _occurrence.c.id)
    dates = (
        select(
            _occurrence.c.series_id,
            _occurrence.c.module_number,
            (whole.scalar_subquery() + single.scalar_subquery()).label("enrolled"),
            came.scalar_subquery().label("came"),
        )
        .where(
            _occurrence.c.starts_at >= bindparam("since", type_=UTCDateTime()),
            _occurrence.c.starts_at < bindparam("until", type_=UTCDateTime()),
            _occurrence.c.ends_at <= bindparam("now", type_=UTCDateTime()),
            _occurrence.c.status == SCHEDULED,
            _occurrence.c.series_id.in_(bindparam("series_ids", expanding=True)),
        )
        .subquery("date")
    )
    is_same = and_(_module.c.series_id == dates.c.series_id, _module.c.number == dates.c.module_number)
    by = (_series.c.title, _series.c.id, dates.c.module_number, _module.c.title)
    return (
        select(
            _series.c.title,
            dates.c.module_number,
            func.coalesce(_module.c.title, ""),
            func.count(),
            func.sum(dates.c.enrolled),
            func.sum(dates.c.came),
        )
        .join(_series, _series.c.id == dates.c.series_id)
        .outerjoin(_module, is_same)
        .group_by(*by)
        .order_by(_series.c.title, _series.c.id, dates.c.module_number)
    )


_OWN = {"member": "Members’ own calendars", "analyst": "Analysts’ own calendars"}
_SORT = case(*((_fetch.c.address.startswith(f"{role}/"), role) for role in _OWN), else_=_fetch.c.address)
_CALENDARS = (
    select(_SORT.label("sort"), func.count())
    .where(_fetch.c.fetched_at >= bindparam("in_use_since", type_=UTCDateTime()))
    .group_by("sort")
    .order_by("sort")
)
_MODULES = _modules()
_ENROLLED_IN = select(_series.c.id).where(_series.c.kind.not_in(bindparam("kinds", expanding=True)))
_NAMES = select(_person.c.id, _person.c.name).where(_person.c.id.in_(bindparam("ids", expanding=True)))


def figures(session: Session, period: ReportPeriod, bookable: Collection[str], now: datetime) -> ReportFigures:
    """Everything that the reports say of a period; `bookable` are the kinds of dates with slots. Raises BadPeriod."""
    period.check()
    bounds = period.bounds
    found = report_weeks.kept(session, (bounds[0][0], bounds[-1][1]), bookable)
    kept = {week: WeekCount(**counted) for week, counted in found.items()}
    missing = [one for one in bounds if one not in kept]
    fresh = dict(zip(missing, week_figures.counted(session, missing, bookable, now), strict=True))
    weeks = [kept.get(one) or fresh[one] for one in bounds]
    connection = session.connection()
    series_ids = list(connection.scalars(_ENROLLED_IN, {"kinds": sorted(bookable)}))
    whole = {"since": bounds[0][0], "until": bounds[-1][1], "series_ids": series_ids, "now": now}
    calendars = connection.execute(_CALENDARS, {"in_use_since": now - IN_USE})
    return ReportFigures(
        period,
        _analyst_weeks(session, weeks),
        [sum(one.lead[bucket] for one in weeks) for bucket in range(len(LEAD_HOURS) + 1)],
        [WaitlistWeek(n, *one.waitlist) for n, one in enumerate(weeks)],
        [ModuleAttendance(*row) for row in connection.execute(_MODULES, whole)] if series_ids else [],
        [CalendarUse(_OWN.get(sort, sort), number) for sort, number in calendars],
    )


def _analyst_weeks(session: Session, weeks: Sequence[WeekCount]) -> list[AnalystWeek]:
    """By week and analyst's name, those of the same name apart."""
    ids = sorted({row[0] for one in weeks for row in one.analysts})
    names: dict[int, str] = {person_id: name for person_id, name in session.connection().execute(_NAMES, {"ids": ids})}
    order = {person_id: place for place, person_id in enumerate(sorted(ids, key=lambda one: (names[one], one)))}
    return [
        AnalystWeek(n, row[0], names[row[0]], *row[1:])
        for n, one in enumerate(weeks)
        for row in sorted(one.analysts, key=lambda row: order[row[0]])
    ]
