"""The texts as one value: read, stored, compared, and what may stand in each."""

from __future__ import annotations

import uuid

import pytest

from booking.domain.enums.emails import EmailName
from booking.domain.texts import text_set
from booking.domain.texts.organisation_texts import FOOTER, Logo
from booking.domain.texts.text_fields import FIELDS, PARAGRAPHS, TextNotRead, label_of
from tests.builders import ORGANISATION

DEFAULT = text_set.of(ORGANISATION)
LOGO = Logo(uuid.UUID(int=7), 240, 64)
SET = {
    **DEFAULT,
    "name": "Acme",
    "contact_phone": "+61 7 3000 0000",
    "accent_dark": "#8ab4f8",
    "footer": "",
    "paragraph.booked": "Bring {organisation}.",
    "logo": str(LOGO),
}


def test_what_is_applied_is_found_again() -> None:
    made = text_set.applied(SET, ORGANISATION)
    assert text_set.of(made) == SET
    assert (made.name, made.texts.logo, made.texts.dialled) == ("Acme", LOGO, "+61730000000")
    assert made.texts.paragraphs == {"booked": "Bring {organisation}."}
    assert text_set.applied(DEFAULT, ORGANISATION) == ORGANISATION


def test_only_what_differs_is_stored_and_the_rest_follows_the_default() -> None:
    stored = text_set.as_json(SET, ORGANISATION)
    assert stored.keys() == {name for name, text in SET.items() if text != DEFAULT[name]}
    assert text_set.from_json(stored, ORGANISATION) == SET
    other = text_set.applied({**DEFAULT, "short_name": "NEW", "name": "Other"}, ORGANISATION)
    found = text_set.from_json({**stored, "gone": "x"}, other)
    assert (found["name"], found["short_name"], found["footer"]) == ("Acme", "NEW", "")
    assert found.keys() == DEFAULT.keys()


def test_what_was_changed_is_said_a_line_each() -> None:
    assert text_set.differences(DEFAULT, DEFAULT) == []
    assert text_set.differences(DEFAULT, SET) == [
        f"Name: “{ORGANISATION.name}”, now “Acme”",
        "Telephone: none, now “+61 7 3000 0000”",
        "Accent on dark pages: none, now “#8ab4f8”",
        f"Footer: “{FOOTER}”, now none",
        "Paragraph of “Booking confirmed”: none, now “Bring {organisation}.”",
        "New logo",
    ]
    long = text_set.differences(DEFAULT, {**DEFAULT, "footer": "word " * 100})[0]
    assert len(long) < 200
    assert long.endswith("…”")
    assert text_set.differences(SET, {**SET, "logo": ""}) == ["Logo removed"]


def test_a_placeholder_needs_what_it_is_filled_with() -> None:
    wrong = text_set.mistakes({**DEFAULT, "footer": "Call {contact_phone}"})
    assert wrong == {"footer": "There is no telephone yet: enter one above, or take {contact_phone} out."}
    assert text_set.mistakes({**DEFAULT, "footer": "Call {contact_phone}", "contact_phone": "07 3000 0000"}) == {}
    assert text_set.mistakes({**DEFAULT, "footer": "{website} {organisation}", "greeting": "Hello {name}"}) == {}


def test_every_email_has_a_paragraph_of_its_own_and_a_name_of_its_own() -> None:
    assert set(PARAGRAPHS) == set(EmailName)
    assert len({label_of(email) for email in EmailName}) == len(EmailName)


@pytest.mark.parametrize(
    ("name", "typed", "found"),
    [
        ("name", " Acme\r\nBcc: x@example.org ", "Acme Bcc: x@example.org"),
        ("short_name", "A\tB", "A B"),
        ("footer", " One \r\n\r\n\r\n\r\ntwo\rthree\t", "One\n\ntwo\nthree"),
        ("greeting", "Hello\n{name}", "Hello {name}"),
        ("contact_email", " Help@Example.org ", "help@example.org"),
        ("contact_email", "", ""),
        ("contact_phone", "(07)  3000-0000", "(07) 3000-0000"),
        ("contact_page", "https://example.org/contact?x=1", "https://example.org/contact?x=1"),
        ("join_page", "http://example.org/join", "http://example.org/join"),
        ("paragraph.booked", "<script>alert('%s')</script>", "<script>alert('%s')</script>"),
    ],
)
def test_a_text_is_stored_tidily(name: str, typed: str, found: str) -> None:
    assert FIELDS[name].read(typed) == found
    assert FIELDS[name].read(found) == found


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("name", "", "Enter the name."),
        ("short_name", " \n ", "Enter the short name."),
        ("name", "…", "at least one letter or digit"),
        ("name", "x" * 81, "at most 80 characters; these are 81"),
        ("name", "Acme\x1b[0m", "can't be seen"),
        ("name", "Acme\u202e", "can't be seen"),
        ("footer", "x\x00", "can't be seen"),
        ("footer", "a\u2028b\u200bc", "can't be seen"),
        ("paragraph.booked", "x" * 100_000, "at most 1,000 characters; these are 100,000"),
        ("contact_email", "a@b\r\nBcc: c@d", "email address such as"),
        ("contact_phone", "call us", "telephone number such as"),
        ("contact_phone", "()-", "telephone number such as"),
        ("contact_page", "javascript:alert(1)", "begins with https://"),
        ("join_page", "https://example.org/ x", "begins with https://"),
        ("join_page", "https://exa\rmple.org", "begins with https://"),
        ("accent_light", "#ffee00", "too pale"),
    ],
)
def test_what_no_page_or_email_can_hold_is_refused(name: str, typed: str, said: str) -> None:
    with pytest.raises(TextNotRead, match=said):
        FIELDS[name].read(typed)
