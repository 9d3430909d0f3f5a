"""An application on a test database at a fixed instant, and clients that are signed in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from booking.app import create_app
from booking.domain.organisation import Organisation
from booking.settings import Settings, load
from booking.store.db import engines
from booking.store.people import sessions
from booking.store.people.people import Person
from booking.store.people.sessions import UserSession
from booking.web.feeds.cache import FeedCache
from booking.web.feeds.fetches import Fetches
from booking.web.frame.current_organisation import KnownOrganisation
from booking.web.frame.last_seen import LastSeen
from booking.web.frame.token_guessing import Guesses
from tests.builders import NOW
from tests.databases import Database

SECRET_KEY = "test-secret-key-test-secret-key-0123456789"
BASE_URL = "https://booking.example.org"
FEED_KEY = "test-feed-key-test-feed-key-0123456789abcd"


def settings(database: Database, **values: str) -> Settings:
    """The settings of a test service on that database."""
    return load(
        {
            "BOOKING_DATABASE_URL": database.url,
            "BOOKING_SECRET_KEY": SECRET_KEY,
            "BOOKING_FEED_KEY": FEED_KEY,
            "BOOKING_BASE_URL": BASE_URL,
            "BOOKING_JOIN_URL": "https://example.org/join",
            "BOOKING_REPLY_TO": "people@example.org",
            **values,
        }
    )


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def make_app(database: Database, now: datetime | Clock = NOW, **values: str) -> Flask:
    """The application on the test database's own engine, at a clock that stands; it shares no memory with any other.

    Its routes, hooks and compiled templates are built once for all tests: that takes longer than most tests do.
    """
    found = settings(database, **values)
    app = _built.__wrapped__(found) if found.trusted_proxies else _like(_built(_without_host(found)))
    app.extensions["booking"] = replace(
        app.extensions["booking"],
        settings=found,
        engine=database.engine,
        sessions=engines.page_sessions(database.engine),
        clock=now if isinstance(now, Clock) else Clock(now),
        known=already_known(app.extensions["booking"].organisation),
    )
    app.testing = True
    return app


def already_known(organisation: Organisation) -> KnownOrganisation:
    """The data folder's organisation, not looked up again until it is saved here: no statement comes by the clock."""
    return KnownOrganisation(float("inf"), organisation, {}, found=organisation)


def give_rules(app: Flask, **rules: object) -> None:
    """Let the application's organisation have these rules from now on."""
    state = app.extensions["booking"]
    organisation = replace(state.organisation, policy=replace(state.organisation.policy, **rules))  # type: ignore[arg-type]
    app.extensions["booking"] = replace(state, organisation=organisation, known=already_known(organisation))


#: What an application remembers from one request to the next; its other extensions stay as they were built.
MEMORY: dict[str, Callable[[], object]] = {
    "feeds": FeedCache,
    "fetches": Fetches,
    "guessing": Guesses,
    "last_seen": LastSeen,
}
AS_BUILT = {"booking", "flask-smorest"}


@lru_cache(maxsize=16)
def _built(found: Settings) -> Flask:
    """The application of those settings; with ProxyFix, which holds on to the application it was made for, no other."""
    app = create_app(found)
    app.extensions["booking"].engine.dispose()
    unknown = set(app.extensions) - set(MEMORY) - AS_BUILT
    assert not unknown, f"is it remembered between requests? Then each test needs its own: {unknown}"
    return app


def _without_host(found: Settings) -> Settings:
    """Of the public address only the scheme is built in; the rest is read in each request."""
    return replace(found, base_url=f"{urlsplit(found.base_url).scheme}://booking.example.org")


def _like(built: Flask) -> Flask:
    """The same application with a memory of its own; what a test changes in it stays in it."""
    app = copy(built)
    app.config = copy(built.config)
    app.view_functions = dict(built.view_functions)
    app.after_request_funcs = deepcopy(built.after_request_funcs)
    app.extensions = {**built.extensions, **{name: new() for name, new in MEMORY.items()}}
    return app


class Client(FlaskClient):
    """A client that asks over https, at the public address."""

    def open(self, *args: Any, **options: Any) -> Any:
        options.setdefault("base_url", BASE_URL)
        return super().open(*args, **options)


def client_of(app: Flask, person: Person | None = None, used_for: timedelta = timedelta(days=100)) -> FlaskClient:
    """A client, signed in as that person, who is committed first: the sign-in is a row of its own."""
    app.test_client_class = Client
    client = app.test_client()
    if person is not None:
        if (opened := object_session(person)) is not None:
            opened.commit()
        sign_in(app, client, person, used_for)
    return client


def sign_in(app: Flask, client: FlaskClient, person: Person, used_for: timedelta = timedelta(days=100)) -> None:
    """Sign that person in, in this client's browser, as the sign-in page does."""
    with client.session_transaction(base_url=BASE_URL) as session:
        session.clear()
        session["session"] = token_for(app, person.id, used_for)


def token_for(app: Flask, person_id: int, used_for: timedelta = timedelta(days=100)) -> str:
    """The token of a new session of that person, which counts as used for so long, wherever the clock is set."""
    state = app.extensions["booking"]
    now = state.clock()
    with Session(state.engine) as opened:
        token = sessions.begin(opened, person_id, "Chrome on Windows", now)
        row = opened.scalars(select(UserSession).where(UserSession.digest == sessions.digest(token))).one()
        row.last_seen_at = now + used_for
        opened.commit()
    return token


def token_of(page: str) -> str:
    """The CSRF token of a page's first form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, "the page has no form"
    return found[1]


def post(client: FlaskClient, path: str, page: str = "", **fields: str):  # type: ignore[no-untyped-def]
    """POST a form with the CSRF token of the page at `page` (without it, of `path`), as a browser would."""
    shown = client.get(page or path)
    headers = sent_from(shown.headers.get("Referrer-Policy", ""), page or path)
    return client.post(path, data={"csrf_token": token_of(shown.text), **fields}, headers=headers)


def sent_from(referrer_policy: str, page: str) -> dict[str, str]:
    """What Chromium says of where a form comes from, on a page of this site with that Referrer-Policy."""
    if referrer_policy == "no-referrer":
        return {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    return {"Origin": BASE_URL, "Referer": f"{BASE_URL}{page}", "Sec-Fetch-Site": "same-origin"}


def typed(action: str, **fields: str) -> str:
    """What was typed into the form that sends to `action`, as it travels along with the sign-in page."""
    return json.dumps({"action": action, "fields": list(fields.items())})
