"""Complete a series once all of its lines are in: its kind, hours, zone, dates and modules, each doubt named.

A series without a kind, or whose hours cannot be meant, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from booking.domain import zones
from booking.domain.bookings import lengths
from booking.domain.organisation import Kind, Organisation
from booking.programme.announcements import grammar, months
from booking.programme.announcements.clocks import Clock
from booking.programme.announcements.draft import AnnouncementDraft, Doubts, DraftSeries
from booking.programme.announcements.grammar import Clause, Said
from booking.programme.announcements.vocabulary import folded
from booking.programme.words import WEEKDAYS

_ORDER = list(WEEKDAYS)
#: Hours that begin before, begin after or end after these are unlikely.
_EARLIEST, _LATEST, _LATEST_END = time(6), time(21), time(22)
_AEST_ZONES = ("Australia/Brisbane", "Australia/Sydney")


@dataclass(slots=True)
class Completion:
    """Completes the series of one announcement, one after the other; `is_month_given` where it need not be read."""

    organisation: Organisation
    today: date
    draft: AnnouncementDraft
    doubts: Doubts
    is_month_given: bool
    has_asked_zone: bool = False
    zone_meant: str | None = None

    def kind(self, series: DraftSeries) -> bool:
        """Set the kind that the title names, by its role first; False where there is none."""
        kinds = list(self.organisation.kinds.values())
        low = folded(series.title)
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

    def schedule(self, series: DraftSeries, clause: Clause) -> bool:
        """Set days, hours, zone, dates and modules; False where the hours cannot be meant."""
        series.rrule = clause.rrule
        if not self.hours(series, clause.hours):
            return False
        self.zone(series, clause.zone)
        self.dates(series, clause.dates)
        self.modules(series)
        return True

    def hours(self, series: DraftSeries, clock: Clock | None) -> bool:
        """Set start and end; False where they cannot be meant or booked."""
        if clock is None:
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
        series.zone = grammar.zone_name(word)
        if word == "aest" and self.sydney_differs():
            answer = self.doubts.answers.get("aest")
            if answer not in _AEST_ZONES and not self.has_asked_zone:
                self.has_asked_zone = True  # once is enough: the answer holds for all of them
                month = f"{self.draft.month:%B}"
                text = f"AEST is Brisbane’s time all year, and Sydney is an hour ahead in {month}: which do you mean?"
                answer = self.doubts.ask(series.line, "aest", text, _AEST_ZONES)
            self.zone_meant = answer or self.zone_meant
            series.zone = self.zone_meant or series.zone

    def sydney_differs(self) -> bool:
        """Whether Sydney's clock differs from Brisbane's in the middle of the month."""
        noon = datetime.combine(self.draft.month + timedelta(days=14), time(12))
        return zones.localize_first(noon, "Australia/Sydney") != zones.localize_first(noon, "Australia/Brisbane")

    def dates(self, series: DraftSeries, said: Sequence[Said]) -> None:
        """Set first and last date; a series that is neither booked nor modular ends with the month."""
        for one in said:
            self.take_date(series, one)
        listed = sorted(on for one in said if one.role == "listed" and (on := grammar.on(one, self.draft.month)))
        if listed:
            series.starts_on, series.ends_on = listed[0], listed[-1]
            self.listed(series, listed)
        if series.starts_on is not None and series.ends_on is not None and series.ends_on < series.starts_on:
            text = f"{series.title!r} ends before it begins, so the end was left out"
            self.doubts.ask(series.line, "ends-before-it-begins", text)
            series.ends_on = None
        self.check_first_day(series, said)
        kind = self.organisation.kinds[series.kind]
        if series.ends_on is None and not kind.bookable and not kind.modular:
            series.ends_on = self.last_of_month()

    def take_date(self, series: DraftSeries, said: Said) -> None:
        """Take one date as the first or the last, by its role."""
        on = self.resolved(said, series.line)
        if on is None:
            return
        if said.role == "ends":
            series.ends_on = on
        elif said.role == "starts" or series.starts_on is None:
            series.starts_on = on
        if on < self.today and not self.is_month_given and said.year is not None:
            self.doubts.ask(series.line, "past", f"{on:%a} {on} is past")

    def check_first_day(self, series: DraftSeries, said: Sequence[Said]) -> None:
        """Name a first date that is none of the series' days and had no weekday beside it."""
        if series.starts_on is None or "WEEKLY" not in series.rrule:
            return
        days = series.rrule.rpartition("=")[2].split(",")
        is_bare = any(one.role == "starts" and one.weekday is None for one in said)
        if is_bare and _ORDER[series.starts_on.weekday()] not in days:
            text = f"{series.starts_on:%A} {series.starts_on:%-d %B} isn’t one of its days: we took the next one"
            self.doubts.ask(series.line, "day-and-date", text)

    def last_of_month(self) -> date:
        return months.following(self.draft.month) - timedelta(days=1)

    def listed(self, series: DraftSeries, days: list[date]) -> None:
        """Name the dates of a list that are none of the series' days, and those that are missing from it."""
        codes = series.rrule.rpartition("=")[2].split(",") if "WEEKLY" in series.rrule else list(_ORDER)
        for on in days:
            if _ORDER[on.weekday()] not in codes:
                text = f"{on.day} {on:%B %Y} is a {on:%A}, which isn’t one of its days"
                self.doubts.ask(series.line, "day-and-date", text)
        between = (days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days))
        missing = [
            on for on in between if "WEEKLY" in series.rrule and _ORDER[on.weekday()] in codes and on not in days
        ]
        if missing:
            names = ", ".join(f"{on.day} {on:%B}" for on in missing)
            one = len(missing) == 1
            self.doubts.ask(
                series.line,
                "not-listed",
                f"{names} {'isn’t' if one else 'aren’t'} in the list of dates: we kept {'it' if one else 'them'}",
            )

    def resolved(self, said: Said, line: int) -> date | None:
        """The date that is meant; None, with a doubt, for one that does not exist."""
        on = grammar.on(said, self.draft.month)
        if on is None:
            self.doubts.ask(line, "no-such-date", f"there is no {said.day} {date(2000, said.month, 1):%B}")
            return None
        if said.weekday is not None and _ORDER[on.weekday()] != said.weekday:
            meant = WEEKDAYS[said.weekday][0].capitalize()
            self.doubts.ask(line, "day-and-date", f"{on.day} {on:%B %Y} is a {on:%A}, not a {meant}")
        return on

    def modules(self, series: DraftSeries) -> None:
        """Check the numbers of the modules, and let a date beside one of them begin the series."""
        seen: dict[int, int] = {}
        for module in series.modules:
            if module.number in seen:
                text = f"module {module.number} is here twice; the first is in line {seen[module.number]}"
                self.doubts.ask(module.line, "module-doubled", text)
            seen.setdefault(module.number, module.line)
            if module.on is not None:
                on = self.resolved(module.on, module.line)
                if on is not None and (series.starts_on is None or on < series.starts_on):
                    series.starts_on = on
        missing = [n for n in range(1, max(seen, default=0)) if n not in seen]
        for number in missing:
            self.doubts.ask(
                series.modules[-1].line, "module-missing", f"module {number} of {series.title!r} is missing"
            )
        if not series.modules and self.organisation.kinds[series.kind].modular:
            self.doubts.ask(series.line, "no-modules", f"{series.title!r} lists no modules, so it ends with the month")
            series.ends_on = series.ends_on or self.last_of_month()


def _names(low: str, kind: Kind) -> bool:
    words = {kind.name, kind.title, kind.title_plural, kind.plural}
    return any(re.search(rf"(?<!\w){re.escape(folded(word))}(?!\w)", low) for word in words if word)


def _role(kind: Kind) -> str:
    return "bookable" if kind.bookable else "modular" if kind.modular else "plain"


def _span(start: time, end: time) -> str:
    return f"{start:%H:%M}–{end:%H:%M}"


def _twelve_on(clock: time) -> time:
    return clock.replace(hour=(clock.hour + 12) % 24)
