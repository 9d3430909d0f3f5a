"""A series while its lines come in: modules, slot lengths, zone, dates and sentences below its schedule."""

from __future__ import annotations

from dataclasses import dataclass, field

from booking.domain.bookings import lengths
from booking.programme.announcements import titles
from booking.programme.announcements.accounting import Stretch
from booking.programme.announcements.assembling import halves
from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.draft import DraftModule, DraftSeries
from booking.programme.announcements.grammar import dates, items
from booking.programme.announcements.grammar.clauses import Clause
from booking.programme.announcements.grammar.roles import DateRole
from booking.programme.announcements.grammar.tokens import CHANGE
from booking.programme.announcements.grammar.vocabulary import folded
from booking.programme.announcements.people.matching import Presenters

#: Roles of dates that a sentence below a series may give, without being about anything else.
_BELOW = frozenset(DateRole) - {DateRole.UNKNOWN, DateRole.LISTED}
_LEFT_OUT = frozenset({DateRole.SKIPPED, DateRole.SKIPPED_FROM, DateRole.MOVED})


@dataclass(slots=True)
class OpenSeries:
    """A series and its schedule so far, what has been used of each line, the lines below it and the blank ones.

    `leading` is who leads it; `closed` are sentences below it that leave dates out, and could be about other series as
    well.
    """

    series: DraftSeries
    clause: Clause
    used: list[tuple[SourceLine, list[Stretch]]]
    leading: list[Presenters] = field(default_factory=list)
    below: set[SourceLine] = field(default_factory=set)
    gap: int = 0
    closed: list[SourceLine] = field(default_factory=list)
    has_numbers: bool = False  # whether a module has its number beside it

    def takes(self, line: SourceLine, clause: Clause) -> bool:
        """Take a line that says more of the series; False where it does not."""
        if self.module(line, clause):
            return True
        if (clause.has_days and clause.hours is not None) or (self.gap > 1 and not line.is_item):
            return False
        return self.detail(line, clause)

    def module(self, line: SourceLine, clause: Clause) -> bool:
        """Take the line as a module, with or without a date beside it."""
        is_modular = bool(self.series.modules) or items.role_of(self.series.title) == "modular"
        undated, said = line.text, None
        if len(clause.dates) == 1 and clause.dates[0].role in halves.OF_MODULE:
            undated, said = titles.without_dates(line.text), clause.dates[0]
        module = items.module(undated, is_modular) or items.module(line.text, is_modular)
        if module is None and "\t" in line.text:
            module = items.module(" ".join(undated.split("\t")), is_modular)
        self.has_numbers = self.has_numbers or module is not None
        may_be_dated = is_modular and not self.has_numbers and self.gap < 2
        if module is None and may_be_dated and halves.is_dated_module(line, clause):
            module = (len(self.series.modules) + 1, titles.of_module(line.text))
        if module is None:
            return False
        number, title = module
        self.series.modules.append(DraftModule(number, titles.of_module(title), line.number, said))
        places = dates.find(folded(line.text)) if said is not None else []
        self.take(line, [(place.start, place.end) for place in places])
        return True

    def detail(self, line: SourceLine, clause: Clause) -> bool:
        """Take the line as slot lengths, zone, dates or a sentence."""
        has_schedule = clause.has_days or clause.hours is not None
        if found := items.lengths(line.text):
            self.series.slot_minutes = tuple(sorted({*self.series.slot_minutes, *found})[: lengths.MAX_LENGTHS])
            self.take(line, items.places_of_lengths(line.text))
            self.sentence(line)
            return True
        is_about_dates = bool(clause.dates) and all(said.role in _BELOW for said in clause.dates)
        if not has_schedule and (is_about_dates or (clause.is_pure and (clause.zone or clause.count))):
            self.clause.zone = self.clause.zone or clause.zone
            self.clause.count = self.clause.count or clause.count
            self.clause.dates += clause.dates
            if not line.is_item and any(said.role in _LEFT_OUT for said in clause.dates):
                self.closed.append(line)
            self.take(line, clause.used)
            return True
        if (line.is_item and not has_schedule) or CHANGE.search(folded(line.text)):
            self.take(line, [])
            self.sentence(line)
            return True
        return False

    def take(self, line: SourceLine, used: list[Stretch]) -> None:
        """The line belongs to the series, which has used these stretches of it."""
        self.series.lines.append(line.number)
        self.used.append((line, used))
        self.below.add(line)

    def sentence(self, line: SourceLine) -> None:
        """Take the first short sentence as the summary."""
        series = self.series
        if not series.summary and not series.modules and len(line.text) <= 300:
            series.summary = titles.clean(line.text, keep_end=True)
