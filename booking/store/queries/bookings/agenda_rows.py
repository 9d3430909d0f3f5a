"""An analyst's days, in a number of statements that never grows with them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.domain.bookings import day_agenda, running_order
from booking.domain.bookings.day_agenda import AgendaVisit, Colleague, LastTime, Staffed
from booking.domain.bookings.running_order import QueueEntry
from booking.domain.bookings.timetable import Timetable
from booking.domain.enums.people import RoleName
from booking.domain.meetings import Appointment, Meeting
from booking.domain.organisation import Organisation
from booking.store.bookings.bookings import CAME, CONFIRMED, Booking
from booking.store.bookings.notes import Note
from booking.store.people.people import Person, Role
from booking.store.programme.programme import SCHEDULED, Occurrence, Roster
from booking.store.queries.bookings import timetables
from booking.store.queries.programme import meeting_rows


@dataclass(frozen=True, slots=True)
class AgendaOwner:
    """One whose day can be looked at. `zone` is an IANA name, None while unknown."""

    id: int
    public_id: uuid.UUID
    name: str
    email: str
    zone: str | None


_ANALYSTS = (
    select(Person.id, Person.public_id, Person.name, Person.email, Person.time_zone)
    .join(Role, Role.person_id == Person.id)
    .where(Role.role == RoleName.ANALYST, Person.closed_at.is_(None))
    .order_by(Person.name + "", Person.id)  # the `+ ""` keeps SQLite from going through everybody by name
)


def analysts(session: Session) -> list[AgendaOwner]:
    """Everybody who is an analyst now, by name."""
    return [AgendaOwner(*row) for row in session.execute(_ANALYSTS)]


def staffed(
    session: Session, analyst_id: int, span: tuple[datetime, datetime], organisation: Organisation, now: datetime
) -> list[Staffed]:
    """The occurrences that start in that span and that the analyst staffs or is booked in, by start.

    Five statements at the most. Cancelled occurrences have no rows; cancelled bookings are left out.
    """
    start, end = span
    found = {
        meeting.public_id: meeting for meeting in meeting_rows.meetings(session, start, end, analyst_id=analyst_id)
    }
    until = max([end, *(meeting.ends_at for meeting in found.values())])
    booked = [
        booking
        for booking in meeting_rows.appointments(session, analyst_id=analyst_id, start=start, end=until)
        if not booking.is_cancelled and start <= booking.meeting.starts_at < end
    ]
    for booking in booked:
        found.setdefault(booking.meeting.public_id, booking.meeting)
    bookable = [meeting.public_id for meeting in found.values() if meeting.kind in organisation.bookable]
    hours = {one.public_id: one for one in timetables.these(session, bookable, organisation)}
    last = last_times(session, [booking.public_id for booking in booked], now) if booked else {}
    ordered = sorted(found.values(), key=lambda meeting: (meeting.starts_at, meeting.public_id))
    agenda = _Agenda(analyst_id, booked, last, organisation, now)
    return [agenda.staffed(meeting, hours.get(meeting.public_id)) for meeting in ordered]


@dataclass(frozen=True, slots=True)
class _Agenda:
    """What an analyst's days are made from: the bookings with them, and when each member was seen before."""

    analyst_id: int
    booked: Sequence[Appointment]
    last: Mapping[uuid.UUID, LastTime]
    organisation: Organisation
    now: datetime

    def staffed(self, meeting: Meeting, found: Timetable | None) -> Staffed:
        """One occurrence with its rows, none where nobody books slots in it or it is cancelled."""
        if found is None or meeting.is_cancelled:
            return Staffed(meeting)
        taken = found.hours.taken
        hours = {
            number: _turn(number, booking)
            for number, booking in enumerate(self.booked)
            if booking.meeting.public_id == meeting.public_id
        }
        running = running_order.current(hours.values(), meeting.ends_at, self.now)
        expected = running_order.expected(hours.values(), meeting.ends_at, self.now)
        visits = [
            AgendaVisit(
                public_id=booking.public_id,
                starts_at=booking.starts_at,
                ends_at=booking.ends_at,
                minutes=booking.minutes,
                member=booking.member,
                topic=booking.topic,
                link=booking.link,
                outcome=booking.outcome,
                last=self.last.get(booking.public_id),
                began_at=booking.began_at,
                in_since=running.since if running is not None and running.turn.id == number else None,
                late=running_order.late(hours[number], expected.get(number)),
            )
            for number, booking in enumerate(self.booked)
            if booking.meeting.public_id == meeting.public_id
        ]
        colleagues = (
            Colleague(other.name, tuple((at, (other.id, at) in taken) for at in found.hours.quarters))
            for other in found.analysts
            if other.id != self.analyst_id
        )
        mine = {at for owner, at in taken if owner == self.analyst_id}
        if self.analyst_id not in found.hours.analyst_ids:  # booked, and off the roster since: none of it is free
            mine.update(found.hours.quarters)
        shortest = timedelta(minutes=found.policy(self.organisation).shortest)
        blocked = [at for owner, at in found.blocked if owner == self.analyst_id]
        rows = day_agenda.rows((meeting.starts_at, meeting.ends_at), visits, mine, blocked, shortest)
        return Staffed(meeting, tuple(rows), tuple(colleagues))


def _turn(number: int, booking: Appointment) -> QueueEntry:
    is_marked = booking.outcome is not None
    return QueueEntry(number, booking.starts_at, booking.ends_at, booking.began_at, booking.entered_at, is_marked)


_here, _before = aliased(Booking), aliased(Booking)
_ranked = (
    select(
        _here.public_id.label("booking"),
        _before.starts_at.label("starts_at"),
        Person.name.label("analyst"),
        func.coalesce(Note.agreed, "").label("agreed"),
        func.coalesce(Note.private, "").label("private"),
        func.row_number()
        .over(partition_by=_here.id, order_by=(_before.starts_at.desc(), _before.id.desc()))
        .label("place"),
    )
    .select_from(_here)
    .join(_before, _before.member_id == _here.member_id)
    .join(Person, Person.id == _before.analyst_id)
    .outerjoin(Note, Note.booking_id == _before.id)
    .where(
        _here.public_id.in_(bindparam("booking_ids", expanding=True)),
        _before.status == CONFIRMED,
        _before.starts_at < _here.starts_at,
        _before.starts_at <= bindparam("now"),
        or_(_before.outcome.is_(None), _before.outcome == CAME),
    )
    .subquery()
)
_LAST_TIMES = select(
    _ranked.c.booking, _ranked.c.starts_at, _ranked.c.analyst, _ranked.c.agreed, _ranked.c.private
).where(_ranked.c.place == 1)
_NEXT_AT = (
    select(func.min(Occurrence.starts_at))
    .join(Roster, Roster.occurrence_id == Occurrence.id)
    .where(
        Roster.analyst_id == bindparam("analyst_id"),
        Occurrence.starts_at >= bindparam("after"),
        Occurrence.status == SCHEDULED,
    )
)


def last_times(session: Session, booking_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, LastTime]:
    """For each booking when its member was last seen before it, by `now`; those never seen are left out.

    A slot to which they did not come, and one that was cancelled, does not count; one that nobody marked does.
    """
    rows = session.connection().execute(_LAST_TIMES, {"booking_ids": list(booking_ids), "now": now})
    return {row.booking: LastTime(row.starts_at, row.analyst, row.agreed, row.private) for row in rows}


def next_at(session: Session, analyst_id: int, after: datetime) -> datetime | None:
    """The start of the first occurrence at or after `after` that takes place and that the analyst staffs."""
    return session.execute(_NEXT_AT, {"analyst_id": analyst_id, "after": after}).scalar_one()
