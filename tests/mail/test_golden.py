"""Letters as their readers get them: each held against a golden file. `GOLDEN=write` writes them anew, to be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from booking.mail.render import Recipient, render
from tests.builders import ORGANISATION

FOLDER = Path(__file__).parent / "golden"
LINKS = {
    "site": "https://booking.example.org",
    "programme": "https://booking.example.org/",
    "join": "https://example.org/join",
    "manage": "https://booking.example.org/manage/TOKEN",
    "door": "https://booking.example.org/join/TOKEN",
    "entry": "https://booking.example.org/manage/TOKEN/booking.ics",
    "sign_in": "https://booking.example.org/sign-in/link/TOKEN",
    "code": "012345",
}
FACTS: dict[str, Any] = {
    "zone": "Australia/Brisbane",
    "title": "Live Member Clinic",
    "starts_at": "2023-12-04T03:15:00+00:00",
    "ends_at": "2023-12-04T03:30:00+00:00",
    "minutes": 15,
    "analyst": "Ada Reyes",
    "member": "Mia Moss",
    "topic": "GA4 events <not> firing & more",
    "link": "https://shop.example.org/contact",
    "is_invited": True,
}
WINTER = {**FACTS, "starts_at": "2024-07-01T03:15:00+00:00", "ends_at": "2024-07-01T03:30:00+00:00"}
MOVED = {"was_at": "2023-12-04T03:00:00+00:00", "was_minutes": 30, "was_with": "Ben Noor"}
WHY = {"reason": "Ada Reyes is ill."}
LETTERS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "booked-perth": ("booked", FACTS, "Australia/Perth"),
    "booked-sydney": ("booked", FACTS, "Australia/Sydney"),
    "booked-brisbane-subscribed": ("booked", {**FACTS, "is_invited": False, "link": ""}, "Australia/Brisbane"),
    "booked-unknown-zone": ("booked", {**FACTS, "topic": "", "link": ""}, None),
    "booked-sydney-in-winter": ("booked", WINTER, "Australia/Sydney"),
    "booked-los-angeles": ("booked", FACTS, "America/Los_Angeles"),
    "moved": ("moved", {**FACTS, **MOVED}, "Australia/Sydney"),
    "moved-by-us": ("moved-by-us", {**FACTS, **MOVED, **WHY}, "Australia/Sydney"),
    "cancelled": ("cancelled", {**FACTS, "is_late": False}, "Australia/Perth"),
    "cancelled-late": ("cancelled", {**FACTS, "is_late": True, "is_invited": False}, None),
    "cancelled-by-us": ("cancelled-by-us", {**FACTS, **WHY}, "Australia/Adelaide"),
    "sign-in": ("sign-in", {"sign_in": "ID"}, None),
    "sign-in-unknown": ("sign-in-unknown", {"sign_in": "ID"}, None),
    "trial": ("trial", {}, None),
}


@pytest.mark.parametrize("golden", LETTERS)
def test_a_letter_says_what_its_golden_file_says(golden: str) -> None:
    name, facts, zone = LETTERS[golden]
    made = render(name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)
    parts = {".txt": f"Subject: {made.subject}\n\n{made.text}", ".html": made.html}
    for ending, content in parts.items():
        file = FOLDER / f"{golden}{ending}"
        if os.environ.get("GOLDEN") == "write":
            file.write_text(content, encoding="utf-8")
        assert content == file.read_text(encoding="utf-8")


def test_every_letter_has_a_golden_file_and_every_file_a_letter() -> None:
    folders = {
        folder.name for folder in (Path(__file__).parents[2] / "templates" / "mail").iterdir() if folder.is_dir()
    }
    assert folders == {name for name, _, _ in LETTERS.values()}
    assert {file.stem for file in FOLDER.iterdir()} == set(LETTERS)
