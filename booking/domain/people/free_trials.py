"""Free trials: how long one lasts, who has had one, when its end is told, and what is said of it."""

from __future__ import annotations

from datetime import date, timedelta

from booking.domain import wording
from booking.domain.enums.people import TrialState
from booking.domain.people import email_addresses

CONFIRM_WITHIN = timedelta(days=2)  # so long the link of a sign-up works
CONFIRM_WORDS = "two days"
TOLD_BEFORE = timedelta(days=2)  # so long before its last day an email tells of a trial's end


def last_day(today: date, days: int) -> date:
    """The last day of a trial that begins on a day: that day next week for a trial of seven days."""
    return today + timedelta(days=days)


def is_trial(member_until: date | None, trial_until: date | None) -> bool:
    """Whether a membership is a trial that nothing has followed: both end on the same day."""
    return trial_until is not None and member_until == trial_until


def state(member_until: date | None, trial_until: date, today: date) -> TrialState:
    """What has become of a trial that somebody began. JOINED: their membership has another last day now, or none."""
    if not is_trial(member_until, trial_until):
        return TrialState.JOINED
    return TrialState.UNDER_WAY if today <= trial_until else TrialState.ENDED


def key(email: str) -> str:
    """What tells people apart who sign up: an address without what follows a plus sign (RFC 5233)."""
    local, _, domain = email_addresses.key(email).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def sentence(last: date, today: date) -> str:
    """What somebody with a trial reads on every page."""
    day = f"{wording.long_day(last)} {last.year}"
    if today > last:
        return f"Your free trial ended on {day}."
    if today == last:
        return "Your free trial ends today."
    return f"Your free trial ends on {day}."
