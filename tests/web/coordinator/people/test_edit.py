"""Adding and editing one person: mistakes beside their fields, and nothing that somebody else changed is lost."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.audit_log import AuditEntry
from booking.store.people.people import Person
from tests.builders import NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app, post

NEW = "/coordinator/people/new"
FORM = {"name": "Mia Moss", "role": ["member"], "member_until": "", "time_zone": "", "meeting_url": ""}


@pytest.fixture
def coordinator(database: Database, session: Session) -> FlaskClient:
    return client_of(make_app(database), a_person(session, "Caz Ito", roles=["coordinator"]))


def edit_of(person: Person) -> str:
    return f"/coordinator/people/{person.public_id}/edit"


def fresh(session: Session, person: Person) -> Person:
    session.rollback()
    session.refresh(person)
    return person


def seen_on(page: str) -> str:
    return page.partition('name="seen" value="')[2].partition('"')[0]


def save(client: FlaskClient, person: Person, **fields: object):  # type: ignore[no-untyped-def]
    """Send the form as it is shown now, with some fields changed."""
    seen = seen_on(client.get(edit_of(person)).text)
    return post(client, edit_of(person), **{"seen": seen, **FORM, "name": person.name, **fields})  # type: ignore[arg-type]


def test_somebody_is_added_with_everything(coordinator: FlaskClient, session: Session) -> None:
    more = {"email": "New@x.org", "role": ["member", "analyst"], "member_until": "2026-12-31"}
    more |= {"time_zone": "Australia/Perth", "meeting_url": "https://zoom.example.com/j/1"}
    answer = post(coordinator, NEW, **{**FORM, **more})  # type: ignore[arg-type]
    added = session.scalars(select(Person).where(Person.email == "new@x.org")).one()
    assert (answer.status_code, answer.location.endswith(str(added.public_id))) == (303, True)
    assert (added.name, added.role_names) == ("Mia Moss", {"member", "analyst"})
    assert (added.member_until, added.time_zone) == (date(2026, 12, 31), "Australia/Perth")
    assert added.meeting_url == "https://zoom.example.com/j/1"
    page = unescape(coordinator.get(answer.location).text)
    assert "Mia Moss is added." in page
    assert "Added Mia Moss" in page, "the audit trail"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "nobody", "Enter an email address such as name@example.org"),
        ("email", "", "Enter an email address"),
        ("name", "", "Enter a name"),
        ("name", "x" * 101, "Use at most 100 characters"),
        ("role", [], "Choose at least one role."),
        ("role", ["boss"], "Choose at least one role."),
        ("member_until", "31/12/2026", "Choose a date, or leave it empty."),
        ("time_zone", "Mars", "Choose a time zone from the list."),
        ("meeting_url", "http://x.org", "Enter an address that begins with https://."),
    ],
)
def test_a_mistake_stands_beside_its_field_and_what_was_typed_stays(
    coordinator: FlaskClient, session: Session, field: str, value: object, words: str
) -> None:
    answer = post(coordinator, NEW, **{**FORM, "email": "new@x.org", "name": "Zoe", field: value})  # type: ignore[arg-type]
    page = unescape(answer.text)
    assert (answer.status_code, words in page, f'id="{field}-error"' in page) == (422, True, True)
    assert 'value="new@x.org"' in page or field == "email"
    assert [one.name for one in session.scalars(select(Person))] == ["Caz Ito"]


@pytest.mark.parametrize("closed_at", [None, NOW])
def test_an_address_that_is_taken_leads_to_whose_it_is(
    coordinator: FlaskClient, session: Session, closed_at: object
) -> None:
    mia = a_person(session, "Mia", email="mia@x.org", closed_at=closed_at)
    session.commit()
    answer = post(coordinator, NEW, **{**FORM, "email": "MIA@x.org"})  # type: ignore[arg-type]
    assert (answer.status_code, "Another account has this address." in answer.text) == (422, True)
    assert f"/coordinator/people/{mia.public_id}" in answer.text
    assert fresh(session, mia).name == "Mia"


def test_everything_is_edited_also_what_people_set_themselves_and_taken_away_again(
    coordinator: FlaskClient, session: Session
) -> None:
    mia = a_person(session, "Mia", name_is_own=True, time_zone="Asia/Tokyo", time_zone_is_own=True)
    session.commit()
    more = {"role": ["member", "analyst"], "member_until": "2026-12-31", "time_zone": "Australia/Perth"}
    assert save(coordinator, mia, name="Mia Moss", meeting_url="https://x.org/j", **more).status_code == 303
    found = fresh(session, mia)
    assert (found.name, found.time_zone, found.member_until) == ("Mia Moss", "Australia/Perth", date(2026, 12, 31))
    assert (found.role_names, found.meeting_url) == ({"member", "analyst"}, "https://x.org/j")
    assert save(coordinator, mia).status_code == 303
    found = fresh(session, mia)
    assert (found.time_zone, found.member_until, found.meeting_url) == (None, None, None)
    assert found.role_names == {"member"}
    line = session.scalars(select(AuditEntry).where(AuditEntry.action == "changed").order_by(AuditEntry.id.desc()))
    assert line.first().details == {"columns": ["time_zone", "member_until", "meeting_url", "role"]}  # type: ignore[union-attr]


def test_saving_the_form_as_it_is_changes_nothing(coordinator: FlaskClient, session: Session) -> None:
    mia = a_person(session, "Mia", time_zone="Australia/NSW")
    session.commit()
    page = coordinator.get(edit_of(mia)).text
    assert 'value="Australia/Sydney" selected' in page, "an older name is shown as the zone's current one"
    answer = save(coordinator, mia, time_zone="Australia/Sydney")
    assert "Nothing has changed." in coordinator.get(answer.location).text
    assert fresh(session, mia).time_zone == "Australia/NSW"


def test_what_somebody_else_changed_is_shown_side_by_side_and_kept(coordinator: FlaskClient, session: Session) -> None:
    mia = a_person(session, "Mia")
    session.commit()
    seen = seen_on(coordinator.get(edit_of(mia)).text)
    mia.member_until = date(2026, 6, 30)
    session.commit()
    answer = post(coordinator, edit_of(mia), **{**FORM, "name": "Mia Moss", "seen": seen})  # type: ignore[arg-type]
    page = " ".join(unescape(answer.text).split())
    assert (answer.status_code, "Somebody else changed this person meanwhile" in page) == (409, True)
    assert 'Stored now: </span>Mia</td> <td class="wrap-any"><span class="sr">You entered: </span>Mia Moss' in page
    assert "Stored now: </span>Tuesday 30 June 2026" in page
    assert (fresh(session, mia).name, mia.member_until) == ("Mia", date(2026, 6, 30))
    again = post(coordinator, edit_of(mia), **{**FORM, "seen": seen_on(answer.text)})  # type: ignore[arg-type]
    assert (again.status_code, fresh(session, mia).member_until) == (303, None)


def test_a_form_without_what_it_saw_is_stale(coordinator: FlaskClient, session: Session) -> None:
    mia = a_person(session, "Mia")
    session.commit()
    assert post(coordinator, edit_of(mia), **FORM).status_code == 409  # type: ignore[arg-type]
    assert fresh(session, mia).name == "Mia"


def test_a_last_day_before_a_booking_is_refused_and_names_it(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    answer = save(coordinator, booking.member, member_until="2023-12-01")
    assert (answer.status_code, "Mia Moss has a booking on" in answer.text) == (422, True)
    assert fresh(session, booking.member).member_until is None


def test_nobody_takes_their_own_coordinator_role(coordinator: FlaskClient, session: Session) -> None:
    chief = session.scalars(select(Person)).one()
    assert "remove your own coordinator role" in save(coordinator, chief).text
    assert fresh(session, chief).role_names == {"coordinator"}


def test_bookings_of_an_analyst_who_leaves_go_to_others(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session, analysts=2))
    answer = save(coordinator, booking.analyst)
    assert "1 upcoming booking goes to other analysts" in coordinator.get(answer.location).text


def test_a_closed_account_is_not_edited(coordinator: FlaskClient, session: Session) -> None:
    mia = a_person(session, "Mia", closed_at=NOW)
    session.commit()
    assert "Reopen it to edit it." in coordinator.get(edit_of(mia), follow_redirects=True).text
