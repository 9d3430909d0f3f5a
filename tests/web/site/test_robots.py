"""What robots are told."""

from __future__ import annotations

from tests.databases import Database
from tests.web.client import client_of, make_app


def test_robots_may_fetch_feeds_and_pages_but_no_address_that_opens_one_thing(database: Database) -> None:
    answer = client_of(make_app(database)).get("/robots.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[:2] == ["User-agent: *", "Allow: /feeds/"]
    assert {"Disallow: /join/", "Disallow: /manage/", "Disallow: /unsubscribe/"} <= set(lines)
    assert not any(line.startswith("Disallow: /feeds") or line == "Disallow: /" for line in lines)
