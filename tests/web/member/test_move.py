"""The page on which a booking is moved: who it will be, and only what can be had."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post


@pytest.fixture
def app(database: Database) -> Flask:
    return make_app(database, Clock(NOW))


def test_the_button_names_the_analyst_who_is_kept(app: Flask, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    second = clinic.roster[1].analyst
    booking = a_booking(session, clinic, analyst=second.public_id)
    client, path = client_of(app, booking.member), f"/bookings/{booking.public_id}/move"
    said = re.findall(r'<span class="said p\d+">([^<]+)</span>', client.get(path).text)
    assert f"Move to Monday 1:30\u00a0pm, 15 minutes, with {second.name}" in said
    assert post(client, path, slot="15/20231204T0330Z/any", minutes="15").status_code == 303
    session.rollback()
    session.refresh(booking)
    assert (booking.analyst_id, booking.starts_at) == (second.id, CLINIC_AT + timedelta(minutes=30))


def test_other_dates_are_offered_only_where_the_booking_could_go(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    member = a_person(session, member_until=date(2023, 12, 6))
    booking = a_booking(session, clinic, member)
    near, far = (a_clinic(session, starts_at=CLINIC_AT + timedelta(days=days)) for days in (1, 7))
    client, path = client_of(app, member), f"/bookings/{booking.public_id}/move"
    page = client.get(path).text
    assert f"{path}?to={near.public_id}" in page
    assert str(far.public_id) not in page
    beyond = client.get(f"{path}?to={far.public_id}").text
    assert "Your membership ends" in beyond
    assert f'action="{path}"' not in beyond, "no form that is sure to fail"


def test_a_move_to_where_the_booking_is_says_that_nothing_has_changed(app: Flask, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    client, path = client_of(app, booking.member), f"/bookings/{booking.public_id}/move"
    moved = post(client, path, slot="15/20231204T0300Z/any", minutes="15")
    page = client.get(moved.location).text
    assert "Nothing has changed: your booking is already at this time." in page
    assert "We’ve emailed you" not in page
