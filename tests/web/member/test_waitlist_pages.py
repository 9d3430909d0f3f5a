"""The waitlist in the browser: joined on a full clinic's page, taken from the email, left from My bookings."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services.bookings import waitlist
from booking.services.bookings.cancel import cancel
from booking.services.bookings.waitlist import Wish
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, acting
from tests.databases import Database
from tests.web.client import SECRET_KEY, Clock, client_of, make_app, post


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(database: Database, clock: Clock) -> Flask:
    return make_app(database, clock)


def fresh(session: Session) -> None:
    session.rollback()
    session.expire_all()


def a_full_clinic(session: Session) -> tuple[Occurrence, list[Booking]]:
    clinic = a_clinic(session)
    return clinic, [a_booking(session, clinic, after_minutes=n, minutes=30) for n in (0, 30)]


def test_one_joins_where_nothing_is_free_sees_the_turn_and_leaves_again(app: Flask, session: Session) -> None:
    clinic, _ = a_full_clinic(session)
    other, member = a_person(session), a_person(session, "Mia Moss")
    session.commit()
    waitlist.join(acting(session, Actor.member(other.id), NOW - timedelta(minutes=1)), clinic.public_id, Wish(15))
    client = client_of(app, member)
    path = f"/occurrences/{clinic.public_id}"
    assert "Join the waitlist (1 person is on it)" in client.get(path).text
    answer = post(client, f"{path}/wait", path, wait_minutes="30", wait_analyst="", topic="Tags")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "<strong>1 person is ahead of you.</strong>" in page
    assert "30 minutes with any analyst" in page
    assert "You’re on the waitlist for 30 minutes with any analyst. 1 person is ahead of you." in client.get(path).text
    mine = client.get("/bookings").text
    assert "1 person is ahead of you" in mine
    assert answer.location in mine
    assert post(client, f"{answer.location}/leave", answer.location).status_code == 303
    assert "You’ve left the waitlist" in client.get(answer.location).text
    fresh(session)
    assert [place.outcome for place in session.scalars(select(WaitlistEntry).order_by(WaitlistEntry.id))] == [
        None,
        "left",
    ]


def test_a_visitor_signs_in_first_and_finds_what_was_typed(app: Flask, session: Session) -> None:
    clinic, _ = a_full_clinic(session)
    client = client_of(app)
    path = f"/occurrences/{clinic.public_id}"
    page = client.get(path).text
    assert "Join the waitlist (you&#39;d be first)" in page
    assert clinic.roster[0].analyst.name not in page
    answer = post(client, f"{path}/wait", path, wait_minutes="15", topic="My words")
    assert (answer.status_code, "My words" in answer.text) == (401, True)


def test_what_is_held_is_taken_from_the_email_without_sign_in(app: Flask, clock: Clock, session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session, "Mia Moss")
    session.commit()
    place = waitlist.join(acting(session, Actor.member(member.id)), clinic.public_id, Wish(30))
    cancel(acting(session, Actor.link()), booked[1].public_id)
    visitor = client_of(app)
    path = f"/manage/place/{tokens.sign(SECRET_KEY, 'place', str(place.public_id))}"
    page = visitor.get(path).text
    assert "Accept 1:30\u00a0pm with" in page
    assert "No thanks" in page
    assert "is held for you" in client_of(app, member).get(f"/occurrences/{clinic.public_id}").text
    fresh(session)
    assert session.scalars(select(Offer.status)).all() == ["open"], "reading takes nothing"
    answer = post(visitor, f"{path}/accept", path)
    assert (answer.status_code, answer.location.startswith("/manage/")) == (303, True)
    landed = visitor.get(answer.location).text
    assert "Your booking" in landed
    assert "You’re booked: Mon 4 Dec" in landed.replace("\N{NO-BREAK SPACE}", " ")
    assert "You’re booked" in visitor.get(path).text
    clock.now = clinic.ends_at + timedelta(days=8)
    assert visitor.get(path).status_code == 404
    assert visitor.get(path + "x").status_code == 404


def test_too_late_the_page_says_so_and_one_still_waits(app: Flask, clock: Clock, session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    session.commit()
    place = waitlist.join(acting(session, Actor.member(member.id)), clinic.public_id, Wish(15))
    cancel(acting(session, Actor.link()), booked[0].public_id)
    client = client_of(app, member)
    path = f"/waitlist/{place.public_id}"
    assert "held for you alone until" in client.get(path).text
    clock.now = NOW + timedelta(hours=4)
    answer = post(client, f"{path}/accept", path)
    assert (answer.status_code, 'data-code="offer-lapsed"' in answer.text) == (409, True)
    fresh(session)
    assert session.scalars(select(Booking).where(Booking.member_id == member.id)).all() == []


def test_let_pass_it_goes_on_and_the_page_says_one_waits(app: Flask, session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    session.commit()
    place = waitlist.join(acting(session, Actor.member(member.id)), clinic.public_id, Wish(15))
    cancel(acting(session, Actor.link()), booked[0].public_id)
    client = client_of(app, member)
    path = f"/waitlist/{place.public_id}"
    for _ in range(2):  # the 15 minutes at 1:00, then those at 1:15
        assert post(client, f"{path}/decline", path).status_code == 303
    assert "You&#39;re next in line." in client.get(path).text


def test_at_the_limit_the_page_asks_which_booking_goes(app: Flask, session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    session.commit()
    elsewhere = [a_clinic(session, starts_at=CLINIC_AT + timedelta(days=n)) for n in (1, 2)]
    held = [a_booking(session, other, member) for other in elsewhere]
    client = client_of(app, member)
    path = f"/occurrences/{clinic.public_id}"
    assert "You can join at your limit. If you take a slot, it replaces one of your bookings." in client.get(path).text
    assert post(client, f"{path}/wait", path, wait_minutes="15").status_code == 409
    place = post(client, f"{path}/wait", path, wait_minutes="15", replaces=str(held[1].public_id)).location
    page = client.get(place).text
    assert "If you accept a slot, which booking does it replace?" in page
    assert re.findall(r'value="([^"]+)" required checked', page) == [str(held[1].public_id)]
    assert post(client, f"{place}/replaces", place, replaces=str(held[0].public_id)).status_code == 303
    cancel(acting(session, Actor.link()), booked[0].public_id)
    page = client.get(place).text
    offered = re.findall(r'name="replaces" value="([^"]+)"', page)
    assert offered == [str(one.public_id) for one in held]
    assert re.findall(r'value="([^"]+)" required checked', page) == [str(held[0].public_id)]
    answer = post(client, f"{place}/accept", place, replaces=offered[1])
    assert answer.location.endswith(f"/bookings/{held[1].public_id}?booked=1")
    fresh(session)
    mine = session.scalars(
        select(Booking.occurrence_id).where(Booking.member_id == member.id, Booking.status == CONFIRMED)
    )
    assert set(mine) == {clinic.id, elsewhere[0].id}


def test_in_the_last_hour_what_is_free_has_a_button_each(app: Flask, clock: Clock, session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    session.commit()
    place = waitlist.join(acting(session, Actor.member(member.id)), clinic.public_id, Wish(15))
    clock.now = CLINIC_AT - timedelta(minutes=30)
    cancel(acting(session, Actor.link(), clock.now), booked[0].public_id)
    client = client_of(app, member)
    path = f"/waitlist/{place.public_id}"
    assert "first come, first served" in client.get(path).text
    slots = re.findall(r'name="slot" value="([^"]+)"', client.get(path).text)
    analyst = clinic.roster[0].analyst.public_id
    assert slots == [f"15/20231204T0300Z/{analyst}", f"15/20231204T0315Z/{analyst}"]
    answer = post(client, f"{path}/accept", path, slot=slots[1])
    assert (answer.status_code, answer.location.endswith("?booked=1")) == (303, True)
    assert post(client, f"{path}/accept", path, slot="never").status_code == 404


@pytest.mark.parametrize(
    "fields", [{"wait_minutes": "45"}, {"wait_minutes": "x"}, {"wait_minutes": "15", "topic": "x" * 100_000}]
)
def test_what_cannot_be_waited_for_is_refused(app: Flask, session: Session, fields: dict[str, str]) -> None:
    clinic, _ = a_full_clinic(session)
    member = a_person(session)
    session.commit()
    path = f"/occurrences/{clinic.public_id}"
    client = client_of(app, member)
    answer = post(client, f"{path}/wait", path, **fields)
    assert (answer.status_code, "Nothing was booked" in answer.text) == (422, True)
    assert post(client, f"{path}/wait", path, wait_minutes="15", wait_analyst="x").status_code == 404
    fresh(session)
    assert session.scalars(select(WaitlistEntry)).all() == []
