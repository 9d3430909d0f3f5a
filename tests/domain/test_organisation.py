"""What an organisation calls what it runs."""

from __future__ import annotations

import pytest

from booking.domain.organisation import Kind
from tests.builders import an_organisation

ORGANISATION = an_organisation()


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["clinic"], "1 clinic"),
        (["clinic", "clinic"], "2 clinics"),
        (["lab", "clinic", "lab"], "2 labs and 1 clinic"),
        (["clinic", "dropped", "gone"], "1 clinic and 2 dates"),
    ],
)
def test_dates_are_counted_by_what_their_kinds_are_called(kinds: list[str], said: str) -> None:
    assert ORGANISATION.counted(kinds) == said


def test_a_kind_keeps_its_capitals_within_a_sentence_where_they_are_no_mere_beginning() -> None:
    assert Kind("clinic", "clinics", "Clinic", "Clinics").noun == "clinic"
    assert Kind("qa", "qas", "Q&A", "Q&As").noun == "Q&A"
