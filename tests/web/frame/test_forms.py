"""A form that is sent by somebody else than it was shown to comes back as it was typed, and is sent once more."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from booking.store.people.sign_ins import SignIn
from booking.store.programme.programme import Occurrence
from tests.builders import a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import SECRET_KEY, client_of, make_app, post, sign_in, token_of

TOPIC = 'Tags "fire" twice\n\n & <b>more</b>'
SHOWN = "Tags &#34;fire&#34; twice\n\n &amp; &lt;b&gt;more&lt;/b&gt;"
QUARTER = "15/20231204T0315Z/any"


@dataclass
class House:
    """A clinic, and Mia and Lee who use one browser."""

    app: Flask
    clinic: Occurrence
    mia: Person
    lee: Person
    browser: FlaskClient

    @property
    def page(self) -> str:
        return f"/occurrences/{self.clinic.public_id}"

    def send(self, path: str, page: str = "", **fields: str):  # type: ignore[no-untyped-def]
        """Send a form that was opened before; `page` is what the browser shows."""
        return self.browser.post(path, data={"csrf_token": token_of(page), **fields})


@pytest.fixture
def house(database: Database, session: Session) -> House:
    clinic, mia, lee = a_clinic(session), a_person(session, "Mia Moss"), a_person(session, "Lee")
    session.commit()
    app = make_app(database)
    return House(app, clinic, mia, lee, client_of(app))


def test_whoever_signs_in_in_another_tab_gets_the_form_back_with_what_they_typed_and_sends_it_once_more(
    house: House, session: Session
) -> None:
    opened = house.browser.get(house.page).text
    sign_in(house.app, house.browser, house.mia)
    fields = {"slot": QUARTER, "minutes": "15", "topic": TOPIC, "link": "https://example.org/?a=1&b=2"}
    again = house.send(house.page, opened, **fields)
    assert again.status_code == 409
    assert "You&#39;ve signed in as mia.moss@example.org since you opened this page." in again.text
    assert f">\n{SHOWN}</textarea>" in again.text
    assert 'value="https://example.org/?a=1&amp;b=2"' in again.text
    assert re.search(rf'value="{QUARTER}"[^>]* checked', again.text)
    assert session.scalars(select(Booking)).all() == []
    made = house.send(house.page, again.text, **fields)
    assert made.status_code == 303
    assert "/bookings/" in made.location


def test_whoever_is_signed_out_in_another_tab_signs_in_again_and_finds_the_form_as_they_left_it(
    house: House, session: Session
) -> None:
    booking = a_booking(session, house.clinic, house.mia)
    sign_in(house.app, house.browser, house.mia)
    brief = f"/bookings/{booking.public_id}/brief"
    opened = house.browser.get(brief).text
    post(house.browser, "/sign-out", page="/me")
    asked = house.send(brief, opened, topic=TOPIC, link="")
    assert asked.status_code == 401
    assert "You&#39;ve been signed out since you opened this page." in asked.text
    assert "We’ve kept what you typed." in asked.text
    typed = re.search(r'name="typed" value="([^"]*)"', asked.text)
    assert typed is not None
    house.send("/sign-in", asked.text, email="mia.moss@example.org", next=brief, typed=html.unescape(typed[1]))
    asked_for = session.scalars(select(SignIn.public_id)).one()
    link = f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', str(asked_for))}"
    page = house.browser.get(post(house.browser, link).location)
    assert page.request.path == brief
    assert "We’ve kept what you typed. Check it, then send it." in page.text
    assert f">\n{SHOWN}</textarea>" in page.text
    assert house.send(brief, page.text, topic=TOPIC, link="").status_code == 303
    session.rollback()
    session.expire_all()
    assert booking.topic == TOPIC


def test_a_profile_comes_back_with_its_choices(house: House, session: Session) -> None:
    sign_in(house.app, house.browser, house.mia)
    opened = house.browser.get("/me").text
    sign_in(house.app, house.browser, house.mia)
    fields = {"name": 'Mia "M" Moss', "time_zone": "Australia/Perth", "invitations": "never", "reminders": "no"}
    again = house.send("/me", opened, **fields)
    assert (again.status_code, "in another tab" in again.text) == (409, True)
    assert 'value="Mia &#34;M&#34; Moss"' in again.text
    assert re.search(r'<option value="Australia/Perth" selected', again.text)
    assert re.search(r'value="never"[^>]* checked', again.text) or '<option value="never" selected' in again.text
    assert house.send("/me", again.text, **fields).status_code == 303
    session.rollback()
    session.expire_all()
    assert (house.mia.name, house.mia.time_zone) == ('Mia "M" Moss', "Australia/Perth")


def test_what_belongs_to_somebody_else_is_not_shown_and_the_words_can_be_copied(house: House, session: Session) -> None:
    booking = a_booking(session, house.clinic, house.mia)
    sign_in(house.app, house.browser, house.mia)
    brief = f"/bookings/{booking.public_id}/brief"
    opened = house.browser.get(brief).text
    sign_in(house.app, house.browser, house.lee)
    answer = house.send(brief, opened, topic=TOPIC, link="")
    assert answer.status_code == 409
    assert "You&#39;re signed in as lee@example.org now, and opened this page as somebody else." in answer.text
    assert f"{SHOWN}</textarea>" in answer.text
    assert house.clinic.series.title not in answer.text


def test_a_button_without_a_page_of_its_own_leads_back_to_the_page_it_is_on(house: House, session: Session) -> None:
    booking = a_booking(session, house.clinic, house.mia)
    manage = f"/manage/{tokens.sign(SECRET_KEY, 'manage', str(booking.public_id))}/cancel"
    opened = house.browser.get(manage).text
    sign_in(house.app, house.browser, house.lee)
    again = house.send(manage, opened)
    assert (again.status_code, "Your form wasn’t sent" in again.text) == (409, True)
    assert house.send(manage, again.text).status_code == 303
    session.rollback()
    session.expire_all()
    assert booking.status == "cancelled"


def test_a_page_shown_in_answer_to_a_form_knows_which_page_it_is(house: House) -> None:
    """The waitlist's form is answered at an address that cannot be opened."""
    sign_in(house.app, house.browser, house.mia)
    refused = house.send(f"{house.page}/wait", house.browser.get(house.page).text, topic="x" * 3000)
    assert refused.status_code in {409, 422}
    sign_in(house.app, house.browser, house.mia)
    again = house.send(house.page, refused.text, topic=TOPIC)
    assert (again.status_code, f">\n{SHOWN}</textarea>" in again.text) == (409, True)


def test_the_page_for_the_code_says_that_they_are_signed_in_and_goes_on(house: House, session: Session) -> None:
    asked = post(house.browser, "/sign-in", email="mia.moss@example.org", next=house.page).location
    digits = house.browser.get(asked).text
    link = f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', asked.rpartition('/')[2])}"
    post(house.browser, link)
    for ask in (lambda: house.browser.get(asked), lambda: house.send(asked, digits, code="123456")):
        answer = ask()
        assert (answer.status_code, answer.location) == (303, house.page)
        assert "You’re already signed in." in house.browser.get(answer.location).text


@pytest.mark.parametrize(
    "typed", ["x", "[]", '{"action": 1}', '{"action": "/", "fields": [1, ["a"], ["b", 2]]}', "[" * 9999]
)
def test_what_travels_along_is_read_again_or_left_out(house: House, session: Session, typed: str) -> None:
    assert post(house.browser, "/sign-in", email="mia.moss@example.org", typed=typed).status_code == 303
    asked_for = session.scalars(select(SignIn.public_id)).one()
    link = f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', str(asked_for))}"
    assert house.browser.get(post(house.browser, link).location).status_code == 200
