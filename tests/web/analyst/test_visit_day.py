"""A clinic as it runs, in the browser: Start, join links, lateness, notes, what was agreed, and going on with it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.bookings.bookings import Booking
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, an_occurrence
from tests.databases import Database
from tests.web.client import SECRET_KEY, Clock, client_of, make_app, post

DAY = "/analyst/2023-12-04"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(CLINIC_AT)


@pytest.fixture
def app(database: Database, clock: Clock) -> Flask:
    return make_app(database, clock)


def a_meeting_link(session: Session) -> Occurrence:
    clinic = a_clinic(session)
    clinic.roster[0].meeting_url = "https://zoom.example.com/j/1"
    session.commit()
    return clinic


def join_link(booking: Booking) -> str:
    return f"/join/{tokens.sign(SECRET_KEY, 'join', str(booking.public_id))}"


def test_start_opens_one_join_link_closes_the_one_before_and_says_how_late_it_is(
    app: Flask, clock: Clock, session: Session
) -> None:
    clinic = a_meeting_link(session)
    first, second = a_booking(session, clinic), a_booking(session, clinic, after_minutes=15)
    analyst, member = client_of(app, first.analyst), client_of(app, second.member)
    visitor = client_of(app)
    clock.now = CLINIC_AT + 6 * MINUTE
    start = f"/analyst/bookings/{first.public_id}/start"
    assert start in analyst.get(DAY).text
    assert post(analyst, start, DAY).location.endswith(f"{DAY}#b-{first.public_id}")
    page = analyst.get(DAY).text
    assert "Started at 1:06\u00a0pm" in page
    assert "About 6 minutes late" in page
    assert start not in page
    assert "zoom.example.com" in visitor.get(join_link(first)).text
    waiting = visitor.get(join_link(second)).text
    said = re.sub(r"<[^>]+>", "", waiting).replace("\u00a0", " ")
    assert "is about 6 minutes late. Your turn is at about Mon 4 Dec 1:21 pm" in said
    assert "zoom.example.com" not in waiting
    assert "is about 6 minutes late" in member.get("/bookings").text
    clock.now = CLINIC_AT + 20 * MINUTE
    post(analyst, f"/analyst/bookings/{second.public_id}/start", DAY)
    assert "This meeting is over." in visitor.get(join_link(first)).text
    assert "zoom.example.com" in visitor.get(join_link(second)).text
    assert "minutes late" not in member.get("/bookings").text


def test_what_was_agreed_is_written_read_by_the_member_and_gone_on_with(
    app: Flask, clock: Clock, session: Session
) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, topic="Tags")
    team = [place.analyst for place in clinic.roster]
    later = an_occurrence(session, clinic.series, team, CLINIC_AT + timedelta(weeks=1))
    session.commit()
    analyst, member = client_of(app, booking.analyst), client_of(app, booking.member)
    path = f"/analyst/visits/{booking.public_id}"
    assert post(analyst, f"{path}/note", path, agreed="Rename the events.", private="Shy.").status_code == 303
    page = analyst.get(path).text
    assert "Rename the events.</textarea>" in page
    assert "Shy.</textarea>" in page
    refused = post(analyst, f"{path}/note", path, agreed="x" * 5001, private="Kept.")
    assert (refused.status_code, "Kept.</textarea>" in refused.text) == (422, True)
    clock.now = CLINIC_AT + timedelta(hours=2)
    for at in ("/bookings", f"/bookings/{booking.public_id}", f"/occurrences/{later.public_id}"):
        page = member.get(at).text
        assert "Rename the events." in page
        assert "Shy." not in page
    going_on = member.get(f"/bookings/{booking.public_id}/go-on").location
    assert f"/occurrences/{later.public_id}?go_on={booking.public_id}" in going_on
    page = member.get(going_on).text
    assert "Continuing from Mon\u00a04\u00a0Dec with" in page
    chosen = re.search(r'value="(15/[^"]+)"[^>]* checked', page)
    assert chosen is not None
    assert chosen[1] == f"15/20231211T0300Z/{booking.analyst.public_id}"
    again = a_booking(session, later, booking.member, now=clock.now)
    seen = analyst.get("/analyst/2023-12-11").text
    assert "Agreed last time: </strong>Rename the events." in seen
    assert "Private note: </strong>Shy." in seen
    assert again.topic == ""
    other = client_of(app, a_person(session))
    session.commit()
    assert other.get(f"/bookings/{booking.public_id}/go-on").status_code == 404
    assert "Going on" not in other.get(going_on).text


def test_the_brief_is_edited_until_the_start_and_keeps_what_was_typed(
    app: Flask, clock: Clock, session: Session
) -> None:
    clock.now = CLINIC_AT - timedelta(hours=1)
    booking = a_booking(session, a_clinic(session), topic="Tags")
    member, visitor = client_of(app, booking.member), client_of(app)
    path = f"/bookings/{booking.public_id}/brief"
    managed = f"/manage/{tokens.sign(SECRET_KEY, 'manage', str(booking.public_id))}/brief"
    assert path in member.get(f"/bookings/{booking.public_id}").text
    assert post(member, path, path, topic="Tags, again", link="https://example.org/").status_code == 303
    assert "Tags, again" in visitor.get(managed).text
    refused = post(visitor, managed, managed, topic="Kept words", link="javascript:x")
    assert (refused.status_code, "Kept words" in refused.text) == (422, True)
    assert post(visitor, managed, managed, topic="From the email", link="").status_code == 303
    session.rollback()
    session.expire_all()
    assert session.scalars(select(Booking.topic)).one() == "From the email"
    clock.now = CLINIC_AT
    assert member.get(path).status_code == 303
    late = post(member, path, f"/bookings/{booking.public_id}", topic="Too late")
    assert late.status_code in {303, 409}
    session.rollback()
    assert session.scalars(select(Booking.topic)).one() == "From the email"
