"""Notes of a visit: for analysts alone, and what was agreed with the member."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from booking.store.db.base import Base


class Note(Base):
    """`private` is read by staff only, `agreed` by the member too; either may be empty."""

    __tablename__ = "note"

    booking_id: Mapped[int] = mapped_column(
        ForeignKey("booking.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    private: Mapped[str] = mapped_column(default="")
    agreed: Mapped[str] = mapped_column(default="")
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    written_at: Mapped[datetime]
