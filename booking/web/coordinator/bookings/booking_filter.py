"""The filter of the coordinator's list of bookings: read from an address, each mistake beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from booking.domain import zones
from booking.domain.enums.bookings import BookingStatus, VisitOutcome
from booking.store.queries.bookings import booking_list
from booking.store.queries.bookings.booking_list import AnalystChoice, BookingFilter, SeriesChoice
from booking.web.coordinator import filter_fields
from booking.web.coordinator.bookings import booking_words
from booking.web.coordinator.filter_fields import Readers
from booking.web.frame import context

MAX_CHARACTERS = {"from": 20, "to": 20, "series": 200, "analyst": 36, "member": 254, "status": 20, "outcome": 20}


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
    values, errors = filter_fields.read(readers, typed)
    typed |= {name: filter_fields.shown_day(typed[name]) for name in ("from", "to")}
    return FilterForm(typed, series, analysts, BookingFilter(**values), errors)


def _readers(series: Mapping[str, int], analysts: Mapping[str, int]) -> Readers:
    """The fields, with these choices."""
    statuses = {one.value: one for one in BookingStatus}
    return {
        "from": lambda text: {"since": filter_fields.midnight(text, "From")},
        "to": lambda text: {"until": filter_fields.midnight(text, "To", timedelta(days=1))},
        "series": lambda text: {"series_id": filter_fields.chosen(series, text, "series")},
        "analyst": lambda text: {"analyst_id": filter_fields.chosen(analysts, text, "analyst")},
        "member": lambda text: {"member_ids": filter_fields.people(text)},
        "status": lambda text: {"status": filter_fields.chosen(statuses, text, "status")},
        "outcome": _outcome,
    }


def _outcome(text: str) -> dict[str, Any]:
    if text == booking_words.NOT_MARKED:
        return {"not_marked_at": context.now()}
    return {"outcome": filter_fields.chosen({one.value: one for one in VisitOutcome}, text, "outcome")}
