"""What is bookable is called by its kind's name, whatever the organisation calls it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from booking.domain.organisation import Kind
from tests.builders import ORGANISATION, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import client_of, make_app

KINDS = {
    "clinic": Kind("clinic", "help-desks", "Help desk", "Help desks", bookable=True),
    "lab": Kind("lab", "q-and-a", "Q&A", "Q&As"),
}


@pytest.fixture
def pages(database: Database, session: Session) -> dict[str, str]:
    """Every page that speaks of what is bookable, by its name: of an organisation without any clinic."""
    full = a_clinic(session, title="Ask us")
    an_occurrence(session, a_series(session, title="Ask us too"), (), title="Nobody yet")
    member, cora = a_person(session, "Mia"), a_person(session, "Cora", ["coordinator", "analyst"])
    session.commit()
    app = make_app(database)
    state = app.extensions["booking"]
    app.extensions["booking"] = replace(state, organisation=replace(ORGANISATION, kinds=KINDS))
    visitor, as_member, staff = client_of(app), client_of(app, member), client_of(app, cora)
    asked = {
        "programme": (visitor, "/?on=2024-06-03"),
        "week": (as_member, "/?on=2023-12-04"),
        "bookings": (as_member, "/bookings"),
        "occurrence": (as_member, f"/occurrences/{full.public_id}"),
        "calendars": (staff, "/calendars"),
        "to do": (staff, "/coordinator/"),
        "day": (staff, "/analyst/2023-12-04"),
        "time off": (staff, "/analyst/time-off"),
        "people": (staff, "/coordinator/people"),
    }
    answers = {name: client.get(path) for name, (client, path) in asked.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(asked, 200)
    return {name: answer.text for name, answer in answers.items()}


def test_no_page_says_clinic_where_there_is_none(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        words = page.replace('data-kind="clinic"', "").replace('value="clinic"', "").replace('id="k-clinic"', "")
        assert "clinic" not in words.lower(), name


def test_sentences_name_the_kinds_that_there_are(pages: dict[str, str]) -> None:
    assert "In help desks, members book 15 or 30 minutes with an analyst." in pages["programme"]
    assert "Every member can enrol in Q&amp;As." in pages["programme"]
    assert "Help desk without an analyst" in pages["to do"]
