"""The closures as the coordinators' page lists them: those in force, and those that are over or lifted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Select, bindparam, select, tuple_
from sqlalchemy.orm import Session, aliased

from booking.store.db.base import Id, table_of
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme.changes import Change
from booking.store.programme.closures import ClosureSeries, StoredClosure
from booking.store.programme.programme import Series

MOST_IN_FORCE = 100
MOST_EARLIER = 30


@dataclass(frozen=True, slots=True)
class ListedClosure:
    """One closure: `titles` are those of the series that it closes, none where it closes all; `by` who added it.

    `by` and `lifted_by` are None where a command did it.
    """

    id: int
    public_id: uuid.UUID
    first_on: date
    last_on: date
    reason: str
    closes_all: bool
    by: str | None
    change_id: uuid.UUID
    lifted_at: datetime | None
    lifted_by: str | None
    titles: tuple[str, ...] = ()


_closure, _closed, _series = table_of(StoredClosure), table_of(ClosureSeries), table_of(Series)
_added, _lifted = aliased(Change), aliased(Change)
_adder, _lifter = aliased(Person), aliased(Person)
_COLUMNS = in_field_order(
    ListedClosure,
    {
        "id": _closure.c.id,
        "public_id": _closure.c.public_id,
        "first_on": _closure.c.first_on,
        "last_on": _closure.c.last_on,
        "reason": _closure.c.reason,
        "closes_all": _closure.c.closes_all,
        "by": _adder.name,
        "change_id": _added.public_id,
        "lifted_at": _closure.c.lifted_at,
        "lifted_by": _lifter.name,
    },
    without=("titles",),
)
_ALL = (
    select(*_COLUMNS)
    .join(_added, _added.id == _closure.c.change_id)
    .outerjoin(_adder, _adder.id == _added.actor_id)
    .outerjoin(_lifted, _lifted.id == _closure.c.lifted_change_id)
    .outerjoin(_lifter, _lifter.id == _lifted.actor_id)
)
_TODAY = bindparam("today", type_=Date)
_IN_FORCE = (
    _ALL.where(_closure.c.lifted_at.is_(None), _closure.c.last_on >= _TODAY)
    .order_by(_closure.c.first_on, _closure.c.id)
    .limit(MOST_IN_FORCE)
)
_EARLIER = (
    _ALL.where(
        _closure.c.lifted_at.is_not(None) | (_closure.c.last_on < _TODAY),
        tuple_(_closure.c.last_on, _closure.c.id)
        < tuple_(bindparam("after_day", type_=Date), bindparam("after_id", type_=Id)),
    )
    .order_by(_closure.c.last_on.desc(), _closure.c.id.desc())
    .limit(MOST_EARLIER + 1)
)
_ONE = _ALL.where(_closure.c.public_id == bindparam("public_id", type_=_closure.c.public_id.type))
_TITLES = (
    select(_closed.c.closure_id, _series.c.title)
    .join(_series, _series.c.id == _closed.c.series_id)
    .where(_closed.c.closure_id.in_(bindparam("ids", expanding=True)))
    .order_by(_series.c.title, _series.c.id)
)


def in_force(session: Session, today: date) -> list[ListedClosure]:
    """Those that are not lifted and not over, by their first day."""
    return _read(session, _IN_FORCE, today=today)


def earlier(session: Session, today: date, after: tuple[date, int] | None = None) -> list[ListedClosure]:
    """Those that are over or lifted, the latest first, beyond that last day and id: one page and one more."""
    day, closure_id = after or (date.max, 0)
    return _read(session, _EARLIER, today=today, after_day=day, after_id=closure_id)


def one(session: Session, public_id: uuid.UUID) -> ListedClosure | None:
    """The closure of that id."""
    return next(iter(_read(session, _ONE, public_id=public_id)), None)


def _read(session: Session, statement: Select[Any], **values: object) -> list[ListedClosure]:
    found = [ListedClosure(*row) for row in session.execute(statement, values)]
    titles = _titles(session, [closure.id for closure in found])
    return [replace(closure, titles=tuple(titles.get(closure.id, ()))) for closure in found]


def _titles(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for closure_id, title in session.execute(_TITLES, {"ids": ids}) if ids else ():
        found.setdefault(closure_id, []).append(title)
    return found
