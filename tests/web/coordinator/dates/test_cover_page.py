"""Find cover: a coordinator hands what is uncovered on a date to an analyst who is free."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services import cover
from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Programme
from tests.builders import NOW, ORGANISATION, a_booking, a_person, a_series, acting, an_occurrence
from tests.databases import Database
from tests.web.client import client_of, make_app, post


@pytest.fixture
def people(session: Session) -> dict[str, Person]:
    roles = {"Cora": "coordinator", "Ada": "analyst", "Ben": "analyst", "Kim": "member"}
    return {name: a_person(session, name, roles=[role]) for name, role in roles.items()}


@pytest.fixture
def clinic(session: Session, people: dict[str, Person]) -> Occurrence:
    """Ada alone staffs it, Kim is booked, and Ada is ill."""
    ada = people["Ada"]
    row = an_occurrence(session, a_series(session, [ada]), [ada])
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    a_booking(session, row, people["Kim"])
    session.commit()
    span = (row.starts_at, row.ends_at)
    shown = cover.show(session, ada.public_id, span, ORGANISATION, NOW)
    cover.report(acting(session, Actor.staff(ada.id)), ada.public_id, span, fingerprint=shown.fingerprint)
    return row


@pytest.fixture
def client(database: Database, people: dict[str, Person], clinic: Occurrence) -> FlaskClient:
    return client_of(make_app(database), people["Cora"])


def test_the_first_page_leads_to_who_is_free_and_one_button_hands_it_over(
    client: FlaskClient, session: Session, people: dict[str, Person], clinic: Occurrence
) -> None:
    address = f"/coordinator/occurrences/{clinic.public_id}/cover"
    assert address in client.get("/coordinator/").text
    page = client.get(address).text
    assert "1 booking needs an analyst" in page
    assert "Free for 1 of 1 booking" in page
    ben = str(people["Ben"].public_id)
    assert post(client, address, address, analyst=ben).status_code == 303
    session.rollback()
    assert session.scalars(select(Booking)).one().analyst_id == people["Ben"].id
    told = session.scalars(select(OutgoingEmail.name).where(OutgoingEmail.person_id == people["Ben"].id))
    assert (
        "handed-over" in " ".join(told)
        or session.scalars(select(OutgoingEmail).where(OutgoingEmail.to_address == people["Ben"].email)).all()
    )
    assert "Nothing on this date needs cover" in client.get(address).text


def test_whoever_is_not_free_or_no_analyst_gets_nothing(
    client: FlaskClient, session: Session, people: dict[str, Person], clinic: Occurrence
) -> None:
    address = f"/coordinator/occurrences/{clinic.public_id}/cover"
    for name in ("Ada", "Kim"):
        assert post(client, address, address, analyst=str(people[name].public_id)).status_code == 303
    assert post(client, address, address, analyst="x").status_code == 400
    session.rollback()
    assert session.scalars(select(Booking)).one().analyst_id == people["Ada"].id


def test_a_second_handing_over_changes_nothing_and_says_so(
    client: FlaskClient, people: dict[str, Person], clinic: Occurrence
) -> None:
    address = f"/coordinator/occurrences/{clinic.public_id}/cover"
    for _ in range(2):
        post(client, address, address, analyst=str(people["Ben"].public_id))
    assert "Somebody else has already taken this" in client.get(address).text
