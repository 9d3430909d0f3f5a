"""The workers, and when each was last seen: `booking doctor` reads it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from booking.store.db.base import Base


class Worker(Base):
    """One worker process, by its own name."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)
