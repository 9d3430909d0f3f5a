"""Decide whether a member may book, on the policy and on what they already hold."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.domain import errors, zones
from booking.domain.enums.bookings import LimitScope
from booking.domain.organisation import Policy


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a booking or a place on the waitlist is judged: the policy of its series, the programme's zone, the time.

    `now` is UTC.
    """

    policy: Policy
    zone: str
    now: datetime


@dataclass(frozen=True, slots=True)
class RequestedStart:
    """The start of a requested slot: its occurrence (an internal id), when that begins, when the slot does."""

    occurrence_id: int
    clinic_at: datetime
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's bookings, now and earlier. A booking that is being moved is not counted.

    `upcoming` counts confirmed bookings that have not started, `in_occurrence` those in the one asked for, `in_week`
    those of its week; `no_shows` the times of not coming that still count; `is_waiting` whether they wait for
    that occurrence. `member_until` is the last day of the membership in the programme's zone, None for no end;
    `is_trial` whether it is a free trial.
    """

    is_member: bool
    member_until: date | None
    upcoming: int
    in_occurrence: int
    in_week: int = 0
    no_shows: int = 0
    is_waiting: bool = False
    is_trial: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """One confirmed booking that counts for a limit: its ids, its occurrence's internal one, and its start."""

    id: int
    public_id: uuid.UUID
    occurrence_id: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Holdings:
    """The holdings of one member, for any number of slots that they may ask for.

    `bookings` are the confirmed ones of the last two weeks and to come, `missed` the starts of those they did not
    come to; `is_waiting` as in Standing, for the occurrence that they were read for.
    """

    is_member: bool
    member_until: date | None
    bookings: tuple[Counted, ...] = ()
    missed: tuple[datetime, ...] = ()
    is_waiting: bool = False
    is_trial: bool = False

    def standing(self, at: RequestedStart, rules: Rules, moving: int | None = None) -> Standing:
        """As it counts for a slot that starts there, the booking `moving` left out."""
        monday, next_monday = week_of(at.starts_at, rules.zone)
        held = [one for one in self.bookings if one.id != moving]
        since = rules.now - timedelta(days=rules.policy.no_show_days)
        return Standing(
            self.is_member,
            self.member_until,
            upcoming=sum(one.starts_at > rules.now for one in held),
            in_occurrence=sum(one.occurrence_id == at.occurrence_id for one in held),
            in_week=sum(monday <= one.starts_at < next_monday for one in held),
            no_shows=sum(at >= since for at in self.missed),
            is_waiting=self.is_waiting,
            is_trial=self.is_trial,
        )


def refusal(standing: Standing, at: RequestedStart, rules: Rules) -> errors.Refusal | None:
    """Why this member may not book a slot that starts there; None if they may.

    In the last hour (`last_hour_minutes`) limits do not count.
    """
    if not standing.is_member:
        return errors.NotAMember()
    if standing.member_until is not None and zones.today(at.starts_at, rules.zone) > standing.member_until:
        return errors.MembershipEnded(standing.member_until, is_trial=standing.is_trial)
    policy, last_hour_at = rules.policy, last_hour_from(rules.policy, at.clinic_at)
    if rules.now >= last_hour_at:
        return None
    for scope, held, limit in (
        (LimitScope.OCCURRENCE, standing.in_occurrence, policy.per_occurrence),
        (LimitScope.UPCOMING, standing.upcoming, policy.upcoming),
        (LimitScope.WEEK, standing.in_week, policy.per_week),
        (LimitScope.NO_SHOWS, standing.no_shows, policy.no_shows),
    ):
        if limit and held >= limit:
            return errors.LimitReached(scope, limit, last_hour_at)
    return None


def last_hour_from(policy: Policy, clinic_at: datetime) -> datetime:
    """From when (UTC) limits no longer count for what is free in the clinic that begins at `clinic_at`."""
    return clinic_at - timedelta(minutes=policy.last_hour_minutes)


def week_of(starts_at: datetime, zone: str) -> tuple[datetime, datetime]:
    """[Monday, Monday after) in UTC of the week in which `starts_at` falls in `zone`."""
    day = zones.today(starts_at, zone)
    monday = day - timedelta(days=day.weekday())
    return zones.day_starts_at(monday, zone), zones.day_starts_at(monday + timedelta(days=7), zone)


def is_late(policy: Policy, starts_at: datetime, now: datetime) -> bool:
    """Whether a cancellation at `now` is marked late."""
    return now > starts_at - timedelta(minutes=policy.late_minutes)


def join_opens_at(policy: Policy, starts_at: datetime) -> datetime:
    """The instant (UTC) from which the meeting link is shown."""
    return starts_at - timedelta(minutes=policy.join_minutes)
