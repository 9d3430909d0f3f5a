"""How often a calendar fetches, and what starts too soon for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.domain import wording
from booking.domain.fetching import Fetching
from tests.builders import NOW

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("ago", "before", "starts_in", "misses"),
    [
        (HOUR, 9 * HOUR, 7.9 * HOUR, True),  # every eight hours
        (HOUR, 9 * HOUR, 8 * HOUR, False),
        (8 * HOUR, 16 * HOUR, 8 * HOUR, False),
        (HOUR, None, 23 * HOUR, True),  # seen once: a day, as Google takes
        (HOUR, None, 24 * HOUR, False),
        (72 * HOUR, 73 * HOUR, 71 * HOUR, True),  # every hour, and then silent for three days
        (72 * HOUR, 73 * HOUR, 72 * HOUR, False),
        (72 * HOUR, None, 71 * HOUR, True),
    ],
)
def test_what_starts_before_a_calendar_is_likely_to_fetch_again_may_be_missed(
    ago: timedelta, before: timedelta | None, starts_in: timedelta, misses: bool
) -> None:
    seen = Fetching(NOW - ago, None if before is None else NOW - before)
    assert seen.may_miss(NOW + starts_in, NOW) is misses


@pytest.mark.parametrize(
    ("ago", "before", "silent"), [(8, 16, None), (9, 16, 9), (24, None, None), (25, None, 25), (1, 3, None)]
)
def test_a_calendar_is_silent_once_it_has_not_fetched_for_longer_than_usual(
    ago: int, before: int | None, silent: int | None
) -> None:
    seen = Fetching(NOW - ago * HOUR, None if before is None else NOW - before * HOUR)
    assert seen.silence(NOW) == (None if silent is None else silent * HOUR)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (20, "1 hour"),
        (61, "1 hour"),
        (8 * 60 - 1, "8 hours"),
        (24 * 60, "1 day"),
        (30 * 60, "30 hours"),
        (36 * 60, "2 days"),
        (71 * 60, "3 days"),
    ],
)
def test_a_rough_length_is_said_in_whole_hours_or_days(minutes: int, said: str) -> None:
    assert wording.rough(timedelta(minutes=minutes)).replace(wording.NBSP, " ") == said
