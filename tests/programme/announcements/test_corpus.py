"""The corpus of announcements: nothing is wrong in silence, and what was once right stays right."""

from __future__ import annotations

from typing import Any

import pytest

from booking.domain.planning.plan import NOTHING_STORED
from booking.domain.planning.resolve import resolve
from booking.programme import files
from booking.programme.announcements import reading, series_dates, writing
from tests.builders import ORGANISATION
from tests.programme.announcements import score

#: How many texts were right when this was last raised. It only rises.
RIGHT = 160


def test_no_text_of_the_corpus_is_wrong_in_silence_and_as_many_are_right_as_before() -> None:
    verdicts = [score.verdict(case) for case in score.texts()]
    found = score.scores(verdicts)
    print("\n".join(str(one) for one in verdicts if one.score != "right"))
    print(", ".join(f"{found[name]} {name}" for name in ("right", "asked", "wrong in silence")))
    assert [str(one) for one in verdicts if one.score == "wrong in silence"] == []
    assert found["right"] >= RIGHT


@pytest.mark.parametrize("case", score.texts(), ids=lambda case: case["name"])
def test_what_is_written_of_any_text_of_the_corpus_passes_check(case: dict[str, Any]) -> None:
    draft = reading.read(case["text"], ORGANISATION, score.TODAY, analysts=score.ANALYSTS)
    found = files.read_all([("-", writing.file_of(draft).encode())], ORGANISATION, score.TODAY)
    ids = {email: n for n, email in enumerate(score.ANALYSTS)}
    asked = resolve(found.statements, NOTHING_STORED, ids, score.TODAY)
    assert [str(problem) for problem in [*found.problems, *asked.problems] if draft.series] == []
    assert len(asked.definitions) == len(draft.series)
    assert all(series_dates.of_series(one, draft, ORGANISATION, score.TODAY) for one in draft.series)
