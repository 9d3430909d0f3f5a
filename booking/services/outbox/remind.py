"""Remind those who are enrolled: the worker writes the emails when their hour comes, a part of them at a time."""

from __future__ import annotations

from datetime import timedelta

from booking.services.action_context import ActionContext
from booking.services.transaction import transactional
from booking.store.outbox import email_facts, emails, reminder_progress
from booking.store.outbox.reminder_progress import Due
from booking.store.queries.outbox.reminder_rows import ENROLLED

BATCH_SIZE = 1000  # emails of one transaction
A_SECOND = 20  # emails that come due in the same second: who signs in meanwhile does not wait behind all of them


@transactional
def write(context: ActionContext, one: Due) -> int:
    """Queue the next part of the reminders of one occurrence, to each reader once; how many.

    The mark moves in the same transaction, under the occurrence's lock: whatever the number of workers, and wherever
    one of them ends, the next begins where the last part did.
    """
    session, now = context.session, context.now
    mark = reminder_progress.locked(session, one)
    if mark is None or mark.up_to_id is None:
        return 0
    people = reminder_progress.readers(session, one, mark.up_to_id, BATCH_SIZE)
    mark.up_to_id = people[-1][0] if len(people) == BATCH_SIZE else None
    told = {"occurrence": str(one.public_id), "starts_at": email_facts.stamp(one.starts_at), "hours": one.hours}
    rows = [
        emails.row(
            ENROLLED, email, told, now, person_id=person_id, due_at=now + timedelta(seconds=position // A_SECOND)
        )
        for position, (person_id, email) in enumerate(people)
    ]
    if rows:
        emails.add(session, rows)
    session.flush()
    return len(rows)
