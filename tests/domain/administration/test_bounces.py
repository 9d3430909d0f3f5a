"""Which failures are about the address itself."""

from __future__ import annotations

import pytest

from booking.domain.administration import bounces


@pytest.mark.parametrize(
    ("status", "blamed"),
    [
        ("5.1.1", True),  # no such mailbox
        ("5.1.2", True),  # no such domain
        ("5.1.10", True),  # null MX
        ("5.2.1", True),  # mailbox disabled
        ("5.4.4", True),  # no such host
        ("5.1.8", False),  # the sender's address
        ("5.2.2", False),  # mailbox full
        ("5.2.3", False),  # message too long
        ("5.7.1", False),  # policy
        ("5.3.4", False),  # message too big
        ("5.0.0", False),
        ("4.1.1", False),
        ("4.4.7", False),  # gave up after days
        ("2.1.5", False),
        ("", False),
        ("5.1.1 no such user", False),
    ],
)
def test_only_failures_of_the_address_itself_blame_it(status: str, blamed: bool) -> None:
    assert bounces.blames_address(status) is blamed


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("550 5.1.1 <mia@example.org>: no such user", "5.1.1"),
        ("550-5.1.1 The email account", "5.1.1"),
        ("550 no such user", ""),
        ("from 10.5.1.1 refused", ""),
        ("version 15.1.1", ""),
        ("", ""),
    ],
)
def test_a_status_is_found_in_the_words_of_a_server(words: str, status: str) -> None:
    assert bounces.status_in(words) == status
