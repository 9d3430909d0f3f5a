"""A membership that has ended, or ends before a date: said before anything is filled in."""

from __future__ import annotations

from datetime import date, datetime

from booking.domain import wording, zones
from booking.web import context
from booking.web.reader import current_user


def sentence(last: date) -> str:
    """What a membership with that last day says today."""
    day = f"{wording.long_day(last)} {last.year}"
    if zones.today(context.now(), context.organisation().zone) > last:
        return f"Your membership ended on {day}."
    return f"Your membership ends on {day}, before this date."


def gap(starts_at: datetime | None = None) -> str:
    """Why the reader's membership does not cover that time (today without one); empty where it does.

    Empty for visitors too, and for staff, who book for others.
    """
    if not current_user.is_authenticated or current_user.is_staff or current_user.member_until is None:
        return ""
    last: date = current_user.member_until
    on = zones.today(starts_at or context.now(), context.organisation().zone)
    return sentence(last) if on > last else ""
