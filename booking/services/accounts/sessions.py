"""Begin and end sessions of signed-in people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.people import sessions
from booking.store.people.people import Person


@transactional
def begin(session: Session, person_id: int, device: str, now: datetime, *, replaces: int | None = None) -> str:
    """Sign somebody in without a code, as the demo does; returns the session's token.

    `replaces` is the internal id of the session that this browser had, which ends. Raises NotFound for a closed
    account.
    """
    person = session.get(Person, person_id, populate_existing=True)
    if person is None or person.closed_at is not None:
        raise errors.NotFound()
    if replaces is not None:
        sessions.end(session, replaces, now)
    audit_log.write(session, AuditAction.SIGNED_IN, AuditSubject.PERSON, person.public_id, now, actor_id=person.id)
    return sessions.begin(session, person_id, device, now)


@transactional
def sign_out(session: Session, person_id: int, session_id: int, now: datetime) -> None:
    """End the session in which the person reads."""
    sessions.end(session, session_id, now)
    _record(session, AuditAction.SIGNED_OUT, person_id, now, actor_id=person_id)


@transactional
def end_one(session: Session, person_id: int, public_id: uuid.UUID, now: datetime) -> None:
    """End one of one's own sessions. Raises NotFound where it is somebody else's, or has ended."""
    if not sessions.end_own(session, person_id, public_id, now):
        raise errors.NotFound()
    _record(session, AuditAction.SIGNED_OUT, person_id, now, actor_id=person_id)


@transactional
def end_others(session: Session, person_id: int, session_id: int, now: datetime) -> int:
    """End all of one's own sessions except that one; returns how many it ended."""
    ended = sessions.end_all(session, person_id, now, but=session_id)
    _record(session, AuditAction.SIGNED_OUT_ELSEWHERE, person_id, now, actor_id=person_id, sessions=ended)
    return ended


@transactional
def end_of(context: ActionContext, person_id: int, public_id: uuid.UUID) -> None:
    """End one of somebody's sessions, for a coordinator. Raises NotFound where it is not theirs, or has ended."""
    session, now, by = context.session, context.now, context.actor.staff_id
    if not sessions.end_own(session, person_id, public_id, now):
        raise errors.NotFound()
    _record(session, AuditAction.SIGNED_OUT_ELSEWHERE, person_id, now, actor_id=by, sessions=1)


@transactional
def end_all(context: ActionContext, person_id: int) -> int:
    """End all of somebody's sessions, for an operator or coordinator; returns how many it ended."""
    session, now = context.session, context.now
    ended = sessions.end_all(session, person_id, now)
    _record(
        session,
        AuditAction.SIGNED_OUT_EVERYWHERE,
        person_id,
        now,
        actor_id=context.actor.staff_or_system_id,
        sessions=ended,
    )
    return ended


def _record(
    session: Session, action: AuditAction, person_id: int, now: datetime, *, actor_id: int | None, **details: Any
) -> None:
    public_id = session.get_one(Person, person_id).public_id
    audit_log.write(session, action, AuditSubject.PERSON, public_id, now, actor_id=actor_id, **details)


@transactional
def note_seen(session: Session, last: Mapping[int, datetime]) -> None:
    """Note when sessions were last used, by internal id."""
    sessions.seen(session, last)
