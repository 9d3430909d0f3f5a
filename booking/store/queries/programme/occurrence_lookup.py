"""Look one occurrence up for services and pages, and the preference among its analysts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, null, or_, select, union_all
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings.slots import AnalystPreference
from booking.store.bookings.bookings import CAME, CONFIRMED, Booking
from booking.store.programme.programme import Occurrence

_ID = select(Occurrence.id).where(Occurrence.public_id == bindparam("public_id"))
_OCCURRENCE = select(Occurrence).where(Occurrence.public_id == bindparam("public_id"))


def occurrence_id(session: Session, public_id: uuid.UUID) -> int:
    """The internal id; raises NotFound."""
    found = session.execute(_ID, {"public_id": public_id}).scalar_one_or_none()
    if found is None:
        raise errors.NotFound()
    return found


def with_public_id(session: Session, public_id: uuid.UUID) -> Occurrence | None:
    """The occurrence of that id, or None."""
    return session.scalars(_OCCURRENCE, {"public_id": public_id}).one_or_none()


_LAST_SEEN = (
    select(Booking.analyst_id)
    .where(
        Booking.member_id == bindparam("member_id"),
        Booking.status == CONFIRMED,
        Booking.starts_at < bindparam("now"),
        or_(Booking.outcome.is_(None), Booking.outcome == CAME),
    )
    .order_by(Booking.starts_at.desc(), Booking.id.desc())
    .limit(1)
)
_BOOKED = (
    select(Booking.analyst_id, func.count())
    .where(
        Booking.analyst_id.in_(bindparam("analyst_ids", expanding=True)),
        Booking.status == CONFIRMED,
        Booking.starts_at >= bindparam("monday"),
        Booking.starts_at < bindparam("next_monday"),
    )
    .group_by(Booking.analyst_id)
)


_last_seen = _LAST_SEEN.subquery()
#: How many bookings each has; and, with no count, who was seen last.
_PREFERENCE = union_all(_BOOKED, select(_last_seen.c.analyst_id, null()))


def preference(
    session: Session, member_id: int, names: Mapping[int, str], week: tuple[datetime, datetime], now: datetime
) -> AnalystPreference:
    """Returns the preference among those analysts for a member who takes any: one statement."""
    values = {
        "member_id": member_id,
        "now": now,
        "analyst_ids": list(names),
        "monday": week[0],
        "next_monday": week[1],
    }
    seen, booked = None, {}
    for analyst_id, count in session.connection().execute(_PREFERENCE, values):
        if count is None:
            seen = analyst_id
        else:
            booked[analyst_id] = count
    return AnalystPreference(seen, booked, names)
