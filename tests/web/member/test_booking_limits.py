"""What somebody sees who cannot simply book: what they have, what they can move, and never a form without a button."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.bookings.bookings import CONFIRMED, NO_SHOW, Booking
from booking.store.people.sign_ins import SignIn
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post

QUARTER = timedelta(minutes=15)


@pytest.fixture
def app(database: Database) -> Flask:
    return make_app(database, Clock(NOW))


def path_of(occurrence: Occurrence) -> str:
    return f"/occurrences/{occurrence.public_id}"


def forms(page: str) -> list[str]:
    return re.findall(r"<form.*?</form>", page, re.DOTALL)


def every_form_has_a_button(page: str) -> bool:
    shown = [re.sub(r'<button class="sr".*?</button>', "", form, flags=re.DOTALL) for form in forms(page)]
    return all("<button" in form for form in shown if "autocomplete" not in form[:200])


def confirmed(session: Session) -> list[Booking]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(Booking).where(Booking.status == CONFIRMED).order_by(Booking.starts_at)))


def test_somebody_booked_here_sees_the_booking_with_move_and_cancel_and_can_replace_it(
    app: Flask, session: Session
) -> None:
    clinic = a_clinic(session, analysts=2)
    booking = a_booking(session, clinic, topic="Tags")
    page = (client := client_of(app, booking.member)).get(path_of(clinic)).text
    assert "You already have a booking here." in page
    assert f"15 minutes with {booking.analyst.name}" in page
    for action in ("move", "cancel"):
        assert f'href="/bookings/{booking.public_id}/{action}"' in page
    assert re.findall(r'name="replaces" value="([^"]+)" checked', page) == [str(booking.public_id)]
    assert f"Move to Monday 1:15\u00a0pm, 15 minutes, with {booking.analyst.name}" in page, "the button names who"
    answer = post(
        client, path_of(clinic), slot="15/20231204T0330Z/any", minutes="15", replaces=str(booking.public_id), topic=""
    )
    assert (answer.status_code, answer.location) == (303, f"/bookings/{booking.public_id}")
    (moved,) = confirmed(session)
    assert (moved.public_id, moved.starts_at, moved.topic) == (booking.public_id, CLINIC_AT + 2 * QUARTER, "Tags")


def test_at_the_limit_one_chooses_which_booking_moves_here_and_what_is_typed_goes_along(
    app: Flask, session: Session
) -> None:
    clinic = a_clinic(session)
    member = a_person(session)
    held = [a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=n)), member) for n in (1, 2)]
    client = client_of(app, member)
    page = client.get(path_of(clinic)).text
    assert "You already have 2 upcoming bookings, the most allowed. Move or cancel one to book here." in page
    assert "Which booking do you want to replace?" in page
    assert re.findall(r'name="replaces" value="([^"]+)"', page) == [str(one.public_id) for one in held]
    fields = {"slot": "15/20231204T0300Z/any", "minutes": "15", "topic": "Now this"}
    refused = post(client, path_of(clinic), **fields)
    assert (refused.status_code, 'data-code="limit-reached"' in refused.text) == (409, True)
    assert "Now this</textarea>" in refused.text
    answer = post(client, path_of(clinic), replaces=str(held[1].public_id), **fields)
    assert answer.location == f"/bookings/{held[1].public_id}"
    found = confirmed(session)
    assert [(one.public_id, one.topic) for one in found] == [(held[1].public_id, "Now this"), (held[0].public_id, "")]


def test_another_members_booking_cannot_be_replaced(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    other, member = a_booking(session, clinic), a_person(session)
    session.commit()
    fields = {"slot": "15/20231204T0330Z/any", "minutes": "15"}
    for replaces in (str(other.public_id), "0" * 36, "x"):
        assert post(client_of(app, member), path_of(clinic), replaces=replaces, **fields).status_code == 404
    assert [one.starts_at for one in confirmed(session)] == [CLINIC_AT]


def test_a_lost_race_at_the_limit_offers_what_the_booking_can_move_to(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    a_booking(session, clinic, after_minutes=30)
    client = client_of(app, booking.member)
    answer = post(client, path_of(clinic), slot="15/20231204T0330Z/any", minutes="15", replaces=str(booking.public_id))
    assert answer.status_code == 409
    nearest = re.findall(r'name="instead" value="([^"]+)"', answer.text)
    assert nearest == [f"15/20231204T{clock}Z/any" for clock in ("0315", "0345", "0300")]
    moved = post(client, path_of(clinic), instead=nearest[1], replaces=str(booking.public_id))
    assert moved.status_code == 303


def test_a_visitor_learns_of_the_limit_right_after_signing_in_and_keeps_what_was_typed(
    app: Flask, session: Session
) -> None:
    clinic, other = a_clinic(session), a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1))
    member = a_person(session, "Mia Moss")
    booking = a_booking(session, other, member)
    a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=2)), member)
    client = client_of(app)
    fields = {"slot": "15/20231204T0330Z/any", "minutes": "15", "topic": "My words", "link": "https://e.org/"}
    shown = post(client, path_of(clinic), **fields).text
    typed = re.search(r'name="typed" value="([^"]+)"', shown)
    assert typed is not None
    post(client, "/sign-in", next=path_of(clinic), email=member.email, typed=html.unescape(typed[1]))
    session.rollback()
    asked = session.scalars(select(SignIn)).one()
    asked.used_at = NOW
    session.commit()
    page = client_of(app, member).get(f"{path_of(clinic)}?typed={asked.public_id}").text
    assert "You already have 2 upcoming bookings" in page
    assert f'href="/bookings/{booking.public_id}/move"' in page
    assert "My words</textarea>" in page
    assert 'value="https://e.org/"' in page
    assert re.search(r'value="15/20231204T0330Z/any" checked', page), "the time that was chosen is chosen still"


@pytest.mark.parametrize("state", ["free", "full", "here", "limit", "missed", "ended", "no-analyst", "full-at-limit"])
def test_no_state_shows_a_form_without_a_button_and_typed_words_stay(app: Flask, session: Session, state: str) -> None:
    clinic = a_clinic(session, analysts=0 if state == "no-analyst" else 1)
    member = a_person(session, member_until=date(2023, 12, 1) if state == "ended" else None)
    if state in {"full", "full-at-limit"}:
        for minutes in (0, 30):
            a_booking(session, clinic, after_minutes=minutes, minutes=30)
    if state == "here":
        a_booking(session, clinic, member)
    if state in {"limit", "full-at-limit"}:
        for days in (1, 2):
            a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=days)), member)
    if state == "missed":
        for days in (1, 2):
            at = NOW - timedelta(days=days)
            missed = a_booking(session, a_clinic(session, starts_at=at), member, now=at - timedelta(days=1))
            missed.outcome = NO_SHOW
    session.commit()
    client = client_of(app, member)
    page = client.get(path_of(clinic)).text
    assert every_form_has_a_button(page)
    answer = post(client, path_of(clinic), page="/me", slot="", minutes="15", topic="My words")
    assert every_form_has_a_button(answer.text)
    assert "My words" in answer.text, "what was typed is still there"
