"""Keep the far end filled: series without an end are stored to the end of the month 13 months ahead."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from booking.domain import zones
from booking.domain.recurrence import expand, stored_until
from booking.services.deed import deed
from booking.store import locks, publishing
from booking.store.programme import Module, Occurrence, Series


@deed
def extend(session: Session, now: datetime) -> int:
    """Add what is missing at the far end, with each series' roster; how many were added.

    Announces nothing. Exceptions stay: only dates after the last one that is stored are added.
    """
    programme = locks.programme(session)
    endless = session.scalars(
        select(Series)
        .where(Series.ends_on.is_(None), ~select(Module.number).where(Module.series_id == Series.id).exists())
        .options(selectinload(Series.analysts), selectinload(Series.modules))
    ).all()
    last_keys = session.execute(
        select(Occurrence.series_id, func.max(Occurrence.key))
        .where(Occurrence.series_id.in_([series.id for series in endless]))
        .group_by(Occurrence.series_id)
    )
    last = {series_id: key for series_id, key in last_keys}  # keys are ISO dates, so the greatest is the latest
    added = 0
    for series in endless:
        until = stored_until(zones.today(now, series.zone))
        instances = expand(publishing.rule_of(series), series.starts_on, until)
        missing = [
            instance for instance in instances if instance.key > last.get(series.id, "") and instance.starts_at > now
        ]
        publishing.add_occurrences(session, series.id, missing, [place.analyst_id for place in series.analysts], now)
        added += len(missing)
    if added:
        publishing.touch(programme, now)
    return added
