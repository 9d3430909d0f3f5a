"""One occurrence for whoever looks for a slot: its hours, its analysts, and what of it is held for the reader."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from booking.domain.bookings.policy import RequestedStart, Rules
from booking.domain.bookings.slots import Hours
from booking.domain.organisation import Organisation, Policy


@dataclass(frozen=True, slots=True)
class RosterAnalyst:
    """One who staffs the occurrence, in the roster's order."""

    id: int
    public_id: uuid.UUID
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Timetable:
    """One occurrence for whoever looks for a slot. `minutes`: the series' own lengths, empty for the policy's.

    `held` names, by (person, quarter), the offers to the reader that own quarters here: booking over one ends it.
    `blocked` are those of the taken quarters, (analyst, quarter), that are kept free of bookings.
    `is_awaited`: somebody is on its waitlist; known of one that is read alone.
    """

    id: int
    public_id: uuid.UUID
    series_slug: str
    kind: str
    zone: str
    minutes: tuple[int, ...]
    hours: Hours
    analysts: tuple[RosterAnalyst, ...]
    title: str = ""
    held: Mapping[tuple[int, datetime], int] = field(default_factory=dict)
    is_awaited: bool = False
    blocked: frozenset[tuple[int, datetime]] = frozenset()

    def policy(self, organisation: Organisation) -> Policy:
        """The policy of its series, with the lengths that the series itself states."""
        found = organisation.policy_for(self.series_slug)
        return found.offering(self.minutes) if self.minutes else found

    def rules(self, organisation: Organisation, now: datetime) -> Rules:
        """By what a booking here is judged at `now` (UTC)."""
        return Rules(self.policy(organisation), organisation.zone, now)

    def start(self, starts_at: datetime | None = None) -> RequestedStart:
        """A slot's start here; without one the occurrence's own, for what holds for every slot."""
        return RequestedStart(self.id, self.hours.starts_at, starts_at or self.hours.starts_at)
