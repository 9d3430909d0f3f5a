"""Claims: the rows that own quarters. Their keys are the lock that no double booking passes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, delete, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.slots import Slot
from booking.store.base import Base, table_of
from booking.store.changes import Change
from booking.store.waiting import Offer


class Claim(Base):
    """One quarter of one analyst, owned by one booking; `member_id` owns the member's own quarter too.

    Or owned by an open offer, which carries no member until it is accepted; or held for the publish `change_id`
    that freed it, so that it can be undone.
    """

    __tablename__ = "claim"
    __table_args__ = (
        Index("uq_claim_member_id_quarter_at", "member_id", "quarter_at", unique=True),
        CheckConstraint("booking_id IS NULL OR member_id IS NOT NULL", name="booked_by_a_member"),
    )

    analyst_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    quarter_at: Mapped[datetime] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey(Offer.id), index=True)
    change_id: Mapped[int | None] = mapped_column(ForeignKey(Change.id), index=True)


_INSERT = insert(table_of(Claim))


def take(session: Session, slot: Slot, member_id: int, booking_id: int) -> None:
    """Claim every quarter of the slot, ascending, in one statement.

    Raises sqlalchemy.exc.IntegrityError where a quarter of the analyst or of the member is owned; then none is.
    """
    rows = [
        {"analyst_id": slot.analyst_id, "quarter_at": quarter, "member_id": member_id, "booking_id": booking_id}
        for quarter in slot.quarters
    ]
    session.connection().execute(_INSERT, rows[0] if len(rows) == 1 else rows)


def hold_for_offer(session: Session, slot: Slot, offer_id: int) -> None:
    """Claim the slot's quarters for an offer; they carry no member until it is accepted."""
    session.execute(
        _INSERT, [{"analyst_id": slot.analyst_id, "quarter_at": at, "offer_id": offer_id} for at in slot.quarters]
    )


def release(session: Session, booking_ids: Iterable[int]) -> None:
    """Give up every quarter that these bookings own."""
    session.execute(delete(Claim).where(Claim.booking_id.in_(list(booking_ids))))
