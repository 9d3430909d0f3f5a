"""Tokens with which programs act for a person: made, and ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store import audit_log
from booking.store.people import api_tokens, people
from booking.store.people.people import Person


@transactional
def make(session: Session, email: str, now: datetime) -> str:
    """A new token of the person with that address, told this once. Raises NotFound."""
    person = _person(session, email)
    token = api_tokens.make(session, person.id, now)
    audit_log.write(session, AuditAction.TOKEN_MADE, AuditSubject.PERSON, person.public_id, now)
    return token


@transactional
def revoke_all(session: Session, email: str, now: datetime) -> int:
    """End every token of that person at once; how many there were. Raises NotFound."""
    person = _person(session, email)
    ended = api_tokens.revoke_all(session, person.id, now)
    audit_log.write(session, AuditAction.TOKENS_REVOKED, AuditSubject.PERSON, person.public_id, now, count=ended)
    return ended


@transactional
def end_all(context: ActionContext, person_id: int) -> int:
    """End every token of somebody, for a coordinator; how many there were."""
    session, now = context.session, context.now
    person = session.get_one(Person, person_id)
    ended = api_tokens.revoke_all(session, person_id, now)
    by = context.actor.staff_id
    context.record(AuditAction.TOKENS_REVOKED, AuditSubject.PERSON, person.public_id, by=by, count=ended)
    return ended


@transactional
def end_one(context: ActionContext, person_id: int, handle: str) -> bool:
    """End one token of somebody, for a coordinator, by its handle; returns False where it was ended already."""
    session = context.session
    person = session.get_one(Person, person_id)
    is_ended = api_tokens.revoke(session, person_id, handle, context.now)
    if is_ended:
        by = context.actor.staff_id
        context.record(AuditAction.TOKENS_REVOKED, AuditSubject.PERSON, person.public_id, by=by, count=1)
    return is_ended


def _person(session: Session, email: str) -> Person:
    found = people.with_email(session, email)
    if found is None:
        raise errors.NotFound()
    return found
