"""Recurrence rules in words, and the choices of a form."""

from __future__ import annotations

import pytest

from booking.domain.enums.planning import Repeats
from booking.domain.planning.words import rule_words
from booking.domain.planning.words.rule_words import RuleChoice


@pytest.mark.parametrize(
    ("rrule", "choice", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TU", RuleChoice(Repeats.WEEKLY, (0, 1)), "Monday and Tuesday"),
        ("FREQ=WEEKLY;BYDAY=WE;INTERVAL=2", RuleChoice(Repeats.FORTNIGHTLY, (2,)), "every two weeks on Wednesday"),
        (
            "FREQ=MONTHLY;BYDAY=1MO,3MO",
            RuleChoice(Repeats.MONTHLY, (0,), (1, 3)),
            "first and third Monday of the month",
        ),
        ("FREQ=MONTHLY;BYDAY=-1FR", RuleChoice(Repeats.MONTHLY, (4,), (-1,)), "last Friday of the month"),
    ],
)
def test_what_a_form_can_say(rrule: str, choice: RuleChoice, words: str) -> None:
    assert rule_words.choice(rrule) == choice
    assert rule_words.choice(choice.rrule) == choice
    assert rule_words.in_words(rrule) == words


@pytest.mark.parametrize(
    ("rrule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=WEEKLY", "every week"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR", "every 3 weeks on Monday and Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,1", "every month on the 1st and 15th"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day of the month"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU", "every 2 months on the 2nd Tuesday"),
        ("FREQ=MONTHLY;BYDAY=1MO,3TU", "every month on the 1st Monday and 3rd Tuesday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", None),
        ("FREQ=YEARLY;BYMONTH=3,11;BYDAY=-2FR", "every year in March and November on the 2nd last Friday"),
        ("FREQ=YEARLY;BYYEARDAY=100", "every year on day 100 of the year"),
    ],
)
def test_every_other_rule_is_said_in_words_and_kept(rrule: str, words: str | None) -> None:
    assert rule_words.choice(rrule) == RuleChoice(Repeats.OTHER)
    said = rule_words.in_words(rrule)
    assert said == words if words else said.endswith("Friday (only the last of these days)")
    assert "=" not in said
