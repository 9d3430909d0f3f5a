"""Note that a backup was restored."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.services.transaction import transactional
from booking.store import audit_log


@transactional
def note_restore(session: Session, made_at: datetime, step: int, now: datetime) -> None:
    """Write to the audit log from when the backup was, and how much every SEQUENCE was raised by."""
    audit_log.write(
        session, AuditAction.RESTORED, AuditSubject.DATABASE, None, now, made_at=made_at.isoformat(), step=step
    )
