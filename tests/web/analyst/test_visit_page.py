"""The page of one visit: what was agreed before, what happened, and only what can be done now."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.notes import Note
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from booking.web.analyst import free_starts
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post

MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(database: Database, clock: Clock) -> Flask:
    return make_app(database, clock)


def path_of(booking: Booking) -> str:
    return f"/analyst/visits/{booking.public_id}"


def next_week(session: Session, clinic: Occurrence, weeks: int = 1) -> Occurrence:
    team = [place.analyst for place in clinic.roster]
    made = an_occurrence(session, clinic.series, team, CLINIC_AT + weeks * WEEK)
    session.commit()
    return made


def test_it_shows_what_was_agreed_last_time_the_own_private_note_the_link_and_the_visits_before(
    app: Flask, clock: Clock, session: Session
) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia")
    first = a_booking(session, clinic, mia, topic="Tags fire twice")
    first.outcome = "came"
    session.add(Note(booking_id=first.id, private="Talks fast.", agreed="Rename the events.", written_at=NOW))
    second = a_booking(
        session, next_week(session, clinic), mia, now=CLINIC_AT + 2 * MINUTE * 60, link="https://shop.example.org/x"
    )
    clock.now = CLINIC_AT + WEEK - timedelta(days=1)
    page = client_of(app, session.get_one(Person, second.analyst_id)).get(path_of(second)).text
    for words in ("Rename the events.", "Talks fast.", "https://shop.example.org/x", "Tags fire twice", "· Came"):
        assert words in page
    assert (
        "This is their first visit."
        in client_of(app, session.get_one(Person, first.analyst_id)).get(path_of(first)).text
    )


def test_earlier_visits_are_paged(app: Flask, clock: Clock, session: Session) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia")
    analyst_id = clinic.roster[0].analyst_id
    session.commit()
    for week in range(12):
        made = next_week(session, clinic, week + 1)
        made_at = made.starts_at - timedelta(days=1)
        last = a_booking(session, session.get_one(Occurrence, made.id), mia, now=made_at, topic=f"Week {week:02}.")
    clock.now = last.starts_at
    client = client_of(app, session.get_one(Person, analyst_id))
    page = client.get(path_of(last)).text
    assert "Week 10." in page
    assert "Week 00." not in page
    following = re.search(r'href="([^"]+before=[^"#]+)', page)
    assert following is not None
    older = client.get(following[1].replace("&amp;", "&")).text
    assert "Week 00." in older
    assert client.get(f"{path_of(last)}?before=nonsense").status_code == 404


@pytest.mark.parametrize(
    ("minutes", "offered"),
    [
        (-60, {"Join", "Extend", "Move booking", "Cancel booking"}),
        (-5, {"Start", "Join", "Extend", "Move booking", "Cancel booking"}),
        (5, {"Start", "Join", "Came", "No show", "Extend", "Move booking", "Cancel booking"}),
        (20, {"Start", "Came", "No show"}),
        (150, {"Came", "No show"}),
    ],
)
def test_only_what_can_succeed_now_is_offered(
    app: Flask, clock: Clock, session: Session, minutes: int, offered: set[str]
) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    clock.now = CLINIC_AT + minutes * MINUTE
    page = client_of(app, session.get_one(Person, booking.analyst_id)).get(path_of(booking)).text
    buttons = [
        re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<(?:button|a) class=\"btn.*?</(?:button|a)>", page)
    ]
    shown = {"Extend" if one.startswith("Extend") else one for one in buttons}
    assert shown & {"Start", "Join", "Came", "No show", "Extend", "Move booking", "Cancel booking"} == offered


def test_extend_is_not_offered_where_the_next_quarter_is_taken(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    a_booking(session, clinic, after_minutes=15)
    assert "Extend to" not in client_of(app, session.get_one(Person, booking.analyst_id)).get(path_of(booking)).text


def test_start_and_marks_work_from_the_visits_own_page(app: Flask, clock: Clock, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    client = client_of(app, session.get_one(Person, booking.analyst_id))
    path, clock.now = path_of(booking), CLINIC_AT + 3 * MINUTE
    assert post(client, f"{path}/start", path).status_code == 303
    assert "Under way since" in client.get(path).text
    assert post(client, f"{path}/outcome", path, outcome="came").location.endswith("#outcome")
    again = post(client, f"{path}/start", path)
    assert again.status_code == 409
    assert "Undo the mark first" in again.text


def test_an_analyst_corrects_the_outcome_of_an_earlier_day(app: Flask, clock: Clock, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    client = client_of(app, session.get_one(Person, booking.analyst_id))
    path, clock.now = path_of(booking), CLINIC_AT + timedelta(days=9)
    post(client, f"{path}/outcome", path, outcome="no-show")
    assert "Correct it" in client.get(path).text
    refused = post(client, f"{path}/outcome", path, outcome="came", reason="x" * 501)
    assert (refused.status_code, "Shorten the reason" in refused.text) == (422, True)
    assert post(client, f"{path}/outcome", path).status_code == 422
    assert post(client, f"{path}/outcome", path, outcome="came", reason="Wrong row.").status_code == 303
    session.rollback()
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.details) == ("came", {"before": "no-show", "corrected": True, "reason": "Wrong row."})


def test_a_follow_up_is_booked_in_any_length_offered_and_with_any_analyst(app: Flask, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    next_week(session, clinic)
    one, other = (place.analyst.public_id for place in clinic.roster)
    booking = a_booking(session, clinic, analyst=one)
    client = client_of(app, session.get_one(Person, booking.analyst_id))
    path = path_of(booking)
    page = client.get(path).text.partition("Book a follow-up")[2]
    assert set(re.findall(r'<option value="[0-9a-f-]{36} (\d+)/\d+T\d+Z/([^"]+)"', page)) == {("15", str(one))}
    asked = f"{path}?minutes=30&analyst={other}"
    page = client.get(asked).text.partition("Book a follow-up")[2]
    offered = re.findall(r'<option value="([0-9a-f-]{36} 30/\d+T\d+Z/([^"]+))"', page)
    assert {analyst for _, analyst in offered} == {str(other)}
    assert len(offered) == 3
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    assert post(client, f"{path}/follow", asked, slot=offered[0][0], key=key[1], topic="Again").status_code == 303
    session.rollback()
    made = session.scalars(select(Booking).order_by(Booking.id.desc()).limit(1)).one()
    assert (made.minutes, made.analyst.public_id) == (30, other)
    anybody = client.get(f"{path}?minutes=15&analyst=").text.partition("Book a follow-up")[2]
    assert {who for who in re.findall(r'15/\d+T\d+Z/([0-9a-f-]{36})"', anybody)} == {str(one), str(other)}


def test_a_list_that_is_cut_says_so_and_goes_on(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free_starts, "PAGE", 3)
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    next_week(session, clinic)
    next_week(session, clinic, 8)  # beyond four weeks
    client, address, seen = client_of(app, session.get_one(Person, booking.analyst_id)), path_of(booking), []
    for _ in range(9):
        page = client.get(address).text.partition("Book a follow-up")[2]
        seen += re.findall(r'<option value="[0-9a-f-]{36} 15/(\d+T\d+Z)', page)
        more = re.search(r'href="([^"]+)#follow-up">Later times', page)
        if more is None:
            break
        address = more[1].replace("&amp;", "&")
    assert seen == sorted(set(seen))
    assert len(seen) == 8  # two clinics of four quarters
    assert (
        client.get(f"{path_of(booking)}?from=nonsense&move_from=99999999T9999Z&minutes=x&analyst=x").status_code == 200
    )


def test_the_week_names_who_comes(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, a_person(session, "Mia Moss"))
    page = client_of(app, session.get_one(Person, booking.analyst_id)).get("/analyst/2023-12-04?days=7").text
    assert "Mia Moss" in page
    assert path_of(booking) in page
