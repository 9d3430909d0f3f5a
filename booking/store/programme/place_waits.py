"""The waitlist of a lab or a masterclass: who waits for a place in one date, and the place that is held for them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.domain.enums.bookings import WaitlistOutcome
from booking.store.db.base import Base, Id, new_public_id, one_of

WAITING = "ended_at IS NULL"


class PlaceWait(Base):
    """A member who waits for a place in one date. `lapses_at`: until when a place is held for them, None while none is.

    `passed_at`: when they declined a place or did not accept it in time. They wait on behind the others, and none is
    held for them until the date has been full again. `outcome` says how it ended: `booked` (they are enrolled), `left`,
    `gone` (the date is over or cancelled).
    """

    __tablename__ = "place_wait"
    __table_args__ = (
        CheckConstraint(one_of("outcome", WaitlistOutcome), name="outcome"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_place_wait_occurrence_id_member_id",
            "occurrence_id",
            "member_id",
            unique=True,
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        Index("ix_place_wait_occurrence_id", "occurrence_id", "joined_at", "id"),
        Index("ix_place_wait_member_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    joined_at: Mapped[datetime]
    lapses_at: Mapped[datetime | None]
    passed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
