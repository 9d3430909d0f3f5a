"""Another analyst steps in: what they could take over, and "I'll take it"."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.bookings.cover_rules import UncoveredWork
from booking.domain.bookings.slots import Slot
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.people import RoleName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.organisation import Organisation
from booking.domain.planning import edits
from booking.domain.planning.adjustments import Guest
from booking.domain.planning.consequences import TouchedBooking
from booking.domain.planning.plan import SeriesChange
from booking.domain.recurrence import MAX_DURATION
from booking.services.action_context import ActionContext
from booking.services.cover.asking import tell_members
from booking.services.cover.preview import left_of
from booking.services.cover.steps import hand, pending_of
from booking.services.steps.serve import serve
from booking.services.steps.tell_colleagues import tell_colleagues
from booking.services.transaction import transactional
from booking.store.bookings import offers
from booking.store.bookings.bookings import Booking
from booking.store.db import locks
from booking.store.people.people import Person, Role
from booking.store.programme import plan_inputs, publishing
from booking.store.programme.programme import SCHEDULED, Occurrence, Roster, Series
from booking.store.queries.bookings import cover_candidates


class AlreadyCovered(errors.Refusal):
    """Somebody else was quicker, or the place is no longer wanted."""

    code = RefusalCode.ALREADY_COVERED


class NothingToTake(errors.Refusal):
    """The analyst who would take over is not free at any of the times that are left."""

    code = RefusalCode.NOTHING_TO_TAKE


_IS_ANALYST = select(exists().where(Role.person_id == bindparam("taker_id"), Role.role == RoleName.ANALYST))


@transactional
def take(context: ActionContext, occurrence: uuid.UUID) -> int:
    """ "I'll take it": join the roster and take over what they are free for; returns how many bookings.

    They are a guest of the series on that day, so that later changes of the programme keep them. Raises NotFound,
    NotAllowed for whoever is no analyst, AlreadyCovered where nothing is left to take, NothingToTake.
    """
    return _take_over(context, occurrence, context.actor.staff_id)


@transactional
def give(context: ActionContext, occurrence: uuid.UUID, analyst: uuid.UUID) -> int:
    """A coordinator gives an analyst what they are free for there; returns how many bookings.

    The analyst is emailed them. Raises as `take` does, and NotAllowed for whoever is no coordinator.
    """
    session = context.session
    if not session.scalar(_IS_COORDINATOR, {"person_id": context.actor.staff_id}):
        raise errors.NotAllowed()
    taker_id = session.scalar(_OPEN_ACCOUNT, {"public_id": analyst})
    if taker_id is None:
        raise errors.NotFound()
    return _take_over(context, occurrence, taker_id)


_IS_COORDINATOR = select(exists().where(Role.person_id == bindparam("person_id"), Role.role == RoleName.COORDINATOR))
_OPEN_ACCOUNT = select(Person.id).where(
    Person.public_id == bindparam("public_id", type_=Person.public_id.type), Person.closed_at.is_(None)
)


def _take_over(context: ActionContext, occurrence: uuid.UUID, taker_id: int) -> int:
    """Put the taker on the roster and hand them what they are free for; whoever did not do it is emailed."""
    session, now = context.session, context.now
    programme = locks.programme(session)
    row = locks.occurrence(session, occurrence)
    if not session.scalar(_IS_ANALYST, {"taker_id": taker_id}):
        raise errors.NotAllowed()
    left = left_in(session, [row], context.organisation, now)
    if not left:
        raise AlreadyCovered("somebody else has taken it, or nobody is left to take")
    taker = next(
        (one for one in cover_candidates.analysts(session, left, context.organisation) if one.id == taker_id), None
    )
    mine = {one.booking_id for one in left if taker is not None and taker.can_take(one)}
    if not mine:
        who = "you are" if taker_id == context.actor.staff_id else "they are"
        raise NothingToTake(f"{who} not free then: nothing has changed")
    bookings = [one for one in pending_of(session, [row.id], now) if one.id in mine]
    locks.persons(session, {booking.member_id for booking in bookings})
    _join(session, row, taker_id, now)
    told = {}
    absent = " and ".join(dict.fromkeys(booking.analyst.name for booking in bookings))
    for booking in bookings:
        slot = Slot(taker_id, booking.starts_at, booking.minutes)
        offers.give_way(session, slot, booking.member_id, now, to=[taker_id])
        told[booking.id] = [hand(context, booking, taker_id, f"{booking.analyst.name} is away.")]
    tell_members(session, told, now)
    publishing.touch(programme, now)
    if taker_id != context.actor.staff_id and bookings:
        tell_colleagues(context, bookings, absent)
    context.record(
        AuditAction.TOOK_COVER,
        AuditSubject.OCCURRENCE,
        row.public_id,
        by=context.actor.staff_id,
        bookings=len(bookings),
    )
    serve(context, [row.id])
    return len(bookings)


def _join(session: Session, row: Occurrence, taker_id: int, now: datetime) -> None:
    """Put them on the roster of that date, in the series' terms too."""
    if session.get(Roster, (row.id, taker_id)) is not None:
        return
    last = max((one.position for one in row.roster), default=-1)
    session.add(Roster(occurrence_id=row.id, analyst_id=taker_id, position=last + 1))
    session.flush()
    session.expire(row, ["roster"])
    before = plan_inputs.definitions(session)[row.series.slug]
    day = zones.today(row.starts_at, row.series.zone)
    after = edits.guest(before, [Guest(taker_id, day, day)])
    publishing.write_series(session, [SeriesChange(before, after, ("terms",))], now)


def left_in(session: Session, rows: list[Occurrence], organisation: Organisation, now: datetime) -> list[UncoveredWork]:
    """Returns what needs an analyst in those occurrences: bookings, and meetings without slots that nobody presents."""
    meetings = {row.id: (row.starts_at, row.ends_at) for row in rows if row.status == SCHEDULED}
    found = [
        left_of(held_of(booking), meetings[booking.occurrence_id]) for booking in pending_of(session, meetings, now)
    ]
    for row in rows:
        away = [place.analyst_id for place in row.roster if place.is_away]
        is_ahead = row.id in meetings and row.series.kind in organisation.without_slots and row.starts_at > now
        if is_ahead and away and len(away) == len(row.roster):
            found.append(UncoveredWork(row.id, away[0], *meetings[row.id], meetings[row.id]))
    return found


def held_of(booking: Booking) -> TouchedBooking:
    """The booking as a value."""
    return TouchedBooking(
        booking.id,
        str(booking.public_id),
        booking.occurrence_id,
        booking.analyst_id,
        booking.member_id,
        booking.member.name,
        booking.starts_at,
        booking.minutes,
        booking.chose_analyst,
        is_uncovered=True,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """An occurrence that looks for somebody: which, when, in whose place. `zone` is the series' own.

    `count` is how many of its bookings the reader could take over, 0 where it is the whole of it.
    """

    public_id: uuid.UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    kind: str
    who: str
    count: int


_NAMES = select(Person.id, Person.name).where(Person.id.in_(bindparam("ids", expanding=True)))


def wanted(session: Session, reader_id: int, organisation: Organisation, now: datetime) -> list[Wanted]:
    """Returns what this analyst could take over, earliest first."""
    rows = _looking(session, now)
    left = left_in(session, rows, organisation, now)
    reader = next((one for one in cover_candidates.analysts(session, left, organisation) if one.id == reader_id), None)
    mine = [one for one in left if reader is not None and reader.can_take(one)]
    found_names = session.execute(_NAMES, {"ids": list({one.analyst_id for one in mine})})
    names = {row.id: row.name for row in found_names}
    found = []
    for row in rows:
        here = [one for one in mine if one.occurrence_id == row.id]
        if here:
            title, zone = row.title or row.series.title, row.series.zone
            who = " and ".join(dict.fromkeys(names[one.analyst_id] for one in here))
            count = sum(one.booking_id is not None for one in here)
            found.append(Wanted(row.public_id, title, row.starts_at, row.ends_at, zone, row.series.kind, who, count))
    return found


_LOOKING = (
    select(Occurrence)
    .join(Series, Series.id == Occurrence.series_id)
    .where(
        Occurrence.starts_at > bindparam("since"),
        Occurrence.ends_at > bindparam("now"),
        Occurrence.status == SCHEDULED,
        exists().where(Roster.occurrence_id == Occurrence.id, Roster.is_away.is_(True)),
    )
    .order_by(Occurrence.starts_at, Occurrence.id)
)


@dataclass(frozen=True, slots=True)
class Taker:
    """An analyst who could take something over in one occurrence: `count` bookings, 0 where it is the whole of it."""

    public_id: uuid.UUID
    name: str
    count: int


_NAMED = select(Person.id, Person.public_id, Person.name).where(Person.id.in_(bindparam("ids", expanding=True)))


def takers(session: Session, row: Occurrence, organisation: Organisation, now: datetime) -> tuple[int, list[Taker]]:
    """How many bookings and presentations of the occurrence need an analyst, and who could take them, most first."""
    left = left_in(session, [row], organisation, now)
    could = {one.id: one for one in cover_candidates.analysts(session, left, organisation)}
    mine = {n: [one for one in left if candidate.can_take(one)] for n, candidate in could.items()}
    ids = {n for n, those in mine.items() if those}
    people = session.execute(_NAMED, {"ids": sorted(ids)}) if ids else ()
    found = [
        Taker(person.public_id, person.name, sum(one.booking_id is not None for one in mine[person.id]))
        for person in people
    ]
    return len(left), sorted(found, key=lambda taker: (-taker.count, taker.name))


def _looking(session: Session, now: datetime) -> list[Occurrence]:
    """The occurrences that are not over and on whose roster somebody is off, by start."""
    return list(session.scalars(_LOOKING, {"since": now - MAX_DURATION, "now": now}))
