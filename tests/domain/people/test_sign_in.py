"""Which six digits stand in what somebody pasted."""

from __future__ import annotations

import pytest

from booking.domain.people.sign_in import code_in, masked


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        " 123 456 ",
        "123-456",
        "123\u2013456",
        "123\N{NO-BREAK SPACE}456",
        "1 2 3 4 5 6",
        "12.34.56",
        "Your code: 123456",
        "123456 is your code for SMK",
        "\u200e123456",
        "123\u200b456",
        "Code for 2023: 123456, for 10 minutes",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "\u0661\u0662\u0663\u0664\u0665\u0666",
        "123456\n123456",
    ],
)
def test_the_digits_are_taken_out_of_whatever_stands_there(text: str) -> None:
    assert code_in(text) == "123456"


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "123456 654321", "abc", "1a2b3c4d5e6f", "\x00", "\ud800", "²²²²²²", "9" * 5000]
)
def test_what_holds_no_one_code_is_none(text: str) -> None:
    assert code_in(text) is None


def test_a_masked_address_shows_its_first_letter_and_its_domain() -> None:
    assert masked("mia.moss@example.org") == "m…@example.org"
