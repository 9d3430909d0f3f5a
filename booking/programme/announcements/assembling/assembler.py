"""Lines of an announcement put together to series, with every doubt named by its line.

A line that tells days and hours opens a series; its title stands on the same line, or on the line before. Days and
hours may stand on lines of their own. Items below it are its modules, its slot lengths, its summary. Days and hours
without a word for a kind of meeting are left out. Whatever could be part of a schedule and no series used is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from booking.programme.announcements import accounting, mail_head, titles
from booking.programme.announcements.accounting import Stretch, TokenAccount
from booking.programme.announcements.assembling import halves
from booking.programme.announcements.assembling.halves import Half
from booking.programme.announcements.assembling.open_series import OpenSeries
from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.completing import Completion
from booking.programme.announcements.draft import AnnouncementDraft, Doubts, DraftSeries
from booking.programme.announcements.grammar import items, tokens, zoning
from booking.programme.announcements.grammar.clauses import Clause
from booking.programme.announcements.grammar.roles import DateRole
from booking.programme.announcements.grammar.vocabulary import folded
from booking.programme.announcements.people.matching import Matching, Presenters


@dataclass(slots=True)
class Assembler:
    """Reads the lines of one announcement into its draft, one after the other."""

    lines: Sequence[SourceLine]
    schedules: Sequence[list[Clause]]  # of each line
    draft: AnnouncementDraft
    doubts: Doubts
    completion: Completion
    matching: Matching
    named: Mapping[SourceLine, Presenters]
    sections: Mapping[SourceLine, date]
    month: date | None = None  # of the section
    leading: list[Presenters] = field(default_factory=list)  # of the series that comes next
    account: TokenAccount = field(default_factory=TokenAccount)
    open: OpenSeries | None = None
    heading: SourceLine | None = None
    heading_at: int = 0
    half: Half | None = None
    loose: list[tuple[SourceLine, Clause]] = field(default_factory=list)  # dates below a heading, before its days
    term: tuple[SourceLine, Clause] | None = None
    closed: list[tuple[SourceLine, DraftSeries]] = field(default_factory=list)
    at: int = 0  # the number of lines with text so far

    def read(self) -> AnnouncementDraft:
        """The draft, with its doubts in the order of their lines."""
        head = mail_head.lines_of(self.lines)
        for line, schedules in zip(self.lines, self.schedules, strict=True):
            self.at += bool(line.text)
            if line in head:
                self.account.use(line, [(0, len(line.text))])
            else:
                self.line(line, schedules)
        self.close()
        accounting.ask_scope(self.closed, self.draft, self.completion.dating, self.doubts)
        self.account.ask(self.lines, self.doubts, self.draft.month)
        self.draft.doubts = sorted(dict.fromkeys(self.doubts.open), key=lambda doubt: (doubt.line, doubt.code))
        return self.draft

    def line(self, line: SourceLine, schedules: list[Clause]) -> None:
        if not line.text:
            if self.open is not None:
                self.open.gap += 1
            return
        clause = schedules[0]
        self.explain(line, schedules)
        named = self.named.get(line)
        if self.matching.is_only_names(line, named) and not clause.has_days:
            self.names(named)
            return
        if self.open is not None and self.open.takes(line, clause):
            if named is not None:
                self.matching.ask_whether(named, self.open.series.title)
            return
        if self.is_loose(clause) or self.begins_with(line, clause):
            return self.with_loose(line, clause)
        title = titles.of_line(line.text, clause)
        if clause.hours is not None and not clause.has_days:
            self.each_week(line, clause)
        if clause.has_days and clause.hours is not None:
            self.several(line, schedules, title)
        elif (clause.has_days or clause.hours is not None) and self.joined(line, clause, title):
            return
        elif clause.has_days or clause.hours is not None:
            self.half = Half(line, clause, title, self.at)
            self.near(line, clause)
            if title and not clause.is_pure:
                self.set_heading(line)
        elif not line.is_item or items.role_of(line.text):
            self.plain(line, clause)

    def explain(self, line: SourceLine, schedules: Sequence[Clause]) -> None:
        """Account for what explains itself, for the zone of the whole text and for the heading of a month."""
        for one in schedules:
            self.account.use(line, one.explained)
        if schedules[0].zone and schedules[0].zone == self.draft.zone:
            self.account.use(line, [zone[0].span() for zone in [zoning.find(folded(line.text), None)] if zone])
        if line in self.sections:
            self.month = self.sections[line]
            self.account.use(line, [(0, len(line.text))])

    def is_loose(self, clause: Clause) -> bool:
        """Whether a line gives the first, the last or another date only, below a heading or between days and hours."""
        return halves.is_loose(clause) and (self.heading is not None or self.half is not None)

    def begins_with(self, line: SourceLine, clause: Clause) -> bool:
        """Whether a line is the first dated module of a series that has hours above it and no days."""
        half = self.half
        if half is None or half.clause.has_days or self.at - half.at > 1 or clause.has_days or clause.hours is not None:
            return False
        above = half.own_title or (self.heading.text if self.heading is not None else "")
        return items.role_of(above) == "modular" and halves.is_dated_module(line, clause)

    def with_loose(self, line: SourceLine, clause: Clause) -> None:
        """Keep such a line until its series begins, or begin it."""
        half = self.half
        if half is not None and not self.is_loose(clause):
            self.start(half.line, half.clause, half.own_title, self.named.get(half.line))
            if self.open is not None:
                self.open.takes(line, clause)
            return
        self.loose.append((line, clause))
        if half is not None:
            self.half = half = replace(half, at=half.at + 1)
            if half.clause.hours is not None and self.each_week(half.line, half.clause):
                self.start(half.line, half.clause, half.own_title, self.named.get(half.line))

    def each_week(self, line: SourceLine, clause: Clause) -> bool:
        """Let hours without days be each week, between a first and a last date on one weekday, and ask."""
        clause.rrule = clause.rrule or halves.weekly_between([said for _, one in self.loose for said in one.dates])
        if clause.rrule and not clause.has_asked:
            clause.has_asked = True
            text = "only a first and a last date are given: does it meet each week? We took every week between them"
            self.doubts.ask(line.number, "each-week", text)
        return bool(clause.rrule)

    def names(self, named: Presenters | None) -> None:
        """Take names that stand on a line of their own: of the open series, or of the one that a heading begins."""
        if named is not None:
            is_below = self.open is not None and self.heading is None
            (self.open.leading if self.open is not None and is_below else self.leading).append(named)

    def plain(self, line: SourceLine, clause: Clause) -> None:
        """A line without a schedule: a term, or a heading, which ends the series before it."""
        if {said.role for said in clause.dates} == {DateRole.STARTS, DateRole.ENDS}:
            self.term = (line, clause)
        self.set_heading(line)
        if items.role_of(line.text) and self.open is not None and not line.is_item:
            self.close()

    def set_heading(self, line: SourceLine) -> None:
        self.loose = []
        self.heading = line if titles.may_be_heading(line.text) else None
        self.heading_at = self.at

    def near(self, line: SourceLine, clause: Clause) -> None:
        if items.role_of(line.text) or clause.hours is not None:
            self.draft.near.append(line)

    def joined(self, line: SourceLine, clause: Clause, title: str) -> bool:
        """Days on one line and hours on another make one schedule, where the lines follow each other."""
        half = self.half
        if half is None or self.at - half.at > 2 or half.clause.has_days == clause.has_days:
            return False
        if not clause.is_pure and title and items.role_of(title):
            return False
        both = halves.joined(half.clause, clause)
        if self.draft.near and self.draft.near[-1] is half.line:
            self.draft.near.pop()
        self.start(half.line, both, half.own_title, self.named.get(half.line))
        if self.open is not None:
            self.open.leading += [self.named[line]] if line in self.named else []
            self.open.used.append((line, clause.used))
            self.open.series.lines.append(line.number)
        return True

    def several(self, line: SourceLine, schedules: Sequence[Clause], title: str) -> None:
        """Open a series for each schedule of a line; those after the first have its title."""
        named = self.named.get(line)
        if named is not None and len(schedules) > 1 and named.at > min(start for start, _ in schedules[0].used):
            self.matching.ask_whether(named, title)
            named = None
        self.start(line, schedules[0], title, named)
        for clause in schedules[1:]:
            if self.open is not None:
                self.start(line, clause, self.open.series.title, named)

    def start(self, line: SourceLine, clause: Clause, title: str, named: Presenters | None) -> None:
        heading = self.heading_for(line, clause, title)
        if heading is not None:
            title = titles.shortened(titles.clean(heading.text))
        elif not title and self.open is not None and not self.open.gap:
            title = self.open.series.title
        if not title:
            self.near(line, clause)
            return
        self.close()
        series = DraftSeries(title, line.number, lines=sorted({(heading or line).number, line.number}))
        series.month = self.month
        series.slot_minutes = items.lengths(line.text)
        used = [*clause.used, *((0, len(line.text)) for _ in series.slot_minutes[:1])]
        above = self.named.get(heading) if heading is not None else None
        leading = [*self.leading, *(one for one in (above, named) if one is not None)]
        lines: list[tuple[SourceLine, list[Stretch]]] = [(line, used), *((one, []) for one in [heading] if one)]
        self.open = OpenSeries(series, clause, lines, leading)
        for below, dates in self.loose:
            clause.dates += dates.dates
            self.open.take(below, dates.used)
        self.leading, self.loose = [], []
        self.heading = self.half = None

    def heading_for(self, line: SourceLine, clause: Clause, title: str) -> SourceLine | None:
        """The heading above, where it and not the line itself gives the title."""
        heading = self.heading
        if heading is None or heading is line:
            return None
        if not title or clause.is_pure:
            return heading
        is_close = self.at - self.heading_at <= 1
        return heading if is_close and not items.role_of(title) and items.role_of(heading.text) else None

    def close(self) -> None:
        """Complete the open series, and keep it where it has a kind and hours."""
        if self.open is None:
            return
        series, clause, used = self.open.series, self.open.clause, self.open.used
        self.account.of_series |= self.open.below
        closed, leading = self.open.closed, self.open.leading
        self.open = None
        if not self.completion.kind(series):
            self.draft.near.append(used[0][0])
            return
        for line, stretches in used:
            self.account.use(line, stretches)
        series.analysts = self.matching.emails(series.title, leading, [line for line, _ in used])
        term = self.term[1].dates if self.term is not None else []
        if self.completion.schedule(series, clause, term):
            self.draft.series.append(series)
            self.closed += [(line, series) for line in closed]
            if self.term is not None:
                self.account.use(self.term[0], [*self.term[1].used, *tokens.places_of_terms(self.term[0].text)])
