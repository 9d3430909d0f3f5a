"""The rules of booking in sentences that pages, emails and the API share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from booking.domain import wording
from booking.domain.bookings import lengths
from booking.domain.bookings.policy import is_late
from booking.domain.enums.bookings import LimitScope
from booking.domain.organisation import Policy

MAY_CHANGE = "You can move or cancel it until it starts."
LATE_NOW = "Cancelling now counts as late."
#: Of a clinic that nobody staffs yet.
NO_ANALYSTS = "Bookings open once analysts are named"
#: Where a limit counts, by its scope.
_WHERE = {LimitScope.OCCURRENCE: "here", LimitScope.WEEK: "that week", LimitScope.UPCOMING: "upcoming"}


def rules(policy: Policy) -> list[str]:
    """Every rule as a member reads it before booking."""
    return [
        f"{lengths.sentence(policy.slot_minutes)} {_window(policy)}",
        *filter(None, (_limits(policy), missed(policy), _last_hour(policy))),
        "Moving a booking never counts against you.",
        *filter(None, (late(policy),)),
    ]


def late(policy: Policy) -> str:
    """From when cancelling counts as late; empty where it never does."""
    if not policy.late_minutes:
        return ""
    return f"Cancelling less than {_length(policy.late_minutes)} before the start counts as late."


def may_change(policy: Policy, starts_at: datetime, now: datetime, when: Callable[[datetime], str]) -> str:
    """What can still be done with a booking that starts at `starts_at`; `when` words a time for the reader."""
    if not policy.late_minutes:
        return MAY_CHANGE
    if is_late(policy, starts_at, now):
        return f"{MAY_CHANGE} {LATE_NOW}"
    from_then = when(starts_at - timedelta(minutes=policy.late_minutes))
    return f"{MAY_CHANGE} Cancelling after {from_then} counts as late."


def join(policy: Policy, start: str = "the start") -> str:
    """From when the join link opens the meeting, without a full stop."""
    return f"You can join from {_length(policy.join_minutes)} before {start}"


def at_limit(scope: LimitScope, limit: int) -> str:
    """Which limit a member has reached, in a few words: "You have 2 upcoming bookings, the most allowed"."""
    if scope == LimitScope.NO_SHOWS:
        return f"You missed {_bookings(limit)} recently, so you can only book in the last hour"
    if scope == LimitScope.OCCURRENCE and limit == 1:
        return "You already have a booking here"
    if scope == LimitScope.UPCOMING:
        return f"You already have {_bookings(limit, 'upcoming ')}, the most allowed"
    return f"You already have {_bookings(limit)} {_WHERE[scope]}, the most allowed"


def limit_reached(scope: LimitScope, limit: int, last_hour: str = "") -> str:
    """The same in sentences, and what to do; `last_hour` is from when limits no longer count, in the reader's words."""
    said = f"{at_limit(scope, limit)}."
    if scope == LimitScope.OCCURRENCE:
        said += f" Move or cancel {'it' if limit == 1 else 'one'} to book another time."
    elif scope != LimitScope.NO_SHOWS:
        said += f" Move or cancel {'it' if limit == 1 else 'one'} to book here."
    return f"{said} From {last_hour} you can book anything still free." if last_hour else said


def _window(policy: Policy) -> str:
    before = f"{_length(policy.notice_minutes)} before it starts" if policy.notice_minutes else "it starts"
    return f"You can book a slot from {_days(policy.horizon_days)} ahead until {before}."


def _limits(policy: Policy) -> str:
    """ "You can have 1 booking per date and 2 upcoming in total."; empty without limits."""
    limits = [
        (limit, where)
        for limit, where in (
            (policy.per_occurrence, "per date"),
            (policy.per_week, "per week (Monday to Sunday)"),
            (policy.upcoming, "upcoming in total"),
        )
        if limit
    ]
    if not limits:
        return ""
    first, *others = limits
    shown = [f"{_bookings(first[0])} {first[1]}", *(f"{limit} {where}" for limit, where in others)]
    return f"You can have {wording.listed(shown)}."


def missed(policy: Policy) -> str:
    """What follows from missing bookings; empty where nothing does."""
    if not policy.no_shows:
        return ""
    missed = _bookings(policy.no_shows)
    return f"If you miss {missed} within {_days(policy.no_show_days)}, you can only book in the last hour."


def _last_hour(policy: Policy) -> str:
    if not (policy.per_occurrence or policy.per_week or policy.upcoming or policy.no_shows):
        return ""
    before = _length(policy.last_hour_minutes)
    return f"Last hour: from {before} before the start you can book any free slot, even over your limit."


def _bookings(count: int, which: str = "") -> str:
    return f"{count} {which}booking{'' if count == 1 else 's'}"


def _length(minutes: int) -> str:
    return wording.length_of_time(minutes).replace(wording.NBSP, " ")


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
