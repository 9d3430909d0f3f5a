"""The register: the append-only record of who did what when."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.db.base import Base, Id, table_of


class AuditEntry(Base):
    """`deed` in the past tense (`booked`); `actor_id` None is the command line or the service itself."""

    __tablename__ = "register"
    __table_args__ = (
        Index("ix_register_at", "at", "id"),
        Index("ix_register_subject_id", "subject_id"),
        Index("ix_register_actor_id", "actor_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    deed: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


_INSERT = insert(table_of(AuditEntry))


def write(
    session: Session,
    deed: str,
    subject: str,
    subject_id: uuid.UUID | None,
    now: datetime,
    *,
    actor_id: int | None = None,
    **details: Any,
) -> None:
    """Add one line; `details` must be JSON values and hold no secret and no room."""
    values = {"at": now, "actor_id": actor_id, "deed": deed, "subject": subject, "subject_id": subject_id}
    session.connection().execute(_INSERT, {**values, "details": details})
