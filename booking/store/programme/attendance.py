"""Attendance at a lab or a masterclass: marked by its staff, or by "Join now"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from booking.store.db.base import Base


class Attendance(Base):
    """One person came to one occurrence. `marked_by_id` is the person themselves where they joined from the page."""

    __tablename__ = "attendance"

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False, index=True)
    marked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    marked_at: Mapped[datetime]
