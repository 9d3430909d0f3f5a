"""The recurrence rules of series that were read: each week on some days, or on such a weekday of the month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from booking.programme.words import WEEKDAYS

_ORDER = list(WEEKDAYS)


def weekly_on(days: Sequence[date]) -> str:
    """The rule that has the weekdays of these days."""
    codes = sorted({_ORDER[on.weekday()] for on in days}, key=_ORDER.index)
    return f"FREQ=WEEKLY;BYDAY={','.join(codes)}"


def meets(rrule: str, on: date) -> bool:
    """Whether a day is one of the rule's weekdays, and in a monthly rule the right one of the month."""
    codes = rrule.rpartition("BYDAY=")[2].split(",")
    code = _ORDER[on.weekday()]
    if "MONTHLY" not in rrule:
        return code in codes
    is_last = (on + timedelta(days=7)).month != on.month
    return f"{(on.day - 1) // 7 + 1}{code}" in codes or (is_last and f"-1{code}" in codes)
