"""The series as a coordinator goes through them: those with an upcoming date, and the finished ones apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from booking.domain.planning.adjustments import Definition
from booking.domain.recurrence import MAX_DURATION
from booking.store.db.base import Id, UTCDateTime, table_of
from booking.store.programme import plan_inputs
from booking.store.programme.programme import SCHEDULED, Occurrence, Series

PAGE = 60  # series on one page
Place = tuple[datetime, int]  # of a series in its list: when it is on next, or was on last, and its internal id


@dataclass(frozen=True, slots=True)
class ListedSeries:
    """One series; `at` is the start of its next date (it may be under way), of a finished one that of its last."""

    definition: Definition
    at: datetime

    @property
    def place(self) -> Place:
        """Returns its place in the list."""
        return self.at, self.definition.id or 0


_series, _occurrence = table_of(Series), table_of(Occurrence)
_OF_SERIES = _occurrence.c.series_id == _series.c.id
_NEXT = (
    select(func.min(_occurrence.c.starts_at))
    .where(
        _OF_SERIES,
        _occurrence.c.starts_at > bindparam("since", type_=UTCDateTime()),
        _occurrence.c.ends_at > bindparam("now", type_=UTCDateTime()),
        _occurrence.c.status == SCHEDULED,
    )
    .correlate(_series)
    .scalar_subquery()
)
_LAST = select(func.max(_occurrence.c.starts_at)).where(_OF_SERIES).correlate(_series).scalar_subquery()
_BOTH = select(
    _series.c.id, _NEXT.label("next_at"), func.coalesce(_LAST, _series.c.created_at).label("last_at")
).subquery()
_PLACE = tuple_(bindparam("at", type_=UTCDateTime()), bindparam("id", type_=Id))
_UPCOMING = (
    select(_BOTH.c.id, _BOTH.c.next_at)
    .where(_BOTH.c.next_at.is_not(None))
    .order_by(_BOTH.c.next_at, _BOTH.c.id)
    .limit(bindparam("most"))
)
_FINISHED = (
    select(_BOTH.c.id, _BOTH.c.last_at)
    .where(_BOTH.c.next_at.is_(None))
    .order_by(_BOTH.c.last_at.desc(), _BOTH.c.id.desc())
    .limit(bindparam("most"))
)
_STATEMENTS = {
    (False, False): _UPCOMING,
    (False, True): _UPCOMING.where(tuple_(_BOTH.c.next_at, _BOTH.c.id) > _PLACE),
    (True, False): _FINISHED,
    (True, True): _FINISHED.where(tuple_(_BOTH.c.last_at, _BOTH.c.id) < _PLACE),
}


def page(
    session: Session, now: datetime, after: Place | None = None, *, is_finished: bool = False, most: int = PAGE
) -> list[ListedSeries]:
    """Up to `most` series beyond that place: the one that is on next first, or the one that finished last."""
    values = {"now": now, "since": now - MAX_DURATION - timedelta(hours=1), "most": most}
    if after is not None:
        values |= {"at": after[0], "id": after[1]}
    found = session.execute(_STATEMENTS[is_finished, after is not None], values).all()
    known = {one.id: one for one in plan_inputs.definitions(session, [row[0] for row in found]).values()}
    return [ListedSeries(known[series_id], at) for series_id, at in found]


_BEGUN_MODULES = select(func.max(_occurrence.c.module_number)).where(
    _occurrence.c.series_id == bindparam("series_id", type_=Id),
    _occurrence.c.starts_at <= bindparam("now", type_=UTCDateTime()),
)


_WITH_SLUG = select(_series.c.id).where(_series.c.slug == bindparam("slug"))


def with_slug(session: Session, slug: str) -> Definition | None:
    """The series of that short name, None where there is none."""
    series_id = session.scalar(_WITH_SLUG, {"slug": slug})
    return plan_inputs.definitions(session, [series_id])[slug] if series_id is not None else None


def begun_modules(session: Session, series_id: int, now: datetime) -> int:
    """How many modules of a series have begun."""
    return session.scalar(_BEGUN_MODULES, {"series_id": series_id, "now": now}) or 0
