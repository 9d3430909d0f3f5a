"""The coordinator's overview: occurrences with their analysts, how full they are, and what is missing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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


def between(session: Session, start: datetime, end: datetime, most: int = 200) -> list[UpcomingOccurrence]:
    """The occurrences that start in [start, end), at most so many: six statements, however many."""
    return _read(session, _BY_START.where(Occurrence.starts_at >= start, Occurrence.starts_at < end).limit(most))


def not_over(session: Session, now: datetime, end: datetime, most: int = 200) -> list[UpcomingOccurrence]:
    """The occurrences that are under way at `now` or start before `end`, likewise."""
    is_ahead = (Occurrence.starts_at > now - MAX_DURATION, Occurrence.ends_at > now, Occurrence.starts_at < end)
    return _read(session, _BY_START.where(*is_ahead).limit(most))


def beyond(
    session: Session, series_id: int, place: Place, most: int, *, is_earlier: bool = False
) -> list[UpcomingOccurrence]:
    """The occurrences of a series after that place, or the last before it; at most so many, by start."""
    values = {"series_id": series_id, "at": place[0], "id": place[1], "most": most}
    return _read(session, (_EARLIER if is_earlier else _LATER).params(values))


def _read(session: Session, statement: Select[Occurrence, Series]) -> list[UpcomingOccurrence]:
    """The occurrences of that statement with all that is shown of them."""
    found = session.execute(statement).all()
    ids = [occurrence.id for occurrence, _ in found]
    staff: dict[int, list[tuple[str, bool, str | None]]] = {}
    for occurrence_id, name, is_away, own, theirs in session.execute(
        select(Roster.occurrence_id, Person.name, Roster.is_away, Roster.meeting_url, Person.meeting_url)
        .join(Person, Person.id == Roster.analyst_id)
        .where(Roster.occurrence_id.in_(ids))
        .order_by(Roster.occurrence_id, Roster.position)
    ):
        staff.setdefault(occurrence_id, []).append((name, is_away, own or theirs))
    booked = {
        occurrence_id: (minutes, count)
        for occurrence_id, minutes, count in session.execute(
            select(Booking.occurrence_id, func.sum(Booking.minutes), func.count())
            .where(Booking.occurrence_id.in_(ids), Booking.status == CONFIRMED)
            .group_by(Booking.occurrence_id)
        )
    }
    waiting = _count(session, WaitlistEntry.occurrence_id, ids, WaitlistEntry.ended_at.is_(None))
    uncovered = {
        occurrence_id: count
        for occurrence_id, count in session.execute(
            select(Booking.occurrence_id, func.count())
            .join(Roster, (Roster.occurrence_id == Booking.occurrence_id) & (Roster.analyst_id == Booking.analyst_id))
            .where(Booking.occurrence_id.in_(ids), Booking.status == CONFIRMED, Roster.is_away.is_(True))
            .group_by(Booking.occurrence_id)
        )
    }
    enrolled = {
        occurrence_id: count
        for occurrence_id, count in session.execute(
            select(Occurrence.id, func.count(func.distinct(Enrolment.member_id)))
            .join(Enrolment, Enrolment.series_id == Occurrence.series_id)
            .where(
                Occurrence.id.in_(ids),
                Enrolment.left_at.is_(None),
                or_(Enrolment.occurrence_id.is_(None), Enrolment.occurrence_id == Occurrence.id),
            )
            .group_by(Occurrence.id)
        )
    }
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


def _count(session: Session, column: object, ids: Sequence[int], condition: object) -> dict[int, int]:
    statement = select(column, func.count()).where(column.in_(ids), condition).group_by(column)  # type: ignore[call-overload,attr-defined]
    return {occurrence_id: count for occurrence_id, count in session.execute(statement)}


NAMED = 3  # people whose address doesn't work, by name


def stuck_emails(session: Session, since: datetime, overdue: datetime) -> StuckEmails:
    """Emails that failed or bounced since `since` and that nobody has dismissed, unsent ones that were due before
    `overdue`, and people whose address doesn't work: four statements.
    """
    undelivered = or_(OutgoingEmail.failed_at >= since, OutgoingEmail.bounced_at >= since)
    failed = select(func.count()).select_from(OutgoingEmail).where(undelivered, OutgoingEmail.dismissed_at.is_(None))
    waiting = (
        select(func.count())
        .select_from(OutgoingEmail)
        .where(OutgoingEmail.sent_at.is_(None), OutgoingEmail.failed_at.is_(None), OutgoingEmail.due_at < overdue)
    )
    failing = (Person.email_failing_at.is_not(None), Person.closed_at.is_(None))
    names = select(Person.name).where(*failing).order_by(Person.email_failing_at.desc(), Person.id.desc()).limit(NAMED)
    return StuckEmails(
        session.scalar(failed) or 0,
        session.scalar(waiting) or 0,
        session.scalar(select(func.count()).select_from(Person).where(*failing)) or 0,
        tuple(session.scalars(names)),
    )
