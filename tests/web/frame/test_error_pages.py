"""Errors as readers and programs see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.db import engines
from booking.store.people import api_tokens
from tests.builders import a_person
from tests.databases import Database
from tests.web.client import FEED_KEY, client_of, make_app


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_without_the_database_a_page_says_to_try_again_and_programs_hear_when(
    database: Database, session: Session, is_signed_in: bool
) -> None:
    member = a_person(session)
    session.commit()
    app = make_app(database)
    client = client_of(app, member if is_signed_in else None)
    away = engines.make("sqlite:////nowhere/at/all.sqlite")
    state = app.extensions["booking"]
    app.extensions["booking"] = replace(state, engine=away, sessions=engines.page_sessions(away))
    page = client.get("/bookings" if is_signed_in else "/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "Try again in a few seconds" in page.text
    answer = client.get("/api/v1/bookings", headers={"Authorization": f"Bearer {api_tokens.PREFIX}{'0' * 64}"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (answer.mimetype, answer.json and answer.json["status"]) == ("application/problem+json", 503)


def without_database(app: Flask) -> None:
    away = engines.make("sqlite:////nowhere/at/all.sqlite")
    app.extensions["booking"] = replace(app.extensions["booking"], engine=away, sessions=engines.page_sessions(away))


def broken(app: Flask, *endpoints: str) -> None:
    def view(**_arguments: object) -> Any:
        raise LookupError("something of ours")

    for endpoint in endpoints or ("feeds.public", "feeds.member"):
        view.access = app.view_functions[endpoint].access  # type: ignore[attr-defined]
        app.view_functions[endpoint] = view


def asked_otherwise(_app: Flask) -> None:
    """Nothing is wrong with the service."""


@pytest.mark.parametrize(
    ("what", "method", "status", "header", "words"),
    [
        (without_database, "GET", 503, ("Retry-After", "5"), "We can’t reach our records just now."),
        (broken, "GET", 500, None, "It’s our mistake, and nothing was changed."),
        (asked_otherwise, "POST", 405, ("Allow", "GET"), "This address is for calendar apps to read."),
    ],
)
def test_a_calendar_is_told_in_plain_text_what_is_wrong_with_no_page_cookie_or_redirect(
    database: Database, session: Session, what: Any, method: str, status: int, header: Any, words: str
) -> None:
    mia = a_person(session, "Mia Holt")
    session.commit()
    app = make_app(database)
    client = client_of(app, mia)  # with a cookie that says who is signed in
    what(app)
    private = f"/feeds/member/{tokens.sign(FEED_KEY, 'member-feed', str(mia.public_id))}.ics"
    for address in ("/feeds/programme.ics", private):
        answer = client.open(address, method=method)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/plain; charset=utf-8")
        assert answer.text.startswith(words)
        assert answer.text.count("\n") == 1
        assert not {"Set-Cookie", "Location", "Vary"} & set(answer.headers.keys())
        assert answer.headers["Cache-Control"] == "no-store"
        if header is not None:
            assert header[1] in answer.headers[header[0]]


@pytest.mark.parametrize("address", ["/feeds//programme.ics", "/feeds/programme.ics/", "/feeds/x/y/z", "/feeds/"])
def test_what_is_no_feed_is_a_plain_404_and_leads_nowhere_else(database: Database, address: str) -> None:
    answer = client_of(make_app(database)).get(address)
    assert (answer.status_code, answer.text) == (404, "There is no calendar at this address.\n")


def test_an_error_page_is_shown_even_if_who_is_reading_cannot_be_looked_up(
    database: Database, session: Session
) -> None:
    member = a_person(session)
    session.commit()
    app = make_app(database)
    app.testing = False
    client = client_of(app, member)
    broken(app, "health.healthz")
    without_database(app)
    answer = client.get("/healthz")
    assert (answer.status_code, "Something went wrong" in answer.text) == (500, True)
