"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from booking.domain import wording

BRISBANE, SYDNEY = "Australia/Brisbane", "Australia/Sydney"


@pytest.mark.parametrize(
    ("start", "end", "zone", "said"),
    [
        ("2026-12-07T00:00+10:00", "2026-12-08T00:00+10:00", BRISBANE, ("on Mon 7 Dec", "Back on Tue 8 Dec.")),
        (
            "2026-12-07T00:00+10:00",
            "2026-12-16T00:00+10:00",
            BRISBANE,
            ("from Mon 7 Dec to Tue 15 Dec", "Back on Wed 16 Dec."),
        ),
        # the clocks go forward on Sunday 4 October 2026: its day has 23 hours, and is whole all the same
        ("2026-10-04T00:00+10:00", "2026-10-05T00:00+11:00", SYDNEY, ("on Sun 4 Oct", "Back on Mon 5 Oct.")),
        (
            "2026-12-07T13:00+10:00",
            "2026-12-07T14:00+10:00",
            BRISBANE,
            ("from Mon 7 Dec 11:00 am Perth (1:00 pm AEST)", "Until Mon 7 Dec 12:00 pm Perth (2:00 pm AEST)."),
        ),
        (
            "2026-12-07T13:00+10:00",
            "2026-12-08T00:00+10:00",
            BRISBANE,
            ("from Mon 7 Dec 11:00 am Perth (1:00 pm AEST)", "Until Mon 7 Dec 10:00 pm Perth (Tue 12:00 am AEST)."),
        ),
    ],
)
def test_time_off_is_said_in_days_where_it_is_whole_days_of_the_programme_and_in_times_where_not(
    start: str, end: str, zone: str, said: tuple[str, str]
) -> None:
    found = wording.absence(*map(datetime.fromisoformat, (start, end)), "Australia/Perth", zone)
    assert tuple(words.replace(wording.NBSP, " ") for words in found) == said


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Australia/Brisbane", "the same as AEST"),
        ("Australia/Sydney", "1 hour ahead of AEST"),
        ("Australia/Perth", "2 hours behind AEST"),
        ("Australia/Darwin", "30 minutes behind AEST"),
        ("Australia/Adelaide", "30 minutes ahead of AEST"),
        ("Pacific/Chatham", "3 hours 45 minutes ahead of AEST"),
        ("America/New_York", "15 hours behind AEST"),
    ],
)
def test_how_far_a_clock_is_from_the_programmes(zone: str, words: str) -> None:
    at = datetime(2023, 12, 4, 3, tzinfo=UTC)
    assert wording.ahead(at, zone, "Australia/Brisbane").replace(wording.NBSP, " ") == words
