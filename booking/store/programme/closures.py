"""Closures: the periods in which all or some series do not take place, and the publishes that added and lifted them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.planning.closures import Closure, ClosureChanges
from booking.store.db.base import Base, Id, new_public_id, table_of
from booking.store.programme.changes import Change
from booking.store.programme.programme import Series


class StoredClosure(Base):
    """The days [first_on, last_on], both inclusive, and why they are closed.

    `closes_all`: every series, also those that are added later; else those in `ClosureSeries`. `change_id` is the
    publish that added it, `lifted_change_id` the one that lifted it.
    """

    __tablename__ = "closure"
    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="ends_after_start"),
        Index("ix_closure_last_on", "last_on", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    first_on: Mapped[date]
    last_on: Mapped[date]
    reason: Mapped[str]
    closes_all: Mapped[bool]
    change_id: Mapped[int] = mapped_column(ForeignKey(Change.id), index=True)
    created_at: Mapped[datetime]
    lifted_change_id: Mapped[int | None] = mapped_column(ForeignKey(Change.id), index=True)
    lifted_at: Mapped[datetime | None]


class ClosureSeries(Base):
    """A series that a closure closes."""

    __tablename__ = "closure_series"

    closure_id: Mapped[int] = mapped_column(ForeignKey("closure.id", ondelete="CASCADE"), primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey(Series.id), primary_key=True, index=True)


_closure, _closed = table_of(StoredClosure), table_of(ClosureSeries)
_IN_FORCE = (
    select(
        _closure.c.id,
        _closure.c.first_on,
        _closure.c.last_on,
        _closure.c.reason,
        _closure.c.closes_all,
        _closed.c.series_id,
    )
    .outerjoin(_closed, _closed.c.closure_id == _closure.c.id)
    .where(_closure.c.lifted_at.is_(None), _closure.c.last_on >= bindparam("since", type_=_closure.c.last_on.type))
    .order_by(_closure.c.first_on, _closure.c.id)
)


def in_force(session: Session, since: date) -> tuple[Closure, ...]:
    """The closures that are not lifted and end on that day or later, by their first day."""
    found: dict[int, Closure] = {}
    for row in session.execute(_IN_FORCE, {"since": since}):
        had = found.get(row.id)
        ids = None if row.closes_all else (had.series_ids or frozenset() if had else frozenset()) | {row.series_id}
        found[row.id] = Closure(row.first_on, row.last_on, row.reason, ids, row.id)
    return tuple(found.values())


_CLOSE = insert(_closed)
_LIFT = (
    update(_closure)
    .where(_closure.c.id.in_(bindparam("ids", expanding=True)))
    .values(lifted_at=bindparam("now"), lifted_change_id=bindparam("by"))
)
_ADDED = select(_closure.c.id).where(_closure.c.change_id == bindparam("by"))
#: What it added goes, what it lifted is back.
_UNDO = (
    delete(_closed).where(_closed.c.closure_id.in_(_ADDED)),
    delete(_closure).where(_closure.c.change_id == bindparam("by")),
    update(_closure)
    .where(_closure.c.lifted_change_id == bindparam("by"))
    .values(lifted_at=None, lifted_change_id=None),
)


def write(session: Session, change_id: int, changes: ClosureChanges, now: datetime) -> None:
    """Store what a publish adds and lifts."""
    for closure in changes.added:
        row = StoredClosure(
            first_on=closure.first_on,
            last_on=closure.last_on,
            reason=closure.reason,
            closes_all=closure.series_ids is None,
            change_id=change_id,
            created_at=now,
        )
        session.add(row)
        session.flush()
        if closure.series_ids:
            rows = [{"closure_id": row.id, "series_id": series_id} for series_id in sorted(closure.series_ids)]
            session.execute(_CLOSE, rows)
    ids = [closure.id for closure in changes.lifted]
    if ids:
        session.execute(_LIFT, {"ids": ids, "now": now, "by": change_id})


def undo(session: Session, change_id: int) -> None:
    """Take back what that publish added, and put back what it lifted."""
    for statement in _UNDO:
        session.execute(statement, {"by": change_id})


def from_plan(plan: Mapping[str, object]) -> ClosureChanges:
    """The closures that a stored plan added and lifted, without their ids."""
    listed = plan.get("closures")
    if not isinstance(listed, dict):
        return ClosureChanges()
    return ClosureChanges(
        tuple(_closure_of(one) for one in listed["added"]), tuple(_closure_of(one) for one in listed["lifted"])
    )


def _closure_of(found: Mapping[str, object]) -> Closure:
    ids = found["series_ids"]
    return Closure(
        date.fromisoformat(str(found["first_on"])),
        date.fromisoformat(str(found["last_on"])),
        str(found["reason"]),
        frozenset(int(n) for n in ids) if isinstance(ids, list) else None,
    )
