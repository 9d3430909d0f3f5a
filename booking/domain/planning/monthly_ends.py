"""The last day that a file for one month gives a series, and whether the series ends with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from booking.domain import recurrence, wording
from booking.domain.recurrence import Rule


class MonthlyEnd(NamedTuple):
    """The end of the rule, None for a series that goes on; `note` says why it goes on although a last day is given."""

    ends_on: date | None
    note: str = ""


def end_of(stated: Rule, month: date, had: Rule) -> MonthlyEnd:
    """The end of a series that began before `month`, of which a file for that month states `stated`.

    A last day that leaves dates of the month out ends the series. The month's own last date doesn't: it is where the
    file stops, and the series goes on as it is stored.
    """
    if stated.ends_on is None:
        return MonthlyEnd(None)
    if month <= stated.ends_on:
        next_month = (month + timedelta(days=32)).replace(day=1)
        if recurrence.expand(replace(stated, ends_on=None), stated.ends_on + timedelta(days=1), next_month):
            return MonthlyEnd(stated.ends_on)
    later = None if had.ends_on is None else max(stated.ends_on, had.ends_on)
    if later == stated.ends_on or stated.ends_on < month:
        return MonthlyEnd(later)
    return MonthlyEnd(
        later,
        f"{wording.day(stated.ends_on)} is its last date of the month, and later dates stay. To end the series then, "
        "open that date and choose “End the series”",
    )
