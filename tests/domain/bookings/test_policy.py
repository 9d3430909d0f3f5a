"""Who may book: every limit, what lifts it, and the words it is said in beforehand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.domain import errors
from booking.domain.bookings import policy, policy_words
from booking.domain.bookings.policy import RequestedStart, Rules, Standing
from booking.domain.organisation import Policy
from tests.builders import BRISBANE, CLINIC_AT, NOW

NOTHING = Standing(True, None, 0, 0)
RULES = Policy(upcoming=3, per_week=2, per_occurrence=1, no_shows=2)


def refused(standing: Standing, now: datetime = NOW, rules: Policy = RULES) -> errors.Refusal | None:
    return policy.refusal(standing, RequestedStart(1, CLINIC_AT, CLINIC_AT), Rules(rules, BRISBANE, now))


@pytest.mark.parametrize(
    ("held", "scope", "limit"),
    [
        ({"in_occurrence": 1}, "occurrence", 1),
        ({"upcoming": 3}, "upcoming", 3),
        ({"in_week": 2}, "week", 2),
        ({"no_shows": 2}, "no-shows", 2),
    ],
)
def test_each_limit_refuses_with_its_number_and_when_it_no_longer_counts(
    held: dict[str, int], scope: str, limit: int
) -> None:
    found = refused(replace(NOTHING, **held))
    assert isinstance(found, errors.LimitReached)
    assert (found.code, found.scope, found.limit) == ("limit-reached", scope, limit)
    assert found.last_hour_at == CLINIC_AT - timedelta(hours=1)
    one_less = {name: value - 1 for name, value in held.items()}
    assert refused(replace(NOTHING, **one_less)) is None
    unlimited = replace(RULES, per_occurrence=0, upcoming=0, per_week=0, no_shows=0)
    assert refused(replace(NOTHING, **held), rules=unlimited) is None


@pytest.mark.parametrize(("seconds", "is_refused"), [(3601, True), (3600, False), (1, False)])
def test_on_standby_limits_no_longer_count(seconds: int, is_refused: bool) -> None:
    full = Standing(True, None, 9, 9, 9, 9)
    assert (refused(full, CLINIC_AT - timedelta(seconds=seconds)) is not None) is is_refused


def test_standby_is_for_members_whose_membership_lasts() -> None:
    at = CLINIC_AT - timedelta(minutes=30)
    assert isinstance(refused(replace(NOTHING, is_member=False), at), errors.NotAMember)
    ended = refused(replace(NOTHING, member_until=date(2023, 12, 3)), at)
    assert isinstance(ended, errors.MembershipEnded)
    assert refused(replace(NOTHING, member_until=date(2023, 12, 4)), at) is None


def test_a_week_is_monday_to_sunday_on_the_programmes_clock() -> None:
    sunday_night = datetime(2023, 12, 10, 13, 59, tzinfo=UTC)  # 11:59 pm in Brisbane
    monday = datetime(2023, 12, 3, 14, tzinfo=UTC)
    assert policy.week_of(sunday_night, BRISBANE) == (monday, monday + timedelta(days=7))
    assert policy.week_of(sunday_night + timedelta(minutes=1), BRISBANE)[0] == monday + timedelta(days=7)


def test_every_rule_is_said_in_words_beforehand() -> None:
    said = " ".join(policy_words.rules(RULES))
    for words in (
        "15 or 30 minutes long",
        "You can book a slot from 28 days ahead until 10 minutes before it starts",
        "You can have 1 booking per date, 2 per week (Monday to Sunday) and 3 upcoming in total",
        "If you miss 2 bookings within 90 days, you can only book in the last hour",
        "from 1 hour before the start you can book any free slot",
        "less than 2 hours before the start counts as late",
    ):
        assert words in said
    without = " ".join(policy_words.rules(replace(RULES, per_occurrence=0, per_week=0, upcoming=0, no_shows=0)))
    assert "You can have" not in without
    assert "Last hour" not in without
