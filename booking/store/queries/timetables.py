"""The hours of one occurrence with the names of those who staff it, read in three statements at the most."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain.organisation import Organisation, Policy
from booking.domain.slots import Hours
from booking.store.claims import Claim
from booking.store.people import Person
from booking.store.programme import CANCELLED, Occurrence, Roster, Series


@dataclass(frozen=True, slots=True)
class Analyst:
    """One who staffs the occurrence, in the roster's order."""

    id: int
    public_id: uuid.UUID
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Timetable:
    """One occurrence for whoever looks for a slot. `minutes`: the series' own lengths, empty for the policy's."""

    id: int
    public_id: uuid.UUID
    series_slug: str
    kind: str
    minutes: tuple[int, ...]
    hours: Hours
    analysts: tuple[Analyst, ...]

    def policy(self, organisation: Organisation) -> Policy:
        """The policy of its series, with the lengths that the series itself states."""
        found = organisation.policy_for(self.series_slug)
        return found.offering(self.minutes) if self.minutes else found


_OCCURRENCE = (
    select(
        Occurrence.id,
        Occurrence.starts_at,
        Occurrence.ends_at,
        Occurrence.status,
        Series.slug,
        Series.kind,
        Series.slot_minutes,
        Roster.analyst_id,
        Person.public_id,
        Person.name,
        Person.about,
    )
    .join(Series, Series.id == Occurrence.series_id)
    .outerjoin(Roster, Roster.occurrence_id == Occurrence.id)
    .outerjoin(Person, Person.id == Roster.analyst_id)
    .where(Occurrence.public_id == bindparam("public_id"))
    .order_by(Roster.position, Roster.analyst_id)
)
_CLAIMS = select(Claim.analyst_id, Claim.quarter_at).where(
    Claim.analyst_id.in_(bindparam("analyst_ids", expanding=True)),
    Claim.quarter_at >= bindparam("start"),
    Claim.quarter_at < bindparam("end"),
)
_OWN = select(Claim.quarter_at).where(
    Claim.member_id == bindparam("member_id"),
    Claim.quarter_at >= bindparam("start"),
    Claim.quarter_at < bindparam("end"),
)


def timetable(session: Session, public_id: uuid.UUID, member_id: int | None = None) -> Timetable | None:
    """The occurrence of that id, None if there is none; with `member_id` the member's own quarters count as taken."""
    rows = session.execute(_OCCURRENCE, {"public_id": public_id}).all()
    if not rows:
        return None
    first = rows[0]
    analysts = tuple(Analyst(row[7], row[8], row[9], row[10]) for row in rows if row[7] is not None)
    ids = tuple(analyst.id for analyst in analysts)
    between = {"start": first.starts_at, "end": first.ends_at}
    claimed = session.execute(_CLAIMS, {"analyst_ids": ids, **between}).all() if ids else []
    own: frozenset[datetime] = frozenset()
    if member_id is not None:
        own = frozenset(session.execute(_OWN, {"member_id": member_id, **between}).scalars())
    is_cancelled = first.status == CANCELLED
    hours = Hours(first.starts_at, first.ends_at, ids, frozenset((a, q) for a, q in claimed), is_cancelled, own)
    lengths = tuple(int(length) for length in first.slot_minutes.split(",")) if first.slot_minutes else ()
    return Timetable(first.id, public_id, first.slug, first.kind, lengths, hours, analysts)
