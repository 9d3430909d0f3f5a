"""The coordinator's overview: occurrences with their analysts, how full they are, and what is missing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import Session

from booking.domain.attention import StuckEmails
from booking.domain.bookings import join_links
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.db.base import Id, UTCDateTime
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import CANCELLED, Occurrence, Roster, Series


@dataclass(frozen=True, slots=True)
class UpcomingOccurrence:
    """One upcoming occurrence. `booked_minutes` of its analysts' `open_minutes` are booked.

    `has_own_link`: the date or its series has a meeting link; `unlinked` names the analysts whose bookings lead to no
    meeting, since neither they nor the date have one. `sharing` names the analysts who have one meeting link with
    somebody else there.
    """

    id: int
    public_id: uuid.UUID
    slug: str
    kind: str
    title: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    reason: str
    module: int | None
    analysts: tuple[str, ...]
    away: tuple[str, ...]
    has_own_link: bool
    unlinked: tuple[str, ...]
    sharing: tuple[str, ...]
    booked_minutes: int
    open_minutes: int
    bookings: int
    enrolled: int
    waiting: int
    uncovered: int

    def has_meeting_link(self, *, is_bookable: bool) -> bool:
        """Whether everybody who joins gets to a meeting. What one enrols in has one link for all, never its
        analysts' own."""
        return not self.unlinked if is_bookable and self.analysts else self.has_own_link


#: Of an occurrence in the list of a series: its start and its internal id.
Place = tuple[datetime, int]
_BY_START = (
    select(Occurrence, Series)
    .join(Series, Series.id == Occurrence.series_id)
    .order_by(Occurrence.starts_at, Occurrence.id)
)
_HERE = tuple_(Occurrence.starts_at, Occurrence.id)
_PLACE = tuple_(bindparam("at", type_=UTCDateTime()), bindparam("id", type_=Id))
_MOST = bindparam("most", type_=Integer)
_OF_SERIES = Occurrence.series_id == bindparam("series_id", type_=Id)
_LATER = _BY_START.where(_OF_SERIES, _HERE > _PLACE).limit(_MOST)
_LAST_BEFORE = (
    select(Occurrence.id)
    .where(_OF_SERIES, _HERE < _PLACE)
    .order_by(Occurrence.starts_at.desc(), Occurrence.id.desc())
    .limit(_MOST)
    .subquery()
)
_EARLIER = _BY_START.join(_LAST_BEFORE, _LAST_BEFORE.c.id == Occurrence.id)
_BETWEEN = _BY_START.where(Occurrence.starts_at >= bindparam("start"), Occurrence.starts_at < bindparam("end")).limit(
    _MOST
)
_NOT_OVER = _BY_START.where(
    Occurrence.starts_at > bindparam("since"),
    Occurrence.ends_at > bindparam("now"),
    Occurrence.starts_at < bindparam("end"),
).limit(_MOST)


def between(session: Session, start: datetime, end: datetime, most: int = 200) -> list[UpcomingOccurrence]:
    """The occurrences that start in [start, end), at most so many: six statements, however many."""
    return _read(session, _BETWEEN, {"start": start, "end": end, "most": most})


def not_over(session: Session, now: datetime, end: datetime, most: int = 200) -> list[UpcomingOccurrence]:
    """The occurrences that are under way at `now` or start before `end`, likewise."""
    return _read(session, _NOT_OVER, {"since": now - MAX_DURATION, "now": now, "end": end, "most": most})


def beyond(
    session: Session, series_id: int, place: Place, most: int, *, is_earlier: bool = False
) -> list[UpcomingOccurrence]:
    """The occurrences of a series after that place, or the last before it; at most so many, by start."""
    values = {"series_id": series_id, "at": place[0], "id": place[1], "most": most}
    return _read(session, _EARLIER if is_earlier else _LATER, values)


_STAFF = (
    select(Roster.occurrence_id, Person.name, Roster.is_away, Roster.meeting_url, Person.meeting_url)
    .join(Person, Person.id == Roster.analyst_id)
    .where(Roster.occurrence_id.in_(bindparam("ids", expanding=True)))
    .order_by(Roster.occurrence_id, Roster.position)
)
_BOOKED = (
    select(Booking.occurrence_id, func.sum(Booking.minutes), func.count())
    .where(Booking.occurrence_id.in_(bindparam("ids", expanding=True)), Booking.status == CONFIRMED)
    .group_by(Booking.occurrence_id)
)
_UNCOVERED = (
    select(Booking.occurrence_id, func.count())
    .join(Roster, (Roster.occurrence_id == Booking.occurrence_id) & (Roster.analyst_id == Booking.analyst_id))
    .where(
        Booking.occurrence_id.in_(bindparam("ids", expanding=True)),
        Booking.status == CONFIRMED,
        Roster.is_away.is_(True),
    )
    .group_by(Booking.occurrence_id)
)
_ENROLLED = (
    select(Occurrence.id, func.count(func.distinct(Enrolment.member_id)))
    .join(Enrolment, Enrolment.series_id == Occurrence.series_id)
    .where(
        Occurrence.id.in_(bindparam("ids", expanding=True)),
        Enrolment.left_at.is_(None),
        or_(Enrolment.occurrence_id.is_(None), Enrolment.occurrence_id == Occurrence.id),
    )
    .group_by(Occurrence.id)
)


_WAITING = (
    select(WaitlistEntry.occurrence_id, func.count())
    .where(WaitlistEntry.occurrence_id.in_(bindparam("ids", expanding=True)), WaitlistEntry.ended_at.is_(None))
    .group_by(WaitlistEntry.occurrence_id)
)


def _read(session: Session, statement: Select[Occurrence, Series], values: dict[str, Any]) -> list[UpcomingOccurrence]:
    """The occurrences of that statement with all that is shown of them."""
    found = session.execute(statement, values).all()
    of_these = {"ids": [occurrence.id for occurrence, _ in found]}
    staff: dict[int, list[tuple[str, bool, str | None]]] = {}
    for occurrence_id, name, is_away, own, theirs in session.execute(_STAFF, of_these):
        staff.setdefault(occurrence_id, []).append((name, is_away, own or theirs))
    booked = {occurrence_id: (minutes, count) for occurrence_id, minutes, count in session.execute(_BOOKED, of_these)}
    waiting, uncovered, enrolled = (
        {occurrence_id: count for occurrence_id, count in session.execute(counted, of_these)}
        for counted in (_WAITING, _UNCOVERED, _ENROLLED)
    )
    rows = []
    for occurrence, series in found:
        team = staff.get(occurrence.id, [])
        present = [member for member in team if not member[1]]
        rest = occurrence.meeting_url or series.meeting_url
        minutes = int((occurrence.ends_at - occurrence.starts_at) / timedelta(minutes=1))
        booked_minutes, bookings = booked.get(occurrence.id, (0, 0))
        rows.append(
            UpcomingOccurrence(
                occurrence.id,
                occurrence.public_id,
                series.slug,
                series.kind,
                occurrence.title or series.title,
                series.zone,
                occurrence.starts_at,
                occurrence.ends_at,
                occurrence.status == CANCELLED,
                occurrence.reason,
                occurrence.module_number,
                tuple(name for name, _, _ in present),
                tuple(name for name, is_away, _ in team if is_away),
                bool(rest),
                tuple(name for name, _, link in present if not (link or rest)),
                join_links.sharing((name, link or rest) for name, _, link in present),
                booked_minutes,
                minutes * len(present),
                bookings,
                enrolled.get(occurrence.id, 0),
                waiting.get(occurrence.id, 0),
                uncovered.get(occurrence.id, 0),
            )
        )
    return rows


NAMED = 3  # people whose address doesn't work, by name
_UNDELIVERED = or_(OutgoingEmail.failed_at >= bindparam("since"), OutgoingEmail.bounced_at >= bindparam("since"))
_FAILED = select(func.count()).select_from(OutgoingEmail).where(_UNDELIVERED, OutgoingEmail.dismissed_at.is_(None))
_LATE = (
    select(func.count())
    .select_from(OutgoingEmail)
    .where(
        OutgoingEmail.sent_at.is_(None), OutgoingEmail.failed_at.is_(None), OutgoingEmail.due_at < bindparam("overdue")
    )
)
_ADDRESS_FAILS = (Person.email_failing_at.is_not(None), Person.closed_at.is_(None))
_COUNT_FAILING = select(func.count()).select_from(Person).where(*_ADDRESS_FAILS)
_NAME_FAILING = (
    select(Person.name).where(*_ADDRESS_FAILS).order_by(Person.email_failing_at.desc(), Person.id.desc()).limit(NAMED)
)


def stuck_emails(session: Session, since: datetime, overdue: datetime) -> StuckEmails:
    """Emails that failed or bounced since `since` and that nobody has dismissed, unsent ones that were due before
    `overdue`, and people whose address doesn't work: four statements.
    """
    return StuckEmails(
        session.scalar(_FAILED, {"since": since}) or 0,
        session.scalar(_LATE, {"overdue": overdue}) or 0,
        session.scalar(_COUNT_FAILING) or 0,
        tuple(session.scalars(_NAME_FAILING)),
    )
