"""Each scheme has its mailer, and one more is one more line."""

from __future__ import annotations

import pytest

from booking.mail import factory
from booking.mail.mailer import LocalMailer
from booking.mail.smtp import SMTPMailer


@pytest.mark.parametrize("url", ["smtp://h", "SMTP://h", "smtp+starttls://u:p@h:587", "smtps://h"])
def test_mail_by_smtp(url: str) -> None:
    assert isinstance(factory.mailer_for(url), SMTPMailer)


@pytest.mark.parametrize("url", ["https://h", "h", ""])
def test_an_address_of_no_mailer_says_how_to_write_one(url: str) -> None:
    with pytest.raises(ValueError, match="write smtp://HOST:PORT"):
        factory.mailer_for(url)


def test_a_mailer_that_is_added_is_made_from_its_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def made(url: str) -> LocalMailer:
        asked.append(url)
        return LocalMailer()

    monkeypatch.setitem(factory.MAILERS, "https+post", made)
    assert isinstance(factory.mailer_for("https+post://key@mail.example.org/v1"), LocalMailer)
    assert asked == ["https+post://key@mail.example.org/v1"]
