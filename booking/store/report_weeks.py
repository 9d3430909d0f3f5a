"""Weeks of the reports that were counted once and are kept, so that a report of a year needn't count them again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.db.base import Base, Id, UTCDateTime, table_of


class ReportWeek(Base):
    """One week that is over, in [starts_at, ends_at), for the bookable kinds in `kinds`, sorted and joined by commas.

    `figures` is None until it is counted. Triggers of the database set it to None and raise `version` in whatever
    transaction changes a row that was counted (migration 0035). A count is kept, as one version more, only where
    `version` is still the same.
    """

    __tablename__ = "report_week"
    __table_args__ = (
        UniqueConstraint("starts_at", "ends_at", "kinds"),
        # for the triggers: of a booking that is still ahead it finds nothing at once
        Index("ix_report_week_ends_at", "ends_at", "starts_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kinds: Mapped[str]
    version: Mapped[int] = mapped_column(default=0)
    figures: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]


Bounds = tuple[datetime, datetime]
_week = table_of(ReportWeek)
_OF_KINDS = _week.c.kinds == bindparam("of_kinds")
_KEPT = select(_week.c.starts_at, _week.c.ends_at, _week.c.figures).where(
    _week.c.starts_at >= bindparam("since", type_=UTCDateTime()),
    _week.c.ends_at <= bindparam("until", type_=UTCDateTime()),
    _OF_KINDS,
    _week.c.figures.is_not(None),
)
_KNOWN = select(_week.c.starts_at, _week.c.ends_at).where(_OF_KINDS)
_INSERT = insert(_week)
_OTHERS = delete(_week).where(_week.c.kinds != bindparam("of_kinds"))
_NEXT = (
    select(_week.c.id, _week.c.version, _week.c.starts_at, _week.c.ends_at)
    .where(_OF_KINDS, _week.c.figures.is_(None), _week.c.created_at <= bindparam("settled", type_=UTCDateTime()))
    .order_by(_week.c.starts_at.desc())
    .limit(1)
)
_KEEP = (
    update(_week)
    .where(_week.c.id == bindparam("week_id"), _week.c.version == bindparam("seen"))
    .values(figures=bindparam("counted"), version=_week.c.version + 1)
)


def joined(kinds: Collection[str]) -> str:
    """The kinds as a row has them."""
    return ",".join(sorted(kinds))


def kept(session: Session, period: Bounds, kinds: Collection[str]) -> dict[Bounds, dict[str, Any]]:
    """What is kept of the whole weeks in that period, by their bounds; one statement."""
    values = {"since": period[0], "until": period[1], "of_kinds": joined(kinds)}
    return {(since, until): figures for since, until, figures in session.connection().execute(_KEPT, values)}


def prepare(session: Session, weeks: Sequence[Bounds], kinds: Collection[str], now: datetime) -> int:
    """Add the rows that are missing of these weeks, not counted yet; how many. Those of other kinds are deleted."""
    connection = session.connection()
    connection.execute(_OTHERS, {"of_kinds": joined(kinds)})
    known = {tuple(row) for row in connection.execute(_KNOWN, {"of_kinds": joined(kinds)})}
    rows = [
        {"starts_at": since, "ends_at": until, "kinds": joined(kinds), "version": 0, "created_at": now}
        for since, until in weeks
        if (since, until) not in known
    ]
    if rows:
        connection.execute(_INSERT, rows)
    return len(rows)


def next_to_count(session: Session, kinds: Collection[str], settled: datetime) -> tuple[int, int, Bounds] | None:
    """The latest week that is not counted and was prepared by `settled`: its id, version and bounds."""
    row = session.connection().execute(_NEXT, {"of_kinds": joined(kinds), "settled": settled}).one_or_none()
    return None if row is None else (row.id, row.version, (row.starts_at, row.ends_at))


def keep(session: Session, week_id: int, version: int, figures: dict[str, Any]) -> bool:
    """Keep what was counted, unless something of that week has changed since; whether it is kept."""
    values = {"week_id": week_id, "seen": version, "counted": figures}
    return bool(session.connection().execute(_KEEP, values).rowcount)
