"""A reader's place in a lab or masterclass, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from booking.domain.bookings import policy
from booking.domain.meetings import Appointment, Meeting
from booking.domain.recurrence import MAX_DURATION
from booking.store.queries.programme import enrolled, join_info, meeting_rows, occurrence_lookup, place_queue
from booking.store.queries.programme.enrolled import EnrolledOccurrence
from booking.store.queries.programme.place_queue import PlaceView
from booking.web.frame import context
from booking.web.frame.current_reader import current_user

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
SHOWN_FROM = 5  # places left that are told


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """`mine` is the reader's own place, None without one; `left` how many there are, None unless few.

    `clash` is a booked slot of theirs at the same time: a warning only. `is_open`: its join link is.
    `has_link`: it leads to a meeting. `waits`: the reader's place on the waitlist.
    """

    mine: EnrolledOccurrence | None
    left: int | None
    clash: Appointment | None
    is_open: bool = False
    has_link: bool = True
    waits: PlaceView | None = None


def place(meeting: Meeting) -> EnrolmentView:
    """The reader's enrolment in this meeting, and what they can do about it."""
    session = context.db()
    capacity, now = context.organisation().policy_for(meeting.series_slug).capacity, context.now()
    left, waits = None, None
    row = occurrence_lookup.with_public_id(session, meeting.public_id)
    if row is not None and current_user.is_authenticated:
        waits = place_queue.view(session, row.id, current_user.id, now)
    if row is not None and capacity:
        held = place_queue.held(session, [row.id], now).get(row.id, 0)
        count = capacity - enrolled.taken(session, row.series_id, [row.id])[row.id] - held
        left = max(count, 0) if count <= SHOWN_FROM else None
    if not current_user.is_authenticated:
        return EnrolmentView(None, left, None, is_open(meeting))
    mine = enrolled.of_member(session, current_user.id, FIRST, meeting.public_id)
    start = meeting.starts_at - MAX_DURATION
    booked = meeting_rows.appointments(session, member_id=current_user.id, start=start, end=meeting.ends_at)
    clash = next((one for one in booked if not one.is_cancelled and one.ends_at > meeting.starts_at), None)
    opened = join_info.of_occurrence(session, meeting.public_id)
    has_link = opened is not None and opened.meeting_url is not None
    return EnrolmentView(mine[0] if mine else None, left, clash, is_open(meeting), has_link, waits)


def is_open(meeting: Meeting) -> bool:
    """Whether "Join now" is there: from when the join link opens until the end."""
    opens_at = policy.join_opens_at(context.organisation().policy_for(meeting.series_slug), meeting.starts_at)
    return opens_at <= context.now() < meeting.ends_at and not meeting.is_cancelled
