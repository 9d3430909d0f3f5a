"""What stands on a line of its own and is one part of a series: its days, its hours, its first date, one module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from booking.programme.announcements import titles
from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.grammar import dates
from booking.programme.announcements.grammar.clauses import Clause
from booking.programme.announcements.grammar.dates import Said
from booking.programme.announcements.grammar.roles import DateRole
from booking.programme.announcements.grammar.vocabulary import folded

#: Roles that a date beside a module may have.
OF_MODULE = frozenset({DateRole.UNKNOWN, DateRole.LISTED, DateRole.STARTS})
#: Roles of dates on lines of their own, between the heading of a series and its days and hours.
_LOOSE = frozenset(DateRole) - OF_MODULE - {DateRole.MOVED, DateRole.MOVED_TO} | {DateRole.STARTS}


@dataclass(frozen=True, slots=True)
class Half:
    """Days without hours, or hours without days, until the other half comes; `at` counts lines with text."""

    line: SourceLine
    clause: Clause
    title: str
    at: int

    @property
    def own_title(self) -> str:
        """The title that stands on its line."""
        return self.title if not self.clause.is_pure else ""


def joined(first: Clause, second: Clause) -> Clause:
    """The schedule of two lines, of which one has the days and the other the hours."""
    both = Clause(
        first.rrule or second.rrule,
        first.hours or second.hours,
        first.zone or second.zone,
        [*first.dates, *second.dates],
        first.count or second.count,
        used=first.used,
    )
    if not both.rrule:
        both.dates = [replace(d, role=DateRole.LISTED) if d.role is DateRole.UNKNOWN else d for d in both.dates]
    return both


def is_loose(clause: Clause) -> bool:
    """Whether a line gives dates with their roles, and nothing else: "Starts: 8 July"."""
    roles = {said.role for said in clause.dates}
    is_all = clause.is_pure and not clause.has_days and clause.hours is None
    return bool(roles) and is_all and roles <= _LOOSE and roles != {DateRole.STARTS, DateRole.ENDS}


def weekly_between(said: Sequence[Said]) -> str:
    """The rule of a first and a last date with one weekday; empty for others."""
    days = {role: one.weekday for one in said if (role := one.role) in {DateRole.STARTS, DateRole.ENDS} and one.weekday}
    is_one = len(days) == 2 and len(set(days.values())) == 1
    return f"FREQ=WEEKLY;BYDAY={next(iter(days.values()))}" if is_one else ""


def is_dated_module(line: SourceLine, clause: Clause) -> bool:
    """Whether a line is one date and a title before or behind it: "7 June: Planning"."""
    if len(clause.dates) != 1 or clause.dates[0].role not in OF_MODULE or clause.rrule or clause.hours is not None:
        return False
    places = dates.find(folded(line.text))
    is_at_edge = len(places) == 1 and (places[0].start == 0 or places[0].end == len(line.text.rstrip()))
    return is_at_edge and titles.may_be_heading(line.text) and bool(titles.of_module(line.text)) and not clause.is_pure
