"""The draft of a programme that an announcement gives: series, modules, and doubts by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.grammar.dates import Said


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question about one line. `answers` are the texts to choose from, where it is a choice; until then the first is
    assumed."""

    line: int
    code: str
    message: str
    answers: tuple[str, ...] = ()


@dataclass(slots=True)
class DraftModule:
    """One module's number as written, its title, its line, and a date that stood beside it."""

    number: int
    title: str
    line: int
    on: Said | None = None


@dataclass(slots=True)
class DraftSeries:
    """One series as it was understood; `lines` are the numbers of the lines it was read from.

    `analysts` are email addresses. `month` is that of the heading above it, where a text has several.
    """

    title: str
    line: int
    kind: str = ""
    rrule: str = ""
    start: time | None = None
    end: time | None = None
    zone: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    is_over_then: bool = False  # a coordinator typed the last day: the series ends with it, whatever the month
    skips: list[date] = field(default_factory=list)
    extras: list[date] = field(default_factory=list)
    slot_minutes: tuple[int, ...] = ()
    modules: list[DraftModule] = field(default_factory=list)
    summary: str = ""
    analysts: list[str] = field(default_factory=list)
    month: date | None = None
    lines: list[int] = field(default_factory=list)


@dataclass(slots=True)
class AnnouncementDraft:
    """An announcement as it was understood. `month` is a first of a month; `near` are lines that came close."""

    month: date
    zone: str = ""
    series: list[DraftSeries] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    near: list[SourceLine] = field(default_factory=list)


@dataclass(slots=True)
class Doubts:
    """The doubts about one announcement, and the answers given so far, by `code:line`."""

    answers: Mapping[str, str]
    open: list[Doubt] = field(default_factory=list)

    def ask(self, line: int, code: str, message: str, answers: tuple[str, ...] = ()) -> str | None:
        """Name a doubt, unless it was answered; return the answer, None where there is none yet."""
        said = self.answers.get(f"{code}:{line}")
        if said is not None and (not answers or said in answers):
            return said
        self.open.append(Doubt(line, code, message, answers))
        return None
