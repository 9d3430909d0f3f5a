"""Slots to suggest: near the one that was wanted, or in the next clinics. Each books when it is asked for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from booking.domain.bookings import slots, suggestions
from booking.domain.bookings.policy import Rules
from booking.domain.bookings.slots import Slot
from booking.domain.bookings.suggestions import Asker
from booking.domain.bookings.timetable import Timetable
from booking.domain.errors import Refusal
from booking.domain.organisation import Organisation
from booking.store.programme.programme import SCHEDULED, Occurrence, Series
from booking.store.queries.bookings import holdings, timetables

MAX_RESULTS = 3


@dataclass(frozen=True, slots=True)
class Search:
    """The search of one reader. `member_id` is whose own quarters count, None for a visitor."""

    session: Session
    organisation: Organisation
    now: datetime
    asker: Asker
    member_id: int | None = None

    def bookable(self, found: Timetable, minutes: int) -> list[Slot]:
        """Returns what of that timetable (read for this member, and for the booking that moves) they can book."""
        return suggestions.bookable(self.asker, found.id, found.hours, minutes, self._rules(found))

    def why_not(self, found: Timetable) -> Refusal | None:
        """Why they can book nothing there, free or not; None if they can."""
        return suggestions.refusal(self.asker, found.start(), self._rules(found))

    def mover(self, found: Timetable) -> Search | None:
        """For somebody at a limit: the search for a booking of theirs that could move there; None where none could."""
        holdings = self.asker.holdings
        if holdings is None:
            return None
        instead = suggestions.replaceable(holdings, found.start(), self._rules(found))
        return replace(self, asker=Asker(holdings, instead[0].id)) if instead else None

    def _rules(self, found: Timetable) -> Rules:
        return found.rules(self.organisation, self.now)

    def coming(self) -> list[Timetable]:
        """Returns what is bookable and begins within the horizon, or has begun and is not over, earliest first."""
        organisation, now = self.organisation, self.now
        policies = (organisation.policy, *organisation.series_policies.values())
        end = now + timedelta(days=max(policy.horizon_days for policy in policies), minutes=1)
        start = now - timedelta(days=1)
        found = timetables.coming(self.session, organisation, start, end, self.member_id, self.asker.moving)
        return [one for one in found if one.hours.ends_at > now]

    def nearest(self, occurrence: uuid.UUID, minutes: int, wanted_at: datetime) -> tuple[Timetable, list[Slot]] | None:
        """That occurrence, and the bookable slots in it at the three starts nearest to `wanted_at`, nearest first.

        None where there is no such occurrence.
        """
        found = timetables.timetable(self.session, occurrence, self.organisation, self.member_id, self.asker.moving)
        if found is None:
            return None
        free = slots.offered(found.hours, self.bookable(found, minutes), found.policy(self.organisation))
        return found, slots.nearest(free, wanted_at, MAX_RESULTS)

    def elsewhere(self, occurrence: uuid.UUID, minutes: int) -> list[tuple[Timetable, Slot]]:
        """The first bookable slot in each of the next three other occurrences that have one, earliest first."""
        found = []
        for timetable in self.coming():
            free = [] if timetable.public_id == occurrence else self.bookable(timetable, minutes)
            if free:
                found.append((timetable, free[0]))
            if len(found) == MAX_RESULTS:
                break
        return found


def for_member(
    session: Session, member_id: int, organisation: Organisation, now: datetime, moving: int | None = None
) -> Search:
    """Suggestions for a member, by their own limits; with `moving` for a booking of theirs."""
    asker = Asker(holdings.of_member(session, member_id, organisation, now), moving)
    return Search(session, organisation, now, asker, member_id)


def past_limits(session: Session, member_id: int | None, organisation: Organisation, now: datetime) -> Search:
    """Suggestions that no limit narrows: for a visitor (None), whose limits are not known, and for staff."""
    return Search(session, organisation, now, Asker(), member_id)


_NEXT_AT = (
    select(func.min(Occurrence.starts_at))
    .join(Series, Series.id == Occurrence.series_id)
    .where(
        Occurrence.starts_at >= bindparam("after"),
        Occurrence.status == SCHEDULED,
        Series.kind.in_(bindparam("kinds", expanding=True)),
    )
)


def next_at(session: Session, organisation: Organisation, after: datetime) -> datetime | None:
    """When the first occurrence with slots begins from then on; None where none is planned."""
    return session.scalar(_NEXT_AT, {"after": after, "kinds": sorted(organisation.bookable)})
