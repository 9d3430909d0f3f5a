"""The fields of the coordinator's filters: what each text asks for, or what is wrong with it and what to enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from booking.domain import zones
from booking.store.queries.people import account_holdings
from booking.web.frame import context

YEARS = range(2000, 2101)  # of days that can be asked for
MOST_PEOPLE = 50  # whose things are listed together


class FieldMistake(Exception):
    """What was typed into a field means nothing; its text says so, and what to enter."""


#: What turns the text of each field into what it asks for, in the order of the page. They raise FieldMistake.
Readers = Mapping[str, Callable[[str], "dict[str, Any]"]]


def read(readers: Readers, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the fields that are not empty ask for, and the mistakes by field; the last day is never before the first."""
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
    return values, errors


def midnight(text: str, label: str, later: timedelta = timedelta(0)) -> datetime:
    """The first instant of a day in the organisation's zone, or of so many days later. Raises FieldMistake."""
    on = day(text)
    if on is None:
        raise FieldMistake(f"“{label}” isn't a date. Choose one, or leave it empty.")
    if on.year not in YEARS:
        raise FieldMistake(f"“{label}” must be between {YEARS[0]} and {YEARS[-1]}.")
    return zones.day_starts_at(on + later, context.organisation().zone)


def day(text: str) -> date | None:
    """The day that a date field sends, 2026-11-30; None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def shown_day(text: str) -> str:
    """Returns what a date field can show again."""
    found = day(text)
    return "" if found is None else found.isoformat()


def chosen(choices: Mapping[str, Any], text: str, what: str) -> Any:
    """The choice that an address names. Raises FieldMistake."""
    if text not in choices:
        raise FieldMistake(f"There's no such {what}. Choose one from the list.")
    return choices[text]


def people(text: str) -> tuple[int, ...]:
    """Whoever has exactly this address, else whoever people search finds. Raises FieldMistake for too many."""
    exact = account_holdings.with_email(context.db(), text) if "@" in text else None
    if exact is not None:
        return (exact.id,)
    found = account_holdings.ids_matching(context.db(), text, MOST_PEOPLE + 1)
    if len(found) > MOST_PEOPLE:
        raise FieldMistake(f"More than {MOST_PEOPLE} people match. Add the surname, or enter the whole email address.")
    return tuple(found)
