"""What the reports count of a week, added up by the database: five statements, however many weeks."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, Select, and_, bindparam, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from booking.domain.enums.bookings import CancelledBy, OfferStatus, VisitOutcome
from booking.domain.reports.figures import LATE_MINUTES, LEAD_HOURS
from booking.store.bookings.bookings import CANCELLED, CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import UTCDateTime, table_of
from booking.store.db.intervals import seconds_between
from booking.store.programme.programme import SCHEDULED, Occurrence, Roster, Series

QUARTER_MINUTES, QUARTER_SECONDS = 15, 900
#: Where a week begins and where it ends, which is no longer part of it (UTC).
Bounds = tuple[datetime, datetime]
_booking, _occurrence, _series, _roster = (table_of(one) for one in (Booking, Occurrence, Series, Roster))
_waiting, _offer = table_of(WaitlistEntry), table_of(Offer)


@dataclass(frozen=True, slots=True)
class WeekCount:
    """What was counted of one week.

    `analysts` has a row for each analyst, by internal id: the id, then the numbers of AnalystWeek in their order.
    `lead` counts bookings by bucket of LEAD_HOURS; `waitlist` has the numbers of WaitlistWeek in their order.
    """

    analysts: list[list[int]] = field(default_factory=list)
    lead: list[int] = field(default_factory=lambda: [0] * (len(LEAD_HOURS) + 1))
    waitlist: list[int] = field(default_factory=lambda: [0] * 5)


def weeks_table(count: int) -> CTE:
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


def within(at: ColumnElement[Any], week: CTE) -> ColumnElement[bool]:
    return and_(at >= week.c.from_at, at < week.c.to_at)


def _sum(condition: ColumnElement[bool], value: Any = 1) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, value), else_=0)), 0)


@cache
def _offered(count: int) -> Select[Any]:
    """Quarters that analysts offered, by week and analyst: each on the roster of a bookable date, and not off."""
    week = weeks_table(count)
    seconds = seconds_between(_occurrence.c.starts_at, _occurrence.c.ends_at)
    return (
        select(week.c.number, _roster.c.analyst_id, func.sum(seconds))
        .join(_occurrence, within(_occurrence.c.starts_at, week))
        .join(_series, _series.c.id == _occurrence.c.series_id)
        .join(_roster, _roster.c.occurrence_id == _occurrence.c.id)
        .where(_occurrence.c.status == SCHEDULED, _roster.c.is_away.is_(False))
        .where(_series.c.kind.in_(bindparam("kinds", expanding=True)))
        .group_by(week.c.number, _roster.c.analyst_id)
    )


@cache
def _booked(count: int) -> Select[Any]:
    """Bookings by week and analyst, and how they went."""
    week = weeks_table(count)
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
        .join(_booking, within(_booking.c.starts_at, week))
        .group_by(week.c.number, _booking.c.analyst_id)
    )


@cache
def _lead(count: int) -> Select[Any]:
    """How many bookings that stand were made how many whole hours before their start, by week."""
    week = weeks_table(count)
    hours = (seconds_between(_booking.c.created_at, _booking.c.starts_at) // 3600).label("hours")
    return (
        select(week.c.number, hours, func.count())
        .join(_booking, within(_booking.c.starts_at, week))
        .where(_booking.c.status == CONFIRMED)
        .group_by(week.c.number, "hours")
    )


@cache
def _joined(count: int) -> Select[Any]:
    week = weeks_table(count)
    return (
        select(week.c.number, func.count())
        .join(_occurrence, within(_occurrence.c.starts_at, week))
        .join(_waiting, _waiting.c.occurrence_id == _occurrence.c.id)
        .group_by(week.c.number)
    )


@cache
def _offers(count: int) -> Select[Any]:
    week = weeks_table(count)
    ended = (OfferStatus.ACCEPTED, OfferStatus.DECLINED, OfferStatus.LAPSED)
    return (
        select(week.c.number, func.count(), *(_sum(_offer.c.status == one) for one in ended))
        .join(_occurrence, within(_occurrence.c.starts_at, week))
        .join(_offer, _offer.c.occurrence_id == _occurrence.c.id)
        .where(_offer.c.waiting_id.is_not(None))
        .group_by(week.c.number)
    )


def counted(session: Session, weeks: Sequence[Bounds], bookable: Collection[str], now: datetime) -> list[WeekCount]:
    """Count each of these weeks, or parts of weeks; `bookable` are the kinds of dates with slots."""
    if not weeks:
        return []
    count = len(weeks)
    bounds = {f"from_{n}": one[0] for n, one in enumerate(weeks)} | {f"to_{n}": one[1] for n, one in enumerate(weeks)}
    connection = session.connection()
    found = [WeekCount() for _ in weeks]
    offered = {
        (n, analyst): round(seconds) // QUARTER_SECONDS
        for n, analyst, seconds in connection.execute(_offered(count), {**bounds, "kinds": sorted(bookable)})
    }
    booked = {(n, analyst): rest for n, analyst, *rest in connection.execute(_booked(count), {**bounds, "now": now})}
    for n, analyst in sorted(offered.keys() | booked.keys()):
        minutes, *rest = booked.get((n, analyst), [0] * 11)
        numbers = (offered.get((n, analyst), 0), minutes // QUARTER_MINUTES, *rest)
        found[n].analysts.append([analyst, *(int(number) for number in numbers)])
    for n, hours, number in connection.execute(_lead(count), bounds):
        found[n].lead[bisect(LEAD_HOURS, hours)] += number
    for n, joined in connection.execute(_joined(count), bounds):
        found[n].waitlist[0] = joined
    for n, *offers in connection.execute(_offers(count), bounds):
        found[n].waitlist[1:] = [int(number) for number in offers]
    return found
