"""Each rule of the policy in words: its name, what it does for members, its unit, and what it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from booking.domain import numbers
from booking.domain.bookings import lengths
from booking.domain.organisation import MIN_AUDIT_DAYS

Value = int | tuple[int, ...]
NONE = "none"


class RuleNotRead(ValueError):
    """What was typed is no value of that rule; the message says what to enter."""


@dataclass(frozen=True, slots=True)
class RuleField:
    """One rule. `name` is its field in Policy; `least` and `most` bound a number or each number of a list.

    `zero` says what 0 means, empty where it means nothing special. `is_list` for lengths and hours. `of_series`: a
    series may have its own.
    """

    name: str
    label: str
    help: str
    unit: str
    most: int
    least: int = 0
    zero: str = ""
    is_list: bool = False
    of_series: bool = True

    def shown(self, value: Value) -> str:
        """The value as it stands in the form: "2", "15, 30", "none"."""
        if isinstance(value, tuple):
            return ", ".join(map(str, value)) or NONE
        return str(value)

    def in_words(self, value: Value) -> str:
        """The value in a sentence: "2 bookings", "no limit", "15, 30 minutes"."""
        if value == 0 and self.zero:
            return self.zero
        if value == ():
            return NONE
        return f"{self.shown(value)} {self.unit if value != 1 else self.unit.removesuffix('s')}"

    def read(self, text: str) -> Value:
        """What was typed, as a value. Raises RuleNotRead, which says what to enter."""
        return _LISTS[self.name](text) if self.is_list else self._number(text)

    def _number(self, text: str) -> int:
        number = numbers.whole(text.strip())
        if number is None or not self.least <= number <= self.most:
            raise RuleNotRead(f"Enter a whole number from {self.least} to {self.most:,}")
        if self.name == "audit_days" and 0 < number < MIN_AUDIT_DAYS:
            raise RuleNotRead(f"Enter {MIN_AUDIT_DAYS} or more, or 0 to keep every line")
        return number


def _listed(text: str) -> list[int] | None:
    found = [numbers.whole(part) for part in text.replace(",", " ").split()]
    return None if None in found else [number for number in found if number is not None]


def _lengths(text: str) -> tuple[int, ...]:
    found = _listed(text)
    if not found or not all(map(lengths.is_length, found)) or len(set(found)) > lengths.MAX_LENGTHS:
        raise RuleNotRead(f"Enter lengths such as 15, 30: {lengths.RULE}")
    return tuple(sorted(set(found)))


MOST_REMINDERS, MOST_HOURS = 4, 336


def _hours(text: str) -> tuple[int, ...]:
    if text.strip().lower() == NONE:
        return ()
    found = _listed(text)
    if not found or not all(1 <= hours <= MOST_HOURS for hours in found) or len(set(found)) > MOST_REMINDERS:
        raise RuleNotRead(
            f"Enter up to {MOST_REMINDERS} numbers of hours from 1 to {MOST_HOURS}, such as 24, 1, or none"
        )
    return tuple(sorted(set(found), reverse=True))


_LISTS: dict[str, Callable[[str], tuple[int, ...]]] = {"slot_minutes": _lengths, "reminder_hours": _hours}
A_DAY, A_YEAR = 1440, 366

#: In the order of the page, by heading.
GROUPS: dict[str, tuple[RuleField, ...]] = {
    "Slots": (
        RuleField(
            "slot_minutes", "Lengths offered", f"Separate them by commas: {lengths.RULE}.", "minutes", 240, is_list=True
        ),
        RuleField("horizon_days", "How far ahead members can book", "", "days", A_YEAR, least=1),
        RuleField(
            "notice_minutes",
            "How long before its start a slot can still be booked",
            "Also while the clinic is under way.",
            "minutes",
            7 * A_DAY,
            zero="until it starts",
        ),
    ),
    "Limits": (
        RuleField(
            "per_occurrence",
            "Bookings in one date",
            "For each member. 0 means no limit.",
            "bookings",
            99,
            zero="no limit",
        ),
        RuleField(
            "upcoming",
            "Upcoming bookings in total",
            "For each member. 0 means no limit. Bookings already made stay.",
            "bookings",
            99,
            zero="no limit",
        ),
        RuleField(
            "per_week", "Bookings in one week", "Monday to Sunday. 0 means no limit.", "bookings", 99, zero="no limit"
        ),
        RuleField(
            "last_hour_minutes",
            "When limits end before a clinic",
            "From then on members can book anything that is still free.",
            "minutes",
            A_DAY,
            zero="never",
        ),
    ),
    "Late and missed visits": (
        RuleField(
            "late_minutes",
            "When a cancellation counts as late",
            "So long before the start. 0 means never.",
            "minutes",
            14 * A_DAY,
            zero="never",
        ),
        RuleField(
            "no_shows",
            "Missed visits before a member can only book in the last hour",
            "0 means that missed visits aren’t counted.",
            "visits",
            99,
            zero="not counted",
        ),
        RuleField("no_show_days", "How long a missed visit counts", "", "days", 3660, least=1),
    ),
    "Joining": (
        RuleField("join_minutes", "How early a join link opens the meeting", "", "minutes", 240),
        RuleField(
            "capacity",
            "Places in each date of what members enrol in",
            "0 means no limit. People already enrolled stay.",
            "places",
            100_000,
            zero="no limit",
        ),
    ),
    "Emails": (
        RuleField(
            "reminder_hours",
            "When reminders are sent",
            "Hours before the start, separated by commas, or none.",
            "hours",
            MOST_HOURS,
            is_list=True,
        ),
        RuleField(
            "near_hours",
            "When a new title is emailed, not just shown in calendars",
            "To people whose date starts within so many hours. 0 means never.",
            "hours",
            MOST_HOURS,
            zero="never",
        ),
    ),
    "Free trials": (
        RuleField(
            "trial_days",
            "How long a free trial lasts",
            "People sign up at /trial, once each. 0 means no trials. Those under way go on.",
            "days",
            A_YEAR,
            zero="no trials",
            of_series=False,
        ),
    ),
    "Records": (
        RuleField(
            "audit_days",
            "How long the audit log is kept",
            f"At least {MIN_AUDIT_DAYS} days; 0 means for ever.",
            "days",
            36_600,
            zero="for ever",
            of_series=False,
        ),
    ),
}
FIELDS: dict[str, RuleField] = {field.name: field for fields in GROUPS.values() for field in fields}
