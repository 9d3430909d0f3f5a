"""What is an email address, and when two are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.people import email_addresses


@pytest.mark.parametrize(
    ("typed", "stored", "compared"),
    [
        ("o'brien@example.org", "o'brien@example.org", "o'brien@example.org"),
        ("Mia+clinic@Example.ORG ", "mia+clinic@example.org", "mia+clinic@example.org"),
        ("max@müller.example", "max@müller.example", "max@xn--mller-kva.example"),
        ("MAX@MÜLLER.example", "max@müller.example", "max@xn--mller-kva.example"),
        ("max@xn--mller-kva.example", "max@xn--mller-kva.example", "max@xn--mller-kva.example"),
        ("a@例え.jp", "a@例え.jp", "a@xn--r8jz45g.jp"),
        ("it@mail.corp.local", "it@mail.corp.local", "it@mail.corp.local"),
    ],
)
def test_an_address_is_stored_as_typed_and_compared_by_its_a_label(typed: str, stored: str, compared: str) -> None:
    assert email_addresses.parse(typed) == stored
    assert email_addresses.key(typed) == email_addresses.key(stored) == compared


NO_ADDRESSES = """
x
a@localhost
a@@x.org
a b@x.org
Max <a@x.org>
"a b"@x.org
a@[127.0.0.1]
a@-x.org
a..b@x.org
a@x..org
a@1.2
a@xn--0.org
a@x.org,b@x.org
""".strip().splitlines()
BROKEN = ["", "\ud800@x.org", "a@\ud800.org", "a@x\x00.org", "a@x\u200b.org", "a\u202e@x.org", "a@x.org\nb"]
TOO_LONG = [f"{'x' * 65}@x.org", f"a@{'b' * 64}.org", f"a@{'b.' * 130}org"]


@pytest.mark.parametrize("typed", [*NO_ADDRESSES, *BROKEN, *TOO_LONG])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(email_addresses.NotAnAddress, match=r"name@example\.org"):
        email_addresses.parse(typed)
    assert not email_addresses.is_address(typed)


def test_accents_before_the_at_sign_are_refused_with_their_own_reason() -> None:
    with pytest.raises(email_addresses.NotAnAddress, match="without accents"):
        email_addresses.parse("müller@example.org")


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_has_a_key_and_whatever_is_an_address_can_travel(local: str, domain: str) -> None:
    typed = f"{local}@{domain}"
    assert email_addresses.key(email_addresses.key(typed)) == email_addresses.key(typed)
    if email_addresses.is_address(typed):
        assert email_addresses.key(email_addresses.parse(typed)).isascii()


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("max@xn--mller-kva.example", "max@müller.example"),
        ("mia@example.org", "mia@example.org"),
        ("xn--mia@example.org", "xn--mia@example.org"),
        ("a@xn--0.org", "a@xn--0.org"),
        ("no address", "no address"),
    ],
)
def test_a_key_is_shown_as_people_write_it_or_as_it_is(key: str, shown: str) -> None:
    assert email_addresses.readable(key) == shown
