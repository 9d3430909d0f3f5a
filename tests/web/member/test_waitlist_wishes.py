"""Joining a waitlist in the browser: what one waits for, what is free instead, and what is kept."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.people.sign_ins import SignIn
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_place, acting
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post

QUARTER = timedelta(minutes=15)


@pytest.fixture
def app(database: Database) -> Flask:
    return make_app(database, Clock(NOW))


def a_clinic_with(session: Session, *booked: int) -> tuple[Occurrence, list[Booking]]:
    """A clinic of one analyst in which these quarters are booked."""
    clinic = a_clinic(session)
    return clinic, [a_booking(session, clinic, after_minutes=15 * quarter) for quarter in booked]


def selected(page: str, name: str) -> str:
    """What the select of that name sends."""
    found = re.search(rf'<select name="{name}">(.*?)</select>', page, re.DOTALL)
    assert found is not None
    chosen = re.search(r'<option value="([^"]*)" selected', found[1])
    return chosen[1] if chosen else ""


def test_what_is_free_and_suits_is_booked_instead_of_waited_for(app: Flask, session: Session) -> None:
    clinic, _ = a_clinic_with(session, 0, 1, 2)
    member = a_person(session)
    session.commit()
    client, path = client_of(app, member), f"/occurrences/{clinic.public_id}"
    assert "Nothing suits? Join the waitlist" in client.get(path).text
    answer = post(client, f"{path}/wait", path, wait_minutes="15", topic="My words")
    assert (answer.status_code, 'data-code="still-free"' in answer.text) == (409, True)
    assert "My words</textarea>" in answer.text
    instead = re.findall(r'name="instead" value="([^"]+)"', answer.text)
    assert instead == [f"15/20231204T0345Z/{clinic.roster[0].analyst.public_id}"]
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Offer)) == 0, "nothing is held"
    assert post(client, path, instead=instead[0], topic="My words").status_code == 303
    session.rollback()
    assert session.scalars(select(Booking.topic).where(Booking.member_id == member.id)).one() == "My words"


def test_one_waits_for_acceptable_starts_and_the_page_says_for_which(app: Flask, session: Session) -> None:
    clinic, booked = a_clinic_with(session, 0, 1, 2)
    member = a_person(session, time_zone="Australia/Perth")
    session.commit()
    client, path = client_of(app, member), f"/occurrences/{clinic.public_id}"
    assert ">1:15\u00a0pm (11:15\u00a0am yours)</option>" in client.get(path).text
    window = {"wait_earliest": "20231204T0315Z", "wait_latest": "20231204T0330Z"}
    answer = post(client, f"{path}/wait", path, wait_minutes="15", **window)
    assert answer.status_code == 303
    session.rollback()
    place = session.scalars(select(WaitlistEntry)).one()
    assert (place.earliest_at, place.latest_at) == (CLINIC_AT + QUARTER, CLINIC_AT + 2 * QUARTER)
    page = client.get(answer.location).text
    assert "starting between Mon\u00a04\u00a0Dec 11:15\u00a0am Perth (1:15\u00a0pm AEST) and" in page
    assert "You&#39;re next in line." in page
    cancel(acting(session, Actor.link()), booked[0].public_id)
    assert "You&#39;re next in line." in client.get(answer.location).text
    cancel(acting(session, Actor.link()), booked[2].public_id)
    assert "Held for you" in client.get(answer.location).text


def test_a_window_without_a_start_is_refused_and_stays_typed(app: Flask, session: Session) -> None:
    clinic, _ = a_clinic_with(session, 0, 1, 2, 3)
    member = a_person(session)
    session.commit()
    client, path = client_of(app, member), f"/occurrences/{clinic.public_id}"
    typed = {"wait_minutes": "30", "wait_earliest": "20231204T0330Z", "wait_latest": "20231204T0315Z"}
    answer = post(client, f"{path}/wait", path, **typed)
    assert (answer.status_code, 'data-code="outside-hours"' in answer.text) == (422, True)
    assert {name: selected(answer.text, name) for name in typed} == typed
    assert post(client, f"{path}/wait", path, wait_minutes="15", wait_latest="soon").status_code == 404


def test_what_a_visitor_wants_to_wait_for_is_kept_through_signing_in(app: Flask, session: Session) -> None:
    clinic, _ = a_clinic_with(session, 0, 1, 2, 3)
    member = a_person(session)
    session.commit()
    path = f"/occurrences/{clinic.public_id}"
    typed = {"wait_minutes": "30", "wait_earliest": "20231204T0315Z", "wait_latest": "20231204T0330Z"}
    visitor = client_of(app)
    answer = post(visitor, f"{path}/wait", path, topic="My words", **typed)
    assert answer.status_code == 401
    carried = re.search(r'name="typed" value="([^"]+)"', answer.text)
    assert carried is not None
    post(visitor, "/sign-in", next=path, email=member.email, typed=html.unescape(carried[1]))
    session.rollback()
    asked = session.scalars(select(SignIn)).one()
    asked.used_at = NOW
    session.commit()
    page = client_of(app, member).get(f"{path}?typed={asked.public_id}").text
    assert {name: selected(page, name) for name in typed} == typed
    assert "My words</textarea>" in page


def test_the_offer_page_says_who_is_next_only_where_somebody_is(app: Flask, session: Session) -> None:
    clinic, booked = a_clinic_with(session, 0, 1, 2, 3)
    member, other = a_person(session), a_person(session)
    place = a_place(session, clinic, member)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    client, path = client_of(app, member), f"/waitlist/{place.public_id}"
    alone = client.get(path).text
    assert "held for you alone until Mon\u00a027\u00a0Nov 1:00\u00a0pm AEST" in alone
    assert "anyone can book it" in alone
    assert "next person" not in alone
    a_place(session, clinic, other, joined_at=NOW + QUARTER)
    assert "we&#39;ll offer it to the next person on the waitlist" in client.get(path).text


def test_what_lapsed_and_stays_free_is_on_the_page_with_its_button(app: Flask, session: Session) -> None:
    clinic, _ = a_clinic_with(session, 1, 2, 3)
    member = a_person(session)
    place = a_place(session, clinic, member)
    client, path = client_of(app, member), f"/waitlist/{place.public_id}"
    page = client.get(path).text
    assert "anyone can book it" in page
    assert "first come" not in page
    (slot,) = re.findall(r'name="slot" value="([^"]+)"', page)
    assert post(client, f"{path}/accept", path, slot=slot).status_code == 303
