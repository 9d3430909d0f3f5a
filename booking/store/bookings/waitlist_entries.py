"""The waitlist and its offers: a place waits for a slot, an offer holds one for one person until it lapses."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.domain.enums.bookings import OfferStatus, WaitlistOutcome
from booking.store.db.base import Base, Id, new_public_id, one_of

WAITING = "ended_at IS NULL"
OPEN = f"status = '{OfferStatus.OPEN}'"


class WaitlistEntry(Base):
    """A member's place on the waitlist of one occurrence: a length, one analyst or any (None), acceptable starts.

    `earliest_at` and `latest_at` are the first and the last start that suits, None for no bound. `replaces_id` is the
    booking that a slot would replace while the member is at a limit.
    `outcome` says how it ended: `booked`, `left`, `gone` (the clinic was cancelled or began). `called_for` names what
    was free when all who wait were last called, None before.
    """

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        CheckConstraint("minutes > 0 AND minutes % 15 = 0", name="minutes"),
        CheckConstraint(one_of("outcome", WaitlistOutcome), name="outcome"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_waitlist_entry_occurrence_id_member_id",
            "occurrence_id",
            "member_id",
            unique=True,
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index("ix_waitlist_entry_occurrence_id", "occurrence_id", "joined_at", "id"),
        Index("ix_waitlist_entry_member_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    analyst_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    minutes: Mapped[int]
    earliest_at: Mapped[datetime | None]
    latest_at: Mapped[datetime | None]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id", ondelete="SET NULL"), index=True)
    topic: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")
    joined_at: Mapped[datetime]
    called_for: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class Offer(Base):
    """A slot held for one member until `lapses_at`; its claims name it and carry no member until it is accepted.

    `waiting_id`: for a place on the waitlist. `booking_id`: another slot for a booking whose analyst is away.
    """

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("minutes > 0 AND minutes % 15 = 0", name="minutes"),
        CheckConstraint(one_of("status", OfferStatus), name="status"),
        CheckConstraint("(status = 'open') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(waiting_id IS NULL) <> (booking_id IS NULL)", name="for_one_thing"),
        Index("uq_offer_member_id", "member_id", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_offer_lapses_at", "lapses_at", "id", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_offer_occurrence_id", "occurrence_id", "id"),
        Index("ix_offer_member_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    waiting_id: Mapped[int | None] = mapped_column(ForeignKey("waitlist_entry.id"), index=True)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    analyst_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    lapses_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default=OfferStatus.OPEN)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
