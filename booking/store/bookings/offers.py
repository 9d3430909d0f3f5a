"""Offers of a slot to a member: end them, with the quarters that they hold. Callers have locked the occurrence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import Slot
from booking.domain.bookings.timetable import Timetable
from booking.domain.enums.bookings import OfferStatus, WaitlistOutcome
from booking.store.bookings import claims
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry


def end(session: Session, offer_id: int, status: OfferStatus, now: datetime) -> None:
    """Close an offer, if it is open still, and let go of its quarters."""
    session.execute(delete(Claim).where(Claim.offer_id == offer_id))
    is_open = (Offer.id == offer_id) & (Offer.status == OfferStatus.OPEN)
    session.execute(update(Offer).where(is_open).values(status=status, ended_at=now))


def give_way(session: Session, slot: Slot, member_id: int, now: datetime, *, to: Collection[int]) -> None:
    """End the offers to the people `to` that own a quarter of the slot, its analyst's or the member's.

    What somebody is booked for comes before what they are only offered.

    They go on waiting. What else such an offer held is free again: those who wait there come first, because
    `services.bookings.book.pick` asks the waitlist before it gives a slot to anybody.
    """
    for offer_id in claims.offers_at(session, [slot.analyst_id, member_id], slot.quarters, to):
        end(session, offer_id, OfferStatus.GONE, now)


_INSTEAD_OF = select(Offer.id).where(Offer.booking_id == bindparam("booking_id"), Offer.status == OfferStatus.OPEN)


def end_instead_of(session: Session, booking_id: int, now: datetime) -> None:
    """End what is offered instead of a booking whose analyst is off: it moves otherwise, or is given up."""
    for offer_id in list(session.scalars(_INSTEAD_OF, {"booking_id": booking_id})):
        end(session, offer_id, OfferStatus.GONE, now)


def end_held(session: Session, found: Timetable, slot: Slot, member_id: int, now: datetime) -> None:
    """The same for what is offered to the member who books: `found` was read for them, so nothing more is read."""
    owned = {(person_id, at) for person_id in (slot.analyst_id, member_id) for at in slot.quarters}
    for offer_id in sorted({found.held[key] for key in owned & found.held.keys()}):
        end(session, offer_id, OfferStatus.GONE, now)


_FOR_PLACE = select(Offer.id).where(Offer.waiting_id == bindparam("waiting_id"), Offer.status == OfferStatus.OPEN)


def end_place(session: Session, waiting_id: int, outcome: WaitlistOutcome, now: datetime) -> None:
    """End a place on the waitlist, and what is offered for it."""
    for offer_id in session.scalars(_FOR_PLACE, {"waiting_id": waiting_id}):
        end(session, offer_id, OfferStatus.ACCEPTED if outcome == WaitlistOutcome.BOOKED else OfferStatus.GONE, now)
    session.execute(
        update(WaitlistEntry)
        .where(WaitlistEntry.id == waiting_id, WaitlistEntry.ended_at.is_(None))
        .values(ended_at=now, outcome=outcome)
    )


_PLACE_OF = select(WaitlistEntry.id).where(
    WaitlistEntry.occurrence_id == bindparam("occurrence_id"),
    WaitlistEntry.member_id == bindparam("member_id"),
    WaitlistEntry.ended_at.is_(None),
)


def end_place_of(session: Session, occurrence_id: int, member_id: int, outcome: WaitlistOutcome, now: datetime) -> None:
    """End the member's place in that occurrence, if they have one."""
    for waiting_id in session.scalars(_PLACE_OF, {"occurrence_id": occurrence_id, "member_id": member_id}):
        end_place(session, waiting_id, outcome, now)
