"""The buttons that block a quarter and open it again, on the analyst's day and on Today."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.store.bookings import claims
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app

DAY = "/analyst/2023-12-04"
SOON = CLINIC_AT - timedelta(hours=1)


def fields_of(page: str, words: str) -> dict[str, str]:
    """The hidden fields and the button of the form whose button says that."""
    form = next(part for part in page.split("<form")[1:] if words in part.partition("</form>")[0])
    found = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<button class="btn" name="(do)" value="([^"]+)"', form))
    return found


def press(client: FlaskClient, page: str, words: str) -> str:
    """Press that button; returns the page one comes back to."""
    fields = fields_of(client.get(page).text, words)
    answer = client.post("/analyst/quarters", data=fields, headers={"Origin": "https://booking.example.org"})
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    return client.get(page).text


def taken(session: Session, clinic: Occurrence) -> int:
    session.rollback()
    people = [one.analyst_id for one in clinic.roster]
    return len(claims.blocked(session, people, clinic.starts_at, clinic.ends_at))


def test_an_analyst_blocks_a_free_quarter_of_the_day_and_opens_it_again(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    a_booking(session, clinic)
    client = client_of(make_app(database, Clock(SOON)), clinic.roster[0].analyst)
    assert client.get(DAY).text.count(">Block<") == 3
    page = press(client, DAY, "Block<")
    assert page.count("Blocked. Members can’t book it.") == 1
    assert page.count(">Block<") == 2
    assert taken(session, clinic) == 1
    assert "blocked" in client.get(f"{DAY}.csv").text
    page = press(client, DAY, "Open again<")
    assert "Blocked" not in page
    assert taken(session, clinic) == 0


def test_a_member_cannot_choose_a_blocked_quarter(database: Database, session: Session) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia Moss")
    session.commit()
    app = make_app(database, Clock(SOON))
    page = f"/occurrences/{clinic.public_id}"
    before = client_of(app, mia).get(page).text
    press(client_of(app, clinic.roster[0].analyst), DAY, "Block<")
    after = client_of(app, mia).get(page).text
    assert after.count('type="radio"') < before.count('type="radio"')


def test_a_coordinator_blocks_on_today_and_a_viewer_has_no_button(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    cora, vi = a_person(session, "Cora", roles=["coordinator"]), a_person(session, "Vi", roles=["viewer"])
    session.commit()
    app = make_app(database, Clock(SOON))
    assert client_of(app, cora).get("/coordinator/today").text.count(">Block<") == 8
    assert ">Block<" not in client_of(app, vi).get("/coordinator/today").text
    page = press(client_of(app, cora), "/coordinator/today", "Block<")
    assert page.count(">Open again<") == 1
    assert "Blocked" in client_of(app, vi).get("/coordinator/today").text
    assert taken(session, clinic) == 1


def test_what_was_booked_since_the_page_was_shown_stays_and_is_said(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    client = client_of(make_app(database, Clock(SOON)), clinic.roster[0].analyst)
    fields = fields_of(client.get(DAY).text, "Block<")
    a_booking(session, clinic)
    client.post("/analyst/quarters", data=fields, headers={"Origin": "https://booking.example.org"})
    assert "Somebody has this time, so it can’t be blocked." in client.get(DAY).text
    assert taken(session, clinic) == 0


def test_what_is_over_has_no_button(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    client = client_of(make_app(database, Clock(CLINIC_AT + timedelta(minutes=20))), clinic.roster[0].analyst)
    assert client.get(DAY).text.count(">Block<") == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("do", "burn"),
        ("occurrence", "nothing"),
        ("analyst", "nobody"),
        ("starts_at", "soon"),
        ("starts_at", "2023-12-04T03:00:00"),
        ("starts_at", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_a_form_that_no_page_has_is_refused(database: Database, session: Session, field: str, value: str) -> None:
    clinic = a_clinic(session)
    client = client_of(make_app(database, Clock(SOON)), clinic.roster[0].analyst)
    fields = fields_of(client.get(DAY).text, "Block<") | {field: value}
    answer = client.post("/analyst/quarters", data=fields, headers={"Origin": "https://booking.example.org"})
    assert answer.status_code in {400, 404}
    assert taken(session, clinic) == 0
