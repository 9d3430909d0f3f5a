"""The filter of the coordinator's list of bookings: read from an address, each mistake beside its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from booking.domain import zones
from booking.domain.enums.bookings import BookingStatus, VisitOutcome
from booking.store.queries.bookings import booking_list
from booking.store.queries.bookings.booking_list import AnalystChoice, BookingFilter, SeriesChoice
from booking.store.queries.people import account_holdings
from booking.web.coordinator.bookings import booking_words
from booking.web.frame import context

YEARS = range(2000, 2101)  # of days that can be asked for
MOST_MEMBERS = 50  # whose bookings are listed together
MAX_CHARACTERS = {"from": 20, "to": 20, "series": 200, "analyst": 36, "member": 254, "status": 20, "outcome": 20}


class FieldMistake(Exception):
    """What was typed into a field means nothing; its text says so, and what to enter."""


@dataclass(frozen=True, slots=True)
class FilterForm:
    """A filter as it was typed, by field, with what it means; where `errors` has words for a field, it means nothing.

    Days are typed as 2026-11-30, and empty where a date field could not show them. `series` and `analysts` are what
    can be chosen.
    """

    typed: dict[str, str]
    series: list[SeriesChoice]
    analysts: list[AnalystChoice]
    wanted: BookingFilter
    errors: dict[str, str]

    @property
    def address(self) -> dict[str, str]:
        """Returns the arguments that lead here again; `from` is always said, or it would be today."""
        return {name: text for name, text in self.typed.items() if text or name == "from"}


def read(arguments: Mapping[str, str]) -> FilterForm:
    """The filter of those arguments; from today on where nothing is said of the first day."""
    organisation = context.organisation()
    today = zones.today(context.now(), organisation.zone)
    first = {"from": today.isoformat(), **arguments}
    typed = {name: first.get(name, "").strip()[:most] for name, most in MAX_CHARACTERS.items()}
    series = booking_list.series(context.db(), organisation.bookable)
    analysts = booking_list.analysts(context.db())
    readers = _readers({one.slug: one.id for one in series}, {str(one.public_id): one.id for one in analysts})
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, reader in readers.items():
        if typed[name]:
            try:
                values |= reader(typed[name])
            except FieldMistake as mistake:
                errors[name] = str(mistake)
    if "since" in values and "until" in values and values["until"] <= values["since"]:
        errors["to"] = "“To” is before “From”. Choose the same day or a later one."
    typed |= {name: _shown(typed[name]) for name in ("from", "to")}
    return FilterForm(typed, series, analysts, BookingFilter(**values), errors)


def _readers(series: Mapping[str, int], analysts: Mapping[str, int]) -> dict[str, Callable[[str], dict[str, Any]]]:
    """What turns the text of each field into what it asks for. They raise FieldMistake."""
    statuses = {one.value: one for one in BookingStatus}
    return {
        "from": lambda text: {"since": _midnight(text, "From")},
        "to": lambda text: {"until": _midnight(text, "To", timedelta(days=1))},
        "series": lambda text: {"series_id": _chosen(series, text, "series")},
        "analyst": lambda text: {"analyst_id": _chosen(analysts, text, "analyst")},
        "member": lambda text: {"member_ids": _members(text)},
        "status": lambda text: {"status": _chosen(statuses, text, "status")},
        "outcome": _outcome,
    }


def _midnight(text: str, label: str, later: timedelta = timedelta(0)) -> datetime:
    """The first instant of a day in the organisation's zone, or of so many days later."""
    day = _day(text)
    if day is None:
        raise FieldMistake(f"“{label}” isn't a date. Choose one, or leave it empty.")
    if day.year not in YEARS:
        raise FieldMistake(f"“{label}” must be between {YEARS[0]} and {YEARS[-1]}.")
    return zones.day_starts_at(day + later, context.organisation().zone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _shown(text: str) -> str:
    """Returns what a date field can show again."""
    day = _day(text)
    return "" if day is None else day.isoformat()


def _chosen(choices: Mapping[str, Any], text: str, what: str) -> Any:
    """The choice that an address names."""
    if text not in choices:
        raise FieldMistake(f"There's no such {what}. Choose one from the list.")
    return choices[text]


def _outcome(text: str) -> dict[str, Any]:
    if text == booking_words.NOT_MARKED:
        return {"not_marked_at": context.now()}
    return {"outcome": _chosen({one.value: one for one in VisitOutcome}, text, "outcome")}


def _members(text: str) -> tuple[int, ...]:
    """Whoever has exactly this address, else whoever people search finds, where they aren't too many."""
    exact = account_holdings.with_email(context.db(), text) if "@" in text else None
    if exact is not None:
        return (exact.id,)
    found = account_holdings.ids_matching(context.db(), text, MOST_MEMBERS + 1)
    if len(found) > MOST_MEMBERS:
        raise FieldMistake(f"More than {MOST_MEMBERS} people match. Add the surname, or enter the whole email address.")
    return tuple(found)
