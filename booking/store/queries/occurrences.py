"""What deeds and pages read of one occurrence: its hours, and what a member already holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.organisation import Organisation, Policy
from booking.domain.policy import Standing
from booking.domain.slots import Hours
from booking.store.bookings import CONFIRMED, Booking
from booking.store.claims import Claim
from booking.store.people import Person
from booking.store.programme import Occurrence, Roster, Series


def occurrence_id(session: Session, public_id: uuid.UUID) -> int:
    """The internal id; raises NotFound."""
    found = session.execute(select(Occurrence.id).where(Occurrence.public_id == public_id)).scalar_one_or_none()
    if found is None:
        raise errors.NotFound()
    return found


def with_public_id(session: Session, public_id: uuid.UUID) -> Occurrence | None:
    """The occurrence of that id, or None."""
    return session.scalars(select(Occurrence).where(Occurrence.public_id == public_id)).one_or_none()


def hours(session: Session, occurrence: Occurrence, member_id: int | None = None, moving: int | None = None) -> Hours:
    """The bookable hours of `occurrence`: two statements.

    With `member_id` the quarters that this member holds anywhere count too. The claims of the booking `moving`
    (an internal id) count as free.
    """
    roster = session.execute(
        select(Roster.analyst_id)
        .where(Roster.occurrence_id == occurrence.id)
        .order_by(Roster.position, Roster.analyst_id)
    ).scalars()
    return _hours(session, occurrence, tuple(roster), member_id, moving)


def _hours(
    session: Session, occurrence: Occurrence, analyst_ids: tuple[int, ...], member_id: int | None, moving: int | None
) -> Hours:
    claimed = select(Claim.analyst_id, Claim.quarter_at, Claim.booking_id).where(
        Claim.analyst_id.in_(analyst_ids),
        Claim.quarter_at >= occurrence.starts_at,
        Claim.quarter_at < occurrence.ends_at,
    )
    taken = frozenset((a, q) for a, q, b in session.execute(claimed) if b is None or b != moving)
    own: frozenset[datetime] = frozenset()
    if member_id is not None:
        held = select(Claim.quarter_at, Claim.booking_id).where(
            Claim.member_id == member_id,
            Claim.quarter_at >= occurrence.starts_at,
            Claim.quarter_at < occurrence.ends_at,
        )
        own = frozenset(q for q, b in session.execute(held) if b is None or b != moving)
    return Hours(occurrence.starts_at, occurrence.ends_at, analyst_ids, taken, occurrence.is_cancelled, own)


def hours_of(session: Session, occurrences: Iterable[Occurrence]) -> dict[int, Hours]:
    """The hours of many occurrences by id, for a page that lists them: two statements for all of them."""
    rows = list(occurrences)
    if not rows:
        return {}
    rosters: dict[int, list[int]] = {row.id: [] for row in rows}
    for occurrence_id, analyst_id in session.execute(
        select(Roster.occurrence_id, Roster.analyst_id)
        .where(Roster.occurrence_id.in_(rosters))
        .order_by(Roster.occurrence_id, Roster.position, Roster.analyst_id)
    ):
        rosters[occurrence_id].append(analyst_id)
    claimed = select(Claim.analyst_id, Claim.quarter_at).where(
        Claim.analyst_id.in_({a for roster in rosters.values() for a in roster}),
        Claim.quarter_at >= min(row.starts_at for row in rows),
        Claim.quarter_at < max(row.ends_at for row in rows),
    )
    taken = {(a, q) for a, q in session.execute(claimed)}
    found = {}
    for row in rows:
        mine = frozenset((a, q) for a, q in taken if row.starts_at <= q < row.ends_at)
        found[row.id] = Hours(row.starts_at, row.ends_at, tuple(rosters[row.id]), mine, row.is_cancelled)
    return found


def standing(
    session: Session, occurrence_id: int, member: Person, now: datetime, moving: int | None = None
) -> Standing:
    """What `member` holds at `now`, the booking `moving` (an internal id) not counted."""
    mine = (Booking.member_id == member.id) & (Booking.status == CONFIRMED)
    if moving is not None:
        mine &= Booking.id != moving
    upcoming = select(func.count()).select_from(Booking).where(mine, Booking.starts_at > now).scalar_subquery()
    here = (
        select(func.count()).select_from(Booking).where(mine, Booking.occurrence_id == occurrence_id).scalar_subquery()
    )
    counts = session.execute(select(upcoming, here)).one()
    is_member = "member" in member.role_names and member.closed_at is None
    return Standing(is_member, member.member_until, counts[0], counts[1])


def policy(organisation: Organisation, series: Series) -> Policy:
    """The policy of a series, the lengths that the series itself states included."""
    found = organisation.policy_for(series.slug)
    if series.slot_minutes:
        lengths = tuple(int(minutes) for minutes in series.slot_minutes.split(","))
        found = found.offering(lengths)
    return found
