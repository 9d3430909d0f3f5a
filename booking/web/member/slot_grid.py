"""The grid that answers when and with whom: cells computed here, so that the template only loops."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from booking.domain import errors, wording, zones
from booking.domain.bookings import slots
from booking.domain.bookings.policy import Rules
from booking.domain.bookings.slots import AnalystPreference, Slot
from booking.domain.bookings.timetable import Timetable
from booking.domain.enums.refusals import RefusalCode
from booking.services.bookings.book import BookingRequest
from booking.web.frame import template_globals

COLUMNS = 4
SAID = 72  # so many cells site.css tells apart, to say on the button which one is chosen
WHY = {
    RefusalCode.SLOT_TAKEN: "taken",
    RefusalCode.TOO_LATE: "too late",
    RefusalCode.TOO_EARLY: "not yet",
    RefusalCode.OCCURRENCE_CANCELLED: "–",
}


CURRENT = "your booking"  # the slot that moves


class NoSlotChosen(errors.Refusal):
    """The form names no slot, or one of another length than it says."""

    code = RefusalCode.NO_SLOT_CHOSEN


@dataclass(slots=True)
class Cell:
    """One start for one row. `value` is what its radio sends, empty where it cannot be had; `why` says why not.

    `clock` is the reader's, on `day` where that is another one than the programme's; `there` is the programme's clock,
    empty where both show the same.
    """

    number: int
    value: str
    clock: str
    day: str
    there: str
    why: str
    is_taken: bool
    is_best: bool
    is_checked: bool
    is_lost: bool
    said: str
    with_whom: str = ""  # of the row for anyone: who it will be


@dataclass(slots=True)
class GridRow:
    """One row: anyone (`analyst` empty), or one analyst. `about`: of anyone, who it may be."""

    analyst: str
    initials: str
    about: str
    cells: list[Cell]


@dataclass(slots=True)
class Grid:
    """All starts of one length, in blocks of four columns. `button` says what it does where cells are too many."""

    minutes: int
    blocks: list[list[GridRow]]
    has_free: bool
    button: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The form's choice: `slot` as the radio buttons spell it, and the length. `is_lost`: somebody else has it now.

    `current` is the slot that moves, spelled likewise.
    """

    slot: str = ""
    minutes: str = ""
    is_lost: bool = False
    current: str = ""


def stamp(at: datetime) -> str:
    """An instant as forms send it."""
    return f"{at:%Y%m%dT%H%MZ}"


def instant_of(text: str) -> datetime | None:
    """The instant that `stamp` wrote, None for nothing; raises ValueError for anything else."""
    return datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC) if text else None


def value_of(slot_start: datetime, minutes: int, analyst: str) -> str:
    """Returns a radio button's value: minutes/start/analyst."""
    return f"{minutes}/{stamp(slot_start)}/{analyst}"


def request_of(occurrence: uuid.UUID, chosen: Chosen, topic: str, link: str, key: str) -> BookingRequest:
    """The request that a form makes; NoSlotChosen where it names none, or one of another length."""
    match = re.fullmatch(r"(\d{1,3})/(\d{8}T\d{4}Z)/(any|[0-9a-f-]{36})", chosen.slot)
    if match is None or match[1] != (chosen.minutes or match[1]):
        raise NoSlotChosen()
    try:
        starts_at = datetime.strptime(match[2], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        analyst = None if match[3] == "any" else uuid.UUID(match[3])
    except ValueError:
        raise NoSlotChosen() from None
    return BookingRequest(occurrence, starts_at, int(match[1]), analyst, topic, link, key)


def length_of(chosen: Chosen, offered: Sequence[int], otherwise: int) -> int:
    """The length that the form says, if it is one of `offered`."""
    return next((minutes for minutes in offered if str(minutes) == chosen.minutes), otherwise)


def grids(
    found: Timetable, rules: Rules, chosen: Chosen, verb: str = "Book", preference: AnalystPreference | None = None
) -> list[Grid]:
    """A grid for each length that the policy offers; each cell is decided by the rule that books.

    All have the same starts: those at which the shortest fits in. With `preference` the row for any analyst says who it
    will be.
    """
    numbers = count(1)
    made = []
    starts = slots.starts(found.hours, rules.policy.shortest)
    words = {start: _words(start, found) for start in starts}
    for minutes in rules.policy.slot_minutes:
        maker = _Maker(found, rules, minutes, chosen, verb, preference, words)
        blocks = [starts[n : n + COLUMNS] for n in range(0, len(starts), COLUMNS)]
        rows = [
            [maker.line(None, block, numbers)] + [maker.line(n, block, numbers) for n in range(len(found.analysts))]
            for block in blocks
        ]
        made.append(Grid(minutes, rows, maker.has_free))
    if next(numbers) > SAID + 1:
        made = [replace(grid, button=f"{verb} this time") for grid in made]
    return made


@dataclass(frozen=True, slots=True)
class _StartWords:
    """One start in words, the same in all its cells: the reader's clock and day, the programme's clock where it
    differs, and both as the button says them."""

    clock: str
    day: str
    there: str
    said: str


def _words(start: datetime, found: Timetable) -> _StartWords:
    """As the button says it: "Monday 1:15 pm"; "Sunday 7:15 pm (Mon 1:15 pm AEST)" where the reader's clock differs."""
    day = zones.today(found.hours.starts_at, found.zone)
    clock, yours = wording.clock(start, found.zone), template_globals.yours(start, None, found.zone)
    if not yours:
        return _StartWords(clock, "", "", f"{day:%A} {clock}")
    own_zone = template_globals.own_zone(found.zone)
    own_day = zones.today(start, own_zone)
    weekday = f"{day:%a} " if own_day != day else ""
    beside = f"{weekday}{clock} {zones.abbreviation(start, found.zone)}"
    own = wording.clock(start, own_zone)
    return _StartWords(own, f"{own_day:%a}" if weekday else "", clock, f"{own_day:%A} {own} ({beside})")


@dataclass(slots=True)
class _Maker:
    """Makes the cells of one length."""

    found: Timetable
    rules: Rules
    minutes: int
    chosen: Chosen
    verb: str
    preference: AnalystPreference | None
    words: dict[datetime, _StartWords]
    names: dict[int, str] = field(init=False)
    refusals: dict[tuple[int, datetime], errors.Refusal | None] = field(init=False)
    has_free: bool = field(init=False)
    best_at: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        found, minutes, policy = self.found, self.minutes, self.rules.policy
        self.names = {analyst.id: analyst.name for analyst in found.analysts}
        hours = found.hours
        self.refusals = {
            (analyst_id, start): slots.refusal(hours, Slot(analyst_id, start, minutes), policy, self.rules.now)
            for start in hours.quarters
            for analyst_id in hours.analyst_ids
        }
        free = [Slot(a, s, minutes) for (a, s), why in self.refusals.items() if why is None]
        self.has_free = bool(free)
        self.best_at = slots.offered(hours, free, policy)[0].starts_at if free else None

    def line(self, number: int | None, starts: list[datetime], numbers: Iterator[int]) -> GridRow:
        if number is None:
            cells = [self.any_cell(start, next(numbers)) for start in starts]
            free = {a for a in self.found.hours.analyst_ids for at in starts if self.refusals[a, at] is None}
            names = [self.names[a] for a in self.found.hours.analyst_ids if a in free]
            return GridRow(
                "", "", " or ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names), cells
            )
        analyst = self.found.analysts[number]
        words = analyst.name.split()
        initials = "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()
        cells = [
            self.cell(start, str(analyst.public_id), self.refusals[analyst.id, start], analyst.name, next(numbers))
            for start in starts
        ]
        return GridRow(analyst.name, initials, analyst.about, cells)

    def any_cell(self, start: datetime, number: int) -> Cell:
        here = [(a, self.refusals[a, start]) for a in self.found.hours.analyst_ids]
        free = [self.names[a] for a, why in here if why is None]
        why = None if free else (here[0][1] if here else errors.NotOnRoster())
        if not free and any(isinstance(w, errors.SlotTaken) for _, w in here):
            why = errors.SlotTaken()
        slots_here = [Slot(a, start, self.minutes) for a, why in here if why is None]
        taker = (
            slots.choose(self.found.hours, slots_here, self.rules.policy, self.preference) if self.preference else None
        )
        name = self.names[taker.analyst_id] if taker is not None else ""
        made = self.cell(start, "any", why, name, number)
        made.with_whom = name
        if why is None and taker is not None and self._is_current(taker):
            made.value, made.why = "", CURRENT
        return made

    def cell(self, start: datetime, analyst: str, why: errors.Refusal | None, name: str, number: int) -> Cell:
        words = self.words[start]
        value = value_of(start, self.minutes, analyst)
        with_name = f", with {name}" if name else ""
        is_current = value == self.chosen.current
        said_why = "yours" if getattr(why, "own", False) else WHY.get(why.code, "–") if why is not None else ""
        return Cell(
            number=number,
            value=value if why is None and not is_current else "",
            clock=words.clock,
            day=words.day,
            there=words.there,
            is_taken=isinstance(why, errors.SlotTaken) and not why.own,
            why=CURRENT if is_current else said_why,
            is_best=start == self.best_at and why is None and analyst == "any",
            is_checked=why is None and value == self.chosen.slot,
            is_lost=self.chosen.is_lost and value == self.chosen.slot,
            said=f"{self.verb} {words.said}, {self.minutes} minutes{with_name}",
        )

    def _is_current(self, slot: Slot) -> bool:
        """Whether that slot is the one that moves."""
        analyst = next(one.public_id for one in self.found.analysts if one.id == slot.analyst_id)
        return value_of(slot.starts_at, slot.minutes, str(analyst)) == self.chosen.current
