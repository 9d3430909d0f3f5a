"""Note what mail servers report later about emails that had left."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain.administration.bounces import WITHIN_DAYS, DeliveryReport
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import DeliveryAction
from booking.domain.people import email_addresses
from booking.domain.people.actor import ActorKind
from booking.services.action_context import ActionContext
from booking.services.steps import undelivered
from booking.services.transaction import transactional
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import with_email


@transactional
def note_bounce(context: ActionContext, report: DeliveryReport, *, is_trusted: bool) -> bool:
    """Note that an email came back, or is delayed; whether it is one of ours that was sent lately.

    It is found by the Message-ID, which only its reader and the servers on its way can know. Only where the report
    `is_trusted`, because the mail provider itself handed it over, an address alone is enough: then it is about the
    email that went there last. Any other report changes nothing, nor does the same one a second time.

    An address is marked as failing where the failure blames it, and where the report is about that very address: an
    email that was forwarded may fail further on. For the service itself. Raises PermissionError for anybody else.
    """
    if context.actor.kind is not ActorKind.SYSTEM:
        raise PermissionError("only the service reads delivery reports")
    session, now = context.session, context.now
    found = _email_of(context, report, is_trusted=is_trusted)
    if found is None:
        return False
    locked = undelivered.lock(session, found)
    email = session.get_one(OutgoingEmail, found.id, populate_existing=True, with_for_update=True)
    if email.sent_at is None or email.bounced_at is not None:
        return True
    if report.action is DeliveryAction.DELAYED:
        email.last_error = report.words
        session.flush()
        return True
    is_of_address = email_addresses.key(email.to_email) in {email_addresses.key(one) for one in report.recipients}
    why = report.words if is_of_address else f"forwarded to {report.recipients[0].partition('@')[2]}: {report.words}"
    email.bounced_at, email.last_error = now, why
    session.flush()
    undelivered.undelivered(session, email, locked, why, now, report.status if is_of_address else "4.0.0")
    context.record(AuditAction.BOUNCED, AuditSubject.EMAIL, email.public_id, by=None, name=email.name, reason=why)
    session.flush()
    return True


_SENT = select(OutgoingEmail).where(OutgoingEmail.sent_at >= bindparam("since"))
_SENT_BY_ID = _SENT.where(OutgoingEmail.public_id == bindparam("email_id"))
_LAST_SENT_TO = (
    _SENT.where(OutgoingEmail.person_id == bindparam("person_id")).order_by(OutgoingEmail.id.desc()).limit(1)
)


def _email_of(context: ActionContext, report: DeliveryReport, *, is_trusted: bool) -> OutgoingEmail | None:
    """The email of ours that was sent within the last days and that the report is about."""
    session = context.session
    since = context.now - timedelta(days=WITHIN_DAYS)
    if report.email_id is not None:
        return session.scalars(_SENT_BY_ID, {"since": since, "email_id": report.email_id}).one_or_none()
    return _last_sent_to(session, report, since) if is_trusted else None


def _last_sent_to(session: Session, report: DeliveryReport, since: datetime) -> OutgoingEmail | None:
    person = next((found for one in report.recipients if (found := with_email(session, one)) is not None), None)
    if person is None:
        return None
    return session.scalars(_LAST_SENT_TO, {"since": since, "person_id": person.id}).one_or_none()
