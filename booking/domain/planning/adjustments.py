"""Adjustments on top of a series' rule: exceptions, skipped and extra dates, guests, the answer for holidays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from booking.domain.recurrence import Rule

#: What a series does on a public holiday that every observed state has.
ANSWERS = ("keep", "skip", "postpone", "move")


@dataclass(frozen=True, slots=True)
class Moved:
    """Another place in time for one occurrence: a date and wall times of the series' zone."""

    on: date
    start_wall: time
    end_wall: time


@dataclass(frozen=True, slots=True)
class DateException:
    """The differences of one occurrence from its series. None (or False) where it does not.

    `cancelled` is the reason, empty where none was given; `analysts` are persons' ids.
    """

    moved: Moved | None = None
    cancelled: str | None = None
    title: str | None = None
    meeting_url: str | None = None
    analysts: tuple[int, ...] | None = None
    recording_url: str | None = None
    slides_url: str | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    """One more occurrence, outside the rule."""

    on: date
    start_wall: time
    end_wall: time
    title: str | None = None

    @property
    def key(self) -> str:
        """Its key, which never changes; it sorts before every date."""
        return f"+{self.on.isoformat()}T{self.start_wall:%H%M}"


@dataclass(frozen=True, slots=True)
class Guest:
    """An analyst who staffs the dates in [from_on, until_on], both inclusive, besides the regular ones."""

    analyst_id: int
    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class Adjustments:
    """`skips` maps a date of the rule to why it is left out; `exceptions` an occurrence's key to its exception.

    `postponements` are (date, weeks): the dates of so many weeks are left out and the end moves as far.
    `on_holiday` is one of ANSWERS or empty, `keeps` the holidays on which it takes place all the same; `ends_on` is
    the last day of a series that was ended, `was` the short names it had before.
    """

    skips: Mapping[date, str] = field(default_factory=dict)
    keeps: frozenset[date] = frozenset()
    postponements: frozenset[tuple[date, int]] = frozenset()
    exceptions: Mapping[str, DateException] = field(default_factory=dict)
    extras: tuple[Extra, ...] = ()
    guests: tuple[Guest, ...] = ()
    on_holiday: str = ""
    ends_on: date | None = None
    was: tuple[str, ...] = ()

    def left_out(self) -> dict[date, str]:
        """Every date that is skipped or postponed, and why."""
        postponed = {on + timedelta(days=n): "" for on, weeks in self.postponements for n in range(7 * weeks)}
        return {**postponed, **self.skips}


@dataclass(frozen=True, slots=True)
class Definition:
    """A series as it is stored, or as it is asked for. `id` is None for a new one; `slug` its short name."""

    slug: str
    kind: str
    title: str
    summary: str
    rule: Rule
    slot_minutes: tuple[int, ...] = ()
    analysts: tuple[int, ...] = ()
    terms: Adjustments = field(default_factory=Adjustments)
    id: int | None = None
    meeting_url: str | None = None
