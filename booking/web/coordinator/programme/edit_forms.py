"""A coordinator's form as an edit of a series: what was filled in, its mistakes by field, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import NamedTuple

from booking.domain import numbers, wording
from booking.domain.planning import edits
from booking.domain.planning.adjustments import ANSWERS, Definition, Extra
from booking.domain.recurrence import RuleChange
from booking.programme import words

#: What can be asked, in the order of the page; each with its words.
WHATS = {
    "move": "Move it",
    "skip": "Skip this date (no reason is shown)",
    "cancel": "Cancel it with a reason",
    "postpone": "Postpone this and all later dates",
    "title": "Rename it",
    "analysts": "Change analysts",
    "keep": "Hold it on the public holiday",
    "usual": "Undo changes to this date",
    "extra": "Add a date",
    "end": "End the series",
}
SCOPES = {"one": "this date only", "later": "this and later dates", "all": "all upcoming dates"}
FIELDS = ("what", "scope", "to", "time", "every", "reason", "weeks", "title", "on_holiday")
Edit = Callable[[Definition], Definition]


@dataclass(slots=True)
class EditForm:
    """A form as sent: `edit` None where there are mistakes; `said` is the request in one line."""

    values: dict[str, str]
    analysts: list[int] = field(default_factory=list)
    mistakes: dict[str, str] = field(default_factory=dict)
    edit: Edit | None = None
    said: str = ""


class EditedDate(NamedTuple):
    """The occurrence that a form is about: its key, the date of the rule that it stands for (None for an extra one),
    its own day, and its title."""

    key: str
    on: date | None
    starts_on: date
    title: str


def read(args: Mapping[str, str], chosen: list[int], about: EditedDate, today: date) -> EditForm:
    """The edit that a form asks for; `chosen` are analysts' ids."""
    values = {name: args.get(name, "").strip() for name in FIELDS}
    values["scope"] = values["scope"] if values["scope"] in SCOPES else "one"
    asked = EditForm(values, chosen)
    form = _Form(asked, about.key, about.on, about.starts_on, today)
    what = values["what"]
    if what not in WHATS:
        asked.mistakes["what"] = "Choose what you want to change."
        return asked
    asked.edit = getattr(form, f"as_{what}")()
    if asked.mistakes:
        asked.edit = None
    if asked.edit is not None and values["on_holiday"] in ANSWERS:
        asked.edit = _answered(asked.edit, values["on_holiday"])
    scope = f", {SCOPES[values['scope']]}" if values["scope"] != "one" else ""
    asked.said = f"{about.title}, {wording.day(about.starts_on)}: {WHATS[what].lower()}{scope}"
    return asked


def _answered(edit: Edit, answer: str) -> Edit:
    """The edit, with what the series does on public holidays from now on."""

    def both(found: Definition) -> Definition:
        edited = edit(found)
        return replace(edited, terms=replace(edited.terms, on_holiday=answer))

    return both


@dataclass(slots=True)
class _Form:
    asked: EditForm
    key: str
    on: date | None
    starts_on: date
    today: date

    def since(self) -> date:
        """From which day a wider scope holds."""
        return self.today if self.asked.values["scope"] == "all" else self.on or self.starts_on

    def is_one(self) -> bool:
        return self.asked.values["scope"] == "one"

    def day(self, name: str) -> date | None:
        try:
            return words.day(self.asked.values[name])
        except ValueError:
            self.asked.mistakes[name] = "Choose a date."
            return None

    def hours(self) -> tuple[time, time] | None:
        try:
            return words.times(self.asked.values["time"])
        except ValueError as error:
            self.asked.mistakes["time"] = f"{str(error)[0].upper()}{str(error)[1:]}."
            return None

    def as_move(self) -> Edit | None:
        hours = self.hours()
        if self.is_one():
            day = self.day("to")
            return (lambda d: edits.move(d, self.key, day, hours)) if day and hours else None
        rrule = None
        if self.asked.values["every"]:
            try:
                rrule = words.rrule(self.asked.values["every"])
            except ValueError as error:
                self.asked.mistakes["every"] = f"{str(error)[0].upper()}{str(error)[1:]}."
        if hours is None:
            return None
        monday = self.since() - timedelta(days=self.since().weekday()) if rrule else self.since()
        turn = RuleChange(max(monday, self.today) if rrule else self.since(), rrule, *hours)
        return self.onwards(turn)

    def onwards(self, turn: RuleChange) -> Edit:
        """The turn at the level at which it belongs: where it is about all upcoming dates it changes the series."""
        return lambda d: edits.onwards(d, turn, self.today)

    def as_skip(self) -> Edit | None:
        on = self.on
        if on is None:
            self.asked.mistakes["what"] = "You can't skip an added date. Cancel it instead."
            return None
        if not self.is_one():
            return self.as_end()
        return lambda d: edits.skip(d, on, self.asked.values["reason"])

    def as_cancel(self) -> Edit | None:
        reason = self.asked.values["reason"]
        if not reason or len(reason) > 500:
            self.asked.mistakes["reason"] = "Enter a reason of at most 500 characters. Members see it."
        if not self.is_one():
            self.asked.mistakes["scope"] = "You can only cancel one date at a time. To stop them all, end the series."
        return lambda d: edits.one(d, self.key, cancelled=reason)

    def as_postpone(self) -> Edit | None:
        weeks = numbers.whole(self.asked.values["weeks"] or "1")
        on = self.on
        if weeks is None or not 1 <= weeks <= 52:
            self.asked.mistakes["weeks"] = "Enter a number of weeks from 1 to 52."
            return None
        if on is None:
            self.asked.mistakes["what"] = "You can't postpone an added date. Move it instead."
            return None
        return lambda d: edits.postpone(d, on, weeks)

    def as_title(self) -> Edit | None:
        title = self.asked.values["title"]
        if not title or len(title) > 200:
            self.asked.mistakes["title"] = "Enter a title of at most 200 characters."
        if self.is_one():
            return lambda d: edits.one(d, self.key, title=title)
        return self.onwards(RuleChange(self.since(), title=title))

    def as_analysts(self) -> Edit | None:
        ids = tuple(self.asked.analysts)
        if self.is_one():
            return lambda d: edits.one(d, self.key, analysts=ids)
        return self.onwards(RuleChange(self.since(), analysts=ids))

    def as_keep(self) -> Edit | None:
        on = self.on
        return (lambda d: edits.keep(d, on)) if on else (lambda d: d)

    def as_usual(self) -> Edit | None:
        return lambda d: edits.usual(d, self.key, self.on)

    def as_extra(self) -> Edit | None:
        day, hours = self.day("to"), self.hours()
        title = self.asked.values["title"] or None
        if day is not None and day < self.today:
            self.asked.mistakes["to"] = "Choose a day that isn't in the past."
        return (lambda d: edits.extra(d, Extra(day, *hours, title))) if day and hours else None

    def as_end(self) -> Edit | None:
        last = max((self.since() if self.asked.values["scope"] != "one" else self.starts_on), self.today)
        last -= timedelta(days=1) if self.asked.values["what"] == "skip" else timedelta(0)
        return lambda d: edits.end(d, last)
