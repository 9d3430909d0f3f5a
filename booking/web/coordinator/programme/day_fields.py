"""A day as a form of the programme sends it, near enough to today to be meant."""

from __future__ import annotations

from datetime import date, timedelta

from booking.web.coordinator import filter_fields
from booking.web.coordinator.filter_fields import FieldMistake


def ahead(years: int) -> timedelta:
    """So many years, at least."""
    return timedelta(days=years * 366)


def read(text: str, today: date, years: int) -> date:
    """The day that was typed. Raises FieldMistake for none, and for one further away than so many years."""
    day = filter_fields.day(text)
    if day is None:
        raise FieldMistake("Choose a date.")
    if abs(day - today) > ahead(years):
        raise FieldMistake(f"Choose a date within the next {years} years.")
    return day
