"""Lines of an announcement put together to series, with every doubt named by its line.

A line that tells days and hours opens a series; its title stands on the same line, or on the line before. Days and
hours may stand on lines of their own. Items below it are its modules, its slot lengths, its summary. Days and hours
without a word for a kind of meeting are left out, as is everything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from booking.domain.bookings import lengths
from booking.domain.organisation import Organisation
from booking.programme.announcements import documents, grammar, months
from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.completing import Completion
from booking.programme.announcements.draft import AnnouncementDraft, Doubts, DraftModule, DraftSeries
from booking.programme.announcements.grammar import Clause, Said
from booking.programme.announcements.vocabulary import DATE, WEEKDAY, folded


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
    draft = AnnouncementDraft(months.announced(found, today, month, doubts), _zone_of_all(found))
    completion = Completion(organisation, today, draft, doubts, is_month_given=month is not None)
    return _Reader(found, draft, doubts, completion).read()


def _zone_of_all(lines: Sequence[SourceLine]) -> str:
    """A zone that the text names for all times, or the first one it names at all."""
    found = [(line, clause.zone) for line in lines if (clause := grammar.clause(line.text)).zone]
    everything = [zone for line, zone in found if re.search(r"\ball\b", folded(line.text))]
    return (everything or [zone for _, zone in found] or [""])[0]


@dataclass(slots=True)
class _Open:
    """A series while its lines come in."""

    series: DraftSeries
    clause: Clause
    gap: int = 0


@dataclass(slots=True)
class _Reader:
    lines: Sequence[SourceLine]
    draft: AnnouncementDraft
    doubts: Doubts
    completion: Completion
    open: _Open | None = None
    heading: SourceLine | None = None
    half: tuple[SourceLine, Clause, str] | None = None

    def read(self) -> AnnouncementDraft:
        for line in self.lines:
            self.line(line)
        self.close()
        self.draft.doubts = sorted(dict.fromkeys(self.doubts.open), key=lambda doubt: (doubt.line, doubt.code))
        return self.draft

    # -- line by line

    def line(self, line: SourceLine) -> None:
        if not line.text:
            if self.open is not None:
                self.open.gap += 1
            return
        if self.open is not None and self.belongs(line):
            return
        clause = grammar.clause(line.text)
        title = self.title_of(line.text, clause)
        if clause.rrule and clause.hours is not None:
            self.start(line, clause, title)
        elif (clause.rrule or clause.hours is not None) and self.joined(line, clause, title):
            return
        elif clause.rrule or clause.hours is not None:
            self.half = (line, clause, title)
            self.near(line)
            if title and not clause.is_pure:
                self.heading = line
        elif not line.is_item or grammar.role_of(line.text):
            self.heading = line
            if grammar.role_of(line.text):
                self.close_if_titled(line)

    def near(self, line: SourceLine) -> None:
        if grammar.role_of(line.text) or grammar.clause(line.text).hours is not None:
            self.draft.near.append(line)

    def close_if_titled(self, line: SourceLine) -> None:
        """A new title ends the series before it."""
        if self.open is not None and not line.is_item:
            self.close()

    def joined(self, line: SourceLine, clause: Clause, title: str) -> bool:
        """Days on one line and hours on another make one schedule, where the lines follow each other."""
        if self.half is None:
            return False
        other_line, other, other_title = self.half
        apart = sum(1 for one in self.lines if one.text and other_line.number < one.number < line.number)
        if apart > 1 or bool(other.rrule) == bool(clause.rrule):
            return False
        if not clause.is_pure and title and grammar.role_of(title):
            return False
        both = Clause(
            other.rrule or clause.rrule,
            other.hours or clause.hours,
            other.zone or clause.zone,
            [*other.dates, *clause.dates],
            (0, 0),
        )
        self.half = None
        if self.draft.near and self.draft.near[-1] is other_line:
            self.draft.near.pop()
        self.start(other_line, both, other_title if not other.is_pure else "", also=line)
        return True

    def title_of(self, text: str, clause: Clause) -> str:
        """The text before the schedule, else the text behind it."""
        before, after = (clean(clause.before), clean(clause.after)) if clause.span[1] else (clean(text), "")
        if before and (grammar.role_of(before) or not grammar.role_of(after)):
            return before
        return after or before

    def start(self, line: SourceLine, clause: Clause, title: str, also: SourceLine | None = None) -> None:
        used_heading = False
        if not title or (clause.is_pure and self.heading is not None):
            if self.heading is None:
                self.near(line)
                return
            title, used_heading = clean(self.heading.text), True
        elif (
            not grammar.role_of(title)
            and self.heading is not None
            and grammar.role_of(self.heading.text)
            and (self.heading_is_close(line))
        ):
            title, used_heading = clean(self.heading.text), True
        self.close()
        first = self.heading.number if used_heading and self.heading is not None else line.number
        series = DraftSeries(title, line.number, lines=sorted({first, line.number, *([also.number] if also else [])}))
        series.slot_minutes = grammar.lengths(line.text)
        self.open = _Open(series, clause)
        self.heading = None
        self.half = None

    def heading_is_close(self, line: SourceLine) -> bool:
        if self.heading is None:
            return False
        between = [one for one in self.lines if one.text and self.heading.number < one.number < line.number]
        return not between

    def belongs(self, line: SourceLine) -> bool:
        """Whether the line says more of the open series: a module, slot lengths, zone or dates, a sentence."""
        if self.open is None:
            return False
        clause = grammar.clause(line.text)
        if self.module(self.open.series, line, clause):
            return True
        if (clause.rrule and clause.hours is not None) or (self.open.gap > 1 and not line.is_item):
            return False
        return self.detail(self.open, line, clause)

    def module(self, series: DraftSeries, line: SourceLine, clause: Clause) -> bool:
        """Take the line as a module, with or without a date beside it."""
        is_modular = bool(series.modules) or grammar.role_of(series.title) == "modular"
        undated = line.text
        said: Said | None = None
        if clause.dates and clause.hours is None:
            undated, said = _without_dates(line.text), clause.dates[0]
        module = grammar.module(undated, is_modular) or grammar.module(line.text, is_modular)
        if module is None and "\t" in line.text:
            module = grammar.module(" ".join(undated.split("\t")), is_modular)
        if module is None:
            return False
        number, title = module
        series.modules.append(DraftModule(number, clean(_without_dates(title)) or clean(title), line.number, said))
        series.lines.append(line.number)
        return True

    def detail(self, open_series: _Open, line: SourceLine, clause: Clause) -> bool:
        """Take the line as slot lengths, zone, dates or a sentence."""
        series = open_series.series
        has_schedule = bool(clause.rrule) or clause.hours is not None
        if found := grammar.lengths(line.text):
            series.slot_minutes = tuple(sorted({*series.slot_minutes, *found})[: lengths.MAX_LENGTHS])
            series.lines.append(line.number)
            self.sentence(line)
            return True
        if clause.is_pure and (clause.zone or clause.dates) and not has_schedule:
            open_series.clause.zone = open_series.clause.zone or clause.zone
            open_series.clause.dates += clause.dates
            series.lines.append(line.number)
            return True
        if line.is_item and not has_schedule:
            self.sentence(line)
            return True
        return False

    def sentence(self, line: SourceLine) -> None:
        series = self.open.series if self.open is not None else None
        if series is not None and not series.summary and not series.modules and len(line.text) <= 300:
            series.summary = clean(line.text, keep_end=True)

    def close(self) -> None:
        """Complete the open series, and keep it where it has a kind and hours."""
        if self.open is None:
            return
        series, clause = self.open.series, self.open.clause
        self.open = None
        if not self.completion.kind(series):
            source = next((line for line in self.lines if line.number == series.line), None)
            if source is not None:
                self.draft.near.append(source)
        elif self.completion.schedule(series, clause):
            self.draft.series.append(series)


def clean(text: str, *, keep_end: bool = False) -> str:
    """A title without the signs and joining words around it."""
    found = re.sub(r"\s+", " ", text).strip(' \t-–—:;,|•·*_#()[]"“”')
    found = re.sub(r"(?i)^(?:when|what|title|session|topic)\s*:\s*", "", found)
    if keep_end:
        return re.sub(r"\s+", " ", text).strip(" \t-–—•·*")
    found = re.sub(r"(?i)[\s,:–—-]*\b(?:every|each|on|at|from|is|are|runs?|held|weekly|we meet|:)$", "", found)
    return found.strip(" -–—:;,|·•(")[:200]


def _without_dates(text: str) -> str:
    """The line without dates, the weekdays before them and brackets that held nothing else."""
    low = folded(text)
    kept = list(text)
    for match in DATE.finditer(low):
        start = match.start()
        beside = re.search(r"\b[a-z]+\.?,?\s*(?:the\s+)?$", low[:start])
        if beside and WEEKDAY.match(beside[0]):
            start = beside.start()
        kept[start : match.end()] = "\0" * (match.end() - start)
    found = "".join(kept).replace("\0", "")
    found = re.sub(r"\(\s*\)|\[\s*\]", "", found)
    return re.sub(r"^[\s:,;–—|-]+", "", found).strip()
