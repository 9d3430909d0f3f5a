"""A reader's place in a lab or masterclass, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from booking.domain import policy
from booking.domain.meetings import Appointment, Meeting
from booking.domain.recurrence import LONGEST
from booking.store.queries import enrolments, meetings, occurrences
from booking.store.queries.enrolments import Enrolled
from booking.web import context
from booking.web.reader import current_user

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
SHOWN_FROM = 5  # places left that are told


@dataclass(frozen=True, slots=True)
class Place:
    """`mine` is the reader's own place, None without one; `left` how many there are, None unless few.

    `clash` is a booked slot of theirs at the same time: a warning and no hindrance. `is_open`: its door is.
    """

    mine: Enrolled | None
    left: int | None
    clash: Appointment | None
    is_open: bool = False


def place(meeting: Meeting) -> Place:
    """What the reader has, and can have, of this meeting."""
    session = context.db()
    capacity = context.organisation().policy_for(meeting.series_slug).capacity
    left = None
    if capacity:
        row = occurrences.with_public_id(session, meeting.public_id)
        if row is not None:
            count = capacity - enrolments.taken(session, row.series_id, [row.id])[row.id]
            left = max(count, 0) if count <= SHOWN_FROM else None
    if not current_user.is_authenticated:
        return Place(None, left, None, is_open(meeting))
    mine = enrolments.of_member(session, current_user.id, FIRST, meeting.public_id)
    start = meeting.starts_at - LONGEST
    held = meetings.appointments(session, member_id=current_user.id, start=start, end=meeting.ends_at)
    clash = next((one for one in held if not one.is_cancelled and one.ends_at > meeting.starts_at), None)
    return Place(mine[0] if mine else None, left, clash, is_open(meeting))


def is_open(meeting: Meeting) -> bool:
    """Whether "Join now" is there: from when the door opens until the end."""
    opens_at = policy.door_opens_at(context.organisation().policy_for(meeting.series_slug), meeting.starts_at)
    return opens_at <= context.now() < meeting.ends_at and not meeting.is_cancelled
