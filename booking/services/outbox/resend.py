"""Send an email again that was refused."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person


@transactional
def resend(context: ActionContext, email_id: uuid.UUID) -> OutgoingEmail:
    """Put a failed email back into the outbox as it was, to the address that its person has now; twice is once.

    It keeps its Message-ID, and its invitation the SEQUENCE. Raises NotFound.
    """
    session = context.session
    email = session.scalars(
        select(OutgoingEmail)
        .where(OutgoingEmail.public_id == email_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if email is None:
        raise errors.NotFound()
    if email.failed_at is not None:
        if email.person_id is not None:
            email.to_email = session.get_one(Person, email.person_id).email
        email.failed_at, email.attempts, email.due_at, email.last_error = None, 0, context.now, ""
        context.record(
            AuditAction.RESENT,
            AuditSubject.EMAIL,
            email.public_id,
            by=context.actor.staff_or_system_id,
            name=email.name,
        )
        session.flush()
    return email
