"""The work of reading grows with the text and no faster, counted in calls, so that the machine's speed is no matter."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from booking.programme.announcements import lines, reading
from booking.programme.announcements.grammar import clocks, dates, vocabulary
from tests.builders import ORGANISATION
from tests.programme.announcements import score

PROSE = "So many of you came on Friday that the next one has cake, tea and a quiz at 3 pm, and everybody is welcome. "
CLOSED = "Knitting workshop, Tuesdays 6pm-7pm AEST\nNo workshop on 8 June.\n"


def calls_of(text: str) -> int:
    """How many functions are called, those of the library in C as well, until a text is read."""
    for cached in (clocks.find, dates.find, vocabulary.folded):
        cached.cache_clear()
    counted = 0

    def note(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        reading.read(text, ORGANISATION, score.TODAY)
    finally:
        sys.setprofile(None)
    return counted


def all_of_the_corpus(times: int) -> str:
    return "\n".join(case["text"] for case in score.texts()[: 20 * times])


@pytest.mark.parametrize(
    "made",
    [
        all_of_the_corpus,
        lambda times: f"June 2027\n{(PROSE * 4).strip()}\n" * 20 * times,
        lambda times: f"June 2027\n{CLOSED * 20 * times}",
        lambda times: f"June 2027\n{('Tue 6pm-7pm AEST or London time, ' * 15 * times)}",
        lambda times: "June 2027 " + PROSE * 20 * times,
    ],
    ids=["schedules", "paragraphs", "dates left out", "one line of hours", "one long line"],
)
def test_twice_the_text_is_not_more_than_about_twice_the_work(made: Callable[[int], str]) -> None:
    once, twice = (calls_of(made(times)) / len(made(times)) for times in (1, 2))
    assert twice < 1.3 * once


@pytest.mark.parametrize("apart", [" " * 400, "- " * 300, ", " * 300, "and " * 200])
def test_a_line_of_signs_and_joining_words_before_a_schedule_is_read_at_once(apart: str) -> None:
    """A pattern that tries every way to cut such a line would not end while somebody waits."""
    text = f"June 2027\nYoga workshop x{apart}y Tue 6-7pm, Thu 7-8pm{apart}z and Sat 9-10am AEST"
    assert reading.read(text, ORGANISATION, score.TODAY).doubts is not None


def test_a_line_that_is_too_long_is_read_to_its_end() -> None:
    text = "word " * 1_000 + "x" * 3_000 + " end"
    found = lines.of(text)
    assert {line.number for line in found} == {1}
    assert max(len(line.text) for line in found) <= lines.MAX_LINE_LENGTH
    assert "".join("".join(line.text for line in found).split()) == "".join(text.split())
