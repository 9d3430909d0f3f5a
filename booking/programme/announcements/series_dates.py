"""The dates of each series of a draft, as a publish would make them, so that a wrong one is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from booking.domain import wording, zones
from booking.domain.organisation import Organisation
from booking.domain.planning import schedule
from booking.domain.planning.occurrences import Period, StoredSeries
from booking.domain.planning.plan import NOTHING_STORED
from booking.domain.planning.resolve import resolve
from booking.domain.planning.words.statement import Statement
from booking.programme import files
from booking.programme.announcements import months, writing
from booking.programme.announcements.draft import AnnouncementDraft, DraftSeries

_MOST_SKIPS = 6  # that are listed


@dataclass(frozen=True, slots=True)
class SeriesDates:
    """The days on which a series meets, in order, and the days of its rule between them on which it doesn't.

    A series without an end has those of its first month.
    """

    days: tuple[date, ...]
    skipped: tuple[date, ...]
    has_end: bool

    @property
    def counted(self) -> str:
        """ "4 dates: Tue 1 Jun to Tue 29 Jun 2027"."""
        if not self.days:
            return "No dates"
        number, first, last = len(self.days), self.days[0], self.days[-1]
        shown = wording.day(first) if first.year == last.year and number > 1 else f"{wording.day(first)} {first.year}"
        if not self.has_end:
            return f"From {wording.day(first)} {first.year} with no last date, {number} in {first:%B}"
        if number == 1:
            return f"1 date: {shown}"
        return f"{number} dates: {shown} to {wording.day(last)} {last.year}"

    @property
    def left_out(self) -> str:
        """ "Skips Tue 15 Jun"; empty where nothing is skipped."""
        if not self.skipped:
            return ""
        shown = [wording.day(on) for on in self.skipped[:_MOST_SKIPS]]
        more = len(self.skipped) - len(shown)
        if more:
            return f"Skips {', '.join(shown)} and {more} more"
        return f"Skips {', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else f"Skips {shown[0]}"


def of_series(
    series: DraftSeries, draft: AnnouncementDraft, organisation: Organisation, today: date
) -> SeriesDates | None:
    """The dates of one series of a draft; None where it can't be published as it is."""
    source = writing.file_of(AnnouncementDraft(draft.month, draft.zone, [series]))
    found = files.read_all([("draft", source.encode())], organisation, today)
    if found.problems or len(found.statements) != 1:
        return None
    stated = found.statements[0]
    rule = stated.rule
    has_end = rule.ends_on is not None or bool(rule.modules)
    until = None if has_end else months.following(max(rule.starts_on, draft.month).replace(day=1))
    days = _days(stated, today, until)
    if not days:
        return SeriesDates((), (), has_end)
    whole = replace(rule, modules=(), ends_on=days[-1])
    every = _days(replace(stated, rule=whole, exceptions=(), extras=()), today, None)
    later = [on for on in series.skips if on > days[-1] and not has_end]
    return SeriesDates(days, tuple(sorted({*every, *later} - {*days})), has_end)


def _days(stated: Statement, today: date, until: date | None) -> tuple[date, ...]:
    """The days that a statement means, before `until`."""
    asked = resolve([stated], NOTHING_STORED, {named.email: 0 for named in stated.named}, today)
    definition = next(iter(asked.definitions.values()))
    zone = stated.rule.zone
    end = until or months.following(_last_possible(stated, definition.rule.ends_on))
    period = Period(zones.day_starts_at(stated.rule.starts_on, zone), with_past=True, until=end)
    computed = schedule.compute(definition, StoredSeries(), period, asks=False)
    days = {zones.today(setting.starts_at, zone) for setting in computed.settings.values()}
    return tuple(sorted(on for on in days if until is None or on < until))


def _last_possible(stated: Statement, ends_on: date | None) -> date:
    """A day behind which nothing of a series with an end lies."""
    starts_on = stated.rule.starts_on
    far = starts_on.replace(year=starts_on.year + 3, day=1)
    return max([far, *([ends_on] if ends_on else []), *(extra.on for extra in stated.extras)]).replace(day=1)


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month as a small calendar: weeks of seven days, Monday first, None outside of the month."""

    first: date
    weeks: tuple[tuple[date | None, ...], ...]


def calendar_of(found: SeriesDates) -> Sequence[CalendarMonth]:
    """The months in which a series meets or is skipped."""
    firsts = sorted({on.replace(day=1) for on in (*found.days, *found.skipped)})
    return [CalendarMonth(first, tuple(_weeks(first))) for first in firsts]


def _weeks(first: date) -> list[tuple[date | None, ...]]:
    last = (months.following(first) - date.resolution).day
    cells: list[date | None] = [None] * first.weekday()
    cells += [first.replace(day=n) for n in range(1, last + 1)]
    cells += [None] * (-len(cells) % 7)
    return [tuple(cells[n : n + 7]) for n in range(0, len(cells), 7)]
