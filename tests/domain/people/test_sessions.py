"""What a device is called in the list of sessions."""

from __future__ import annotations

import pytest

from booking.domain.people.sessions import device

MOZILLA = "Mozilla/5.0"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36", "Chrome on Windows"),
        (f"{MOZILLA} (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge on Windows"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/17.0 Safari/605.1", "Safari on Mac"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari on iPhone"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 17_0 like Mac OS X) CriOS/120.0 Safari/604.1", "Chrome on iPhone"),
        (f"{MOZILLA} (Linux; Android 14) SamsungBrowser/23.0 Chrome/115.0", "Samsung Internet on Android"),
        (f"{MOZILLA} (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox on Linux"),
        (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36", "Chrome on ChromeOS"),
        ("curl/8.4.0", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_user_agent_in_words(user_agent: str, words: str) -> None:
    assert device(user_agent) == words
