"""Another analyst steps in: what is wanted, and "I'll take it"."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.organisation import Organisation
from booking.domain.slots import Slot
from booking.services.cover.steps import hand, left_by, offer_for, pending_of
from booking.services.deed import deed
from booking.store import locks, offers, register
from booking.store.away import Away
from booking.store.claims import Claim
from booking.store.people import Person, Role
from booking.store.programme import SCHEDULED, Roster
from booking.store.waiting import Offer


class AlreadyCovered(errors.Refusal):
    """Somebody else was quicker, or the place is no longer wanted."""

    code = "already-covered"


@deed
def take(session: Session, occurrence: uuid.UUID, taker_id: int, organisation: Organisation, now: datetime) -> int:
    """ "I'll take it": join the roster and have every booking that still looks for somebody; how many those are.

    Raises NotFound, NotAllowed for whoever is no analyst, AlreadyCovered where nothing is left to take.
    """
    row = locks.occurrence(session, occurrence)
    if not session.scalar(select(exists().where(Role.person_id == taker_id, Role.role == "analyst"))):
        raise errors.NotAllowed()
    pending = pending_of(session, [row.id], now)
    if not pending or row.status != SCHEDULED:
        raise AlreadyCovered("somebody else has taken it, or nobody is left to take")
    locks.persons(session, {booking.member_id for booking in pending})
    place = session.get(Roster, (row.id, taker_id))
    if place is not None and place.is_away:
        raise errors.NotAllowed()
    if place is None:
        last = max((one.position for one in row.roster), default=-1)
        session.add(Roster(occurrence_id=row.id, analyst_id=taker_id, position=last + 1))
        session.flush()
    busy = set(
        session.scalars(
            select(Claim.quarter_at).where(
                Claim.person_id == taker_id,
                Claim.quarter_at >= row.starts_at,
                Claim.quarter_at < row.ends_at,
                Claim.offer_id.is_(None) | Claim.offer_id.not_in(select(Offer.id).where(Offer.member_id == taker_id)),
            )
        )
    )
    taken = 0
    for booking in pending:
        if busy.isdisjoint(booking.slot.quarters) and booking.member_id != taker_id:
            offer = offer_for(session, booking)
            if offer is not None:
                offers.end(session, offer.id, "gone", now)
            slot = Slot(taker_id, booking.starts_at, booking.minutes)
            offers.give_way(session, slot, booking.member_id, now, to=[taker_id])
            hand(session, booking, taker_id, f"{booking.analyst.name} is away.", now)
            busy |= set(booking.slot.quarters)
            taken += 1
    register.write(session, "took-cover", "occurrence", row.public_id, now, actor_id=taker_id, bookings=taken)
    return taken


@dataclass(frozen=True, slots=True)
class Wanted:
    """An occurrence whose bookings look for somebody: which, when, how many. `zone` is the series' own."""

    public_id: uuid.UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    count: int


def wanted(session: Session, away_id: uuid.UUID, now: datetime) -> tuple[str, list[Wanted]] | None:
    """Who is away, and what still looks for somebody because of it; None where there is no such time away."""
    away = session.scalars(select(Away).where(Away.public_id == away_id)).one_or_none()
    if away is None:
        return None
    rows = left_by(session, away, now)
    counts: dict[int, int] = {}
    for booking in pending_of(session, [row.id for row in rows], now):
        if booking.analyst_id == away.analyst_id:
            counts[booking.occurrence_id] = counts.get(booking.occurrence_id, 0) + 1
    found = [
        Wanted(
            row.public_id, row.title or row.series.title, row.starts_at, row.ends_at, row.series.zone, counts[row.id]
        )
        for row in rows
        if row.id in counts
    ]
    return session.get_one(Person, away.analyst_id).name, found
