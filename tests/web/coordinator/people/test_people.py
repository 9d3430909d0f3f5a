"""The coordinator's pages of people: found by how a name or address begins, and what is done with one account."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.domain.people import people_table
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings, people_list
from booking.store.queries.people.people_list import PeopleFilter
from booking.web.coordinator import tables
from tests.builders import NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app, post

pytestmark = pytest.mark.both_databases  # search folds accents


@pytest.fixture
def coordinator(database: Database, session: Session) -> FlaskClient:
    chief = a_person(session, "Caz Ito", roles=["coordinator"])
    session.commit()
    return client_of(make_app(database), chief)


def path_of(person: Person) -> str:
    return f"/coordinator/people/{person.public_id}"


@pytest.mark.parametrize(
    "typed", ["Mia", "mia", "MIA.MOSS@", "mia m", "Mia Moss", "  mia  ", "moss", "MOSS mia", "oss@examp"]
)
def test_somebody_is_found_by_any_part_of_the_name_or_address(
    coordinator: FlaskClient, session: Session, typed: str
) -> None:
    a_person(session, "Mia Moss")
    a_person(session, "Max Zed")
    session.commit()
    page = coordinator.get("/coordinator/people", query_string={"q": typed}).text
    assert ("Mia Moss" in page, "Max Zed" in page) == (True, False)


@pytest.mark.parametrize(
    ("name", "typed"), [("O'Brien", "o'b"), ("100% Sure", "100%"), ("Zoë Zz", "ZOE zz"), ("A_b", "a_")]
)
def test_signs_and_last_emails_are_found_too(session: Session, name: str, typed: str) -> None:
    a_person(session, name, email="x@example.org")
    a_person(session, "Axb", email="y@example.org")
    session.commit()
    assert [one.name for one in people_list.page(session, PeopleFilter(typed))] == [name]


@pytest.mark.parametrize("typed", ["Muller", "MÜLLER", "müller", "uller ozg", "Özgür"])
def test_neither_case_nor_accents_matter_on_either_database(session: Session, typed: str) -> None:
    a_person(session, "ÖZGÜR Müller", email="x@example.org")
    a_person(session, "Ozan Miller", email="y@example.org")
    session.commit()
    assert [one.name for one in people_list.page(session, PeopleFilter(typed))] == ["ÖZGÜR Müller"]


def test_a_search_answers_one_page_and_goes_on_after_it(coordinator: FlaskClient, session: Session) -> None:
    for n in range(people_list.PAGE + 3):
        a_person(session, f"Mia {n:03}")
    session.commit()
    first = coordinator.get("/coordinator/people", query_string={"q": "Mia"}).text
    assert (first.count("Mia 0"), "Next people" in first) == (people_list.PAGE, True)
    last = people_list.page(session, PeopleFilter("Mia"))[people_list.PAGE - 1]
    second = coordinator.get("/coordinator/people", query_string={"q": "Mia", "after": last.public_id}).text
    assert (second.count("Mia 0"), "Next people" in second) == (3, False)


def test_closing_shows_the_bookings_first_and_does_what_was_chosen(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    page = path_of(booking.member)
    shown = coordinator.get(f"{page}/close").text
    assert "Mia Moss has 1 upcoming booking" in shown
    assert f"15 minutes with {booking.analyst.name}" in shown
    assert post(coordinator, f"{page}/close", bookings="keep").status_code == 303
    assert "Account closed" in coordinator.get(page).text
    session.refresh(booking)
    assert booking.status == "confirmed"
    assert post(coordinator, f"{page}/reopen", page).status_code == 303
    assert post(coordinator, f"{page}/close", bookings="cancel").status_code == 303
    session.rollback()
    session.refresh(booking)
    assert booking.status == "cancelled"


def test_sessions_end_and_nobody_closes_their_own_account(
    database: Database, coordinator: FlaskClient, session: Session
) -> None:
    member = a_person(session, "Mia Moss")
    session.commit()
    theirs = client_of(make_app(database), member)
    assert theirs.get("/me").status_code == 200
    assert post(coordinator, f"{path_of(member)}/sign-out", path_of(member)).status_code == 303
    assert theirs.get("/me").status_code == 303
    chief = account_holdings.with_email(session, "caz.ito@example.org")
    assert chief is not None
    assert "Close account" not in coordinator.get(path_of(chief)).text
    assert post(coordinator, f"{path_of(chief)}/close", path_of(chief)).status_code == 422


def test_a_closed_account_opens_nothing(database: Database, coordinator: FlaskClient, session: Session) -> None:
    member = a_person(session, "Mia Moss")
    session.commit()
    theirs = client_of(make_app(database), member)
    calendar = theirs.get("/calendars").text
    start = calendar.index("/feeds/member/")
    feed = calendar[start : calendar.index(".ics", start) + 4]
    assert theirs.get(feed).status_code == 200
    post(coordinator, f"{path_of(member)}/close", bookings="keep")
    assert (theirs.get(feed).status_code, theirs.get("/me").status_code) == (404, 303)
    post(coordinator, f"{path_of(member)}/reopen", path_of(member))
    assert (theirs.get(feed).status_code, theirs.get("/me").status_code) == (404, 303)


def test_two_accounts_are_looked_at_and_then_merged(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "M. Moss"))
    kept = a_person(session, "Mia Moss")
    session.commit()
    page = path_of(kept)
    shown = coordinator.get(f"{page}/merge", query_string={"other": "m..moss@example.org"})
    assert (shown.status_code, "1 upcoming booking," in shown.text) == (200, True)
    other = str(booking.member.public_id)
    assert post(coordinator, f"{page}/merge", f"{page}/merge?other=m..moss@example.org", other=other).status_code == 303
    session.rollback()
    session.refresh(booking)
    assert booking.member_id == kept.id
    assert "No account has this address." in coordinator.get(f"{page}/merge?other=m..moss@example.org").text


def test_accounts_that_collide_say_why_and_have_no_button(coordinator: FlaskClient, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (a_booking(session, clinic, a_person(session, name)).member for name in ("Mia", "Max"))
    shown = coordinator.get(f"{path_of(first)}/merge", query_string={"other": second.email})
    assert (shown.status_code, "Both accounts have something on" in shown.text) == (409, True)
    assert "Merge accounts" not in shown.text


def test_the_page_leads_to_everything_that_the_person_ever_booked(coordinator: FlaskClient, session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    page = coordinator.get(path_of(booking.member)).text
    found = re.search(r'href="([^"]+)">All bookings of Mia Moss', page)
    assert found is not None
    assert path_of(booking.member) in coordinator.get(unescape(found[1])).text


def test_the_table_holds_everybody_found_as_an_import_reads_them(
    coordinator: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "CHUNK", 2)
    until, zone = date(2026, 12, 31), "Australia/Perth"
    several = [
        a_person(session, "Mia Moss", ["member", "analyst"], member_until=until, time_zone=zone),
        a_person(session, "Mia Plus", email="+mia@example.org", meeting_url="https://zoom.example.com/j/1"),
        a_person(session, "Mia Zed"),
    ]
    a_person(session, "Max")
    a_person(session, "Mia Closed", closed_at=NOW)
    session.commit()
    path = re.search(r'href="([^"]+)">Download CSV', coordinator.get("/coordinator/people?q=mia").text)
    assert path is not None
    answer = coordinator.get(path[1])
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert "'+mia@example.org" in answer.text
    found, mistakes = people_table.read(answer.data)
    assert mistakes == []
    assert [(one.email, one.name, one.roles) for one in found] == [
        (one.email, one.name, one.role_names) for one in several
    ]
    assert [one.member_until for one in found] == [until, None, None]
    assert (found[0].time_zone, found[1].meeting_url) == (zone, "https://zoom.example.com/j/1")
    everybody, _ = people_table.read(coordinator.get("/coordinator/people.csv").data)
    assert {one.name for one in everybody} == {"Caz Ito", "Max", "Mia Moss", "Mia Plus", "Mia Zed"}


def test_filters_stay_in_the_address_and_the_table_has_the_same_people(
    coordinator: FlaskClient, session: Session
) -> None:
    a_person(session, "Mia Ended", member_until=date(2023, 11, 26))
    a_person(session, "Mia Member")
    a_person(session, "Mia Analyst", ["analyst"])
    a_person(session, "Mia Closed", closed_at=NOW)
    session.commit()
    page = coordinator.get("/coordinator/people?q=mia&role=member&membership=ended").text
    assert [name for name in ("Ended", "Member", "Analyst", "Closed") if f"Mia {name}" in page] == ["Ended"]
    assert 'value="ended" selected' in page
    assert "Membership ended Sunday 26 November 2023" in " ".join(page.split())
    link = re.search(r'href="([^"]+)">Download CSV', page)
    assert link is not None
    found, _ = people_table.read(coordinator.get(unescape(link[1])).data)
    assert [one.name for one in found] == ["Mia Ended"]
    closed, _ = people_table.read(coordinator.get("/coordinator/people.csv?membership=closed").data)
    assert [one.name for one in closed] == ["Mia Closed"]


@pytest.mark.parametrize("path", ["/coordinator/people", "/coordinator/people.csv"])
@pytest.mark.parametrize("field", ["role", "membership"])
def test_a_filter_that_is_none_is_refused_beside_its_field(coordinator: FlaskClient, path: str, field: str) -> None:
    answer = coordinator.get(path, query_string={field: "nothing"})
    assert (answer.status_code, f"There&#39;s no such {field}" in answer.text) == (422, True)
    assert f'id="{field}-error"' in answer.text


def test_a_filter_is_kept_on_the_next_page(
    coordinator: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_list, "PAGE", 1)
    monkeypatch.setattr(people_list.page, "__defaults__", (None, 2))
    for name in ("Mia A", "Mia B"):
        a_person(session, name)
    a_person(session, "Mia C", ["analyst"])
    session.commit()
    page = coordinator.get("/coordinator/people?q=mia&role=member").text
    link = re.search(r'href="([^"]+)">Next people', page)
    assert link is not None
    second = coordinator.get(unescape(link[1])).text
    assert ("Mia B" in second, "Mia A" in second, "Next people" in second) == (True, False, False)
