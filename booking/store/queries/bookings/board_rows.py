"""The boards of one day, in a number of statements that never grows with it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import Slot
from booking.domain.day.board import Board, BoardAnalyst, Hour
from booking.domain.enums.bookings import OfferStatus
from booking.domain.meetings import Appointment, Meeting
from booking.domain.organisation import Organisation
from booking.store.bookings.waitlist_entries import Offer
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Roster
from booking.store.queries.bookings import timetables
from booking.store.queries.programme import meeting_rows

_ROSTERS = (
    select(Occurrence.public_id, Person.id, Person.public_id.label("person"), Person.name, Roster.is_away)
    .join(Roster, Roster.occurrence_id == Occurrence.id)
    .join(Person, Person.id == Roster.analyst_id)
    .where(Occurrence.public_id.in_(bindparam("public_ids", expanding=True)))
    .order_by(Occurrence.id, Roster.position, Person.id)
)
_HELD = (
    select(Offer.analyst_id, Offer.starts_at, Offer.minutes)
    .join(Occurrence, Occurrence.id == Offer.occurrence_id)
    .where(Occurrence.public_id.in_(bindparam("public_ids", expanding=True)), Offer.status == OfferStatus.OPEN)
)


def of_day(session: Session, meetings: Sequence[Meeting], organisation: Organisation, now: datetime) -> list[Board]:
    """The boards of those of the meetings that take place and in which members book slots, in their order.

    Six statements. An analyst who has bookings there but is off its roster by now has a column too.
    """
    bookable = [one for one in meetings if one.kind in organisation.bookable and not one.is_cancelled]
    if not bookable:
        return []
    ids = {"public_ids": [one.public_id for one in bookable]}
    staff: dict[uuid.UUID, list[BoardAnalyst]] = defaultdict(list)
    for row in session.execute(_ROSTERS, ids):
        staff[row.public_id].append(BoardAnalyst(row.id, row.person, row.name, row.is_away))
    start, end = min(one.starts_at for one in bookable), max(one.ends_at for one in bookable)
    booked: dict[uuid.UUID, list[Appointment]] = defaultdict(list)
    for one in meeting_rows.appointments(session, start=start, end=end):
        if not one.is_cancelled:
            booked[one.meeting.public_id].append(one)
    until = end + timedelta(microseconds=1)
    hours = {one.public_id: one for one in timetables.coming(session, organisation, start, until)}
    held = {
        (row.analyst_id, at)
        for row in session.execute(_HELD, ids)
        for at in Slot(row.analyst_id, row.starts_at, row.minutes).quarters
    }
    return [
        Hour(
            one,
            [*staff[one.public_id], *_off_the_roster(staff[one.public_id], booked[one.public_id])],
            booked[one.public_id],
            hours[one.public_id].hours.taken if one.public_id in hours else (),
            held,
            hours[one.public_id].blocked if one.public_id in hours else (),
        ).board(now)
        for one in bookable
    ]


def _off_the_roster(staff: Sequence[BoardAnalyst], booked: Sequence[Appointment]) -> list[BoardAnalyst]:
    """Those who have bookings there and are not on the roster: nothing else of theirs can be booked."""
    known = {one.public_id for one in staff}
    others = {one.analyst_public_id: one.analyst for one in booked if one.analyst_public_id not in known}
    return [BoardAnalyst(0, public_id, name, True) for public_id, name in others.items()]
