"""Programme files: YAML as a coordinator writes it, to statements of series; every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

from booking.domain import numbers, recurrence, zones
from booking.domain.bookings import lengths
from booking.domain.organisation import Organisation
from booking.domain.people import email_addresses
from booking.domain.planning.adjustments import ANSWERS
from booking.domain.planning.words.statement import Named, SourcePlace, Statement
from booking.domain.recurrence import Rule
from booking.programme import exceptions, nodes, words
from booking.programme.nodes import Fields, Items, Problem, Text, Value

FILE_FIELDS = ("zone", "month", "series")
SERIES_FIELDS = (
    *("kind", "title", "summary", "every", "repeat", "time", "zone"),
    *("from", "until", "modules", "slots", "analysts", "on_holiday", "ends", "was"),
    *("skip", "changes", "exceptions", "extra", "guests"),
)
OFF_GRID = f"hours that members book must begin and end on {lengths.ON_GRID}"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
T = TypeVar("T")


@dataclass
class Reading:
    """The result of reading: what was understood, what is wrong, and what a reader should know besides."""

    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def in_folder(folder: Path) -> list[Path]:
    """The programme files of a folder, by name."""
    return sorted(folder.glob("*.yaml"))


def read(paths: Iterable[Path], organisation: Organisation, today: date) -> Reading:
    """Read every file; a slug that two of them use is a mistake of the second."""
    sources: list[tuple[str, bytes]] = []
    unread: list[Problem] = []
    for path in paths:
        try:
            sources.append((str(path), nodes.read_bytes(path)))
        except nodes.Unreadable as error:
            unread += error.problems
    reading = read_all(sources, organisation, today)
    reading.problems[:0] = unread
    return reading


def read_all(sources: Iterable[tuple[str, bytes]], organisation: Organisation, today: date) -> Reading:
    """As `read`, of names and bytes."""
    reading = Reading()
    stated: dict[str, SourcePlace] = {}
    for name, data in sources:
        try:
            _File(reading, organisation, today, stated).read(nodes.parse(name, data))
        except nodes.Unreadable as error:
            reading.problems += error.problems
    reading.problems.sort(key=lambda problem: (problem.place.file, problem.place.line))
    return reading


@dataclass
class _File:
    """One file while it is read: what holds for all of its series."""

    reading: Reading
    organisation: Organisation
    today: date
    stated: dict[str, SourcePlace]
    zone: str = ""
    month: date | None = None

    def wrong(self, place: SourcePlace, message: str) -> None:
        self.reading.problems.append(Problem(place, message))

    def read(self, root: Fields) -> None:
        self.unknown(root, FILE_FIELDS)
        self.zone = self.zone_of(root) or self.organisation.zone
        self.month = self.text(root, "month", words.month)
        series = root.values.get("series")
        if not isinstance(series, Fields) or not series.values:
            place = root.places.get("series", root.place)
            self.wrong(place, "`series:` holds each series under its short name")
            return
        for slug, value in series.values.items():
            self.series(slug, value, series.places[slug])

    def unknown(self, fields: Fields, known: tuple[str, ...]) -> None:
        for word in fields.values.keys() - set(known):
            near = get_close_matches(word, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; the fields are {', '.join(known)}"
            self.wrong(fields.places[word], f"unknown field {word!r}{hint}")

    def text(self, fields: Fields, word: str, convert: Callable[[str], T]) -> T | None:
        """The field converted; None where it is missing or wrong (then it is named)."""
        value = fields.values.get(word)
        if value is None:
            return None
        if not isinstance(value, Text) or not value.value:
            self.wrong(fields.places[word], f"{word!r} must be one piece of text")
            return None
        try:
            return convert(value.value)
        except ValueError as error:
            self.wrong(value.place, str(error))
            return None

    def required(self, fields: Fields, word: str, convert: Callable[[str], T], place: SourcePlace) -> T | None:
        if word not in fields.values:
            self.wrong(place, f"{word!r} is missing")
        return self.text(fields, word, convert)

    def zone_of(self, fields: Fields) -> str | None:
        def convert(text: str) -> str:
            try:
                return zones.named(text)
            except zones.UnknownZone:
                raise ValueError(f"unknown time zone {text!r}: write AEST, AEDT or a city such as Sydney") from None

        found = self.text(fields, "zone", convert)
        value = fields.values.get("zone")
        if found and isinstance(value, Text) and value.value.upper() == "AEST":
            note = "AEST is UTC+10 all year, which is Brisbane's time; for Sydney's write AEDT or Sydney"
            self.reading.notes.append(Problem(value.place, note))
        return found

    def items(self, fields: Fields, word: str) -> list[Text]:
        """A list of texts; one text stands for a list of one."""
        value = fields.values.get(word)
        if value is None:
            return []
        found: tuple[Value, ...] = value.values if isinstance(value, Items) else (value,)
        texts = [item for item in found if isinstance(item, Text) and item.value]
        if len(texts) != len(found) or not found:
            self.wrong(fields.places[word], f"{word!r} must be a list, each entry on a line that begins with a dash")
        return texts

    def series(self, slug: str, value: Value, place: SourcePlace) -> None:
        before = len(self.reading.problems)
        if not _SLUG.fullmatch(slug) or len(slug) > 60:
            self.wrong(
                place,
                f"the short name {slug!r} can have only lower-case letters, digits and single hyphens, at most 60",
            )
        if slug in self.stated:
            self.wrong(place, f"the series {slug!r} is here twice; the first is in {self.stated[slug]}")
        self.stated.setdefault(slug, place)
        if not isinstance(value, Fields):
            self.wrong(place, f"the series {slug!r} must have fields such as `kind:` and `every:`")
            return
        self.unknown(value, SERIES_FIELDS)
        kind = self.required(value, "kind", self.kind, place)
        title = self.required(value, "title", _title, place)
        analysts = self.analysts(value) if "analysts" in value.values else None
        modules = self.items(value, "modules")
        offered = self.lengths(value)
        rule = self.rule(value, modules, place)
        if kind is not None:
            allowed = self.organisation.kinds[kind]
            if modules and not allowed.modular:
                self.wrong(value.places["modules"], f"a {kind} has no modules")
            shortest = self.shortest(slug, offered)
            if allowed.bookable and rule is not None:
                self.bookable_hours((rule.start_wall, rule.end_wall), shortest, value.places["time"])
            if offered and not allowed.bookable:
                self.wrong(value.places["slots"], f"a {kind} has no slots")
        if rule is not None:
            self.dates(rule, value, modules, place)
        summary = self.text(value, "summary", str)
        more = exceptions.read(self, value, rule)
        was = self.text(value, "was", _slug) or ""
        on_holiday = self.text(value, "on_holiday", _on_holiday) or ""
        ends_on = self.text(value, "ends", words.day)
        if was == slug:
            self.wrong(value.places["was"], f"{slug!r} is its short name already; `was:` is its previous one")
        if ends_on is not None and "from" in value.values and rule is not None and ends_on < rule.starts_on:
            self.wrong(value.places["ends"], f"it ends on {ends_on}, before it begins on {rule.starts_on}")
        if kind is not None:
            self.single_dates(value, more, rule, shortest if self.organisation.kinds[kind].bookable else None)
        slots = offered if "slots" in value.values else None
        if len(self.reading.problems) == before and rule is not None and kind is not None and title is not None:
            stated = Statement(slug, kind, title, summary, rule, slots, analysts, place, self.month, was, ends_on)
            self.reading.statements.append(replace(stated, on_holiday=on_holiday, **more))

    def kind(self, text: str) -> str:
        if text not in self.organisation.kinds:
            raise ValueError(f"unknown kind {text!r}: use one of {', '.join(self.organisation.kinds)}")
        return text

    def analysts(self, fields: Fields) -> tuple[Named, ...]:
        found: dict[str, Named] = {}
        for text in self.items(fields, "analysts"):
            email = email_addresses.key(text.value)
            if not email_addresses.is_address(text.value):
                self.wrong(text.place, f"{text.value!r} isn't an email address: {email_addresses.EXAMPLE}")
            elif email in found:
                self.wrong(text.place, f"{text.value!r} is listed twice")
            else:
                found[email] = Named(email, text.place)
        return tuple(found.values())

    def lengths(self, fields: Fields) -> tuple[int, ...]:
        found = set()
        for text in self.items(fields, "slots"):
            minutes = numbers.whole(text.value)
            if minutes is None or not lengths.is_length(minutes):
                self.wrong(text.place, f"a slot can't be {text.value!r} minutes: lengths are {lengths.RULE}")
            else:
                found.add(minutes)
        if len(found) > lengths.MAX_LENGTHS:
            self.wrong(fields.places["slots"], f"{len(found)} slot lengths: use at most {lengths.MAX_LENGTHS}")
        return tuple(sorted(found))

    def rule(self, fields: Fields, modules: list[Text], place: SourcePlace) -> Rule | None:
        if ("every" in fields.values) == ("repeat" in fields.values):
            self.wrong(place, "say when it meets with either `every:` (Monday and Tuesday) or `repeat:` (an RRULE)")
        if "every" in fields.values:
            every = fields.values["every"]
            joined = (
                " and ".join(text.value for text in self.items(fields, "every")) if isinstance(every, Items) else None
            )
            rrule = self.every(joined, fields) if joined is not None else self.text(fields, "every", words.rrule)
        else:
            rrule = self.text(fields, "repeat", words.recurrence_rule)
        hours = self.required(fields, "time", words.times, place)
        zone = self.zone_of(fields) or self.zone
        starts_on = self.text(fields, "from", words.day) or (self.month if "from" not in fields.values else None)
        if starts_on is None and "from" not in fields.values:
            self.wrong(place, "`from:` is missing, and the file names no `month:`")
        ends_on = self.text(fields, "until", words.day)
        if starts_on and ends_on and ends_on < starts_on:
            self.wrong(fields.places["until"], f"it ends on {ends_on}, before it begins on {starts_on}")
            return None
        if rrule is None or hours is None or starts_on is None:
            return None
        return Rule(rrule, starts_on, *hours, zone, ends_on, tuple(text.value for text in modules))

    def every(self, text: str, fields: Fields) -> str | None:
        try:
            return words.rrule(text)
        except ValueError as error:
            self.wrong(fields.places["every"], str(error))
            return None

    def shortest(self, slug: str, offered: tuple[int, ...]) -> int:
        """The shortest slot of the series, in minutes: its own, else the policy's."""
        return min(offered or self.organisation.policy_for(slug).slot_minutes)

    def bookable_hours(self, hours: tuple[time, time], shortest: int, place: SourcePlace) -> None:
        """Name hours off the grid, and those into which no slot fits."""
        if not all(map(lengths.is_on_grid, hours)):
            self.wrong(place, OFF_GRID)
        elif lengths.between(*hours) < shortest:
            self.wrong(place, f"{lengths.between(*hours)} minutes: the shortest slot takes {shortest}")

    def single_dates(self, fields: Fields, more: dict[str, Any], rule: Rule | None, shortest: int | None) -> None:
        """Name what differs by date and is off the grid, too short, skipped by the clocks or shown twice.

        `shortest` is the shortest slot, None where there are none.
        """
        said: list[tuple[SourcePlace, tuple[time, time], date | None]] = [
            *((one.place, one.hours, one.moved_to or one.on) for one in more["exceptions"] if one.hours),
            *((turn.place, turn.hours, None) for turn in more["turns"] if turn.hours),
            *((fields.places["extra"], (extra.start_wall, extra.end_wall), extra.on) for extra in more["extras"]),
        ]
        for place, hours, day in said:
            if shortest is not None:
                self.bookable_hours(hours, shortest, place)
            if day is not None and rule is not None:
                for clock in hours:
                    self.clock(day, clock, rule.zone, place)

    def dates(self, rule: Rule, fields: Fields, modules: list[Text], place: SourcePlace) -> None:
        """Name a rule without dates, modules without one, and clock times that are skipped or shown twice."""
        when = fields.places.get("every", fields.places.get("repeat", place))
        horizon = recurrence.stored_until(max(self.today, rule.starts_on))
        limit = rule.starts_on + timedelta(days=3660) if modules else horizon
        found = recurrence.expand(rule, rule.starts_on, limit)
        last = found[-1].wall.date() if modules and found else limit
        clocks_right = [
            self.clock(day, clock, rule.zone, fields.places["time"])
            for day in takewhile(lambda day: day < limit and day <= last, recurrence.dates(rule))
            for clock in (rule.start_wall, rule.end_wall)
        ]
        if not found and all(clocks_right):
            self.wrong(when, "the rule gives no dates")
        elif len(found) < len(modules):
            at = fields.places["modules"]
            until = f"; the last is {last}" if found else ""
            self.wrong(at, f"there are {len(modules)} modules but only {len(found)} dates{until}")

    def clock(self, day: date, clock: time, zone: str, place: SourcePlace) -> bool:
        """Whether the clocks of the zone show that time once on that day; else it is named."""
        try:
            zones.localize(datetime.combine(day, clock), zone)
        except zones.NoSuchTime:
            self.wrong(place, f"on {day} clocks in {zone} skip {clock:%H:%M}")
            return False
        except zones.TwiceTime:
            self.wrong(place, f"on {day} clocks in {zone} show {clock:%H:%M} twice")
            return False
        return True


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise ValueError(f"{text!r} isn't a short name: use lower-case letters, digits and single hyphens")
    return text


def _on_holiday(text: str) -> str:
    text = "postpone" if text == "push" else text  # what older files say
    if text not in ANSWERS:
        raise ValueError(f"on_holiday must be one of {', '.join(ANSWERS)}, not {text!r}")
    return text


def _title(text: str) -> str:
    if len(text) > 200:
        raise ValueError("a title can have at most 200 characters")
    return text
