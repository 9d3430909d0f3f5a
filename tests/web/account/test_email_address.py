"""The pages on which people change their own email address, and a coordinator somebody's."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.people.address_changes import AddressChange
from booking.store.people.people import Person
from tests.builders import a_person
from tests.databases import Database
from tests.web.client import SECRET_KEY, client_of, make_app, post

NEW = "mia@new.example"


def link_of(session: Session) -> str:
    session.rollback()
    asked = session.scalars(select(AddressChange)).one()
    return f"/me/address/{tokens.sign(SECRET_KEY, 'address', str(asked.public_id))}"


def email_of(session: Session, person: Person) -> str:
    session.rollback()
    session.refresh(person)
    return person.email


def test_the_link_of_the_email_changes_the_address_by_its_button_only(database: Database, session: Session) -> None:
    mia = a_person(session, "Mia Moss")
    session.commit()
    app = make_app(database)
    client = client_of(app, mia)
    assert "/me/address" in client.get("/me").text
    assert NEW in post(client, "/me/address", email=NEW).text
    link, elsewhere = link_of(session), client_of(app)
    assert f"Use {NEW}?" in elsewhere.get(link).text
    elsewhere.head(link)
    assert email_of(session, mia) == "mia.moss@example.org"
    assert post(elsewhere, link).status_code == 303
    assert email_of(session, mia) == NEW
    assert client.get("/me").status_code == 200, "the session goes on"
    assert elsewhere.get(link).status_code == 410
    assert elsewhere.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 410


def test_what_is_no_address_is_said_beside_the_field(database: Database, session: Session) -> None:
    mia = a_person(session, "Mia Moss")
    session.commit()
    answer = post(client_of(make_app(database), mia), "/me/address", email="nobody")
    assert (answer.status_code, 'value="nobody"' in answer.text) == (422, True)
    assert "Enter an email address such as name@example.org." in answer.text


def test_a_coordinator_changes_it_at_once_and_a_taken_one_is_refused(database: Database, session: Session) -> None:
    mia, chief = a_person(session, "Mia Moss"), a_person(session, "Caz", roles=["coordinator"])
    session.commit()
    client = client_of(make_app(database), chief)
    page = f"/coordinator/people/{mia.public_id}"
    refused = post(client, f"{page}/address", page, email="caz@example.org")
    assert (refused.status_code, "Another account has this address." in refused.text) == (422, True)
    assert post(client, f"{page}/address", page, email=NEW).status_code == 303
    assert email_of(session, mia) == NEW
