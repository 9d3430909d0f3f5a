"""The form of a series read: its mistakes by field, or what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from booking.domain import links, recurrence
from booking.domain.bookings import lengths
from booking.domain.enums.planning import Repeats
from booking.domain.organisation import Kind
from booking.domain.planning.adjustments import ANSWERS
from booking.domain.planning.series_edits import SeriesFields
from booking.domain.planning.words.rule_words import ORDINALS, RuleChoice
from booking.domain.recurrence import Rule
from booking.programme import words
from booking.web.coordinator.series.form_values import AnalystOption, Values, clock_of, of_fields, shown_summary

MAX_TITLE, MAX_SUMMARY, MAX_MODULES = 200, 4000, 60
#: Where the form shows each field that a page could not show exactly.
_SHOWN_IN = {
    "title": ("title",),
    "summary": ("summary",),
    "rrule": ("repeats", "day", "week"),
    "modules": ("modules",),
    "meeting_url": ("url",),
    "analysts": ("analyst",),
    "slot_minutes": ("slot",),
}


@dataclass(frozen=True, slots=True)
class FormChoices:
    """What the form can offer: the kind with its fields, analysts, slot lengths, and the zone of the hours.

    `rrule` is the stored rule, which stays where the form cannot say it; `begun` are the titles of the modules that
    have begun.
    """

    kind: Kind
    analysts: Sequence[AnalystOption]
    lengths: Sequence[int]
    zone: str
    rrule: str = ""
    begun: tuple[str, ...] = ()


@dataclass(slots=True)
class Read:
    """The form as read: `fields` is None where there are mistakes. `since` is the day from which new hours hold."""

    fields: SeriesFields | None = None
    since: date | None = None
    mistakes: dict[str, str] = field(default_factory=dict)


def read(values: Values, offered: FormChoices, had: SeriesFields | None = None) -> Read:
    """What the form asks for; what `had` says already is no mistake, however it came to be stored."""
    return _Reader(values, offered, had, Read()).read()


@dataclass(slots=True)
class _Reader:
    values: Values
    offered: FormChoices
    had: SeriesFields | None
    found: Read

    def one(self, name: str) -> str:
        return self.values[name][0]

    def wrong(self, name: str, message: str) -> None:
        self.found.mistakes.setdefault(name, message)

    def read(self) -> Read:
        self.texts()
        rrule, hours = self.rrule(), self.hours()
        starts_on = self.day("starts", is_needed=True)
        ends_on = None if self.offered.kind.modular else self.day("ends")
        self.found.since = self.day("since")
        modules, slots, analysts = self.modules(), self.slots(hours), self.analysts()
        if starts_on and ends_on and ends_on < starts_on:
            self.wrong("ends", "Choose a last day that isn’t before the first.")
        if rrule and hours and starts_on:
            self.dates(Rule(rrule, starts_on, *hours, self.offered.zone, ends_on, modules))
        answer = self.one("on_holiday")
        if self.found.mistakes or rrule is None or hours is None or starts_on is None:
            return self.found
        read = SeriesFields(
            self.one("title"),
            rrule,
            *hours,
            starts_on,
            self.one("summary"),
            ends_on,
            modules,
            self.one("url"),
            analysts,
            slots,
            answer if answer in ANSWERS else "",
        )
        self.found.fields = read if self.had is None else replace(read, **self.untouched(self.had))
        return self.found

    def texts(self) -> None:
        title, summary, url = self.one("title"), self.one("summary"), self.one("url")
        if not title or len(title) > MAX_TITLE:
            self.wrong("title", f"Enter a title of at most {MAX_TITLE} characters.")
        if len(summary) > MAX_SUMMARY and (self.had is None or summary != shown_summary(self.had.summary)):
            self.wrong("summary", f"Enter a description of at most {MAX_SUMMARY:,} characters.")
        if url and not links.is_https(url):
            self.wrong("url", f"{links.HTTPS[0].upper()}{links.HTTPS[1:]}.")

    def untouched(self, had: SeriesFields) -> dict[str, Any]:
        """The fields that the form shows as they are stored: they stay exactly so, with what it cannot show."""
        shown = of_fields(had, self.offered.analysts, self.offered.lengths)
        return {
            field: getattr(had, field)
            for field, names in _SHOWN_IN.items()
            if all(self.values[name] == shown[name] for name in names)
        }

    def day(self, name: str, *, is_needed: bool = False) -> date | None:
        text = self.one(name)
        if not text and not is_needed:
            return None
        try:
            return words.day(text)
        except ValueError:
            self.wrong(name, f"Enter a date in the years {words.YEARS[0]} to {words.YEARS[-1]}.")
            return None

    def rrule(self) -> str | None:
        repeats = self.one("repeats")
        if repeats == Repeats.OTHER and self.offered.rrule:
            return self.offered.rrule
        if repeats not in set(Repeats) - {Repeats.OTHER}:
            self.wrong("repeats", "Choose how often it meets.")
            return None
        days = tuple(day for day in range(7) if str(day) in self.values["day"])
        weeks = tuple(week for week in ORDINALS if str(week) in self.values["week"])
        is_monthly = repeats == Repeats.MONTHLY
        if not days:
            self.wrong("day", "Choose at least one day of the week.")
        if is_monthly and not weeks:
            self.wrong("week", "Choose at least one week of the month.")
        if not days or (is_monthly and not weeks):
            return None
        said = RuleChoice(Repeats(repeats), days, weeks if is_monthly else ())
        return said.rrule

    def hours(self) -> tuple[time, time] | None:
        start, end = clock_of(self.one("start")), clock_of(self.one("end"))
        for name, value in (("start", start), ("end", end)):
            if value is None:
                self.wrong(name, "Enter a time, such as 1:00 pm.")
        if start is None or end is None:
            return None
        if end <= start:
            self.wrong("end", "Enter an end that is after the start, on the same day.")
            return None
        if self.offered.kind.bookable:
            for name, value in (("start", start), ("end", end)):
                if not lengths.is_on_grid(value):
                    self.wrong(name, f"Members book slots in it, so use a time at {lengths.ON_GRID}.")
        return start, end

    def slots(self, hours: tuple[time, time] | None) -> tuple[int, ...]:
        """The lengths chosen, empty where they are all that the policy offers."""
        if not self.offered.kind.bookable:
            return ()
        known = dict.fromkeys((*self.offered.lengths, *(self.had.slot_minutes if self.had else ())))
        chosen = tuple(sorted(minutes for minutes in known if str(minutes) in self.values["slot"]))
        if not chosen:
            self.wrong("slot", "Choose at least one length.")
            return ()
        if hours is not None and lengths.between(*hours) < chosen[0]:
            self.wrong("end", f"The shortest slot takes {chosen[0]} minutes: end later, or offer shorter slots.")
        is_all = chosen == tuple(sorted(self.offered.lengths))
        return () if is_all else chosen

    def analysts(self) -> tuple[int, ...]:
        known = {one.public_id: one.id for one in self.offered.analysts}
        if not known.keys() >= set(self.values["analyst"]):
            self.wrong("analyst", "One of them is no analyst any more. Choose again.")
        return tuple(known[one] for one in self.values["analyst"] if one in known)

    def modules(self) -> tuple[str, ...]:
        if not self.offered.kind.modular:
            return ()
        titles = tuple(self.one("modules").splitlines())
        if not titles:
            self.wrong("modules", "Enter at least one module, each on a line of its own.")
        if titles[: len(self.offered.begun)] != self.offered.begun:
            lines = "the first line" if len(self.offered.begun) == 1 else f"the first {len(self.offered.begun)} lines"
            self.wrong("modules", f"Leave {lines} as before: what has started keeps its place and its title.")
        if len(titles) > MAX_MODULES or any(len(title) > MAX_TITLE for title in titles):
            self.wrong(
                "modules", f"Enter at most {MAX_MODULES} modules, each with a title of at most {MAX_TITLE} characters."
            )
        return titles

    def dates(self, rule: Rule) -> None:
        """Name a rule that comes to no date at all."""
        if self.found.mistakes:
            return
        found = recurrence.expand(rule, rule.starts_on, rule.starts_on + timedelta(days=recurrence.MAX_DAYS))
        if not found:
            self.wrong("day", "There’s no such day between the first and the last day.")
        elif len(found) < len(rule.modules):
            self.wrong("modules", f"There are {len(rule.modules)} modules but only {len(found)} dates.")
