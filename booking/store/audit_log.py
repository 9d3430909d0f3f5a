"""The audit log: the append-only record of who did what when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, bindparam, delete, false, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.store.db.base import Base, Id, UTCDateTime, table_of


class AuditEntry(Base):
    """One line: an AuditAction on an AuditSubject; `actor_id` None is the command line or the service itself.

    `is_by_link`: done by whoever held the signed link in an email of the person `actor_id`.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_at", "at", "id"),
        Index("ix_audit_log_subject_id", "subject_id", "at", "id"),
        Index("ix_audit_log_actor_id", "actor_id", "at", "id"),
        Index("ix_audit_log_action", "action", "at", "id"),
        Index("ix_audit_log_subject", "subject", "at", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_by_link: Mapped[bool] = mapped_column(default=False, server_default=false())


_log = table_of(AuditEntry)
_INSERT = insert(_log)
_OLD = (
    select(_log.c.id)
    .where(_log.c.at < bindparam("before", type_=UTCDateTime()))
    .order_by(_log.c.at, _log.c.id)
    .limit(bindparam("most"))
)
_PRUNE = delete(_log).where(_log.c.id.in_(_OLD))


def write(
    session: Session,
    action: AuditAction,
    subject: AuditSubject,
    subject_id: uuid.UUID | None,
    now: datetime,
    *,
    actor_id: int | None = None,
    is_by_link: bool = False,
    **details: Any,
) -> None:
    """Add one line; `details` must be JSON values and hold no secret and no meeting link."""
    values = {"at": now, "actor_id": actor_id, "action": action, "subject": subject, "subject_id": subject_id}
    session.connection().execute(_INSERT, {**values, "is_by_link": is_by_link, "details": details})


def prune(session: Session, before: datetime, most: int) -> int:
    """Delete the oldest lines from before that time, at most so many; how many they were."""
    return session.connection().execute(_PRUNE, {"before": before, "most": most}).rowcount


def write_each(session: Session, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add lines in one statement, each with every column that `write` fills."""
    if lines:
        session.connection().execute(_INSERT, list(lines))
