"""What a private feed holds, and its version, which is known before anything is rendered."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from booking.calendars import entries
from booking.calendars.catalogue import Feed, Window
from booking.calendars.entries import Entry, Publisher
from booking.domain.meetings import Appointment
from booking.store.queries import meetings as rows
from booking.store.queries.feeds import rostered


@dataclass(frozen=True, slots=True)
class Contents:
    """What a private feed holds: its version, and how its entries are made if somebody wants them."""

    version: Sequence[object]
    entries: Callable[[Publisher], list[Entry]]


def member(session: Session, person_id: int, shown: Feed, window: Window) -> Contents:
    """Bookings, but for those the member gave up, and every occurrence without slots."""
    booked = [
        one
        for one in rows.appointments(session, member_id=person_id, start=window.start, end=window.end)
        if not (one.is_cancelled and one.cancelled_by == "member")
    ]

    def made(publisher: Publisher) -> list[Entry]:
        followed = rows.meetings(session, window.start, window.end, shown.kinds)
        return [
            *(entries.followed(publisher, meeting) for meeting in followed),
            *(entries.booked(publisher, one) for one in booked),
        ]

    return Contents([repr(booked)], made)


def analyst(session: Session, person_id: int, _shown: Feed, window: Window) -> Contents:
    """One entry for each occurrence the analyst staffs, or is booked in, with the bookings in it."""
    booked = rows.appointments(session, analyst_id=person_id, start=window.start, end=window.end)
    staffed_ids = rostered(session, person_id, window.start, window.end)

    def made(publisher: Publisher) -> list[Entry]:
        staffed = rows.meetings(session, window.start, window.end, analyst_id=person_id)
        given = {meeting.public_id: meeting for meeting in staffed}
        in_meeting: dict[uuid.UUID, list[Appointment]] = {}
        for one in booked:
            in_meeting.setdefault(one.meeting.public_id, []).append(one)
            if not one.is_cancelled:
                given.setdefault(one.meeting.public_id, one.meeting)
        return [entries.given(publisher, meeting, in_meeting.get(key, [])) for key, meeting in given.items()]

    return Contents([repr(booked), repr(staffed_ids)], made)
