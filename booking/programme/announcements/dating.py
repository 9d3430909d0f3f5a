"""The dates of a series: first and last, those left out or added, each from the role that its words give it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from booking.programme.announcements import months, rules
from booking.programme.announcements.draft import AnnouncementDraft, Doubts, DraftSeries
from booking.programme.announcements.grammar import dates
from booking.programme.announcements.grammar.clauses import Clause, Count
from booking.programme.announcements.grammar.dates import Said
from booking.programme.announcements.grammar.roles import DateRole
from booking.programme.words import WEEKDAYS

_ORDER = list(WEEKDAYS)
_MOST_DAYS = 800
#: What a date without a role may be, as the question offers it.
_CHOICES = {
    "Ignore it": DateRole.OF_TEXT,
    "The first date": DateRole.STARTS,
    "The last date": DateRole.ENDS,
    "A date to skip": DateRole.SKIPPED,
    "An extra date": DateRole.EXTRA,
}


@dataclass(slots=True)
class Dating:
    """Sets the dates of the series of one announcement, one after the other."""

    today: date
    draft: AnnouncementDraft
    doubts: Doubts
    is_month_given: bool

    def set(self, series: DraftSeries, clause: Clause, term: Sequence[Said]) -> None:
        """Set first and last date, dates to skip and extra ones. `term` is for a series without dates of its own."""
        found = self.by_role(series, clause.dates)
        month = self.month(series)
        if not (found.keys() & {DateRole.STARTS, DateRole.ENDS, DateRole.LISTED}) and term:
            found |= self.by_role(series, term)
        self.take_ends(series, found)
        self.take_list(series, found.get(DateRole.LISTED, []))
        self.take_count(series, clause.count)
        self.take_modules(series)
        self.take_skips(series, found)
        self.check_first_day(series, clause.dates)
        if "INTERVAL=2" in series.rrule and series.starts_on is None:
            first = next(self.days_of(series, month), month)
            text = f"it meets every second week: which is the first date? We took {_shown(first)}"
            self.doubts.ask(series.line, "no-first-date", text)
        if month != self.draft.month and series.starts_on is None:
            series.starts_on = month

    def month(self, series: DraftSeries) -> date:
        """The month of a series: that of the heading above it, else the one announced."""
        return series.month or self.draft.month

    def by_role(self, series: DraftSeries, said: Sequence[Said]) -> dict[DateRole, list[date]]:
        """The dates that exist, by role; one without a role is asked about, and ignored until there is an answer."""
        found: dict[DateRole, list[date]] = {}
        for one in said:
            on = self.resolved(one, series.line, self.month(series))
            if on is None:
                continue
            role = self.role_of(series, on) if one.role is DateRole.UNKNOWN else one.role
            if on < self.today and not self.is_month_given and one.year is not None:
                self.doubts.ask(series.line, "past", f"{on:%a} {_shown(on)} {on.year} is past")
            found.setdefault(role, []).append(on)
        return found

    def role_of(self, series: DraftSeries, on: date) -> DateRole:
        """The role that was answered for a date."""
        text = (
            f"what is {_shown(on)} for {series.title!r}: the first date, the last one, one to skip or an extra one?"
            " We ignored it"
        )
        answer = self.doubts.ask(series.line, f"date-{on:%m%d}", text, tuple(_CHOICES))
        return _CHOICES.get(answer or "", DateRole.OF_TEXT)

    def resolved(self, said: Said, line: int, month: date) -> date | None:
        """The date that is meant; None, with a doubt, for one that does not exist."""
        on = dates.on(said, month)
        if on is None:
            self.doubts.ask(line, "no-such-date", f"there is no {said.day} {date(2000, said.month, 1):%B}")
            return None
        if said.weekday is not None and _ORDER[on.weekday()] != said.weekday:
            meant = WEEKDAYS[said.weekday][0].capitalize()
            self.doubts.ask(line, "day-and-date", f"{on.day} {on:%B %Y} is a {on:%A}, not a {meant}")
        return on

    def take_ends(self, series: DraftSeries, found: dict[DateRole, list[date]]) -> None:
        """Take the first and the last date; several of one role are asked about."""
        for role, name in ((DateRole.STARTS, "first"), (DateRole.ENDS, "last")):
            if len(set(found.get(role, []))) > 1:
                shown = " and ".join(_shown(on) for on in found[role])
                self.doubts.ask(series.line, f"two-{name}", f"the text gives several {name} dates: {shown}")
        series.starts_on = min(found.get(DateRole.STARTS, []), default=None)
        series.ends_on = max(found.get(DateRole.ENDS, []), default=None)
        if series.ends_on is not None and series.ends_on < (series.starts_on or self.month(series)):
            text = f"{series.title!r} ends before it begins, so the end was left out"
            self.doubts.ask(series.line, "ends-before-it-begins", text)
            series.ends_on = None

    def take_list(self, series: DraftSeries, listed: list[date]) -> None:
        """Take a list as all the dates there are: those between them are skipped."""
        if not listed:
            return
        listed = sorted(set(listed))
        if not series.rrule:
            series.rrule = rules.weekly_on(listed)
        series.starts_on, series.ends_on = listed[0], listed[-1]
        others = [on for on in listed if not rules.meets(series.rrule, on)]
        for on in others:
            text = f"{on.day} {on:%B %Y} is a {on:%A}, which isn’t one of its days"
            self.doubts.ask(series.line, "day-and-date", text)
        series.skips = [on for on in self.days_of(series, listed[0], listed[-1]) if on not in listed]

    def take_count(self, series: DraftSeries, count: Count | None) -> None:
        """End the series after so many weeks or meetings; without a first date, that is asked."""
        if count is None or series.skips:
            return
        if series.starts_on is None:
            series.starts_on = next(self.days_of(series, self.month(series)), self.month(series))
            unit = "weeks" if count.is_weeks else "dates"
            text = f"it runs for {count.number} {unit}: from which date? We took {_shown(series.starts_on)}"
            self.doubts.ask(series.line, "no-first-date", text)
        counted = self.counted(series, series.starts_on, count)
        if series.ends_on is not None and counted is not None and abs((series.ends_on - counted).days) > 6:
            text = f"the number of dates leads to {_shown(counted)}, but the text ends on {_shown(series.ends_on)}"
            self.doubts.ask(series.line, "count", text)
        series.ends_on = series.ends_on or counted

    def counted(self, series: DraftSeries, first: date, count: Count) -> date | None:
        """The last date by a number of weeks or meetings."""
        until = first + timedelta(days=min(7 * count.number, _MOST_DAYS) - 1)
        if count.is_weeks:
            return max(self.days_of(series, first, until), default=until)
        days = [on for _, on in zip(range(count.number), self.days_of(series, first), strict=False)]
        return days[-1] if days else None

    def take_modules(self, series: DraftSeries) -> None:
        """Let the dates beside the modules be the dates of the series, where each module has one."""
        dated = [
            on
            for module in series.modules
            if module.on and (on := self.resolved(module.on, module.line, self.month(series)))
        ]
        if not dated:
            return
        series.rrule = series.rrule or rules.weekly_on(dated)
        if len(dated) < len(series.modules):
            self.some_dated(series, dated)
            return
        if dated != sorted(set(dated)):
            self.doubts.ask(series.line, "module-order", "the dates of the modules aren’t in the order of the modules")
        first, last = min(dated), max(dated)
        others = [on for on in dated if not rules.meets(series.rrule, on)]
        if others:
            text = f"{_shown(others[0])} is a {others[0]:%A}, which isn’t one of the days of {series.title!r}"
            self.doubts.ask(series.line, "day-and-date", text)
        series.starts_on = first
        series.skips = [on for on in self.days_of(series, first, last) if on not in dated]

    def some_dated(self, series: DraftSeries, dated: list[date]) -> None:
        """Name the modules without a date, unless only the first has one, which is then where the series begins."""
        if series.modules[0].on is not None and len(dated) == 1:
            series.starts_on = series.starts_on or dated[0]
            return
        undated = next(module for module in series.modules if module.on is None)
        text = (
            f"module {undated.number} of {series.title!r} has no date, but others have: check the dates of all of them"
        )
        self.doubts.ask(undated.line, "module-undated", text)
        series.starts_on = series.starts_on or min(dated)

    def take_skips(self, series: DraftSeries, found: dict[DateRole, list[date]]) -> None:
        """Take dates that are left out, moved or added."""
        skips = [*found.get(DateRole.SKIPPED, []), *found.get(DateRole.MOVED, [])]
        for first, last in zip(found.get(DateRole.SKIPPED_FROM, []), found.get(DateRole.SKIPPED_TO, []), strict=False):
            skips += list(self.days_of(series, first, last))
        moved, moved_to = found.get(DateRole.MOVED, []), found.get(DateRole.MOVED_TO, [])
        if len(moved) != len(moved_to):
            shown = ", ".join(_shown(on) for on in (*moved, *moved_to))
            self.doubts.ask(
                series.line, "moves", f"something moves ({shown}), but not clearly from one date to another"
            )
            skips = [on for on in skips if on not in moved]
            moved_to = []
        for on in sorted(set(skips)):
            if on in series.skips:
                continue
            if rules.meets(series.rrule, on) and (series.starts_on is None or on >= series.starts_on):
                series.skips.append(on)
            else:
                text = f"{_shown(on)} isn’t one of the dates of {series.title!r}, so there is nothing to skip"
                self.doubts.ask(series.line, "nothing-to-skip", text)
        series.extras = sorted({*found.get(DateRole.EXTRA, []), *moved_to})

    def check_first_day(self, series: DraftSeries, said: Sequence[Said]) -> None:
        """Ask about a first date that is none of the series' days."""
        if series.starts_on is None or rules.meets(series.rrule, series.starts_on):
            return
        if not any(one.role is DateRole.STARTS and not one.is_whole_month for one in said):
            return
        after = next(self.days_of(series, series.starts_on), series.starts_on)
        text = f"{series.starts_on:%A} {series.starts_on:%-d %B} isn’t one of its days: we took the next one"
        wrong = any(one.weekday and _ORDER[series.starts_on.weekday()] != one.weekday for one in said)
        if "WEEKLY" in series.rrule and not wrong:
            self.doubts.ask(series.line, "day-and-date", f"{text}, {_shown(after)}")

    def days_of(self, series: DraftSeries, first: date, last: date | None = None) -> Iterator[date]:
        """The days of its rule from a day on, each week counted."""
        for n in range(min((last - first).days + 1, _MOST_DAYS) if last is not None else _MOST_DAYS):
            on = first + timedelta(days=n)
            if rules.meets(series.rrule, on) and not ("INTERVAL=2" in series.rrule and n // 7 % 2):
                yield on

    def meets_on(self, series: DraftSeries, on: date) -> bool:
        """Whether a series meets on a day."""
        first, last = series.starts_on or self.month(series), series.ends_on or date.max
        return first <= on <= last and on not in series.skips and rules.meets(series.rrule, on)

    def end_of_month(self, series: DraftSeries) -> date:
        """The end of the month announced, or of a later one in which the series begins, which is asked about."""
        last = months.following(self.month(series)) - timedelta(days=1)
        if series.starts_on is None or series.starts_on <= last:
            return last
        last = months.following(series.starts_on.replace(day=1)) - timedelta(days=1)
        text = (
            f"{series.title!r} begins after the month announced, and its last date isn’t given: we took {_shown(last)}"
        )
        self.doubts.ask(series.line, "no-last-date", text)
        return last


def _shown(on: date) -> str:
    return f"{on.day} {on:%B}"
