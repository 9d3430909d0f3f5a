"""Which code signs in, however it is pasted; and the pages of link and code, which name the account."""

from __future__ import annotations

import html
import re
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.people.sessions import UserSession
from booking.store.people.sign_ins import SignIn
from tests.builders import NOW, a_clinic, a_person
from tests.databases import Database
from tests.web.client import BASE_URL, SECRET_KEY, Clock, client_of, make_app, post, token_for, token_of, typed

pytestmark = pytest.mark.both_databases  # tries are counted in the database

KNOWN = "mia.moss@example.org"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(database: Database, session: Session, clock: Clock) -> FlaskClient:
    a_person(session, "Mia Moss")
    session.commit()
    return client_of(make_app(database, clock))


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


def code_of(page: str) -> str:
    return tokens.six_digits(SECRET_KEY, "sign-in-code", page.rpartition("/")[2])


def link_of(page: str) -> str:
    return f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', page.rpartition('/')[2])}"


def ask(client: FlaskClient, **fields: str) -> str:
    location: str = post(client, "/sign-in", **{"email": KNOWN, **fields}).location
    return location


@pytest.mark.parametrize(
    ("emails", "which", "works"), [(1, 0, True), (2, 0, True), (3, 0, True), (4, 0, False), (4, 1, True), (4, 3, True)]
)
def test_any_code_of_the_latest_three_emails_works_on_the_page_that_is_open(
    client: FlaskClient, clock: Clock, emails: int, which: int, works: bool
) -> None:
    pages = []
    for minute in range(emails):
        clock.now = NOW + timedelta(minutes=minute)
        pages.append(ask(client))
    post(client, pages[-1], code=code_of(pages[which]))
    assert is_signed_in(client) is works


def test_an_earlier_code_works_for_its_own_ten_minutes_and_once(client: FlaskClient, clock: Clock) -> None:
    first = ask(client)
    clock.now = NOW + timedelta(minutes=9)
    second = ask(client)
    assert post(client, second, code=code_of(first)).status_code == 303
    other = client_of(client.application)
    assert post(other, second, code=code_of(first)).status_code == 422
    clock.now = NOW + timedelta(minutes=12)
    third = ask(other)
    assert post(other, first, code=code_of(third)).status_code == 303  # a page is as good as the codes that are


def test_a_code_of_somebody_else_does_not_work(session: Session, client: FlaskClient) -> None:
    a_person(session, "Otto Other")
    session.commit()
    theirs = ask(client, email="otto.other@example.org")
    assert post(client, ask(client), code=code_of(theirs)).status_code == 422
    assert not is_signed_in(client)


def test_what_was_typed_comes_back_with_the_code_of_an_earlier_email(session: Session, client: FlaskClient) -> None:
    clinic = a_clinic(session)
    session.commit()
    first = ask(client)
    back = f"/occurrences/{clinic.public_id}"
    second = ask(client, next=back, typed=typed(back, topic="My words"))
    done = post(client, second, code=code_of(first))
    assert done.location.startswith(f"{back}?typed=")
    assert "My words</textarea>" in client.get(done.location).text


def test_the_field_takes_whatever_is_pasted(client: FlaskClient) -> None:
    page = ask(client)
    field = client.get(page).text.partition('name="code"')[2].partition(">")[0]
    assert "maxlength" not in field
    assert "pattern" not in field
    assert post(client, page, code=f"{code_of(page)} is your code for SMK").status_code == 303
    assert is_signed_in(client)


def test_what_is_no_code_costs_no_try(session: Session, client: FlaskClient) -> None:
    page = ask(client)
    for text in ("", "12345", "hello", "1234567"):
        answer = post(client, page, code=text)
        assert (answer.status_code, "Enter the six digits from the email." in answer.text) == (422, True)
    assert session.scalars(select(SignIn.tries)).all() == [0]


def test_after_five_wrong_codes_the_page_says_so_and_the_link_still_works(client: FlaskClient, clock: Clock) -> None:
    page = ask(client)
    wrong = "000000" if code_of(page) != "000000" else "111111"
    answers = [post(client, page, code=wrong) for _ in range(5)]
    sentence = "You've entered too many wrong codes on this page. Use the link in the email, or ask for a new code."
    assert "You have 1 try left." in answers[3].text
    assert f"That code isn't right. {sentence}" in as_text(answers[4].text)
    refused = post(client, page, code=code_of(page))
    assert (refused.status_code, sentence in as_text(refused.text)) == (410, True)
    assert "has been used" not in refused.text
    assert post(client, link_of(page)).status_code == 303
    clock.now = NOW + timedelta(minutes=10)
    assert "older than 10 minutes" in post(client_of(client.application), page, code=wrong).text


def as_text(page: str) -> str:
    """The page with its apostrophes as they are typed."""
    return html.unescape(page).replace("\u2019", "'")


def test_another_email_is_asked_for_with_the_same_address_and_what_was_typed(client: FlaskClient) -> None:
    page = client.get(ask(client, next="/bookings", typed=typed("/bookings", topic="My words"))).text
    link = re.search(r'href="(/sign-in\?again=[^"]+)"', page)
    assert link is not None
    form = client.get(link[1]).text
    assert f'name="email" value="{KNOWN}"' in form
    assert 'name="next" value="/bookings"' in form
    assert "My words" in form
    assert client.get("/sign-in?again=x").status_code == 200


def test_the_links_page_names_the_account_masked(client: FlaskClient) -> None:
    page = client_of(client.application).get(link_of(ask(client))).text
    assert "Sign in as m…@example.org</button>" in page
    assert KNOWN not in page


def test_a_link_that_no_longer_works_says_so_before_any_button(client: FlaskClient, clock: Clock) -> None:
    clinic = f"/occurrences/{uuid.UUID(int=7)}"
    link = link_of(ask(client, next=clinic, typed=typed(clinic, topic="My words")))
    clock.now = NOW + timedelta(minutes=10)
    answer = client_of(client.application).get(link)
    assert (answer.status_code, "older than 10 minutes" in answer.text) == (410, True)
    assert f'name="next" value="{clinic}"' in answer.text
    assert "&#34;My words&#34;" in answer.text


def test_another_session_is_replaced_only_by_a_button_that_named_it(session: Session, client: FlaskClient) -> None:
    noah = a_person(session, "Noah Field")
    session.commit()
    link = link_of(ask(client))
    browser = client_of(client.application)
    before = token_of(browser.get(link).text)
    with browser.session_transaction(base_url=BASE_URL) as kept:  # in another tab meanwhile
        kept["session"] = token_for(client.application, noah.id)
    unasked = browser.post(link, data={"csrf_token": before}, headers={"Origin": BASE_URL})
    assert unasked.status_code != 303
    page = browser.get(link).text
    assert "You’re signed in as Noah Field (noah.field@example.org) now." in page
    assert "Sign out and sign in as m…@example.org</button>" in page
    assert post(browser, link).status_code == 303
    assert "Mia Moss" in browser.get("/me").text
    session.rollback()
    assert session.scalars(select(UserSession.ended_at).where(UserSession.person_id == noah.id)).all() == [NOW]


def test_whoever_is_signed_in_already_goes_on_from_link_and_page(session: Session, client: FlaskClient) -> None:
    page = ask(client, next="/bookings")
    other = client_of(client.application)
    link = link_of(page)
    assert post(other, link).location == "/bookings"
    assert other.get(link).location == "/bookings"
    assert other.get(page).location == "/bookings"
    assert post(other, page, page="/me", code="000000").location == "/bookings"
    assert session.scalars(select(SignIn.tries)).all() == [0]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_international_address_is_shown_as_it_was_typed(client: FlaskClient) -> None:
    page = ask(client, email="Max@Müller.example")
    for shown in (client.get(page).text, client.get(f"/sign-in?again={page.rpartition('/')[2]}").text):
        assert "max@müller.example" in shown
        assert "xn--" not in shown
