"""What is hidden of a text: who it names, and what opens something."""

from __future__ import annotations

import time

import pytest

from booking.domain import tokens
from booking.mail.masked import hidden

ID = "0b9f6b0e-3a57-4c7e-9d55-0a5d0c5a5e11"
TOKEN = tokens.sign("k" * 40, "join", ID)
MAC = TOKEN.partition(".")[2]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Exception on /feeds/member/{TOKEN}.ics [GET]", "Exception on /feeds/member/….ics [GET]"),
        (f"'/join/{TOKEN[:-5]}' is cut short", "'/join/…' is cut short"),
        (f"/sign-in?next=%2Fmanage%2F{TOKEN}&x", "/sign-in?next=%2Fmanage%…&x"),
        (f"a name.{MAC}, and no UUID", "a …, and no UUID"),
        ("Authorization: Bearer booking_" + "aB3-_" * 8 + "xyz", "Authorization: Bearer …"),
        ("email=mia.moss%40example.org", "…@example.org"),
        ("postgresql://booking:secret@db.example.org/x", "postgresql://booking:…@db.example.org/x"),
        (f"to <https://book.example.org/manage/{TOKEN}>", "to <https://book.example.org/…>"),
        ("broken\nDETAIL:  Key (name)=(Mia Moss) exists.\nCONTEXT: x", "broken\nDETAIL: …\nCONTEXT: x"),
        ('  File "/opt/booking/web/manage.py", line 1\n    @wraps(view)', None),
        ("sqlalchemy.exc.IntegrityError: UNIQUE constraint failed: person.email", None),
    ],
)
def test_what_opens_something_or_is_somebodys_address_is_left_out(text: str, shown: str | None) -> None:
    assert hidden(text) == (text if shown is None else shown)


@pytest.mark.parametrize("part", ["x", "x.", "a-", "%40", "a@", "12345678-", "https://", "booking_"])
def test_a_text_as_long_as_a_request_may_be_is_masked_in_no_time(part: str) -> None:
    begun = time.process_time()
    hidden(part * (100_000 // len(part)))
    assert time.process_time() - begun < 1
