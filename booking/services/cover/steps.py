"""Steps that the transactions of cover share: which bookings still look for somebody, and what is done to one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import Slot
from booking.domain.enums.audit import AuditAction
from booking.domain.enums.bookings import CancelledBy, OfferStatus
from booking.domain.enums.planning import LineKind
from booking.domain.planning.updates import Line
from booking.domain.recurrence import MAX_DURATION
from booking.services.action_context import ActionContext
from booking.services.steps.give_up import Ending, give_up
from booking.services.steps.put import put
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import Offer
from booking.store.outbox import email_facts
from booking.store.outbox.email_facts import Was
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Occurrence, Roster

_PENDING_OF = (
    select(Booking)
    .join(
        Roster,
        (Roster.occurrence_id == Booking.occurrence_id) & (Roster.analyst_id == Booking.analyst_id),
    )
    .where(
        Booking.occurrence_id.in_(bindparam("occurrence_ids", expanding=True)),
        Booking.status == CONFIRMED,
        Booking.starts_at > bindparam("now"),
        Roster.is_away.is_(True),
    )
    .order_by(Booking.starts_at, Booking.id)
    .execution_options(populate_existing=True)
)


def pending_of(session: Session, occurrence_ids: Iterable[int], now: datetime) -> list[Booking]:
    """The confirmed bookings there that are still with somebody who is away, earliest first."""
    return list(session.scalars(_PENDING_OF, {"occurrence_ids": list(occurrence_ids), "now": now}))


_LEFT_BY = (
    select(Occurrence)
    .join(Roster, Roster.occurrence_id == Occurrence.id)
    .where(
        Roster.analyst_id == bindparam("analyst_id"),
        Roster.is_away.is_(True),
        Occurrence.starts_at < bindparam("ends_at"),
        Occurrence.starts_at > bindparam("since"),
        Occurrence.ends_at > bindparam("max"),
    )
    .order_by(Occurrence.starts_at, Occurrence.id)
)


def left_by(session: Session, away: TimeOff, now: datetime) -> list[Occurrence]:
    """Returns the occurrences that the analyst was taken off and that are not over, by start."""
    return list(
        session.scalars(
            _LEFT_BY,
            {
                "analyst_id": away.analyst_id,
                "ends_at": away.ends_at,
                "since": away.starts_at - MAX_DURATION,
                "max": max(away.starts_at, now),
            },
        )
    )


_OFFER_FOR = select(Offer).where(Offer.booking_id == bindparam("booking_id"), Offer.status == OfferStatus.OPEN)


def offer_for(session: Session, booking: Booking) -> Offer | None:
    return session.scalars(_OFFER_FOR, {"booking_id": booking.id}).one_or_none()


def hand(context: ActionContext, booking: Booking, analyst_id: int, reason: str, *, may_wait: bool = False) -> Line:
    """Give a booking to another analyst at the same time; what its member is told."""
    was = booking.analyst.name
    put(context, booking, booking.occurrence_id, Slot(analyst_id, booking.starts_at, booking.minutes))
    return line_of(context.session, booking, LineKind.MOVED, was_with=was, reason=reason, may_wait=may_wait)


def cancel(
    context: ActionContext,
    booking: Booking,
    reason: str,
    *,
    action: AuditAction = AuditAction.CANCELLED,
    actor_id: int | None,
) -> Line:
    """Cancel a booking with an apology; what its member is told. The caller tells them, and serves the waitlist."""
    ending = Ending(CancelledBy.STAFF, reason, action=action, actor_id=actor_id)
    give_up(context, booking, ending, together=True)
    return line_of(context.session, booking, LineKind.CANCELLED, reason=reason)


def line_of(session: Session, booking: Booking, what: LineKind, **more: Any) -> Line:
    """A line of an email about a booking that keeps its time."""
    return email_facts.booking_facts(session, booking, what=what, **{**Was.of(booking).facts, **more})
