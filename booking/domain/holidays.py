"""Public holidays and closed days, and what becomes of a date that falls on one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off: its name, the observed states that have it, and those that do not."""

    name: str
    states: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()

    @property
    def is_everywhere(self) -> bool:
        """Whether every observed state has it (a closed day of the organisation's own counts so)."""
        return not self.not_in

    def __str__(self) -> str:
        """`Christmas Day`, or `King's Birthday, not in QLD`."""
        return self.name if self.is_everywhere else f"{self.name}, not in {', '.join(self.not_in)}"


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The days off by date."""

    by_date: Mapping[date, Holiday] = field(default_factory=dict)

    def everywhere(self, day: date) -> Holiday | None:
        """The holiday that needs an answer, or None."""
        found = self.by_date.get(day)
        return found if found is not None and found.is_everywhere else None

    def somewhere(self, day: date) -> Holiday | None:
        """The holiday of some observed states that is only noted, or None."""
        found = self.by_date.get(day)
        return found if found is not None and not found.is_everywhere else None


NO_DAYS_OFF = DaysOff()


def nearest_free_day(day: date, days_off: DaysOff, taken: Iterable[date]) -> date | None:
    """The nearest other working day (Monday to Friday) of the same week that is no holiday everywhere and not in
    `taken`; of two as near the earlier. None if the week has none.
    """
    monday = day - timedelta(days=day.weekday())
    busy = set(taken)
    found = [
        other
        for other in (monday + timedelta(days=n) for n in range(5))
        if other != day and other not in busy and days_off.everywhere(other) is None
    ]
    return min(found, key=lambda other: (abs(other - day), other), default=None)
