"""Claims: the rows that own a person's quarter hours. Their key is the lock that no double booking passes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.bookings.slots import Slot
from booking.store.bookings.waitlist_entries import Offer
from booking.store.db.base import Base, table_of
from booking.store.programme.changes import Change

OWNERS = ("booking_id", "offer_id", "change_id", "blocked_at")
ONE_OWNER = " + ".join(f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END" for name in OWNERS) + " = 1"


class Claim(Base):
    """One quarter hour of one person, analyst or member: a booking has a row for each of the two.

    Owned by a booking; or by an open offer; or held for the publish `change_id` that freed it, so that the publish can
    be undone; or, an analyst's own, blocked (`blocked_at` says when), so that nobody books it. An offer made instead of
    a booking leaves the quarters that its member has in that booking alone.
    """

    __tablename__ = "claim"
    __table_args__ = (CheckConstraint(ONE_OWNER, name="one_owner"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    quarter_at: Mapped[datetime] = mapped_column(primary_key=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="CASCADE"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey(Offer.id), index=True)
    change_id: Mapped[int | None] = mapped_column(ForeignKey(Change.id), index=True)
    blocked_at: Mapped[datetime | None]


_INSERT = insert(table_of(Claim))


def take(session: Session, slot: Slot, member_id: int, booking_id: int) -> None:
    """Claim every quarter of the slot for its analyst and for the member, ascending, in one statement.

    Raises sqlalchemy.exc.IntegrityError where either of them has a quarter already; then none is claimed.
    """
    owned = [(person_id, at) for person_id in sorted((slot.analyst_id, member_id)) for at in slot.quarters]
    rows = [{"person_id": person_id, "quarter_at": at, "booking_id": booking_id} for person_id, at in owned]
    session.connection().execute(_INSERT, rows)


def hold_for_offer(session: Session, slot: Slot, member_id: int, offer_id: int, instead_of: Slot | None = None) -> None:
    """Claim the slot's quarters for an offer, for its analyst and for the member.

    `instead_of` is the member's booking that the offer is made for: they keep the quarters that the two share.
    Raises sqlalchemy.exc.IntegrityError as `take` does.
    """
    kept = set() if instead_of is None else {(member_id, at) for at in instead_of.quarters}
    owned = {(person_id, at) for person_id in (slot.analyst_id, member_id) for at in slot.quarters} - kept
    rows = [{"person_id": person_id, "quarter_at": at, "offer_id": offer_id} for person_id, at in sorted(owned)]
    session.connection().execute(_INSERT, rows)


_UNBLOCK = delete(table_of(Claim)).where(
    Claim.person_id == bindparam("analyst_id"),
    Claim.quarter_at == bindparam("quarter_at"),
    Claim.blocked_at.is_not(None),
)
_BLOCKED = select(Claim.person_id, Claim.quarter_at).where(
    Claim.person_id.in_(bindparam("person_ids", expanding=True)),
    Claim.quarter_at >= bindparam("start"),
    Claim.quarter_at < bindparam("end"),
    Claim.blocked_at.is_not(None),
)


def block(session: Session, analyst_id: int, quarter_at: datetime, now: datetime) -> None:
    """Claim the quarter so that nobody books it. Raises sqlalchemy.exc.IntegrityError where somebody has it."""
    row = {"person_id": analyst_id, "quarter_at": quarter_at, "blocked_at": now}
    session.connection().execute(_INSERT, row)


def unblock(session: Session, analyst_id: int, quarter_at: datetime) -> bool:
    """Give a blocked quarter up; returns whether it was blocked."""
    values = {"analyst_id": analyst_id, "quarter_at": quarter_at}
    return bool(session.connection().execute(_UNBLOCK, values).rowcount)


def blocked(session: Session, person_ids: Collection[int], start: datetime, end: datetime) -> set[tuple[int, datetime]]:
    """(analyst, quarter) of what these analysts have blocked in [start, end); one statement."""
    values = {"person_ids": list(person_ids), "start": start, "end": end}
    return {(person_id, at) for person_id, at in session.connection().execute(_BLOCKED, values)}


_RELEASE = delete(table_of(Claim)).where(Claim.booking_id.in_(bindparam("ids", expanding=True)))


def release(session: Session, booking_ids: Iterable[int]) -> None:
    """Give up every quarter that these bookings own."""
    session.connection().execute(_RELEASE, {"ids": list(booking_ids)})


_OFFERS_AT = (
    select(Offer.id)
    .join(Claim, Claim.offer_id == Offer.id)
    .where(
        Claim.person_id.in_(bindparam("person_ids", expanding=True)),
        Claim.quarter_at.in_(bindparam("quarters", expanding=True)),
    )
    .distinct()
    .order_by(Offer.id)
)
_OFFERS_TO = _OFFERS_AT.where(Offer.member_id.in_(bindparam("to", expanding=True)))


def offers_at(
    session: Session, person_ids: Collection[int], quarters: Collection[datetime], to: Collection[int] | None = None
) -> list[int]:
    """The ids of the offers, to the people `to` if they are named, that own any of these quarters of these people."""
    values = {"person_ids": list(person_ids), "quarters": list(quarters)}
    if to is None:
        return list(session.scalars(_OFFERS_AT, values))
    return list(session.scalars(_OFFERS_TO, {**values, "to": list(to)}))
