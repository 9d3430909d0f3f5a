"""Email everybody of one date what a coordinator has typed: one email each, through the outbox."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.people import messages
from booking.domain.people.messages import DateMessage
from booking.services.action_context import ActionContext
from booking.services.steps.permission import check_coordinator
from booking.services.transaction import transactional
from booking.store.bookings import idempotency
from booking.store.db import locks
from booking.store.db.base import new_public_id
from booking.store.outbox import email_facts, emails
from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import date_people
from booking.store.queries.programme.date_people import MessageRecipient


class RecipientsChanged(errors.Refusal):
    """The people of the date are no longer those that were shown; nobody was emailed."""

    code = RefusalCode.RECIPIENTS_CHANGED


def fingerprint(found: Iterable[MessageRecipient]) -> str:
    """Names these people, so that what is sent goes to exactly those who were shown."""
    return hashlib.sha256(" ".join(str(one.id) for one in sorted(found, key=lambda one: one.id)).encode()).hexdigest()[
        :16
    ]


def facts(occurrence: Occurrence, message: DateMessage) -> dict[str, Any]:
    """What the email is written from."""
    return {**email_facts.date_facts(occurrence), "subject": message.subject, "text": message.text}


@transactional
def email_everyone(
    context: ActionContext, occurrence_id: uuid.UUID, message: DateMessage, *, seen: str, key: str
) -> int:
    """Queue the message to everybody of these groups; returns how many people. The same `key` sends once.

    `seen` is the fingerprint of the people who were shown. Raises NotAllowed, NotFound, TextNotAccepted,
    RecipientsChanged, KeyReused.
    """
    session, now = context.session, context.now
    by_id = check_coordinator(context)
    wanted = messages.tidy(message)
    messages.check(wanted)
    asked = {"date": occurrence_id, "subject": wanted.subject, "text": wanted.text, "groups": list(wanted.groups)}
    row = locks.occurrence(session, occurrence_id)
    found = date_people.recipients(session, row, wanted.groups)
    if not _is_first(context, by_id, key, asked):
        return len(found)
    if fingerprint(found) != seen:
        raise RecipientsChanged("the people of this date have changed")
    told = facts(row, wanted)
    emails.add(session, [emails.row(EmailName.MESSAGE, one.email, told, now, person_id=one.id) for one in found])
    context.record(
        AuditAction.DATE_EMAILED,
        AuditSubject.OCCURRENCE,
        row.public_id,
        by=by_id,
        words=wanted.subject,
        groups=list(wanted.groups),
        people=len(found),
    )
    return len(found)


def _is_first(context: ActionContext, by_id: int, key: str, asked: Mapping[str, object]) -> bool:
    """Whether this form comes for the first time; a second time it is answered and sends nothing."""
    marker = new_public_id()
    return idempotency.begin(context.session, by_id, f"message-{key}", asked, marker, context.now) == marker
