"""The statements of a programme file: one for each series, with its line. A field that is not mentioned is None."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from booking.domain.planning.adjustments import Extra
from booking.domain.recurrence import Rule


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A file and a line in it, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Named:
    """An analyst's email address, in lower case, and its place in the file."""

    email: str
    place: SourcePlace


@dataclass(frozen=True, slots=True)
class StatedException:
    """A statement about one occurrence: that of the module, or of the date `on`.

    `postpone_weeks` postpones it and all later dates; `is_kept` answers a holiday; `is_usual` takes an exception back.
    """

    place: SourcePlace
    on: date | None = None
    module: int | None = None
    moved_to: date | None = None
    hours: tuple[time, time] | None = None
    cancelled: str | None = None
    title: str | None = None
    meeting_url: str | None = None
    analysts: tuple[Named, ...] | None = None
    recording_url: str | None = None
    slides_url: str | None = None
    postpone_weeks: int = 0
    is_skipped: bool = False
    is_kept: bool = False
    is_usual: bool = False


@dataclass(frozen=True, slots=True)
class StatedTurn:
    """A statement about a series from a date on."""

    place: SourcePlace
    from_on: date
    rrule: str | None = None
    hours: tuple[time, time] | None = None
    title: str | None = None
    analysts: tuple[Named, ...] | None = None


@dataclass(frozen=True, slots=True)
class StatedGuest:
    """An analyst who joins the roster on the dates in [from_on, until_on]."""

    analyst: Named
    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of one series; `month` is the first day of the month that the file speaks for.

    `slot_minutes` is empty where the policy's lengths hold. `rule` holds `until:` as `ends_on`; `ends:` is apart,
    because only that ends what was published before.
    """

    slug: str
    kind: str
    title: str
    summary: str | None
    rule: Rule
    slot_minutes: tuple[int, ...] | None
    analysts: tuple[Named, ...] | None
    place: SourcePlace
    month: date | None = None
    was: str = ""
    ends_on: date | None = None
    on_holiday: str = ""
    turns: tuple[StatedTurn, ...] = ()
    exceptions: tuple[StatedException, ...] = ()
    extras: tuple[Extra, ...] = ()
    guests: tuple[StatedGuest, ...] = ()

    @property
    def named(self) -> list[Named]:
        """Every analyst it names, wherever."""
        lists = [
            self.analysts or (),
            *(e.analysts or () for e in self.exceptions),
            *(t.analysts or () for t in self.turns),
        ]
        return [*(named for names in lists for named in names), *(guest.analyst for guest in self.guests)]
