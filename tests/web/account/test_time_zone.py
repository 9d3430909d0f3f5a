"""The zone of the reader: kept as the profile has it, and for visitors in a cookie that they or their browser set."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.store.audit_log import AuditEntry
from booking.store.people.people import Person
from tests.builders import a_clinic, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app, post


def profile(client: FlaskClient) -> dict[str, str]:
    """The profile's form as a browser would send it unchanged."""
    page = client.get("/me").text.partition("<form class")[2].partition("</form>")[0]
    form = dict(re.findall(r'<input (?:type="hidden" )?name="([^"]+)" value="([^"]*)"', page))
    form |= dict(re.findall(r'type="radio" name="([^"]+)" value="([^"]+)"[^>]* checked', page))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        form[name] = chosen[1] if chosen else ""
    return form


def save(client: FlaskClient, form: dict[str, str]) -> None:
    values = {name: value for name, value in form.items() if name != "csrf_token"}
    assert post(client, "/me", **values).status_code == 303


@pytest.mark.parametrize("stored", ["Asia/Calcutta", "Asia/Kolkata", "Europe/Kiev", "Etc/GMT-10", "UTC", None])
def test_a_profile_saved_unchanged_keeps_the_zone(database: Database, session: Session, stored: str | None) -> None:
    member = a_person(session, time_zone=stored)
    client = client_of(make_app(database), member)
    save(client, profile(client))
    session.rollback()
    session.expire_all()
    found = session.get_one(Person, member.id)
    assert (found.time_zone, found.time_zone_is_own) == (stored, False)


def test_a_zone_that_the_browser_told_while_the_form_was_open_is_kept(database: Database, session: Session) -> None:
    member = a_person(session)
    client = client_of(make_app(database), member)
    form = profile(client)
    assert post(client, "/me/zone", page="/me", zone="Asia/Calcutta", answer="heard").status_code == 204
    save(client, form)
    session.rollback()
    session.expire_all()
    found = session.get_one(Person, member.id)
    assert (found.time_zone, found.time_zone_is_own) == ("Asia/Kolkata", False)
    assert profile(client)["time_zone"] == "Asia/Kolkata"
    save(client, {**profile(client), "time_zone": ""})
    session.rollback()
    session.expire_all()
    assert session.get_one(Person, member.id).time_zone is None  # chosen, so cleared


def test_an_old_name_of_the_zone_that_is_stored_is_not_asked_about(database: Database, session: Session) -> None:
    for stored, told in (("Asia/Kolkata", "Asia/Calcutta"), ("Asia/Calcutta", "Asia/Kolkata")):
        client = client_of(make_app(database), a_person(session, time_zone=stored))
        assert post(client, "/me/zone", page="/me", zone=told, answer="heard").status_code == 204


def test_a_visitor_chooses_a_zone_without_a_script(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    session.commit()
    client = client_of(make_app(database))
    page = f"/occurrences/{clinic.public_id}"
    before = client.get(page).text
    assert "1:00–2:00" in before
    assert "yours" not in before
    assert "Perth" in before  # what other cities' clocks show
    link = re.search(r'href="(/time-zone\?back=[^"]+)"', before)
    assert link is not None
    choosing = client.get(link[1].replace("&amp;", "&"))
    assert 'name="back" value="' + page in choosing.text
    done = post(client, "/time-zone", page=link[1], time_zone="Europe/London", back=page)
    assert (done.status_code, done.location) == (303, page)
    assert "Secure" in done.headers["Set-Cookie"]
    after = client.get(page).text
    assert "3:00–4:00\N{NO-BREAK SPACE}am yours" in after
    assert "Yours: London, 10\N{NO-BREAK SPACE}hours behind AEST." in after
    assert 'value="Europe/London" selected' in client.get("/time-zone").text
    post(client, "/time-zone", time_zone="", back=page)
    assert "yours" not in client.get(page).text


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT-10", "Mars/Base", "%00", "x" * 3000, "<script>"])
def test_a_browser_that_names_no_place_counts_as_unknown(database: Database, session: Session, zone: str) -> None:
    clinic = a_clinic(session)
    session.commit()
    client = client_of(make_app(database))
    plain = client.get(f"/occurrences/{clinic.public_id}").text
    client.set_cookie("zone", zone, domain="booking.example.org")
    told = client.get(f"/occurrences/{clinic.public_id}").text
    assert re.findall("<time.*?</time>", told) == re.findall("<time.*?</time>", plain)
    assert 'data-zone=""' in told


def test_what_a_visitor_chose_becomes_the_profiles_where_that_has_none(database: Database, session: Session) -> None:
    unknown, known = a_person(session), a_person(session, time_zone="Australia/Perth")
    app = make_app(database)
    for person in (unknown, known):
        client = client_of(app, person)
        client.set_cookie("zone", "Asia/Tokyo", domain="booking.example.org")
        post(client, "/me/zone", page="/me", zone="Australia/Sydney", answer="heard")
    session.rollback()
    session.expire_all()
    assert session.get_one(Person, unknown.id).time_zone == "Asia/Tokyo"
    assert session.get_one(Person, known.id).time_zone == "Australia/Perth"


def test_a_page_without_cookies_sets_none_and_may_be_cached_as_ever(database: Database, session: Session) -> None:
    answer = client_of(make_app(database)).get("/")
    assert "Set-Cookie" not in answer.headers
    assert "Cache-Control" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding, Cookie"
    assert session.query(AuditEntry).count() == 0


def test_a_reader_who_is_signed_in_has_theirs_in_the_profile(database: Database, session: Session) -> None:
    client = client_of(make_app(database), a_person(session))
    assert client.get("/time-zone").location == "/me"
