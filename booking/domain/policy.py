"""Who may book: decided on the policy and on what the member already holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.domain import errors, zones
from booking.domain.organisation import Policy


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member already holds. A booking that is being moved is not counted.

    `upcoming` counts confirmed bookings that have not started, `in_occurrence` those in the one asked for;
    `member_until` is the last day of the membership in the programme's zone, None for no end.
    """

    is_member: bool
    member_until: date | None
    upcoming: int
    in_occurrence: int


def refusal(standing: Standing, policy: Policy, starts_at: datetime, zone: str) -> errors.Refusal | None:
    """Why this member may not book a slot that starts at `starts_at`; None if they may."""
    if not standing.is_member:
        return errors.NotAMember()
    if standing.member_until is not None and zones.today(starts_at, zone) > standing.member_until:
        return errors.MembershipEnded(standing.member_until)
    if standing.in_occurrence >= policy.per_occurrence:
        return errors.LimitReached("occurrence", policy.per_occurrence)
    if standing.upcoming >= policy.upcoming:
        return errors.LimitReached("upcoming", policy.upcoming)
    return None


def is_late(policy: Policy, starts_at: datetime, now: datetime) -> bool:
    """Whether a cancellation at `now` is marked late."""
    return now > starts_at - timedelta(minutes=policy.late_minutes)


def door_opens_at(policy: Policy, starts_at: datetime) -> datetime:
    """The instant (UTC) from which the room is shown."""
    return starts_at - timedelta(minutes=policy.door_minutes)
