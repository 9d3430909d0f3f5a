"""Profile, zone, calendars, health, security headers and the demo's pages."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from booking import version
from booking.store.people.people import Person
from booking.store.programme.programme import Programme
from tests.builders import a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app, post

pytestmark = pytest.mark.both_databases


def fresh(session: Session, person: Person) -> Person:
    session.rollback()
    session.refresh(person)
    return person


def test_what_a_person_sets_is_their_own_from_then_on(database: Database, session: Session) -> None:
    member = a_person(session, "Mia Moss")
    session.commit()
    client = client_of(make_app(database), member)
    answer = post(client, "/me", name="Mia M.", time_zone="Australia/Perth", invitations="never")
    assert answer.status_code == 303
    found = fresh(session, member)
    assert (found.name, found.time_zone, found.invitations) == ("Mia M.", "Australia/Perth", "never")
    assert (found.name_is_own, found.time_zone_is_own) == (True, True)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "  ", "Enter a name."),
        ("name", "x" * 101, "Use at most 100 characters."),
        ("name", "A\u202enn", "Remove the characters that can&#39;t be seen or that change the direction of the text."),
        ("time_zone", "Mars/Base", "Choose a time zone from the list."),
        ("invitations", "sometimes", "Choose one of the options."),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_is_changed(
    database: Database, session: Session, field: str, value: str, words: str
) -> None:
    member = a_person(session, "Mia Moss")
    session.commit()
    form = {"name": "Mia M.", "time_zone": "", "invitations": "always", field: value}
    answer = post(client_of(make_app(database), member), "/me", **form)
    assert answer.status_code == 422
    assert f'<p class="error" id="{field}-error">{words}</p>' in answer.text
    assert fresh(session, member).name == "Mia Moss"


def test_the_browsers_zone_is_kept_where_none_is_known_and_asked_about_once_where_it_differs(
    database: Database, session: Session
) -> None:
    member = a_person(session)
    session.commit()
    client = client_of(make_app(database), member)

    def hear(zone: str) -> int:
        status: int = post(client, "/me/zone", page="/me", zone=zone, answer="heard").status_code
        return status

    assert hear("UTC") == 204
    assert fresh(session, member).time_zone is None
    assert hear("Nowhere/At-all") == 204
    assert hear("Australia/Perth") == 204
    assert (fresh(session, member).time_zone, member.time_zone_is_own) == ("Australia/Perth", False)
    assert hear("Australia/Sydney") == 200
    assert hear("Australia/Sydney") == 204
    assert fresh(session, member).time_zone == "Australia/Perth"
    done = post(client, "/me/zone", page="/me", zone="Australia/Sydney", answer="use", back="//evil.example")
    assert done.location == "/"
    assert (fresh(session, member).time_zone, member.time_zone_is_own) == ("Australia/Sydney", True)


def test_a_new_address_ends_the_old_one_at_once(database: Database, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    client = client_of(make_app(database), booking.member)
    before = re.findall(r"https://booking\.example\.org(/feeds/member/[^\"]+\.ics)", client.get("/calendars").text)[0]
    assert client.get(before).status_code == 200
    assert post(client, "/calendars/member-feed/new-address", page="/calendars").status_code == 303
    after = re.findall(r"https://booking\.example\.org(/feeds/member/[^\"]+\.ics)", client.get("/calendars").text)[0]
    assert after != before
    assert (client.get(before).status_code, client.get(after).status_code) == (404, 200)


def test_calendars_links_are_what_each_client_takes(database: Database, session: Session) -> None:
    page = client_of(make_app(database)).get("/calendars").text
    feed = "booking.example.org%2Ffeeds%2Fclinics.ics"
    assert 'href="webcal://booking.example.org/feeds/clinics.ics"' in page
    assert f"https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2F{feed}" in page
    assert f"https://outlook.office.com/calendar/0/addfromweb?url=https%3A%2F%2F{feed}" in page
    assert f"https://outlook.live.com/calendar/0/addfromweb?url=https%3A%2F%2F{feed}" in page
    assert "/feeds/member/" not in page
    assert session.is_active


def test_every_page_carries_its_policy_and_a_signed_in_one_is_not_stored(database: Database, session: Session) -> None:
    member = a_person(session)
    session.commit()
    app = make_app(database)
    for client, cached in ((client_of(app), None), (client_of(app, member), "private, no-store")):
        headers = client.get("/").headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert headers.get("Cache-Control") == cached


def test_cookies_are_for_this_host_over_https_and_no_script(database: Database, session: Session) -> None:
    cookie = client_of(make_app(database)).get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("__Host-booking=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert session.is_active


def test_pages_hold_no_inline_script_or_style(database: Database, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    client = client_of(make_app(database), booking.member)
    paths = (
        "/",
        "/me",
        "/calendars",
        "/bookings",
        f"/bookings/{booking.public_id}",
        f"/occurrences/{booking.occurrence.public_id}",
    )
    for path in paths:
        page = client.get(path).text
        assert not re.search(r"<style|style=|<script(?![^>]* src=)|\son\w+=", page), path


def test_healthz_says_whether_the_database_is_up_to_date(database: Database, session: Session) -> None:
    client = client_of(make_app(database))
    assert client.get("/healthz").json == {"status": "ok", "version": version.current()}
    newest = session.scalar(text("SELECT version_num FROM alembic_version"))
    session.execute(text("UPDATE alembic_version SET version_num = 'old'"))
    session.commit()
    try:
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json["status"]) == (503, "the database is not migrated")
    finally:
        session.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})
        session.commit()


def test_a_broken_page_shows_no_traceback(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from booking.web.member import week

    def broken(*_args: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(week, "in_days", broken)
    app = make_app(database)
    app.testing = False
    answer = client_of(app).get("/")
    assert (answer.status_code, "secret detail" in answer.text, "Traceback" in answer.text) == (500, False, False)
    assert session.is_active


def test_the_demos_pages_sign_in_its_own_people_only_and_show_emails(database: Database, session: Session) -> None:
    app = make_app(database, BOOKING_IS_DEMO="1")
    demo, real = a_person(session, "Demo Person", is_demo=True), a_person(session, "Real Person")
    booking = a_booking(session, a_clinic(session), demo, topic="GA4 <b>")
    client = client_of(app)
    assert client.get("/demo").status_code == 404  # the setting alone opens nothing
    session.get_one(Programme, 1).is_demo = True
    session.commit()
    page = client.get("/demo").text
    assert "Demo Person" in page
    assert "Real Person" not in page
    assert post(client, f"/demo/sign-in/{real.public_id}", page="/demo").status_code == 404
    assert post(client, f"/demo/sign-in/{demo.public_id}", page="/demo").status_code == 303
    assert client.get(f"/bookings/{booking.public_id}").status_code == 200
    listed = client.get("/demo/mailbox").text
    email = re.findall(r'href="(/demo/mailbox/[^"]+)"', listed)[0]
    assert "Booked: Mon" in client.get(email).text
    html = client.get(f"{email}/html")
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert "GA4 &lt;b&gt;" in html.text
