"""The words of the audit log: every action and object has some, and they say who, what and when."""

from __future__ import annotations

import string
import uuid
from datetime import timedelta
from typing import Any

import pytest

from booking.domain.administration import audit_words
from booking.domain.administration.audit_words import LoggedSubject
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.wording import NBSP
from tests.builders import BRISBANE, CLINIC_AT

ID = uuid.UUID(int=1)
MIA = LoggedSubject(ID, "Mia Chen", "Live Member Clinic", CLINIC_AT, BRISBANE, ID)
LATER = (CLINIC_AT + timedelta(days=1)).isoformat()


def said(action: str, subject: str, about: LoggedSubject | None = MIA, **details: Any) -> str:
    titles = {"a-lab": "Search Lab", "a-clinic": "Live Member Clinic"}
    return audit_words.sentence(action, subject, about, details, BRISBANE, titles).replace(NBSP, " ")


@pytest.mark.parametrize("action", AuditAction)
def test_every_action_has_words_with_and_without_what_it_was_about(action: AuditAction) -> None:
    for about in (MIA, None, LoggedSubject(ID)):
        for subject in AuditSubject:
            sentence = said(action, subject, about)
            assert sentence[0].isupper()
            assert "None" not in sentence
            assert "{" not in sentence
    assert len(audit_words.WORDS[action].label) < 40
    names = {name for _, name, _, _ in string.Formatter().parse(audit_words.WORDS[action].sentence) if name}
    assert len(names) <= 3


def test_every_object_has_words_and_no_two_actions_have_the_same() -> None:
    assert set(audit_words.OBJECTS) == set(AuditSubject)
    labels = [words.label for words in audit_words.WORDS.values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("words", "action", "subject", "details"),
    [
        ("Cancelled the booking of Mia Chen, Mon 4 Dec, 1:00 pm AEST", "cancelled", "booking", {}),
        ("Booked a slot for Mia Chen, Tue 5 Dec, 1:00 pm AEST", "booked", "booking", {"starts_at": LATER}),
        (
            "Moved the booking of Mia Chen from Mon 4 Dec, 1:00 pm AEST to Tue 5 Dec, 1:00 pm AEST",
            "moved",
            "booking",
            {"was_at": CLINIC_AT.isoformat(), "starts_at": LATER},
        ),
        ("Moved the booking of Mia Chen, Mon 4 Dec, 1:00 pm AEST", "moved", "booking", {"reason": "Full"}),
        (
            "Handed the booking of Mia Chen, Mon 4 Dec, 1:00 pm AEST over to Ben",
            "handed-over",
            "booking",
            {"to": "Ben"},
        ),
        (
            "Put Mia Chen on the waitlist for Live Member Clinic, Mon 4 Dec, 1:00 pm AEST",
            "joined-waitlist",
            "waiting",
            {},
        ),
        ("Closed the account of Mia Chen", "closed", "person", {}),
        ("Started a draft from an announcement", "began", "draft", {}),
        ("Started the visit of the booking of Mia Chen, Mon 4 Dec, 1:00 pm AEST", "began", "booking", {}),
        ("Imported people: 3 added and 1 changed", "imported", "people", {"added": 3, "changed": 1}),
        (
            "Published Search Lab and Live Member Clinic: 4 dates new, 1 moved, 2 bookings moved or cancelled",
            "published",
            "change",
            {"series": ["a-lab", "a-clinic"], "appears": 4, "moves": 1, "bookings": 2},
        ),
        ("Published changes", "published", "change", {}),
        ("Published a closure, Thu 24 – Sat 26 Dec", "published", "change", {"closed": [["2026-12-24", "2026-12-26"]]}),
        (
            "Published Search Lab: 2 dates cancelled, the end of a closure, Fri 1 Jan",
            "published",
            "change",
            {"series": ["a-lab"], "goes": 2, "lifted": [["2027-01-01", "2027-01-01"]]},
        ),
        ("Done by a later version", "done-by-a-later-version", "booking", {}),
    ],
)
def test_a_line_says_what_was_done(words: str, action: str, subject: str, details: dict[str, Any]) -> None:
    assert said(action, subject, **details) == words


def test_a_publish_of_many_series_names_the_first_few() -> None:
    slugs = [f"series-{n}" for n in range(8)]
    assert said("published", "change", series=slugs).endswith("series 4 and 3 more")


def test_a_reason_is_said_and_that_of_a_failed_sign_in_is_not() -> None:
    details = {"reason": "Ill.", "is_late": True, "limit_passed": "upcoming"}
    assert audit_words.why("cancelled", details) == "Reason: Ill.. Late. Past the member’s limit"
    assert audit_words.why("sign-in-failed", {"reason": "wrong-code"}) == ""
    assert audit_words.why("booked", {}) == ""


def test_time_off_says_from_when_to_when() -> None:
    words = said("away", "person", starts_at=CLINIC_AT.isoformat(), ends_at=LATER)
    assert words == "Entered time off for Mia Chen from Mon 4 Dec, 1:00 pm AEST to Tue 5 Dec, 1:00 pm AEST"
