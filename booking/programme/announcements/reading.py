"""Lines of an announcement put together to series, with every doubt named by its line.

A line that tells days and hours opens a series; its title stands on the same line, or on the line before. Days and
hours may stand on lines of their own. Items below it are its modules, its slot lengths, its summary. Days and hours
without a word for a kind of meeting are left out. Whatever could be part of a schedule and no series used is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice

from booking.domain.organisation import Organisation
from booking.programme.announcements import documents, mail_head, months, titles
from booking.programme.announcements.accounting import TokenAccount
from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.completing import Completion
from booking.programme.announcements.dating import Dating
from booking.programme.announcements.draft import AnnouncementDraft, Doubts, DraftSeries
from booking.programme.announcements.grammar import items, splitting, zoning
from booking.programme.announcements.grammar.clauses import Clause
from booking.programme.announcements.grammar.roles import DateRole
from booking.programme.announcements.grammar.vocabulary import folded
from booking.programme.announcements.open_series import OpenSeries


def read(
    source: bytes | str,
    organisation: Organisation,
    today: date,
    month: date | None = None,
    answers: Mapping[str, str] | None = None,
) -> AnnouncementDraft:
    """Read an announcement into a draft. Raises CannotRead for a source that is no text.

    `month` is the month it speaks for, where it is known; `answers` are those given to doubts, by `code:line`.
    """
    return read_lines(documents.lines_of(source), organisation, today, month, answers)


def read_lines(
    found: Sequence[SourceLine],
    organisation: Organisation,
    today: date,
    month: date | None = None,
    answers: Mapping[str, str] | None = None,
) -> AnnouncementDraft:
    """Read lines into a draft, as `read` does."""
    doubts = Doubts(answers or {})
    schedules = [splitting.split(line.text) for line in found]
    draft = AnnouncementDraft(months.announced(found, today, month, doubts), _zone_of_all(found, schedules))
    dating = Dating(today, draft, doubts, is_month_given=month is not None)
    return _Reader(found, schedules, draft, doubts, Completion(organisation, draft, doubts, dating)).read()


def _zone_of_all(lines: Sequence[SourceLine], schedules: Sequence[Sequence[Clause]]) -> str:
    """A zone that the text names for all times, or the only one it names."""
    found = [(line, clauses[0].zone) for line, clauses in zip(lines, schedules, strict=True) if clauses[0].zone]
    everything = [zone for line, zone in found if re.search(r"\ball\b", folded(line.text))]
    several = {zone for _, zone in found}
    return everything[0] if everything else several.pop() if len(several) == 1 else ""


@dataclass(frozen=True, slots=True)
class _Half:
    """Days without hours, or hours without days, until the other half comes."""

    line: SourceLine
    clause: Clause
    title: str
    at: int


@dataclass(slots=True)
class _Reader:
    lines: Sequence[SourceLine]
    schedules: Sequence[list[Clause]]  # of each line
    draft: AnnouncementDraft
    doubts: Doubts
    completion: Completion
    account: TokenAccount = field(default_factory=TokenAccount)
    open: OpenSeries | None = None
    heading: SourceLine | None = None
    heading_at: int = 0
    half: _Half | None = None
    term: tuple[SourceLine, Clause] | None = None
    closed: list[tuple[SourceLine, DraftSeries]] = field(default_factory=list)
    at: int = 0  # the number of lines with text so far

    def read(self) -> AnnouncementDraft:
        head = mail_head.lines_of(self.lines)
        for line, schedules in zip(self.lines, self.schedules, strict=True):
            self.at += bool(line.text)
            if line in head:
                self.account.use(line, [(0, len(line.text))])
            else:
                self.line(line, schedules)
        self.close()
        self.ask_scope()
        self.account.ask(self.lines, self.doubts, self.draft.month)
        self.draft.doubts = sorted(dict.fromkeys(self.doubts.open), key=lambda doubt: (doubt.line, doubt.code))
        return self.draft

    def ask_scope(self) -> None:
        """Ask whether a sentence that leaves dates out is about the other series as well."""
        meeting: dict[date, list[DraftSeries]] = {}  # on a day: the first few are enough to ask
        for line, series in self.closed:
            for on in series.skips:
                if on not in meeting:
                    found = (one for one in self.draft.series if self.completion.dating.meets_on(one, on))
                    meeting[on] = list(islice(found, 4))
            on_them = {id(one): one for on in series.skips for one in meeting[on] if one is not series}
            if on_them:
                names = " and ".join(repr(one.title) for one in list(on_them.values())[:3])
                text = f"we left these dates out of {series.title!r} only: does this line hold for {names} as well?"
                self.doubts.ask(line.number, "skip-scope", text)

    # -- line by line

    def line(self, line: SourceLine, schedules: list[Clause]) -> None:
        if not line.text:
            if self.open is not None:
                self.open.gap += 1
            return
        clause = schedules[0]
        for one in schedules:
            self.account.use(line, one.explained)
        if clause.zone and clause.zone == self.draft.zone:
            self.account.use(line, [zone[0].span() for zone in [zoning.find(folded(line.text), None)] if zone])
        if self.open is not None and self.open.takes(line, clause):
            return
        title = titles.of_line(line.text, clause)
        if clause.has_days and clause.hours is not None:
            self.several(line, schedules, title)
        elif (clause.has_days or clause.hours is not None) and self.joined(line, clause, title):
            return
        elif clause.has_days or clause.hours is not None:
            self.half = _Half(line, clause, title, self.at)
            self.near(line, clause)
            if title and not clause.is_pure:
                self.set_heading(line)
        elif not line.is_item or items.role_of(line.text):
            self.plain(line, clause)

    def plain(self, line: SourceLine, clause: Clause) -> None:
        """A line without a schedule: a term, or a heading, which ends the series before it."""
        if {said.role for said in clause.dates} == {DateRole.STARTS, DateRole.ENDS}:
            self.term = (line, clause)
        self.set_heading(line)
        if items.role_of(line.text) and self.open is not None and not line.is_item:
            self.close()

    def set_heading(self, line: SourceLine) -> None:
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
        other = half.clause
        both = Clause(
            other.rrule or clause.rrule,
            other.hours or clause.hours,
            other.zone or clause.zone,
            [*other.dates, *clause.dates],
            other.count or clause.count,
            used=other.used,
        )
        if not both.rrule:
            both.dates = [replace(d, role=DateRole.LISTED) if d.role is DateRole.UNKNOWN else d for d in both.dates]
        if self.draft.near and self.draft.near[-1] is half.line:
            self.draft.near.pop()
        self.start(half.line, both, half.title if not other.is_pure else "")
        if self.open is not None:
            self.open.used.append((line, clause.used))
            self.open.series.lines.append(line.number)
        return True

    def several(self, line: SourceLine, schedules: Sequence[Clause], title: str) -> None:
        """Open a series for each schedule of a line; those after the first have its title."""
        self.start(line, schedules[0], title)
        for clause in schedules[1:]:
            if self.open is not None:
                self.start(line, clause, self.open.series.title)

    def start(self, line: SourceLine, clause: Clause, title: str) -> None:
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
        series.slot_minutes = items.lengths(line.text)
        used = [*clause.used, *((0, len(line.text)) for _ in series.slot_minutes[:1])]
        self.open = OpenSeries(series, clause, [(line, clause.used if not series.slot_minutes else used)])
        self.heading = None
        self.half = None

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
        closed = self.open.closed
        self.open = None
        if not self.completion.kind(series):
            self.draft.near.append(used[0][0])
            return
        for line, stretches in used:
            self.account.use(line, stretches)
        term = self.term[1].dates if self.term is not None else []
        if self.completion.schedule(series, clause, term):
            self.draft.series.append(series)
            self.closed += [(line, series) for line in closed]
            if self.term is not None:
                self.account.use(self.term[0], self.term[1].used)
