"""Remind those who are enrolled: the worker writes the letters when their hour comes, a part of them at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.services.deed import deed
from booking.store import facts, letters, reminded
from booking.store.queries.reminders import ENROLLED
from booking.store.reminded import Due

PART = 1000  # letters of one transaction
A_SECOND = 20  # letters that come due in the same second: who signs in meanwhile does not wait behind all of them


@deed
def write(session: Session, one: Due, now: datetime) -> int:
    """Queue the next part of the reminders of one occurrence, to each reader once; how many.

    The mark moves in the same transaction, under the occurrence's lock: whatever the number of workers, and wherever
    one of them ends, the next begins where the last part did.
    """
    mark = reminded.locked(session, one)
    if mark is None or mark.up_to_id is None:
        return 0
    people = reminded.readers(session, one, mark.up_to_id, PART)
    mark.up_to_id = people[-1][0] if len(people) == PART else None
    told = {"occurrence": str(one.public_id), "starts_at": facts.stamp(one.starts_at), "hours": one.hours}
    rows = [
        letters.row(
            ENROLLED, email, told, now, person_id=person_id, due_at=now + timedelta(seconds=position // A_SECOND)
        )
        for position, (person_id, email) in enumerate(people)
    ]
    if rows:
        letters.add(session, rows)
    session.flush()
    return len(rows)
