"""When each worker was last seen: what `booking doctor` reads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from booking.store.db.base import Base


class Worker(Base):
    """One worker process, by its own name."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)
