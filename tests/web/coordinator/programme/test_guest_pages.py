"""Guests of a series: added with their dates and removed, each by a plan."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.people.people import Person
from booking.store.programme.programme import Roster, Series
from tests.builders import CLINIC_AT, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import client_of, make_app, token_of

GUESTS = "/coordinator/programme/clinic/guests/"


@pytest.fixture
def ben(session: Session) -> Person:
    return a_person(session, "Ben", roles=["analyst"])


@pytest.fixture
def client(database: Database, session: Session, ben: Person) -> FlaskClient:
    cora, ada = a_person(session, "Cora", ["coordinator"]), a_person(session, "Ada", roles=["analyst"])
    days = {"rrule": "FREQ=WEEKLY;BYDAY=MO", "starts_on": date(2023, 12, 4), "ends_on": date(2023, 12, 4)}
    row = an_occurrence(session, a_series(session, [ada], slug="clinic", **days), [ada], CLINIC_AT, key="2023-12-04")
    row.rule_on = date(2023, 12, 4)
    session.commit()
    return client_of(make_app(database), cora)


def staff(session: Session) -> list[str]:
    session.rollback()
    rows = session.scalars(select(Roster).order_by(Roster.position))
    return [place.analyst.name for place in rows]


def publish(client: FlaskClient, fields: dict[str, str]) -> None:
    page = client.get(f"{GUESTS}plan", query_string=fields).text
    fingerprint = re.findall(r'name="fingerprint" value="(\w+)"', page)[0]
    values = {**fields, "csrf_token": token_of(page), "fingerprint": fingerprint}
    assert client.post(f"{GUESTS}publish", data=values).status_code == 303


def test_a_guest_joins_the_dates_that_are_named_and_is_removed_again(
    client: FlaskClient, session: Session, ben: Person
) -> None:
    guest = {"analyst": str(ben.public_id), "first": "2023-12-04", "last": "2023-12-08"}
    publish(client, guest)
    assert staff(session) == ["Ada", "Ben"]
    assert "Mon\xa04 – Fri\xa08\xa0Dec" in client.get(GUESTS).text
    publish(client, {**guest, "remove": "1"})
    assert staff(session) == ["Ada"]
    assert "guests" not in session.scalars(select(Series)).one().terms


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"analyst": ""}, "Choose an analyst."),
        ({"analyst": "00000000-0000-0000-0000-000000000000"}, "Choose an analyst."),
        ({"first": ""}, "Choose a date."),
        ({"first": "9999-12-31"}, "Choose a date within the next 2 years."),
        ({"last": "2023-12-03"}, "Choose a last day that isn’t before the first."),
        ({"first": "2023-11-01", "last": "2023-11-02"}, "Choose days that aren’t all in the past."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    client: FlaskClient, ben: Person, fields: dict[str, str], said: str
) -> None:
    typed = {"analyst": str(ben.public_id), "first": "2023-12-04", "last": "", **fields}
    found = client.get(f"{GUESTS}plan", query_string=typed)
    assert (found.status_code, said in found.text) == (422, True)


def test_a_series_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get("/coordinator/programme/none/guests/").status_code == 404
