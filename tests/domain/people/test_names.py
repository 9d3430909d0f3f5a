"""What may stand in a person's name."""

from __future__ import annotations

import pytest

from booking.domain.people import person_names

HIDDEN = "\u202a\u202d\u202e\u2066\u2067\u2069\u200b\u200e\ufeff\x07\x7f\ud800"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Mia \t O’Brien\n", "Mia O’Brien"),
        ("علی‌رضا", "علی‌رضا"),
        ("ක්‍රි", "ක්‍රි"),
        ("👩‍🏫 Lena", "👩‍🏫 Lena"),
        ("Zoe\u0308", "Zoë"),
        ("李", "李"),
    ],
    ids=["spaces", "Persian with a non-joiner", "Sinhala with a joiner", "emoji", "composed", "Chinese"],
)
def test_a_name_is_one_line_and_keeps_its_joiners(typed: str, stored: str) -> None:
    assert person_names.parse(typed) == stored


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", person_names.EMPTY),
        (" \u00a0\u3000", person_names.EMPTY),
        ("\u200d", person_names.NOTHING_TO_SEE),
        ("\u200c \u200d", person_names.NOTHING_TO_SEE),
        ("\u3164\u2800", person_names.NOTHING_TO_SEE),
        ("\u0301", person_names.NOTHING_TO_SEE),
        *[(f"A{sign}n", person_names.HIDDEN) for sign in HIDDEN],
        ("x" * 101, person_names.TOO_LONG),
    ],
)
def test_a_name_that_shows_nothing_or_turns_the_text_is_refused(typed: str, why: str) -> None:
    with pytest.raises(person_names.NotAName) as refused:
        person_names.parse(typed)
    assert str(refused.value) == why
