"""An analyst leaves for good: the account is closed, or the role is taken away. What they staff goes through cover."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.domain.planning.updates import Line
from booking.services.action_context import ActionContext
from booking.services.cover import asking, preview, time_off
from booking.services.cover.preview import PlannedAbsence
from booking.store.bookings.bookings import Booking
from booking.store.people import importing
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Occurrence, Roster

FAR = timedelta(days=365)  # as far as time off reaches


def staffed(session: Session, analyst_id: int, now: datetime) -> list[Occurrence]:
    """The occurrences to lock before `leave`: those on whose roster the analyst is and that are not over."""
    return preview.occurrences(session, analyst_id, now, now + FAR)


def leave(
    context: ActionContext,
    person: Person,
    staffs: list[Occurrence],
    *,
    note: str,
    told: dict[int, list[Line]] | None = None,
) -> None:
    """Store time off from now on, so that each booking finds cover; no later date has them, and no series.

    Members for whom somebody else stands in already can no longer wait for them. What members are told is emailed, or
    added to `told` by booking, for the caller to email.
    The occurrences that they staff and the members booked with them there are locked.
    """
    session, now = context.session, context.now
    if staffs:
        away = PlannedAbsence(person, now, now + FAR, staffs)
        shown = preview.shown_of(session, away, context.organisation, now)
        time_off.carry_out(context, shown, note=note, for_good=True, told=told)
    session.execute(update(Booking).where(Booking.asked_for_id == person.id).values(asked_for_id=None))
    importing.leave_rosters(session, [person.id], now)


def leave_together(context: ActionContext, leavers: Sequence[tuple[Person, list[Occurrence]]], *, note: str) -> None:
    """As `leave`, for several at once: none of them takes over from another, and each member gets one email."""
    session = context.session
    for person, staffs in leavers:
        dates = [row.id for row in staffs]
        session.execute(
            update(Roster).where(Roster.analyst_id == person.id, Roster.occurrence_id.in_(dates)).values(is_away=True)
        )
    told: dict[int, list[Line]] = {}
    for person, staffs in leavers:
        leave(context, person, staffs, note=note, told=told)
    asking.tell_members(session, told, context.now)


def come_back(session: Session, person_ids: Collection[int], now: datetime) -> None:
    """End the time off that began when they left: the one that begins at the moment in which it was stored."""
    if person_ids:
        session.execute(
            update(TimeOff)
            .where(
                TimeOff.analyst_id.in_(person_ids), TimeOff.ended_at.is_(None), TimeOff.starts_at == TimeOff.created_at
            )
            .values(ended_at=now)
        )
