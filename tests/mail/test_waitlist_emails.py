"""What the waitlist's emails promise, in the words that carry the promise."""

from __future__ import annotations

import pytest

from booking.mail.render import Recipient, Rendered, render
from tests.builders import ORGANISATION
from tests.mail.test_golden import EMAILS, LINKS


def email(golden: str, zone: str | None = "Australia/Perth") -> Rendered:
    name, facts, _ = EMAILS[golden]
    return render(name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)


def test_a_held_offer_says_for_whom_until_when_in_the_readers_time_first_and_what_happens_then() -> None:
    made = email("offer")
    assert made.subject == "Held for you: Mon 4 Dec 11:15 am Perth (1:15 pm AEST), 15 minutes"
    assert "held for you alone until Sun 3 Dec 6:15 am Perth (8:15 am AEST)" in made.text
    assert "we'll offer it to the next person on the waitlist" in made.text
    assert "Accept or decline: https://booking.example.org/manage/place/TOKEN" in made.text


def test_a_held_offer_names_no_next_person_where_there_is_none() -> None:
    made = email("offer-nobody-next")
    assert "If you don't accept by then, anyone can book it" in made.text
    assert "next person" not in made.text


def test_a_reader_without_a_zone_sees_the_deadline_in_every_citys_time() -> None:
    until = "until Sun 3 Dec 8:15 am AEST (Sydney and Melbourne 9:15 am · Adelaide 8:45 am · Perth 6:15 am)"
    assert until in email("offer", None).text


@pytest.mark.parametrize("golden", ["offer", "offer-nobody-next"])
def test_a_held_offer_never_says_first_come_first_served(golden: str) -> None:
    made = email(golden)
    for part in (made.subject, made.text, made.html):
        assert "first come" not in part.lower()
        assert "soon" not in part
        assert "Free now" not in part


@pytest.mark.parametrize("golden", ["last-hour-call", "last-hour-call-one"])
def test_the_last_hour_call_says_first_come_first_served_and_holds_nothing(golden: str) -> None:
    made = email(golden)
    assert made.subject.startswith("Free now: Mon 4 Dec 11:15 am Perth (1:15 pm AEST)")
    assert "first come, first served" in made.text
    for part in (made.subject, made.text, made.html):
        assert "held" not in part.lower()
