"""Each kind of page says what it is for."""

from __future__ import annotations

from html import unescape

from sqlalchemy.orm import Session

from booking.web.site import descriptions
from tests.databases import Database
from tests.web.client import client_of
from tests.web.house import a_house


def described(page: str) -> list[str]:
    return [unescape(part.partition('">')[0]) for part in page.split('<meta name="description" content="')[1:]]


def test_each_page_has_one_description_of_its_kind(database: Database, session: Session) -> None:
    house = a_house(database, session)
    client = client_of(house.app, house.people["member"])
    pages = {"/": "programme", "/bookings": "bookings", "/calendars": "calendars", "/help": "help", "/me": "me"}
    for path, kind in pages.items():
        words = descriptions.DESCRIPTIONS[kind].format(kinds="clinics, labs and masterclasses")
        assert described(client.get(path).text) == [words], path
    assert described(client.get("/nowhere").text) == [descriptions.DEFAULT]


def test_every_kind_that_is_described_exists_and_no_two_say_the_same(database: Database, session: Session) -> None:
    house = a_house(database, session)
    assert set(descriptions.DESCRIPTIONS) <= set(house.app.blueprints)
    sentences = [*descriptions.DESCRIPTIONS.values(), descriptions.DEFAULT]
    assert len(set(sentences)) == len(sentences)


def test_inputs_have_only_what_html_allows_them(database: Database, session: Session) -> None:
    house = a_house(database, session)
    boxes = [part.partition(">")[0] for part in client_of(house.app).get("/").text.split('<input type="checkbox"')[1:]]
    assert boxes
    assert not [box for box in boxes if "autocomplete" in box]
    page = client_of(house.app, house.people["coordinator"]).get("/coordinator/drafts/").text
    assert 'type="month"' in page
    assert 'placeholder="2026-12"' not in page
