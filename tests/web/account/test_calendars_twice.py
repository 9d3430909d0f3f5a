"""What was booked before subscribing: the page of calendars says that it is shown twice, and how to end that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.store.people.people import Person
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, acting
from tests.databases import Database
from tests.web.client import client_of, make_app


@pytest.fixture
def mia(session: Session) -> Person:
    return a_person(session, "Mia Holt", time_zone="Australia/Perth")


@pytest.fixture
def app(database: Database) -> Flask:
    return make_app(database)


def said(app: Flask, person: Person) -> str:
    page = client_of(app, person).get("/calendars").text
    return " ".join(page.replace("\N{NO-BREAK SPACE}", " ").split())


def test_an_invited_booking_is_named_with_its_time_until_it_is_over(
    app: Flask, database: Database, session: Session, mia: Person
) -> None:
    booking = a_booking(session, a_clinic(session), mia)
    assert booking.is_invited
    page = said(app, mia)
    assert "After you subscribe, this booking may be in your calendar twice" in page
    assert (
        f'href="/bookings/{booking.public_id}">Live Member Clinic, Mon 4 Dec 11:00 am Perth (1:00 pm AEST)</a>' in page
    )
    assert "delete the invitation’s entry in your calendar. That doesn’t cancel your booking." in page
    over = make_app(database, CLINIC_AT + timedelta(hours=2))
    assert "twice" not in said(over, mia)


def test_somebody_elses_or_a_cancelled_booking_is_not_named(app: Flask, session: Session, mia: Person) -> None:
    clinic = a_clinic(session)
    a_booking(session, clinic)
    mine = a_booking(session, clinic, mia, after_minutes=30)
    cancel(acting(session, Actor.member(mia.id)), mine.public_id)
    assert "twice" not in said(app, mia)


def test_once_subscribed_new_bookings_are_not_named_and_older_ones_are(
    app: Flask, session: Session, mia: Person
) -> None:
    clinic = a_clinic(session)
    older = a_booking(session, clinic, mia)
    mia.member_feed_fetched_at = NOW
    session.commit()
    newer = a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1)), mia)
    page = said(app, mia)
    assert f"/bookings/{older.public_id}" in page
    assert f"/bookings/{newer.public_id}" not in page
