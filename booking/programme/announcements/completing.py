"""Complete a series once all of its lines are in: its kind, hours, zone, dates and modules, each doubt named.

A series without a kind, or whose hours cannot be meant, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from booking.domain import zones
from booking.domain.bookings import lengths
from booking.domain.organisation import Kind, Organisation
from booking.programme.announcements.dating import Dating
from booking.programme.announcements.draft import AnnouncementDraft, Doubts, DraftSeries
from booking.programme.announcements.grammar import items, zoning
from booking.programme.announcements.grammar.clauses import Clause
from booking.programme.announcements.grammar.clocks import Clock
from booking.programme.announcements.grammar.dates import Said
from booking.programme.announcements.grammar.vocabulary import folded

#: HoursInLine that begin before, begin after or end after these are unlikely.
_EARLIEST, _LATEST, _LATEST_END = time(6), time(21), time(22)
_AEST_ZONES = ("Australia/Brisbane", "Australia/Sydney")


@dataclass(slots=True)
class Completion:
    """Completes the series of one announcement, one after the other."""

    organisation: Organisation
    draft: AnnouncementDraft
    doubts: Doubts
    dating: Dating
    has_asked_zone: bool = False
    zone_meant: str | None = None

    def kind(self, series: DraftSeries) -> bool:
        """Set the kind that the title names, by its role first; False where there is none."""
        kinds = list(self.organisation.kinds.values())
        low = folded(series.title)
        named = [kind for kind in kinds if _names(low, kind)]
        said = role = items.role_of(series.title)
        if series.modules:
            role = "modular"
        elif series.slot_minutes and role != "modular":
            role = "bookable"
        fitting = [kind for kind in kinds if _role(kind) == ("plain" if role == "unsure" else role)]
        best = [kind for kind in named if kind in fitting] or fitting or named
        if not best:
            return False
        is_unsure = role == "unsure" or (said in {"plain", "bookable"} and role != said) or said == "unsure"
        chosen = self.chosen(series, best[0], kinds) if is_unsure and not named else best[0]
        series.kind = chosen.name
        if not chosen.modular:
            series.modules = []
        if not chosen.bookable:
            series.slot_minutes = ()
        return True

    def chosen(self, series: DraftSeries, likely: Kind, kinds: Sequence[Kind]) -> Kind:
        """The kind that was answered for a title that doesn't say it."""
        titles = [likely.title, *(kind.title for kind in kinds if kind is not likely)]
        shown = f"{', '.join(titles[:-1])} or {titles[-1]}"
        text = f"what kind of meeting is {series.title!r}: {shown}? We took {likely.title}"
        answer = self.doubts.ask(series.line, "kind", text, tuple(titles))
        return next((kind for kind in kinds if kind.title == answer), likely)

    def schedule(self, series: DraftSeries, clause: Clause, term: Sequence[Said]) -> bool:
        """Set days, hours, zone, dates and modules; False where the hours cannot be meant."""
        series.rrule = clause.rrule
        if not self.hours(series, clause.hours):
            return False
        self.modules(series)
        self.dating.set(series, clause, term)
        if not series.rrule:
            self.doubts.ask(
                series.line, "no-days", f"{series.title!r} has no days on which it meets, so it was left out"
            )
            return False
        self.end(series)
        self.zone(series, clause.zone)
        return True

    def hours(self, series: DraftSeries, clock: Clock | None) -> bool:
        """Set start and end; False where they cannot be meant or booked."""
        if clock is None:
            return False
        if clock.doubt == "midnight":
            text = f"{series.title!r}: a meeting can’t end at midnight, so it was left out. The latest end is 11:45 pm"
            self.doubts.ask(series.line, "midnight", text)
            return False
        if clock.doubt == "end-before-start" or clock.start is None or clock.end is None:
            shown = f"{clock.start:%H:%M} to {clock.end:%H:%M}" if clock.start and clock.end else "these hours"
            text = f"{series.title!r}: {shown}: the end isn’t after the start, so it was left out"
            self.doubts.ask(series.line, "end-before-start", text)
            return False
        series.start, series.end = self.likely(series.line, clock, clock.start, clock.end)
        return self.can_be_booked(series, series.start, series.end)

    def likely(self, line: int, clock: Clock, start: time, end: time) -> tuple[time, time]:
        """The hours, or twelve hours on where am or pm is not said or they are unlikely, and it was answered so."""
        if clock.doubt == "half-missing":
            choices = (_span(start, end), _span(*clock.other)) if clock.other else ()
            said = self.doubts.ask(line, "half-missing", f"am or pm isn’t given: we took {_span(start, end)}", choices)
            return clock.other if clock.other is not None and said == _span(*clock.other) else (start, end)
        if start < _EARLIEST or end > _LATEST_END or start > _LATEST:
            later = _twelve_on(start), _twelve_on(end)
            choices = (_span(start, end), _span(*later)) if later[0] < later[1] else ()
            said = self.doubts.ask(line, "hour-unlikely", f"{_span(start, end)} is an unlikely hour", choices)
            return later if choices and said == choices[1] else (start, end)
        return start, end

    def can_be_booked(self, series: DraftSeries, start: time, end: time) -> bool:
        """Whether slots fit into the hours, where the kind is booked by slots."""
        if not self.organisation.kinds[series.kind].bookable:
            return True
        if not (lengths.is_on_grid(start) and lengths.is_on_grid(end)):
            text = f"{series.title!r}: hours that members book must begin and end on a quarter hour, so it was left out"
            self.doubts.ask(series.line, "off-quarter", text)
            return False
        shortest = min(series.slot_minutes or self.organisation.policy.slot_minutes)
        if lengths.between(start, end) < shortest:
            shown = _span(start, end)
            text = f"{series.title!r}: {shown} is shorter than a slot of {shortest} minutes, so it was left out"
            self.doubts.ask(series.line, "too-short", text)
            return False
        return True

    def zone(self, series: DraftSeries, said: str) -> None:
        """Set the zone that is said, or the announcement's, or the organisation's."""
        word = said or self.draft.zone
        if not word:
            series.zone = self.organisation.zone
            city = zones.city(series.zone)
            self.doubts.ask(series.line, "no-zone", f"no time zone is given: we took {city}’s time")
            return
        if not zoning.is_known(word):
            series.zone = self.organisation.zone
            city = zones.city(series.zone)
            text = f"{word.upper()} isn’t one clear time zone: name a city. We took {city}’s time"
            self.doubts.ask(series.line, "which-zone", text)
            return
        series.zone = zoning.name(word)
        if word == "aest" and (differs := self.sydney_differs(series)):
            answer = self.doubts.answers.get("aest")
            if answer not in _AEST_ZONES and not self.has_asked_zone:
                self.has_asked_zone = True  # once is enough: the answer holds for all of them
                text = (
                    f"AEST is Brisbane’s time all year, and Sydney is an hour ahead in {differs:%B}: which do you mean?"
                )
                answer = self.doubts.ask(series.line, "aest", text, _AEST_ZONES)
            self.zone_meant = answer or self.zone_meant
            series.zone = self.zone_meant or series.zone

    def sydney_differs(self, series: DraftSeries) -> date | None:
        """The first day, by weeks, on which the series meets while Sydney's clock differs from Brisbane's."""
        on = series.starts_on or self.dating.month(series)
        weeks = max(len(series.modules) * (5 if "MONTHLY" in series.rrule else 2), 1) + len(series.skips)
        last = series.ends_on or (on + timedelta(weeks=weeks if series.modules else 53))
        while on <= last:
            noon = datetime.combine(on, time(12))
            if zones.localize_first(noon, "Australia/Sydney") != zones.localize_first(noon, "Australia/Brisbane"):
                return on
            on += timedelta(weeks=1)
        return None

    def end(self, series: DraftSeries) -> None:
        """End a series that is not booked, has no modules and no last date, with the month."""
        kind = self.organisation.kinds[series.kind]
        has_no_modules = kind.modular and not series.modules
        if has_no_modules:
            so = "" if series.ends_on is not None else ", so it ends with the month"
            self.doubts.ask(series.line, "no-modules", f"{series.title!r} lists no modules{so}")
        if series.ends_on is None and (has_no_modules or not (kind.bookable or kind.modular)):
            series.ends_on = self.dating.end_of_month(series)
        elif series.ends_on is None and series.month is not None and not series.modules:
            series.ends_on = self.dating.end_of_month(series)
            text = (
                f"does {series.title!r} end with {series.month:%B}? Other months follow, so we ended it with that one"
            )
            self.doubts.ask(series.line, "ends-with-month", text)

    def modules(self, series: DraftSeries) -> None:
        """Check the numbers of the modules, and put them in order."""
        seen: dict[int, int] = {}
        for module in series.modules:
            if module.number in seen:
                text = f"module {module.number} is here twice; the first is in line {seen[module.number]}"
                self.doubts.ask(module.line, "module-doubled", text)
            seen.setdefault(module.number, module.line)
        last_line = series.modules[-1].line if series.modules else series.line
        for number in (n for n in range(1, max(seen, default=0)) if n not in seen):
            self.doubts.ask(last_line, "module-missing", f"module {number} of {series.title!r} is missing")
        series.modules.sort(key=lambda module: module.number)


def _names(low: str, kind: Kind) -> bool:
    return _any_of(kind.name, kind.title, kind.title_plural, kind.plural).search(low) is not None


@lru_cache(maxsize=64)
def _any_of(*words: str) -> re.Pattern[str]:
    """Any of these words on its own; an empty one is none."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(folded(word)) for word in words if word)})(?!\w)")


def _role(kind: Kind) -> str:
    return "bookable" if kind.bookable else "modular" if kind.modular else "plain"


def _span(start: time, end: time) -> str:
    return f"{start:%H:%M}–{end:%H:%M}"


def _twelve_on(clock: time) -> time:
    return clock.replace(hour=(clock.hour + 12) % 24)
