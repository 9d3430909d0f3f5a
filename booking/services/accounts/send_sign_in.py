"""Send somebody an email to sign in with, for a coordinator."""

from __future__ import annotations

import uuid

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.emails import EmailName
from booking.domain.people.sign_in import VALID
from booking.services.accounts import sign_in
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.outbox import emails
from booking.store.people.sign_ins import SignIn
from booking.store.queries.people import account_holdings


@transactional
def send_sign_in(context: ActionContext, public_id: uuid.UUID) -> None:
    """Queue the email with a code and a link. It counts as a request of theirs, from the coordinator's own network.

    Raises NotFound for a closed account, and TooManyRequests where as many were asked for as may be.
    """
    session, now, staff_id = context.session, context.now, context.actor.staff_id
    person = account_holdings.with_public_id(session, public_id)
    if person is None or person.closed_at is not None:
        raise errors.NotFound()
    sign_in.count(session, sign_in.EMAILS_TO_AN_ADDRESS_FROM_A_NETWORK, f"{person.email_key} staff-{staff_id}", now)
    sign_in.count(session, sign_in.EMAILS_TO_AN_ADDRESS, person.email_key, now)
    row = SignIn(email=person.email_key, person_id=person.id, requested_at=now, expires_at=now + VALID)
    session.add(row)
    session.flush()
    told = {"sign_in": str(row.public_id), "is_sent_by_us": True}
    emails.enqueue(session, EmailName.SIGN_IN, person.email, told, now, person_id=person.id)
    context.record(AuditAction.SIGN_IN_SENT, AuditSubject.PERSON, person.public_id, by=staff_id)
