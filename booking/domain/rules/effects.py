"""Whom a change of the general rules affects: what has to be counted for it, and the sentences that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.organisation import Policy

#: Beyond so many, "more than" so many is all that is said.
MOST_COUNTED = 10_000
LATEST_DAYS = 28  # in which bookings are looked at that came later than a new notice


class Effect(StrEnum):
    """What is counted."""

    UPCOMING = "upcoming"
    PER_WEEK = "per_week"
    PER_OCCURRENCE = "per_occurrence"
    NOTICE = "notice_minutes"
    HORIZON = "horizon_days"
    LENGTHS = "slot_minutes"
    MISSED = "no_shows"
    AUDIT = "audit_days"


@dataclass(frozen=True, slots=True)
class CountedEffect:
    """One effect in words: who or what, how many, and what becomes of them."""

    effect: Effect
    sentence: str


def affected(before: Policy, after: Policy) -> list[Effect]:
    """The effects of that change that have to be counted: of rules that became narrower."""
    found = [
        effect
        for effect in (Effect.UPCOMING, Effect.PER_WEEK, Effect.PER_OCCURRENCE)
        if _is_lower(getattr(before, effect), getattr(after, effect))
    ]
    if after.notice_minutes > before.notice_minutes:
        found.append(Effect.NOTICE)
    if after.horizon_days < before.horizon_days:
        found.append(Effect.HORIZON)
    if set(before.slot_minutes) - set(after.slot_minutes):
        found.append(Effect.LENGTHS)
    missed = (before.no_shows, before.no_show_days) != (after.no_shows, after.no_show_days)
    if missed and after.no_shows:
        found.append(Effect.MISSED)
    if _is_lower(before.audit_days, after.audit_days):
        found.append(Effect.AUDIT)
    return found


def _is_lower(before: int, after: int) -> bool:
    """Whether a limit is narrower than before, 0 being none."""
    return after > 0 and (before == 0 or after < before)


def in_words(after: Policy, counts: Mapping[Effect, int]) -> list[CountedEffect]:
    """A sentence for each effect that was counted, none affected too."""
    return [CountedEffect(effect, _sentence(effect, after, count)) for effect, count in counts.items()]


def _sentence(effect: Effect, after: Policy, count: int) -> str:
    members = _many(count, "member has", "members have")
    bookings = _many(count, "upcoming booking is", "upcoming bookings are")
    keep = _if_any(count, " They keep them.")
    match effect:
        case Effect.UPCOMING:
            return f"{members} more than {_bookings(after.upcoming, 'upcoming ')} now.{keep}"
        case Effect.PER_WEEK:
            return f"{members} more than {_bookings(after.per_week)} in one week now.{keep}"
        case Effect.PER_OCCURRENCE:
            return f"{members} more than {_bookings(after.per_occurrence)} in one upcoming date now.{keep}"
        case Effect.NOTICE:
            made = _many(count, "booking was", "bookings were")
            return f"{made} made in the last {LATEST_DAYS} days too late for the new rule."
        case Effect.HORIZON:
            return f"{bookings} further ahead than that.{_if_any(count, ' They stay.')}"
        case Effect.LENGTHS:
            return f"{bookings} of a length that you no longer offer.{_if_any(count, ' They stay.')}"
        case Effect.MISSED:
            return f"{members} missed as many visits, and can only book in the last hour."
        case Effect.AUDIT:
            lines = _many(count, "line of the audit log is", "lines of the audit log are")
            return f"{lines} older than that.{_if_any(count, ' The worker starts to delete them within minutes.')}"


def _many(count: int, one: str, more: str) -> str:
    if count > MOST_COUNTED:
        return f"More than {MOST_COUNTED:,} {more}"
    return f"1 {one}" if count == 1 else f"{f'{count:,}' if count else 'No'} {more}"


def _bookings(count: int, which: str = "") -> str:
    return f"{count} {which}booking{'' if count == 1 else 's'}"


def _if_any(count: int, words: str) -> str:
    return words if count else ""
