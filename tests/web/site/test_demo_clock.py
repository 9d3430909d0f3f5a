"""The demo's clock: a strip on every page sets it, and no other database has one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.services import demo_clock
from booking.store.programme.programme import Programme
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app, post


def a_demo(database: Database, session: Session) -> Flask:
    session.get_one(Programme, 1).is_demo = True
    session.commit()
    return make_app(database, NOW, BOOKING_IS_DEMO="1")


def ahead(session: Session) -> timedelta:
    session.rollback()
    found = demo_clock.ahead(session)
    session.rollback()
    return found


def test_the_strip_moves_the_clock_by_an_hour_and_back_to_the_real_time(database: Database, session: Session) -> None:
    client = client_of(a_demo(database, session))
    assert "It’s Mon 27 Nov, 9:00" in client.get("/").text.replace("\u00a0", " ")
    for to, hours in (("on", 1), ("on", 2), ("back", 1), ("now", 0), ("back", -1)):
        assert post(client, "/demo/clock", "/", to=to, back="/calendars").location == "/calendars"
        assert ahead(session) == timedelta(hours=hours)
    assert "It’s Mon 27 Nov, 8:00" in client.get("/").text.replace("\u00a0", " ")


def test_it_goes_to_five_minutes_before_the_next_clinic_where_joining_is_open_and_nobody_is_signed_out(
    database: Database, session: Session
) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia Moss")
    a_booking(session, clinic, mia)
    client = client_of(a_demo(database, session), mia)
    post(client, "/demo/clock", "/", to="clinic", back="/bookings")
    assert ahead(session) == CLINIC_AT - timedelta(minutes=5) - NOW
    assert "You can join now" in client.get("/bookings").text
    post(client, "/demo/clock", "/", to="now", back="/bookings")
    page = client.get("/bookings")
    assert (page.status_code, "You can join now" in page.text) == (200, False)


@pytest.mark.parametrize("to", ["", "yesterday", "clinic"])
def test_what_it_cannot_go_to_is_refused(database: Database, session: Session, to: str) -> None:
    assert post(client_of(a_demo(database, session)), "/demo/clock", "/", to=to).status_code == 400
    assert ahead(session) == timedelta()


def test_it_goes_no_farther_than_two_months(database: Database, session: Session) -> None:
    a_clinic(session, starts_at=NOW + timedelta(days=61))
    client = client_of(a_demo(database, session))
    post(client, "/demo/clock", "/", to="clinic", back="/")
    assert "The demo’s clock goes no farther." in client.get("/").text
    assert ahead(session) == timedelta()


def test_a_database_that_the_demo_did_not_fill_has_no_such_clock(database: Database, session: Session) -> None:
    app = make_app(database, NOW, BOOKING_IS_DEMO="1")
    client = client_of(app)
    assert post(client, "/demo/clock", "/", to="on").status_code == 404
    session.get_one(Programme, 1).demo_seconds = 3600
    session.commit()
    assert ahead(session) == timedelta()
    real = client_of(make_app(database, NOW))
    assert "demo-clock" not in real.get("/").text
    assert post(real, "/demo/clock", "/sign-in", to="on").status_code == 404
