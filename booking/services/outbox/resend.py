"""Send a letter again that was refused."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.services.transaction import deed
from booking.store import audit_log
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person


@deed
def resend(session: Session, letter_id: uuid.UUID, now: datetime, *, actor_id: int) -> OutgoingEmail:
    """Put a failed letter back into the outbox as it was, to the address that its person has now; twice is once.

    It keeps its Message-ID, and its invitation the SEQUENCE. Raises NotFound.
    """
    letter = session.scalars(
        select(OutgoingEmail)
        .where(OutgoingEmail.public_id == letter_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if letter is None:
        raise errors.NotFound()
    if letter.failed_at is not None:
        if letter.person_id is not None:
            letter.to_email = session.get_one(Person, letter.person_id).email
        letter.failed_at, letter.attempts, letter.due_at, letter.last_error = None, 0, now, ""
        audit_log.write(session, "resent", "letter", letter.public_id, now, actor_id=actor_id, name=letter.name)
        session.flush()
    return letter
