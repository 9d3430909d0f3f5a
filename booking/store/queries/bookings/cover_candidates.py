"""Analysts who could take over an absent colleague's work: read in a number of statements that never grows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from booking.domain.bookings.cover_rules import Candidate, UncoveredWork
from booking.domain.enums.people import RoleName
from booking.domain.organisation import Organisation
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer
from booking.store.people.people import Person, Role
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import SCHEDULED, Occurrence, Roster
from booking.store.queries.people import commitments

_ANALYSTS = (
    select(Person.id, Person.name, Person.email)
    .join(Role, Role.person_id == Person.id)
    .where(Role.role == RoleName.ANALYST, Person.closed_at.is_(None))
    .order_by(Person.id)
)


def analysts(session: Session, left: Sequence[UncoveredWork], organisation: Organisation) -> list[Candidate]:
    """Every analyst with an open account, with all that keeps them from taking over any of what is `left`."""
    if not left:
        return []
    people = session.execute(_ANALYSTS).all()
    found = {row.id: Candidate(row.id, row.name, row.email) for row in people}
    start, end = min(one.starts_at for one in left), max(one.ends_at for one in left)
    _add_claims(session, found, start, end)
    _add_rosters(session, found, start, end)
    _add_time_off(session, found, start, end)
    for person_id, starts_at, ends_at in commitments.engaged(session, found, organisation, start, end):
        found[person_id].enrolled.append((starts_at, ends_at))
    return list(found.values())


_ADD_CLAIMS = select(Claim.person_id, Claim.quarter_at).where(
    Claim.person_id.in_(bindparam("found", expanding=True)),
    Claim.quarter_at >= bindparam("start"),
    Claim.quarter_at < bindparam("end"),
    ~exists().where(Offer.id == Claim.offer_id, Offer.member_id == Claim.person_id),
)


def _add_claims(session: Session, found: dict[int, Candidate], start: datetime, end: datetime) -> None:
    """Their quarters, as analyst or member; what is only offered to them gives way to what they take on."""
    rows = session.execute(_ADD_CLAIMS, {"found": list(found), "start": start, "end": end})
    for person_id, quarter_at in rows:
        found[person_id].quarters.add(quarter_at)


_ADD_ROSTERS = (
    select(Roster.analyst_id, Roster.is_away, Occurrence.id, Occurrence.starts_at, Occurrence.ends_at)
    .join(Occurrence, Occurrence.id == Roster.occurrence_id)
    .where(
        Roster.analyst_id.in_(bindparam("found", expanding=True)),
        Occurrence.starts_at < bindparam("end"),
        Occurrence.starts_at > bindparam("since"),
        Occurrence.ends_at > bindparam("start"),
        Occurrence.status == SCHEDULED,
    )
)


def _add_rosters(session: Session, found: dict[int, Candidate], start: datetime, end: datetime) -> None:
    rows = session.execute(
        _ADD_ROSTERS, {"found": list(found), "end": end, "since": start - MAX_DURATION, "start": start}
    )
    for analyst_id, is_away, occurrence_id, starts_at, ends_at in rows:
        if is_away:
            found[analyst_id].off_in.add(occurrence_id)
        else:
            found[analyst_id].meetings[occurrence_id] = (starts_at, ends_at)


_ADD_TIME_OFF = select(TimeOff.analyst_id, TimeOff.starts_at, TimeOff.ends_at).where(
    TimeOff.analyst_id.in_(bindparam("found", expanding=True)),
    TimeOff.ended_at.is_(None),
    TimeOff.starts_at < bindparam("end"),
    TimeOff.ends_at > bindparam("start"),
)


def _add_time_off(session: Session, found: dict[int, Candidate], start: datetime, end: datetime) -> None:
    rows = session.execute(_ADD_TIME_OFF, {"found": list(found), "end": end, "start": start})
    for analyst_id, starts_at, ends_at in rows:
        found[analyst_id].time_off.append((starts_at, ends_at))
