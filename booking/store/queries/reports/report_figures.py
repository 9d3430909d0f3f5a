"""The figures of the reports: eight statements, whatever the period, each added up by the database."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, Select, and_, bindparam, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from booking.domain.enums.bookings import CancelledBy, OfferStatus, VisitOutcome
from booking.domain.reports.figures import (
    LATE_MINUTES,
    LEAD_HOURS,
    AnalystWeek,
    CalendarUse,
    ModuleAttendance,
    ReportFigures,
    ReportPeriod,
    WaitlistWeek,
)
from booking.store.bookings.bookings import CANCELLED, CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import UTCDateTime, table_of
from booking.store.db.intervals import seconds_between
from booking.store.feed_fetches import FeedFetch
from booking.store.people.people import Person
from booking.store.programme.attendance import Attendance
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import SCHEDULED, Module, Occurrence, Roster, Series

IN_USE = timedelta(days=14)  # a calendar that an app has fetched within so long
QUARTER_MINUTES, QUARTER_SECONDS = 15, 900
_booking, _occurrence, _series, _roster, _person = (
    table_of(one) for one in (Booking, Occurrence, Series, Roster, Person)
)
_waiting, _offer, _module = (table_of(one) for one in (WaitlistEntry, Offer, Module))
_enrolment, _attendance, _fetch = (table_of(one) for one in (Enrolment, Attendance, FeedFetch))


def _weeks(count: int) -> CTE:
    """So many weeks as a table: their numbers and the instants `from_N` and `to_N` between which they lie."""
    rows = [
        select(
            literal(n, Integer).label("number"),
            bindparam(f"from_{n}", type_=UTCDateTime()).label("from_at"),
            bindparam(f"to_{n}", type_=UTCDateTime()).label("to_at"),
        )
        for n in range(count)
    ]
    return union_all(*rows).cte("week")


def _within(at: ColumnElement[Any], week: CTE) -> ColumnElement[bool]:
    return and_(at >= week.c.from_at, at < week.c.to_at)


def _sum(condition: ColumnElement[bool], value: Any = 1) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, value), else_=0)), 0)


@cache
def _offered(count: int) -> Select[Any]:
    """Quarters that analysts offered, by week and analyst: each on the roster of a bookable date, and not off."""
    week = _weeks(count)
    seconds = seconds_between(_occurrence.c.starts_at, _occurrence.c.ends_at)
    return (
        select(week.c.number, _roster.c.analyst_id, func.sum(seconds))
        .join(_occurrence, _within(_occurrence.c.starts_at, week))
        .join(_series, _series.c.id == _occurrence.c.series_id)
        .join(_roster, _roster.c.occurrence_id == _occurrence.c.id)
        .where(_occurrence.c.status == SCHEDULED, _roster.c.is_away.is_(False))
        .where(_series.c.kind.in_(bindparam("kinds", expanding=True)))
        .group_by(week.c.number, _roster.c.analyst_id)
    )


@cache
def _booked(count: int) -> Select[Any]:
    """Bookings by week and analyst, and how they went."""
    week = _weeks(count)
    stands, is_cancelled = _booking.c.status == CONFIRMED, _booking.c.status == CANCELLED
    by_member = and_(is_cancelled, _booking.c.cancelled_by == CancelledBy.MEMBER)
    late = seconds_between(_booking.c.starts_at, _booking.c.began_at)
    has_begun = and_(stands, _booking.c.began_at.is_not(None))
    is_late = and_(stands, _booking.c.began_at > _booking.c.starts_at)
    return (
        select(
            week.c.number,
            _booking.c.analyst_id,
            _sum(stands, _booking.c.minutes),
            _sum(stands),
            _sum(and_(stands, _booking.c.outcome == VisitOutcome.CAME)),
            _sum(and_(stands, _booking.c.outcome == VisitOutcome.NO_SHOW)),
            _sum(by_member),
            _sum(and_(by_member, _booking.c.is_late.is_(True))),
            _sum(and_(is_cancelled, _booking.c.cancelled_by == CancelledBy.STAFF)),
            _sum(has_begun),
            _sum(and_(is_late, late >= LATE_MINUTES * 60)),
            _sum(is_late, late),
            _sum(and_(stands, _booking.c.outcome.is_(None), _booking.c.starts_at <= bindparam("now"))),
        )
        .join(_booking, _within(_booking.c.starts_at, week))
        .group_by(week.c.number, _booking.c.analyst_id)
    )


def _lead() -> Select[int, int]:
    """How many bookings that stand were made how many whole hours before their start."""
    hours = (seconds_between(_booking.c.created_at, _booking.c.starts_at) // 3600).label("hours")
    return (
        select(hours, func.count())
        .where(
            _booking.c.starts_at >= bindparam("since", type_=UTCDateTime()),
            _booking.c.starts_at < bindparam("until", type_=UTCDateTime()),
            _booking.c.status == CONFIRMED,
        )
        .group_by("hours")
    )


@cache
def _joined(count: int) -> Select[Any]:
    week = _weeks(count)
    return (
        select(week.c.number, func.count())
        .join(_occurrence, _within(_occurrence.c.starts_at, week))
        .join(_waiting, _waiting.c.occurrence_id == _occurrence.c.id)
        .group_by(week.c.number)
    )


@cache
def _offers(count: int) -> Select[Any]:
    week = _weeks(count)
    ended = (OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.LAPSED)
    return (
        select(week.c.number, func.count(), *(_sum(_offer.c.status == one) for one in ended))
        .join(_occurrence, _within(_occurrence.c.starts_at, week))
        .join(_offer, _offer.c.occurrence_id == _occurrence.c.id)
        .where(_offer.c.waiting_id.is_not(None))
        .group_by(week.c.number)
    )


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
        .join(_series, _series.c.id == _occurrence.c.series_id)
        .where(
            _occurrence.c.starts_at >= bindparam("since", type_=UTCDateTime()),
            _occurrence.c.starts_at < bindparam("until", type_=UTCDateTime()),
            _occurrence.c.ends_at <= bindparam("now", type_=UTCDateTime()),
            _occurrence.c.status == SCHEDULED,
            _series.c.kind.not_in(bindparam("kinds", expanding=True)),
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
_LEAD, _MODULES = _lead(), _modules()
_NAMES = select(_person.c.id, _person.c.name).where(_person.c.id.in_(bindparam("ids", expanding=True)))


def figures(session: Session, period: ReportPeriod, bookable: Collection[str], now: datetime) -> ReportFigures:
    """Everything that the reports say of a period; `bookable` are the kinds of dates with slots. Raises BadPeriod."""
    period.check()
    bounds = period.bounds
    count = len(bounds)
    weeks = {f"from_{n}": one[0] for n, one in enumerate(bounds)} | {f"to_{n}": one[1] for n, one in enumerate(bounds)}
    whole = {"since": bounds[0][0], "until": bounds[-1][1], "kinds": sorted(bookable), "now": now}
    connection = session.connection()
    lead = [0] * (len(LEAD_HOURS) + 1)
    for hours, number in connection.execute(_LEAD, whole):
        lead[bisect(LEAD_HOURS, hours)] += number
    waits = {n: WaitlistWeek(n) for n in range(count)}
    for n, joined in connection.execute(_joined(count), weeks):
        waits[n] = replace(waits[n], joined=joined)
    for n, offered, accepted, declined, lapsed in connection.execute(_offers(count), weeks):
        waits[n] = replace(waits[n], offered=offered, accepted=accepted, declined=declined, lapsed=lapsed)
    calendars = connection.execute(_CALENDARS, {"in_use_since": now - IN_USE})
    return ReportFigures(
        period,
        _analyst_weeks(session, weeks, whole["kinds"], now),
        lead,
        list(waits.values()),
        [ModuleAttendance(*row) for row in connection.execute(_MODULES, whole)],
        [CalendarUse(_OWN.get(sort, sort), number) for sort, number in calendars],
    )


def _analyst_weeks(session: Session, weeks: dict[str, Any], kinds: Any, now: datetime) -> list[AnalystWeek]:
    """By week and analyst's name, those of the same name apart."""
    connection, count = session.connection(), len(weeks) // 2
    offered = {
        (n, analyst): round(seconds) // QUARTER_SECONDS
        for n, analyst, seconds in connection.execute(_offered(count), {**weeks, "kinds": kinds})
    }
    booked = {(n, analyst): rest for n, analyst, *rest in connection.execute(_booked(count), {**weeks, "now": now})}
    keys = offered.keys() | booked.keys()
    ids = sorted({analyst for _, analyst in keys})
    names: dict[int, str] = {person_id: name for person_id, name in connection.execute(_NAMES, {"ids": ids})}
    found = []
    for n, analyst in sorted(keys, key=lambda key: (key[0], names[key[1]], key[1])):
        minutes, *rest, late_seconds, not_marked = booked.get((n, analyst), [0] * 11)
        quarters = minutes // QUARTER_MINUTES
        counted = (offered.get((n, analyst), 0), quarters, *rest, int(late_seconds), not_marked)
        found.append(AnalystWeek(n, analyst, names[analyst], *counted))
    return found
