"""Who tries signed addresses that do not exist is held back; whoever has good ones is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking import clock
from booking.domain import tokens
from booking.web.frame import token_guessing
from tests.builders import a_clinic, a_person
from tests.databases import Database
from tests.web.client import FEED_KEY, client_of, make_app

WRONG = f"/feeds/member/00000000-0000-4000-8000-000000000000.{'a' * 32}.ics"
MAX_MISSES = token_guessing.MAX_MISSES.amount


@dataclass
class Wall:
    """A clock for the library that stands until it is set."""

    seconds: float = 1_700_000_000.0

    def time(self) -> float:
        return self.seconds


@dataclass
class Site:
    app: Flask
    address: str
    wall: Wall

    def get(self, path: str, sender: str = "192.0.2.1", **headers: str) -> Any:
        return client_of(self.app).get(path, environ_base={"REMOTE_ADDR": sender}, headers=headers)

    def miss(self, times: int, sender: str = "192.0.2.1") -> None:
        for _ in range(times):
            assert self.get(WRONG, sender).status_code == 404


def set_up(database: Database, session: Session, monkeypatch: pytest.MonkeyPatch, **settings: str) -> Site:
    a_clinic(session)
    mia = a_person(session, "Mia Holt")
    session.commit()
    wall = Wall()
    monkeypatch.setattr("limits.storage.memory.time", wall)
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(wall.seconds, UTC))
    token = tokens.sign(FEED_KEY, "member-feed", str(mia.public_id))
    return Site(make_app(database, **settings), f"/feeds/member/{token}.ics", wall)


@pytest.fixture
def site(database: Database, session: Session, monkeypatch: pytest.MonkeyPatch) -> Site:
    return set_up(database, session, monkeypatch)


def test_a_sender_who_misses_too_often_is_told_to_wait_until_the_minute_is_over_and_nobody_else_is(site: Site) -> None:
    site.miss(MAX_MISSES - 1)
    site.wall.seconds += 40.5
    site.miss(1)
    held = site.get(WRONG)
    assert (held.status_code, held.headers["Retry-After"], held.headers["Cache-Control"]) == (429, "20", "no-store")
    assert (held.mimetype, held.text) == ("text/plain", "Wait a minute, then try again.\n")
    assert "Set-Cookie" not in held.headers
    page = site.get("/manage/x")
    assert (page.status_code, page.headers["Retry-After"], page.mimetype) == (429, "20", "text/html")
    assert "<h1>Too many tries</h1>" in page.text
    assert site.get("/").status_code == 200
    assert site.get(WRONG, "192.0.2.2").status_code == 404
    site.wall.seconds += 20
    site.miss(MAX_MISSES)
    assert site.get(WRONG).status_code == 429


def test_a_good_address_opens_whoever_else_misses_from_the_same_network(site: Site) -> None:
    site.miss(MAX_MISSES)
    assert site.get(WRONG).status_code == 429
    assert site.get(site.address).status_code == 200


def test_calendars_that_fetch_good_addresses_are_never_held_back(site: Site) -> None:
    tag = site.get(site.address).headers["ETag"]
    for _ in range(MAX_MISSES + 1):
        assert site.get(site.address, **{"If-None-Match": tag}).status_code == 304
    assert site.get(site.address).status_code == 200


def test_misses_count_wherever_signed_addresses_lie(site: Site) -> None:
    paths = ["/join/x", "/manage/x", "/manage/place/x", "/unsubscribe/reminders/x", "/sign-in/link/x", "/manage/a%2Fb"]
    for path in paths:
        assert site.get(path).status_code in {404, 410}
    site.miss(MAX_MISSES - len(paths))
    assert site.get(WRONG).status_code == 429


def test_what_is_not_signed_may_be_missed_as_often_as_one_likes(site: Site) -> None:
    for _ in range(MAX_MISSES):
        assert site.get("/feeds/nothing.ics").status_code == 404
        assert site.get("/nothing").status_code == 404
    assert site.get(WRONG).status_code == 404


def test_a_network_of_ipv6_is_one_sender(site: Site) -> None:
    site.miss(MAX_MISSES // 2, "2001:db8:1:2::1")
    site.miss(MAX_MISSES - MAX_MISSES // 2, "2001:db8:1:2:ffff::9")
    assert site.get(WRONG, "2001:db8:1:2::3").status_code == 429
    assert site.get(WRONG, "2001:db8:1:3::1").status_code == 404


def test_behind_a_proxy_the_sender_is_whom_the_proxy_names(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = set_up(database, session, monkeypatch, BOOKING_TRUSTED_PROXIES="1")
    for _ in range(MAX_MISSES):
        site.get(WRONG, "10.0.0.1", **{"X-Forwarded-For": "198.51.100.7"})
    assert site.get(WRONG, "10.0.0.1", **{"X-Forwarded-For": "198.51.100.7"}).status_code == 429
    assert site.get(WRONG, "10.0.0.1", **{"X-Forwarded-For": "198.51.100.8"}).status_code == 404


def test_a_flood_from_many_networks_takes_no_more_memory_than_there_is_room_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_guessing, "MAX_SENDERS", 5)
    guesses = site.app.extensions["guessing"]
    for number in range(23):
        site.miss(1, f"2001:db8:{number:x}::1")
        assert len(guesses.storage.expirations) <= 5
    assert len(guesses.storage.expirations) == 3
