"""A membership that has ended, or ends before a date: said before anything is filled in."""

from __future__ import annotations

from datetime import date, datetime

from booking.domain import refusal_words, wording, zones
from booking.web.frame import context
from booking.web.frame.current_reader import current_user


def sentence(last: date) -> str:
    """Returns what to say today of a membership with that last day."""
    today = zones.today(context.now(), context.organisation().zone)
    return refusal_words.membership_ended(last, today, is_trial=current_user.is_trial)


def is_over(last: date) -> bool:
    """Whether a membership with that last day has ended."""
    return zones.today(context.now(), context.organisation().zone) > last


def covers(last: date | None, starts_at: datetime) -> bool:
    """Whether a membership with that last day, None for no end, takes in that time."""
    return last is None or zones.today(starts_at, context.organisation().zone) <= last


def of_member(name: str, last: date) -> str:
    """Returns what staff read of a member whose membership prevents a booking."""
    if is_over(last):
        return f"{name}’s membership ended on {_day(last)}. Nothing can be booked or moved for them until it’s renewed."
    return f"{name}’s membership ends on {_day(last)}. Only times until then are offered."


def _day(last: date) -> str:
    return f"{wording.long_day(last)} {last.year}"


def gap(starts_at: datetime | None = None) -> str:
    """Why the reader's membership does not cover that time (today without one); empty where it does.

    Empty for visitors too, and for staff, who book for others.
    """
    if not current_user.is_authenticated or current_user.is_staff or current_user.member_until is None:
        return ""
    last: date = current_user.member_until
    return "" if covers(last, starts_at or context.now()) else sentence(last)
