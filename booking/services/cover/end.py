"""One hour before its start a booking that nobody could take is cancelled, with an apology."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.bookings import cover_rules
from booking.domain.enums.audit import AuditAction
from booking.domain.enums.bookings import OfferStatus
from booking.domain.recurrence import MAX_DURATION
from booking.services.action_context import ActionContext
from booking.services.cover.asking import tell_members
from booking.services.cover.steps import cancel, offer_for, pending_of
from booking.services.steps.serve import serve
from booking.services.transaction import transactional
from booking.store.bookings import offers
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.programme.programme import Occurrence, Roster
from booking.store.queries.bookings import booking_lookup

_LAPSED = (
    select(Booking.public_id)
    .join(Roster, (Roster.occurrence_id == Booking.occurrence_id) & (Roster.analyst_id == Booking.analyst_id))
    .join(Occurrence, Occurrence.id == Booking.occurrence_id)
    .where(Roster.is_away.is_(True), Booking.status == CONFIRMED)
)


def lapsed(session: Session, now: datetime) -> list[uuid.UUID]:
    """Bookings whose last hour has come without anybody for them: one read, for the worker."""
    latest = now + cover_rules.LAPSE
    within = (Booking.starts_at > now, Booking.starts_at <= latest)
    meeting = (Occurrence.starts_at > now - MAX_DURATION, Occurrence.starts_at <= latest)
    return list(session.scalars(_LAPSED.where(*within, *meeting).order_by(Booking.starts_at).limit(100)))


@transactional
def lapse(context: ActionContext, booking_id: uuid.UUID) -> bool:
    """Cancel a booking that nobody could take, one hour before its start, with an apology; whether it was so."""
    session, now = context.session, context.now
    booking = booking_lookup.locked(session, booking_id)
    is_pending = any(one.id == booking.id for one in pending_of(session, [booking.occurrence_id], now))
    if booking.is_cancelled or not is_pending or booking.starts_at - cover_rules.LAPSE > now:
        return False
    offer = offer_for(session, booking)
    if offer is not None:
        offers.end(session, offer.id, OfferStatus.LAPSED, now)
    reason = f"{booking.analyst.name} is away, and no other analyst is free then."
    told = cancel(context, booking, reason, action=AuditAction.COVER_LAPSED, actor_id=None)
    tell_members(session, {booking.id: [told]}, now)
    serve(context, [booking.occurrence_id], (booking.occurrence_id, booking.slot))
    return True
