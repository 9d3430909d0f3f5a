"""Which forms are accepted, whatever the browser and the proxy say of them, and what a refused one is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from tests.builders import NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import BASE_URL, SECRET_KEY, Clock, client_of, make_app, post, sign_in, token_of

HERE = {"Origin": BASE_URL, "Referer": f"{BASE_URL}/x", "Sec-Fetch-Site": "same-origin"}
ACCEPTED = {
    "Chromium": HERE,
    "Chromium, on a page that sends no referrer": {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    "a browser that says nothing": {},
    "an older browser, on a page that sends no referrer": {"Origin": "null"},
    "an older browser": {"Origin": BASE_URL},
    "an older browser, port and case spelled out": {"Origin": "https://Booking.Example.org:443"},
    "a browser that sends Referer only": {"Referer": f"{BASE_URL}/x"},
    "an extension that hides the referrer": {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"},
}
REFUSED = {
    "another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another site that sends no referrer": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "a sister site": {"Origin": "https://shop.example.org", "Sec-Fetch-Site": "same-site"},
    "another site, an older browser": {"Origin": "https://evil.example"},
    "an address that cannot be read": {"Origin": "https://[evil"},
    "an address that cannot be read, as a referrer": {"Referer": "https://evil.example:99999/"},
    "another site, Referer only": {"Referer": "https://evil.example/booking.example.org"},
    "the same name without TLS": {"Origin": "http://booking.example.org"},
    "the same name at another port": {"Origin": f"{BASE_URL}:8443"},
}


def sent(
    client: FlaskClient, path: str, headers: dict[str, str], page: str = "", **options: object
) -> tuple[int, str, str]:
    """Status, code and sentence in answer to the form at `path`, with the token of the page it is on."""
    shown = client.get(page or path, **options)  # type: ignore[arg-type]
    return read(client.post(path, data={"csrf_token": token_of(shown.text)}, headers=headers, **options))  # type: ignore[arg-type]


def read(answer) -> tuple[int, str, str]:  # type: ignore[no-untyped-def]
    found = re.search(r'<p class="lead" data-code="(?P<code>[^"]*)">(?P<words>.*?)</p>', answer.text)
    found = found or re.search(r'data-kept="(?P<code>[^"]*)">.*?</p><p>(?P<words>.*?)</p>', answer.text)
    return answer.status_code, found["code"] if found else "", found["words"] if found else ""


@pytest.fixture
def booking(session: Session) -> Booking:
    return a_booking(session, a_clinic(session))


def managed(booking: Booking) -> str:
    return f"/manage/{tokens.sign(SECRET_KEY, 'manage', str(booking.public_id))}/cancel"


@pytest.mark.parametrize("browser", ACCEPTED)
def test_a_form_on_a_page_of_this_site_is_accepted_from_any_browser(
    database: Database, booking: Booking, session: Session, browser: str
) -> None:
    assert sent(client_of(make_app(database)), managed(booking), ACCEPTED[browser])[0] == 303
    session.refresh(booking)
    assert booking.status == "cancelled"


@pytest.mark.parametrize("sender", REFUSED)
def test_a_form_that_another_site_sends_is_refused_even_with_a_good_token(
    database: Database, booking: Booking, session: Session, sender: str
) -> None:
    status, code, words = sent(client_of(make_app(database)), managed(booking), REFUSED[sender])
    assert (status, code) == (403, "form-from-another-site")
    assert "Another website sent it" in words
    session.refresh(booking)
    assert booking.status == "confirmed"


@pytest.mark.parametrize("host", ["booking.example.org", "127.0.0.1:8000"])
def test_behind_a_proxy_forms_are_accepted_whatever_host_it_passes_on(
    database: Database, booking: Booking, host: str
) -> None:
    """The public address says where forms may come from; Chromium says by itself that they come from here."""
    client = client_of(make_app(database, BOOKING_TRUSTED_PROXIES="1"))
    proxy = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "Host": host}
    shown = client.get(managed(booking), base_url="http://127.0.0.1:8000", headers=proxy)
    cookie = re.match(r"__Host-booking=([^;]+)", shown.headers["Set-Cookie"])
    assert cookie is not None
    for page in ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": BASE_URL}):
        answer = client.post(
            managed(booking),
            base_url="http://127.0.0.1:8000",
            data={"csrf_token": token_of(shown.text)},
            headers={**proxy, **page, "Cookie": cookie[0]},
        )
        assert answer.status_code in {303, 409}  # the second time it is cancelled already
        assert 'data-code="form-' not in answer.text


def test_a_forwarded_host_is_believed_from_a_trusted_proxy_only(database: Database) -> None:
    proxy = {"X-Forwarded-Host": "booking.example.org", "X-Forwarded-Proto": "https"}
    for count, base in (("1", BASE_URL), ("0", "http://10.0.0.5:8000")):
        client = client_of(make_app(database, BOOKING_TRUSTED_PROXIES=count))
        answer = client.get("/coordinator", base_url="http://10.0.0.5:8000", headers=proxy)
        assert answer.location == f"{base}/coordinator/"


def test_who_opens_the_site_at_another_address_is_told_the_right_one_and_the_operator_what_to_set(
    database: Database, booking: Booking, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(make_app(database))
    told = [
        # http instead of https, so the browser keeps no cookie
        client.post(managed(booking), headers={"Origin": "http://10.0.0.5:8000"}, base_url="http://10.0.0.5:8000"),
        # a proxy that passes on neither the host nor the scheme, and BOOKING_BASE_URL is not what people open
        client.post(managed(booking), headers={"Origin": "https://old.example.org"}, base_url="http://10.0.0.5:8000"),
    ]
    for answer, there in zip(told, ("http://10.0.0.5:8000", "https://old.example.org"), strict=True):
        status, code, words = read(answer)
        assert (status, code) == (400, "form-at-another-address")
        assert f"You opened this site at {there}, but its address is {BASE_URL}." in words
        for setting in ("BOOKING_BASE_URL", "BOOKING_TRUSTED_PROXIES", "X-Forwarded-Proto", "Host"):
            assert setting in words
        assert f"the browser has {there} and the proxy says http://10.0.0.5:8000" in caplog.text


def test_without_cookies_it_says_to_allow_them(database: Database, booking: Booking) -> None:
    app = make_app(database)
    client = app.test_client(use_cookies=False)
    for headers in (HERE, {"Origin": "null"}):
        status, code, words = sent(client, managed(booking), headers, base_url=BASE_URL)
        assert (status, code) == (400, "form-without-cookie")
        assert f"Allow cookies for {BASE_URL}" in words


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\u00e9.x"])
def test_without_a_token_of_ours_it_says_to_open_the_page_again(
    database: Database, booking: Booking, token: str
) -> None:
    client = client_of(make_app(database))
    client.get(managed(booking))
    status, code, words = read(client.post(managed(booking), data={"csrf_token": token}, headers=HERE))
    assert (status, code) == (400, "form-incomplete")
    assert "Open the page again" in words


def test_a_token_of_another_browser_is_refused(database: Database, booking: Booking) -> None:
    app = make_app(database)
    attacker, victim = client_of(app), client_of(app)
    victim.get(managed(booking))
    theirs = token_of(attacker.get(managed(booking)).text)
    assert read(victim.post(managed(booking), data={"csrf_token": theirs}, headers=HERE))[0] == 409


def signs_out(app: Flask, client: FlaskClient, _mia: Person, _lee: Person) -> None:
    post(client, "/sign-out", page="/me")


def signs_in(app: Flask, client: FlaskClient, mia: Person, _lee: Person) -> None:
    sign_in(app, client, mia)


def signs_in_as_lee(app: Flask, client: FlaskClient, _mia: Person, lee: Person) -> None:
    sign_in(app, client, lee)


def is_ended(app: Flask, client: FlaskClient, mia: Person, _lee: Person) -> None:
    """From somewhere else; this browser keeps its cookie."""
    post(client_of(app, mia), "/me/sessions/end-others", page="/me")


def looks_in(app: Flask, client: FlaskClient, mia: Person, lee: Person) -> None:
    signs_in(app, client, mia, lee)
    signs_out(app, client, mia, lee)


def waits(app: Flask, client: FlaskClient, _mia: Person, _lee: Person) -> None:
    app.extensions["booking"].clock.now += timedelta(days=7)


MEANWHILE: dict[str, tuple[bool, Callable[[Flask, FlaskClient, Person, Person], None], str, str]] = {
    # whether Mia is signed in at first, what happens in another tab, the code, the sentence
    "signed out": (True, signs_out, "form-signed-out", "You&#39;ve been signed out since you opened this page."),
    "signed out elsewhere": (True, is_ended, "form-signed-out", "You&#39;ve been signed out"),
    "signed in": (False, signs_in, "form-signed-in", "You&#39;ve signed in as mia.moss@example.org since"),
    "somebody else": (True, signs_in_as_lee, "form-other-person", "You&#39;re signed in as lee@example.org now"),
    "in and out again": (False, looks_in, "form-other-session", "You&#39;ve signed in or out in another tab"),
    "signed in again": (True, signs_in, "form-other-session", "You&#39;ve signed in or out in another tab"),
    "a week later": (True, waits, "form-too-old", "You opened this page more than 7 days ago."),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_what_happened_since_the_page_was_opened_is_the_reason_given(
    database: Database, session: Session, booking: Booking, what: str
) -> None:
    starts_signed_in, happens, expected, sentence = MEANWHILE[what]
    mia, lee = a_person(session, "Mia Moss"), a_person(session, "Lee")
    session.commit()
    app = make_app(database, Clock(NOW))
    client = client_of(app, mia if starts_signed_in else None)
    form = {"csrf_token": token_of(client.get(managed(booking)).text)}
    happens(app, client, mia, lee)
    status, code, words = read(client.post(managed(booking), data=form, headers=HERE))
    assert (status, code) == (409, expected)
    assert sentence in words
    session.rollback()
    session.refresh(booking)
    assert booking.status == "confirmed"
