"""The queue for places in labs and masterclasses, read for services, members and staff."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence

MAX_ENTRIES = 1000  # of one date that count: nobody's turn comes behind them

_QUEUE = (
    select(PlaceWait)
    .where(PlaceWait.occurrence_id == bindparam("occurrence_id"), PlaceWait.ended_at.is_(None))
    .order_by(PlaceWait.joined_at, PlaceWait.id)
    .limit(MAX_ENTRIES)
    .execution_options(populate_existing=True)
)
_HELD = (
    select(PlaceWait.occurrence_id, func.count())
    .where(
        PlaceWait.occurrence_id.in_(bindparam("ids", expanding=True)),
        PlaceWait.ended_at.is_(None),
        PlaceWait.lapses_at > bindparam("now"),
        PlaceWait.member_id != bindparam("but"),
    )
    .group_by(PlaceWait.occurrence_id)
)
_OF_MEMBER = select(PlaceWait).where(
    PlaceWait.occurrence_id == bindparam("occurrence_id"),
    PlaceWait.member_id == bindparam("member_id"),
    PlaceWait.ended_at.is_(None),
)
_OPEN_OF_MEMBER = (
    select(PlaceWait)
    .where(PlaceWait.member_id == bindparam("member_id"), PlaceWait.ended_at.is_(None))
    .order_by(PlaceWait.id)
)
_ONE = select(PlaceWait).where(PlaceWait.public_id == bindparam("public_id"))
_AWAITED = select(PlaceWait.occurrence_id).where(PlaceWait.ended_at.is_(None)).distinct()
_LAPSED = _AWAITED.where(PlaceWait.lapses_at <= bindparam("now"))
_AWAITED_IN_SERIES = _AWAITED.join(Occurrence, Occurrence.id == PlaceWait.occurrence_id).where(
    Occurrence.series_id == bindparam("series_id")
)


def queue(session: Session, occurrence_id: int) -> list[PlaceWait]:
    """Those who wait for a place in that date, who joined first goes first."""
    return list(session.scalars(_QUEUE, {"occurrence_id": occurrence_id}))


def held(session: Session, occurrence_ids: Collection[int], now: datetime, but: int = 0) -> dict[int, int]:
    """Returns how many places are held in each of those dates; those of the member `but` not counted."""
    if not occurrence_ids:
        return {}
    values = {"ids": sorted(occurrence_ids), "now": now, "but": but}
    return {occurrence_id: count for occurrence_id, count in session.execute(_HELD, values)}


def of_member(session: Session, occurrence_id: int, member_id: int) -> PlaceWait | None:
    """The member's open place on that waitlist; None without one."""
    return session.scalars(_OF_MEMBER, {"occurrence_id": occurrence_id, "member_id": member_id}).one_or_none()


def of_member_in(session: Session, occurrence_ids: Collection[int], member_id: int) -> list[PlaceWait]:
    """The member's open places on the waitlists of those dates."""
    if not occurrence_ids:
        return []
    return [one for one in open_of_member(session, member_id) if one.occurrence_id in set(occurrence_ids)]


def open_of_member(session: Session, member_id: int) -> list[PlaceWait]:
    """Every open place of the member on the waitlist of a lab or masterclass."""
    return list(session.scalars(_OPEN_OF_MEMBER, {"member_id": member_id}))


def with_public_id(session: Session, public_id: uuid.UUID) -> PlaceWait | None:
    """The place on a waitlist of that id, ended or not; None if there is none."""
    return session.scalars(_ONE, {"public_id": public_id}).one_or_none()


def awaited(session: Session) -> list[int]:
    """Every date whose places somebody waits for; one read, for the worker."""
    return list(session.scalars(_AWAITED))


def awaited_in_series(session: Session, series_id: int) -> list[int]:
    """The dates of one series whose places somebody waits for."""
    return list(session.scalars(_AWAITED_IN_SERIES, {"series_id": series_id}))


def lapsed(session: Session, now: datetime) -> list[int]:
    """The dates in which a place is no longer held and nobody has passed it on; for the worker."""
    return list(session.scalars(_LAPSED, {"now": now}))


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A reader's place on the waitlist of one date: how many are ahead, until when a place is held for them, and
    whether it would go to somebody else after that.
    """

    public_id: uuid.UUID
    ahead: int
    lapses_at: datetime | None
    has_next: bool = False


def view(session: Session, occurrence_id: int, member_id: int, now: datetime) -> PlaceView | None:
    """The member's place as its page shows it; None for who doesn't wait there."""
    waiting = queue(session, occurrence_id)
    for ahead, one in enumerate(waiting):
        if one.member_id == member_id:
            is_held = one.lapses_at is not None and now < one.lapses_at
            has_next = any(other.lapses_at is None and other.passed_at is None for other in waiting if other is not one)
            return PlaceView(one.public_id, ahead, one.lapses_at if is_held else None, has_next)
    return None
