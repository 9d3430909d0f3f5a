"""Bookings: a member's confirmed slot, with its brief."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from booking.domain.bookings.slots import Slot
from booking.domain.enums.bookings import BookingStatus, CancelledBy, VisitOutcome
from booking.store.bookings import departures
from booking.store.db.base import Base, Id, new_public_id, one_of, table_of
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence

CONFIRMED, CANCELLED = BookingStatus.CONFIRMED, BookingStatus.CANCELLED
CAME, NO_SHOW = VisitOutcome.CAME, VisitOutcome.NO_SHOW
BATCH_SIZE = 5000  # ids in one statement
SHOWN_BACK = timedelta(days=100)  # calendars show at least two months, and never more than this


class Booking(Base):
    """A slot that one member holds, or held.

    `sequence` and `revised_at` are SEQUENCE and DTSTAMP of its calendar entries. `is_invited`: its emails carry
    an invitation, decided when it was made, or asked for by hand later. `cancelled_by` is `member` or `staff`;
    `outcome` is `came`, `no-show` or None while nobody has marked it. `chose_analyst`: asked for this analyst, not for
    anyone; `asked_for_id` is who that was where somebody else stands in. `began_at`: when its analyst pressed Start;
    `entered_at`: when its member last went in by the join link.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("minutes > 0 AND minutes % 15 = 0", name="minutes"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(one_of("status", BookingStatus), name="status"),
        CheckConstraint("(status = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        CheckConstraint(one_of("cancelled_by", CancelledBy), name="cancelled_by"),
        CheckConstraint(one_of("outcome", VisitOutcome), name="outcome"),
        Index("ix_booking_member_starts_at", "member_id", "starts_at"),
        Index("ix_booking_analyst_starts_at", "analyst_id", "starts_at"),
        Index("ix_booking_occurrence_member", "occurrence_id", "member_id"),
        Index("ix_booking_starts_at", "starts_at", "id", "status", "outcome", "occurrence_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_public_id)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    analyst_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    minutes: Mapped[int]
    chose_analyst: Mapped[bool]
    asked_for_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    topic: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default=CONFIRMED)
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    is_late: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str | None]
    began_at: Mapped[datetime | None]
    entered_at: Mapped[datetime | None]
    is_invited: Mapped[bool]
    sequence: Mapped[int] = mapped_column(default=0)
    revised_at: Mapped[datetime]
    created_at: Mapped[datetime]

    occurrence: Mapped[Occurrence] = relationship()
    analyst: Mapped[Person] = relationship(foreign_keys=[analyst_id])
    member: Mapped[Person] = relationship(foreign_keys=[member_id])

    @property
    def is_cancelled(self) -> bool:
        return self.status == CANCELLED

    @property
    def slot(self) -> Slot:
        return Slot(self.analyst_id, self.starts_at, self.minutes)


_table = table_of(Booking)


def revise(booking: Booking, now: datetime) -> None:
    """Count a change that calendars must see: SEQUENCE +1, DTSTAMP later, whole seconds."""
    booking.sequence += 1
    booking.revised_at = now.replace(microsecond=0)


def move(session: Session, booking: Booking, occurrence_id: int, slot: Slot, now: datetime) -> None:
    """Put a stored booking where it was not, with a SEQUENCE higher by one; its claims are another matter.

    Where it leaves its analyst's hour, that is counted there. In its new place nobody has begun or gone in yet.
    """
    if (booking.occurrence_id, booking.analyst_id) != (occurrence_id, slot.analyst_id):
        departures.note(session, [(booking.occurrence_id, booking.analyst_id, booking.sequence)], now)
    place(booking, occurrence_id, slot)
    booking.began_at = booking.entered_at = None
    revise(booking, now)
    session.flush()
    session.expire(booking, ["occurrence", "analyst"])


_SHOWN = [
    select(_table.c.occurrence_id).where(
        column.in_(bindparam("ids", expanding=True)), _table.c.starts_at > bindparam("since")
    )
    for column in (_table.c.member_id, _table.c.analyst_id)
]


def shown_in(session: Session, person_ids: Sequence[int], now: datetime) -> set[int]:
    """The internal ids of the occurrences in which calendars show a booking of these people, to be locked first."""
    found: set[int] = set()
    for first in range(0, len(person_ids), BATCH_SIZE):
        part = list(person_ids[first : first + BATCH_SIZE])
        for shown in _SHOWN:
            found.update(session.scalars(shown, {"ids": part, "since": now - SHOWN_BACK}))
    return found


def rename(session: Session, person_ids: Sequence[int], now: datetime) -> None:
    """These people are called otherwise: a change of each booking of theirs that calendars show.

    With the occurrences of `shown_in` locked, as for whatever else raises a booking's SEQUENCE.
    """
    is_shown = _table.c.starts_at > now - SHOWN_BACK
    raised = {"sequence": _table.c.sequence + 1, "revised_at": now.replace(microsecond=0)}
    for first in range(0, len(person_ids), BATCH_SIZE):
        part = person_ids[first : first + BATCH_SIZE]
        for column in (_table.c.member_id, _table.c.analyst_id):
            session.execute(update(_table).where(column.in_(part), is_shown).values(raised))


def place(booking: Booking, occurrence_id: int, slot: Slot) -> None:
    """Put the booking's own times and analyst to those of `slot`; its claims are another matter."""
    booking.occurrence_id = occurrence_id
    booking.analyst_id = slot.analyst_id
    booking.starts_at = slot.starts_at
    booking.ends_at = slot.starts_at + timedelta(minutes=slot.minutes)
    booking.minutes = slot.minutes


_WITH_PUBLIC_IDS = select(Booking).where(Booking.public_id.in_(bindparam("public_ids", expanding=True)))


def with_public_ids(session: Session, public_ids: Collection[uuid.UUID]) -> list[Booking]:
    """The bookings of those ids, in no order."""
    return list(session.scalars(_WITH_PUBLIC_IDS, {"public_ids": list(public_ids)}))


def with_public_id(session: Session, public_id: uuid.UUID) -> Booking | None:
    """The booking of that id, or None."""
    return session.query(Booking).filter_by(public_id=public_id).one_or_none()
