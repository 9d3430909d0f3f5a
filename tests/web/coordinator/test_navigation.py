"""The menu of the back office: where the reader is, and what a viewer may open."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app

MENU = re.compile(r'<ul class="wide">(.*?)</ul>', re.DOTALL)
LINK = re.compile(r'<a href="([^"]+)"(?: aria-current="(\w+)")?>([^<]+)</a>')


def menu_of(client: FlaskClient, path: str) -> dict[str, str]:
    """The words of the menu on that page, each with how it marks the reader's place."""
    page = client.get(path)
    assert page.status_code == 200, path
    found = MENU.search(page.text.partition('<nav class="office')[2])
    assert found is not None, path
    return {words: current for _, current, words in LINK.findall(found[1])}


@pytest.fixture
def clinic_path(session: Session) -> str:
    clinic = a_clinic(session)
    a_booking(session, clinic, a_person(session, "Mia Chen"))
    return f"/coordinator/occurrences/{clinic.public_id}"


def test_each_page_says_where_it_is(database: Database, session: Session, clinic_path: str) -> None:
    person = a_person(session, "Cora", roles=["coordinator"])
    cora = client_of(make_app(database), person)
    expected = {
        "/coordinator/": ("Next 14 days", "page"),
        "/coordinator/programme": ("Programme", "page"),
        clinic_path: ("Programme", "true"),
        "/coordinator/bookings": ("Bookings", "page"),
        "/coordinator/people?q=mia": ("People", "page"),
        f"/coordinator/people/{person.public_id}": ("People", "true"),
        "/coordinator/emails": ("Emails", "page"),
    }
    for path, place in expected.items():
        assert [(words, mark) for words, mark in menu_of(cora, path).items() if mark] == [place], path


def test_a_viewer_is_led_only_to_what_opens(database: Database, session: Session, clinic_path: str) -> None:
    viewer = client_of(make_app(database), a_person(session, "Vera", roles=["viewer"]))
    paths = ["/coordinator/", "/coordinator/today", "/coordinator/programme", "/coordinator/closures/"]
    paths += ["/coordinator/bookings", "/coordinator/people", "/coordinator/reports"]
    seen: set[str] = set()
    for path in paths:
        page = viewer.get(path)
        assert page.status_code == 200, path
        assert 'method="post"' not in page.text.replace('id="zone-question" class="flash" method="post"', ""), path
        seen |= {link for link in re.findall(r'href="(/[^"?#]+)', page.text) if not link.startswith("/static/")}
    assert "/coordinator/programme" in seen
    opened = {link: viewer.get(link).status_code for link in sorted(seen)}
    assert {link: status for link, status in opened.items() if status >= 400} == {}
    assert viewer.get(clinic_path).status_code == 403
