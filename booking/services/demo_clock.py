"""The demo's clock, which whoever looks at the demo sets: only a database that the demo filled has one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.db.base import table_of
from booking.store.people.sessions import UserSession
from booking.store.programme.programme import SCHEDULED, Occurrence, Programme, Series

BEFORE_A_CLINIC = timedelta(minutes=5)  # join links are open then
FARTHEST = timedelta(days=60)  # from the real time, either way

_AHEAD = select(Programme.demo_seconds).where(Programme.is_demo)
_SET = update(table_of(Programme)).where(Programme.is_demo).values(demo_seconds=bindparam("seconds"))
_STAY_SIGNED_IN = (
    update(table_of(UserSession))
    .where(UserSession.ended_at.is_(None))
    .values(created_at=bindparam("at"), last_seen_at=bindparam("at"))
)
_NEXT = (
    select(func.min(Occurrence.starts_at))
    .join(Series, Series.id == Occurrence.series_id)
    .where(
        Occurrence.status == SCHEDULED,
        Occurrence.starts_at > bindparam("after"),
        Series.kind.in_(bindparam("kinds", expanding=True)),
    )
)


def ahead(session: Session) -> timedelta:
    """How far the demo's clock runs ahead; nothing in any other database."""
    return timedelta(seconds=session.connection().execute(_AHEAD).scalar_one_or_none() or 0)


@transactional
def set_to(context: ActionContext, wanted: datetime, real: datetime) -> None:
    """Set the demo's clock to `wanted` while it is `real`; everybody stays signed in.

    Raises NotFound in any other database, and TextNotAccepted farther than FARTHEST away.
    """
    if abs(wanted - real) > FARTHEST:
        raise errors.TextNotAccepted("clock", "that is too far away")
    connection = context.session.connection()
    if not connection.execute(_SET, {"seconds": round((wanted - real).total_seconds())}).rowcount:
        raise errors.NotFound()
    connection.execute(_STAY_SIGNED_IN, {"at": wanted})


def next_clinic(context: ActionContext) -> datetime | None:
    """Shortly before the next date with slots begins, None where there is none."""
    values = {"after": context.now + 2 * BEFORE_A_CLINIC, "kinds": sorted(context.organisation.bookable)}
    starts_at = context.session.execute(_NEXT, values).scalar_one_or_none()
    return None if starts_at is None else starts_at - BEFORE_A_CLINIC
