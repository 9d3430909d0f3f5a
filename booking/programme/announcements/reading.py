"""Lines of an announcement put together to series, with every doubt named by its line.

A line that tells days and hours opens a series; its title stands on the same line, or on the line before. Days and
hours may stand on lines of their own. Items below it are its modules, its slot lengths, its summary. What has days
and hours but no word that says what it is, is left out, as is everything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from booking.domain import zones
from booking.domain.bookings import lengths
from booking.domain.organisation import Kind, Organisation
from booking.programme.announcements import documents, grammar
from booking.programme.announcements.budget import SourceLine
from booking.programme.announcements.grammar import Clause, Clock, Said
from booking.programme.words import WEEKDAYS

_ORDER = list(WEEKDAYS)
_EARLY, _LATE = time(6), time(21)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to be asked about one line. `answers` are two texts to choose from, where it is a choice; what is
    assumed until then is the first."""

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
    """One series as it was understood; `lines` are those it was read from."""

    title: str
    line: int
    kind: str = ""
    rrule: str = ""
    start: time | None = None
    end: time | None = None
    zone: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    slot_minutes: tuple[int, ...] = ()
    modules: list[DraftModule] = field(default_factory=list)
    summary: str = ""
    lines: list[int] = field(default_factory=list)


@dataclass(slots=True)
class AnnouncementDraft:
    """What was understood of an announcement. `month` is a first of a month; `near` are lines that came close."""

    month: date
    zone: str = ""
    series: list[DraftSeries] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    near: list[SourceLine] = field(default_factory=list)


def read(
    source: bytes | str,
    organisation: Organisation,
    today: date,
    month: date | None = None,
    answers: Mapping[str, str] | None = None,
) -> AnnouncementDraft:
    """The draft of an announcement. `month` is the month it speaks for, where it is known; `answers` are those given
    to doubts, by `code:line`. Raises CannotRead for what is no text."""
    return read_lines(documents.lines_of(source), organisation, today, month, answers)


def read_lines(
    found: Sequence[SourceLine],
    organisation: Organisation,
    today: date,
    month: date | None = None,
    answers: Mapping[str, str] | None = None,
) -> AnnouncementDraft:
    """As `read`, of lines."""
    return _Reader(found, organisation, today, month, answers or {}).read()


@dataclass(slots=True)
class _Open:
    """A series while its lines come in."""

    series: DraftSeries
    clause: Clause
    gap: int = 0


@dataclass(slots=True)
class _Reader:
    lines: Sequence[SourceLine]
    organisation: Organisation
    today: date
    given_month: date | None
    answers: Mapping[str, str]
    draft: AnnouncementDraft = field(default_factory=lambda: AnnouncementDraft(date.min))
    open: _Open | None = None
    heading: SourceLine | None = None
    half: tuple[SourceLine, Clause, str] | None = None
    asked_zone: bool = False
    zone_meant: str | None = None

    def read(self) -> AnnouncementDraft:
        self.draft.month = self.month()
        self.draft.zone = self.zone_of_all()
        for line in self.lines:
            self.line(line)
        self.close()
        self.draft.doubts = sorted(dict.fromkeys(self.draft.doubts), key=lambda doubt: (doubt.line, doubt.code))
        return self.draft

    # -- what holds for the whole announcement

    def month(self) -> date:
        """The month announced: given, or named in a heading, or in the first line that names one."""
        if self.given_month is not None and next_month(self.given_month) <= self.today:
            self.doubt(1, "past", f"{self.given_month:%B %Y} is past")
        named: list[tuple[int, int, int | None]] = []
        for line in self.lines:
            low = grammar.folded(line.text)
            for match in grammar.MONTH_HEAD.finditer(low):
                is_may_word = match["month"] in {"may", "mar", "jan", "dec", "sep"} and match["year"] is None
                if not is_may_word or re.search(r"\bmay\b(?=\W*$|\s+(?:at|in|program|20))", low):
                    year = int(match["year"]) if match["year"] else None
                    named.append((line.number, grammar.MONTHS[match["month"]], year))
        dated = next((found for found in named if found[2] is not None), None)
        if self.given_month is not None:
            if dated is not None and date(dated[2] or 1, dated[1], 1) != self.given_month:
                text = f"the text says {date(dated[2] or 1, dated[1], 1):%B %Y}, but you chose {self.given_month:%B %Y}"
                self.doubt(dated[0], "another-month", text)
            return self.given_month
        if dated is not None:
            month = date(dated[2] or self.today.year, dated[1], 1)
            if next_month(month) <= self.today:
                self.doubt(dated[0], "past", f"{month:%B %Y} is past")
            return month
        if named:
            number, wanted, _ = named[0]
            year = self.today.year + (1 if wanted < self.today.month else 0)
            self.doubt(number, "no-year", f"the year of {date(year, wanted, 1):%B} isn’t given: we took {year}")
            return date(year, wanted, 1)
        month = next_month(self.today.replace(day=1))
        self.doubt(1, "no-month", f"no month is given: we took {month:%B %Y}")
        return month

    def zone_of_all(self) -> str:
        """A zone that the text names for all times, or the first one it names at all."""
        found = [(line, clause.zone) for line in self.lines if (clause := grammar.clause(line.text)).zone]
        everything = [z for line, z in found if re.search(r"\ball\b", grammar.folded(line.text))]
        return (everything or [zone for _, zone in found] or [""])[0]

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
        """What stands before the schedule, else what stands behind it."""
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
        series = self.open.series
        is_modular = bool(series.modules) or grammar.role_of(series.title) == "modular"
        clause = grammar.clause(line.text)
        undated = line.text
        said: Said | None = None
        if clause.dates and clause.hours is None:
            undated, said = _without_dates(line.text), clause.dates[0]
        module = grammar.module(undated, is_modular) or grammar.module(line.text, is_modular)
        if module is None and "\t" in line.text:
            module = grammar.module(" ".join(undated.split("\t")), is_modular)
        if module is not None:
            number, title = module
            series.modules.append(DraftModule(number, clean(_without_dates(title)) or clean(title), line.number, said))
            series.lines.append(line.number)
            return True
        if clause.rrule and clause.hours is not None:
            return False
        if self.open.gap > 1 and not line.is_item:
            return False
        if found := grammar.lengths(line.text):
            series.slot_minutes = tuple(sorted({*series.slot_minutes, *found})[: lengths.MAX_LENGTHS])
            series.lines.append(line.number)
            self.sentence(line)
            return True
        if clause.is_pure and (clause.zone or clause.dates) and not clause.rrule and clause.hours is None:
            self.open.clause.zone = self.open.clause.zone or clause.zone
            self.open.clause.dates += clause.dates
            series.lines.append(line.number)
            return True
        if line.is_item and clause.hours is None and not clause.rrule:
            self.sentence(line)
            return True
        return False

    def sentence(self, line: SourceLine) -> None:
        series = self.open.series if self.open is not None else None
        if series is not None and not series.summary and not series.modules and len(line.text) <= 300:
            series.summary = clean(line.text, keep_end=True)

    # -- a series is complete

    def close(self) -> None:
        if self.open is None:
            return
        series, clause = self.open.series, self.open.clause
        self.open = None
        if not self.kind(series):
            source = next((line for line in self.lines if line.number == series.line), None)
            if source is not None:
                self.draft.near.append(source)
            return
        series.rrule = clause.rrule
        if not self.hours(series, clause.hours):
            return
        self.zone(series, clause.zone)
        self.dates(series, clause.dates)
        self.modules(series)
        self.draft.series.append(series)

    def kind(self, series: DraftSeries) -> bool:
        kinds = list(self.organisation.kinds.values())
        low = grammar.folded(series.title)
        named = [kind for kind in kinds if _names(low, kind)]
        role = grammar.role_of(series.title)
        if series.modules:
            role = "modular"
        elif series.slot_minutes and role != "modular":
            role = "bookable"
        fitting = [kind for kind in kinds if _role(kind) == role]
        best = [kind for kind in named if kind in fitting] or fitting or named
        if not best:
            return False
        series.kind = best[0].name
        if not best[0].modular:
            series.modules = []
        if not best[0].bookable:
            series.slot_minutes = ()
        return True

    def hours(self, series: DraftSeries, clock: Clock | None) -> bool:
        if clock is None:
            return False
        line = series.line
        if clock.doubt == "end-before-start" or clock.start is None or clock.end is None:
            shown = f"{clock.start:%H:%M} to {clock.end:%H:%M}" if clock.start and clock.end else "these hours"
            self.doubt(
                line,
                "end-before-start",
                f"{series.title!r}: {shown}: the end isn’t after the start, so it was left out",
            )
            return False
        series.start, series.end = clock.start, clock.end
        if clock.doubt == "half-missing":
            choices = (_span(clock.start, clock.end), _span(*clock.other)) if clock.other else ()
            text = f"am or pm isn’t given: we took {_span(clock.start, clock.end)}"
            said = self.doubt(line, "half-missing", text, choices)
            if clock.other is not None and said == _span(*clock.other):
                series.start, series.end = clock.other
        elif clock.start < _EARLY or clock.end > time(22) or clock.start > _LATE:
            later = _twelve_on(clock.start), _twelve_on(clock.end)
            choices = (_span(clock.start, clock.end), _span(later[0], later[1])) if later[0] < later[1] else ()
            said = self.doubt(line, "hour-unlikely", f"{_span(clock.start, clock.end)} is an unlikely hour", choices)
            if choices and said == choices[1]:
                series.start, series.end = later
        kind = self.organisation.kinds[series.kind]
        if kind.bookable and not (lengths.is_on_grid(series.start) and lengths.is_on_grid(series.end)):
            text = f"{series.title!r}: hours that members book must begin and end on a quarter hour, so it was left out"
            self.doubt(line, "off-quarter", text)
            return False
        shortest = min(series.slot_minutes or self.organisation.policy.slot_minutes)
        if kind.bookable and lengths.between(series.start, series.end) < shortest:
            shown = _span(series.start, series.end)
            text = f"{series.title!r}: {shown} is shorter than a slot of {shortest} minutes, so it was left out"
            self.doubt(line, "too-short", text)
            return False
        return True

    def zone(self, series: DraftSeries, said: str) -> None:
        word = said or self.draft.zone
        if not word:
            zone = self.organisation.zone
            city = zones.city(zone)
            self.doubt(series.line, "no-zone", f"no time zone is given: we took {city}’s time")
            series.zone = zone
            return
        series.zone = grammar.zone_name(word)
        if word == "aest" and self.sydney_differs():
            month = f"{self.draft.month:%B}"
            text = f"AEST is Brisbane’s time all year, and Sydney is an hour ahead in {month}: which do you mean?"
            choices = ("Australia/Brisbane", "Australia/Sydney")
            answer = self.answers.get("aest")
            if answer not in choices and not self.asked_zone:
                self.asked_zone = True  # once is enough: the answer holds for all of them
                answer = self.doubt(series.line, "aest", text, choices)
            self.zone_meant = answer or self.zone_meant
            series.zone = self.zone_meant or series.zone

    def sydney_differs(self) -> bool:
        noon = datetime.combine(self.draft.month + timedelta(days=14), time(12))
        return zones.localize_first(noon, "Australia/Sydney") != zones.localize_first(noon, "Australia/Brisbane")

    def dates(self, series: DraftSeries, said: list[Said]) -> None:
        for one in said:
            on = self.resolved(one, series.line)
            if on is None:
                continue
            if one.role == "ends":
                series.ends_on = on
            elif one.role == "starts" or series.starts_on is None:
                series.starts_on = on
            if on < self.today and self.given_month is None and one.year is not None:
                self.doubt(series.line, "past", f"{on:%a} {on} is past")
        listed = sorted(on for one in said if one.role == "listed" and (on := grammar.on(one, self.draft.month)))
        if listed:
            series.starts_on, series.ends_on = listed[0], listed[-1]
            self.listed(series, listed)
        if series.starts_on is not None and series.ends_on is not None and series.ends_on < series.starts_on:
            text = f"{series.title!r} ends before it begins, so the end was left out"
            self.doubt(series.line, "ends-before-it-begins", text)
            series.ends_on = None
        if series.starts_on is not None and "WEEKLY" in series.rrule:
            days = series.rrule.rpartition("=")[2].split(",")
            if _ORDER[series.starts_on.weekday()] not in days and any(
                one.role == "starts" and one.weekday is None for one in said
            ):
                text = f"{series.starts_on:%A} {series.starts_on:%-d %B} isn’t one of its days: we took the next one"
                self.doubt(series.line, "day-and-date", text)
        kind = self.organisation.kinds[series.kind]
        if series.ends_on is None and not kind.bookable and not kind.modular:
            series.ends_on = next_month(self.draft.month) - timedelta(days=1)

    def listed(self, series: DraftSeries, days: list[date]) -> None:
        """A list of dates that is not what the days come to, from its first to its last."""
        codes = series.rrule.rpartition("=")[2].split(",") if "WEEKLY" in series.rrule else list(_ORDER)
        for on in days:
            if _ORDER[on.weekday()] not in codes:
                self.doubt(
                    series.line, "day-and-date", f"{on.day} {on:%B %Y} is a {on:%A}, which isn’t one of its days"
                )
        between = (days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days))
        missing = [
            on for on in between if "WEEKLY" in series.rrule and _ORDER[on.weekday()] in codes and on not in days
        ]
        if missing:
            names = ", ".join(f"{on.day} {on:%B}" for on in missing)
            one = len(missing) == 1
            text = f"{names} {'isn’t' if one else 'aren’t'} in the list of dates: we kept {'it' if one else 'them'}"
            self.doubt(series.line, "not-listed", text)

    def resolved(self, said: Said, line: int) -> date | None:
        on = grammar.on(said, self.draft.month)
        if on is None:
            self.doubt(line, "no-such-date", f"there is no {said.day} {date(2000, said.month, 1):%B}")
            return None
        if said.weekday is not None and _ORDER[on.weekday()] != said.weekday:
            meant = WEEKDAYS[said.weekday][0].capitalize()
            self.doubt(line, "day-and-date", f"{on.day} {on:%B %Y} is a {on:%A}, not a {meant}")
        return on

    def modules(self, series: DraftSeries) -> None:
        seen: dict[int, int] = {}
        for module in series.modules:
            if module.number in seen:
                text = f"module {module.number} is here twice; the first is in line {seen[module.number]}"
                self.doubt(module.line, "module-doubled", text)
            seen.setdefault(module.number, module.line)
            if module.on is not None:
                on = self.resolved(module.on, module.line)
                if on is not None and (series.starts_on is None or on < series.starts_on):
                    series.starts_on = on
        missing = [n for n in range(1, max(seen, default=0)) if n not in seen]
        for number in missing:
            self.doubt(series.modules[-1].line, "module-missing", f"module {number} of {series.title!r} is missing")
        if not series.modules and self.organisation.kinds[series.kind].modular:
            self.doubt(series.line, "no-modules", f"{series.title!r} lists no modules, so it ends with the month")
            series.ends_on = series.ends_on or next_month(self.draft.month) - timedelta(days=1)

    def doubt(self, line: int, code: str, message: str, answers: tuple[str, ...] = ()) -> str | None:
        """Name a doubt, unless it was answered; the answer, None where there is none yet."""
        said = self.answers.get(f"{code}:{line}")
        if said is not None and (not answers or said in answers):
            return said
        self.draft.doubts.append(Doubt(line, code, message, answers))
        return None


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


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
    low = grammar.folded(text)
    kept = list(text)
    for match in grammar.DATE.finditer(low):
        start = match.start()
        beside = re.search(r"\b[a-z]+\.?,?\s*(?:the\s+)?$", low[:start])
        if beside and grammar.WEEKDAY.match(beside[0]):
            start = beside.start()
        kept[start : match.end()] = "\0" * (match.end() - start)
    found = "".join(kept).replace("\0", "")
    found = re.sub(r"\(\s*\)|\[\s*\]", "", found)
    return re.sub(r"^[\s:,;–—|-]+", "", found).strip()


def _names(low: str, kind: Kind) -> bool:
    words = {kind.name, kind.title, kind.title_plural, kind.plural}
    return any(re.search(rf"(?<!\w){re.escape(grammar.folded(word))}(?!\w)", low) for word in words if word)


def _role(kind: Kind) -> str:
    return "bookable" if kind.bookable else "modular" if kind.modular else "plain"


def _span(start: time, end: time) -> str:
    return f"{start:%H:%M}–{end:%H:%M}"


def _twelve_on(clock: time) -> time:
    return clock.replace(hour=(clock.hour + 12) % 24)
