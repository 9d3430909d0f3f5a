"""The audit log: the append-only record of who did what when."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.store.db.base import Base, Id, table_of


class AuditEntry(Base):
    """One line: an AuditAction on an AuditSubject; `actor_id` None is the command line or the service itself."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_at", "at", "id"),
        Index("ix_audit_log_subject_id", "subject_id"),
        Index("ix_audit_log_actor_id", "actor_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


_INSERT = insert(table_of(AuditEntry))


def write(
    session: Session,
    action: AuditAction,
    subject: AuditSubject,
    subject_id: uuid.UUID | None,
    now: datetime,
    *,
    actor_id: int | None = None,
    **details: Any,
) -> None:
    """Add one line; `details` must be JSON values and hold no secret and no meeting link."""
    values = {"at": now, "actor_id": actor_id, "action": action, "subject": subject, "subject_id": subject_id}
    session.connection().execute(_INSERT, {**values, "details": details})
