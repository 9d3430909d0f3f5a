"""Enrolling in the browser: a place in all or in one, what is left, what is there afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.domain.organisation import Policy
from booking.store.people.people import Person
from booking.store.programme.programme import Module, Occurrence
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def course(session: Session) -> list[Occurrence]:
    series = a_series(session, kind="masterclass", slug="course", title="Course")
    series.modules = [Module(number=n + 1, title=f"Part {n + 1}") for n in range(2)]
    rows = [
        an_occurrence(session, series, (), CLINIC_AT + timedelta(weeks=n), key=str(n + 1), module_number=n + 1)
        for n in range(2)
    ]
    session.commit()
    return rows


def test_a_member_takes_a_place_sees_it_everywhere_and_gives_it_up(
    database: Database, session: Session, clock: Clock, course: list[Occurrence]
) -> None:
    member = a_person(session)
    session.commit()
    client = client_of(make_app(database, clock), member)
    path = f"/occurrences/{course[0].public_id}"
    assert "Enrol in all 2" in client.get(path).text
    assert post(client, f"{path}/enrol", path, whole="1").status_code == 303
    assert "You’re enrolled in all 2" in client.get(f"/occurrences/{course[1].public_id}").text
    assert "You’re enrolled" in client.get("/?on=2023-12-04").text
    assert client.get("/bookings").text.count("Part ") == 2
    assert post(client, f"{path}/leave", path).status_code == 303
    assert "Enrol in all 2" in client.get(path).text


def test_recording_and_slides_are_for_those_who_had_a_place(
    database: Database, session: Session, clock: Clock, course: list[Occurrence]
) -> None:
    member, other = a_person(session), a_person(session)
    course[0].recording_url = "https://video.example.org/1"
    session.commit()
    app = make_app(database, clock)
    client = client_of(app, member)
    path = f"/occurrences/{course[0].public_id}"
    post(client, f"{path}/enrol", path, whole="0")
    clock.now = CLINIC_AT + timedelta(hours=3)
    for page in (path, "/bookings"):
        assert "https://video.example.org/1" in client.get(page).text
        assert "https://video.example.org/1" not in client_of(app, other).get(page).text


def test_an_overlap_with_a_booking_is_said_and_hinders_nothing(
    database: Database, session: Session, clock: Clock, course: list[Occurrence]
) -> None:
    booking = a_booking(session, a_clinic(session))
    member = session.get_one(Person, booking.member_id)
    client = client_of(make_app(database, clock), member)
    path = f"/occurrences/{course[0].public_id}"
    assert "This overlaps your booking" in client.get(path).text
    assert post(client, f"{path}/enrol", path, whole="0").status_code == 303


def test_places_left_are_told_from_five_down_and_the_last_is_refused_in_words(
    database: Database, session: Session, clock: Clock, course: list[Occurrence]
) -> None:
    app = make_app(database, clock)
    state = app.extensions["booking"]
    organisation = replace(state.organisation, policy=Policy(capacity=6), series_policies={})
    app.extensions["booking"] = replace(state, organisation=organisation)
    path = f"/occurrences/{course[0].public_id}"
    clients = [client_of(app, a_person(session)) for _ in range(7)]
    session.commit()
    assert "places left" not in clients[0].get(path).text
    for number, client in enumerate(clients[:6]):
        post(client, f"{path}/enrol", path, whole="0")
        if number < 5:
            assert f"{5 - number} place" in clients[6].get(path).text
    page = clients[6].get(path).text
    assert "This masterclass is full." in page
    assert "Enrol" not in page.split("<main", 1)[1]
    late = post(clients[6], f"{path}/enrol", "/me", whole="0")
    assert (late.status_code, "This is full: all 6 places are taken" in late.text) == (409, True)


def test_whoever_is_signed_out_is_asked_to_sign_in_first(
    database: Database, clock: Clock, course: list[Occurrence]
) -> None:
    path = f"/occurrences/{course[0].public_id}"
    client = client_of(make_app(database, clock))
    answer = post(client, f"{path}/enrol", path, whole="1")
    assert (answer.status_code, "Email me a code" in answer.text) == (401, True)


def test_join_now_takes_a_place_and_opens_the_join_link_in_one_press_and_staff_see_who_came(
    database: Database, session: Session
) -> None:
    analyst, member = a_person(session, roles=["analyst"]), a_person(session, "Mia Moss")
    series = a_series(
        session, [analyst], kind="lab", title="Lab", slug="lab", meeting_url="https://zoom.example.com/j/1"
    )
    lab = an_occurrence(session, series, [analyst])
    session.commit()
    clock = Clock(CLINIC_AT - timedelta(minutes=11))
    app = make_app(database, clock)
    client, staff = client_of(app, member), client_of(app, analyst)
    path = f"/occurrences/{lab.public_id}"
    for page in (path, "/?on=2023-12-04"):
        assert "Join now" not in client.get(page).text
    early = post(client, f"{path}/join", path)
    assert (early.status_code, 'data-code="not-begun"' in early.text) == (409, True)
    clock.now = CLINIC_AT - timedelta(minutes=10)
    for page in (path, "/?on=2023-12-04"):
        assert "Join now" in client.get(page).text
    answer = post(client, f"{path}/join", path)
    assert answer.status_code == 303
    assert "https://zoom.example.com/j/1" in client.get(answer.location).text
    assert "Join now" in client.get("/bookings").text
    visitor = client_of(app)
    assert post(visitor, f"{path}/join", path).status_code == 401
    clock.now = CLINIC_AT + timedelta(minutes=5)
    sheet = f"/analyst/attendance/{lab.public_id}"
    assert sheet in staff.get("/analyst/2023-12-04").text
    page = staff.get(sheet).text
    assert f'value="{member.public_id}" checked' in page
    assert post(staff, sheet, sheet).status_code == 303
    assert f'value="{member.public_id}" checked' not in staff.get(sheet).text
    assert post(staff, sheet, sheet, came="nobody").status_code == 404
    stranger = client_of(app, a_person(session, roles=["analyst"]))
    session.commit()
    assert stranger.get(sheet).status_code == 404
