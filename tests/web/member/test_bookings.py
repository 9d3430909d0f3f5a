"""My bookings, the manage address, and join links."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.bookings.bookings import Booking
from booking.store.programme.programme import Roster
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import SECRET_KEY, Clock, client_of, make_app, post


def signed(purpose: str, subject: object) -> str:
    return tokens.sign(SECRET_KEY, purpose, str(subject))


def status_of(session: Session, booking: Booking) -> str:
    session.rollback()
    session.refresh(booking)
    return booking.status


def test_mine_are_upcoming_first_then_past(database: Database, session: Session) -> None:
    member = a_person(session, "Mia Moss", time_zone="Australia/Perth")
    a_booking(session, a_clinic(session), member, topic="First topic")
    a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1)), member, topic="Second topic")
    clock = Clock()
    client = client_of(make_app(database, clock), member)
    page = client.get("/bookings").text
    assert "11:00\u00a0am Perth (1:00\u00a0pm AEST)" in page
    assert page.index("First topic") < page.index("Second topic")
    clock.now = CLINIC_AT + timedelta(hours=1)
    page = client.get("/bookings").text
    assert page.index("Second topic") < page.index("Past (1)") < page.index("First topic")


def test_with_nothing_booked_the_page_says_what_to_do(database: Database, session: Session) -> None:
    member = a_person(session)
    session.commit()
    assert "You have no upcoming bookings." in client_of(make_app(database), member).get("/bookings").text


@pytest.mark.parametrize("by", ["member", "email"])
def test_a_booking_is_cancelled_by_a_button_and_not_by_looking(database: Database, session: Session, by: str) -> None:
    booking = a_booking(session, a_clinic(session))
    app = make_app(database)
    client = client_of(app, booking.member if by == "member" else None)
    path = f"/bookings/{booking.public_id}" if by == "member" else f"/manage/{signed('manage', booking.public_id)}"
    assert client.get(f"{path}/cancel").status_code == 200
    assert status_of(session, booking) == "confirmed"
    answer = post(client, f"{path}/cancel")
    assert (answer.status_code, answer.location) == (303, path)
    assert status_of(session, booking) == "cancelled"
    assert "This booking is cancelled" in client.get(path).text


@pytest.mark.parametrize("by", ["member", "email"])
def test_a_booking_is_moved_within_and_between_clinics(database: Database, session: Session, by: str) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    other = a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1))
    client = client_of(make_app(database), booking.member if by == "member" else None)
    path = f"/bookings/{booking.public_id}" if by == "member" else f"/manage/{signed('manage', booking.public_id)}"
    shown = client.get(f"{path}/move").text
    assert 'value="15/20231204T0300Z/any"' not in shown  # that is where it is
    assert shown.count("<small>your booking<") == 1  # of any analyst, and of its own beside it
    assert 'value="15/20231204T0315Z/any"' in shown
    assert str(other.public_id) in shown
    answer = post(client, f"{path}/move", to=str(other.public_id), slot="30/20231205T0315Z/any", minutes="30")
    assert answer.status_code == 303
    session.rollback()
    session.refresh(booking)
    assert (booking.starts_at, booking.minutes) == (other.starts_at + timedelta(minutes=15), 30)


def test_a_move_that_is_refused_says_why_and_leaves_it(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    a_booking(session, clinic, after_minutes=30)
    client = client_of(make_app(database), booking.member)
    answer = post(client, f"/bookings/{booking.public_id}/move", slot="15/20231204T0330Z/any", minutes="15")
    assert (answer.status_code, 'data-code="slot-taken"' in answer.text) == (409, True)
    assert status_of(session, booking) == "confirmed"
    assert booking.starts_at == CLINIC_AT


def test_once_it_has_started_there_is_nothing_to_move_or_cancel(database: Database, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    clock = Clock()
    client = client_of(make_app(database, clock), booking.member)
    page = f"/bookings/{booking.public_id}/cancel"
    token_page = "/me"
    clock.now = CLINIC_AT
    assert client.get(page).status_code == 303
    answer = post(client, page, page=token_page)
    assert (answer.status_code, 'data-code="already-started"' in answer.text) == (409, True)
    assert status_of(session, booking) == "confirmed"


@pytest.mark.parametrize(("days_after", "status"), [(6, 200), (8, 404)])
def test_a_manage_address_ends_a_week_after_the_booking(
    database: Database, session: Session, days_after: int, status: int
) -> None:
    booking = a_booking(session, a_clinic(session))
    app = make_app(database, CLINIC_AT + timedelta(days=days_after))
    answer = client_of(app).get(f"/manage/{signed('manage', booking.public_id)}")
    assert answer.status_code == status
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_an_address_for_one_purpose_opens_no_other(database: Database, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    client = client_of(make_app(database))
    assert client.get(f"/manage/{signed('join', booking.public_id)}").status_code == 404
    assert client.get(f"/join/{signed('manage', booking.public_id)}").status_code == 404
    good = signed("manage", booking.public_id)
    assert client.get(f"/manage/{good[:-1]}{'a' if good[-1] != 'a' else 'b'}").status_code == 404
    assert client.get(f"/manage/{signed('manage', 'x')}").status_code == 404


@pytest.mark.parametrize(
    ("minutes_before", "refresh", "said"),
    [
        (120, None, "Open this page again then."),
        (15, "301", "This page refreshes by itself."),
        (5, None, "The meeting link isn’t set up yet."),
        (-20, None, "This meeting is over."),
    ],
)
def test_a_page_that_waits_for_its_meeting_refreshes_itself_when_it_opens(
    database: Database, session: Session, minutes_before: int, refresh: str | None, said: str
) -> None:
    booking = a_booking(session, a_clinic(session))
    app = make_app(database, CLINIC_AT - timedelta(minutes=minutes_before))
    answer = client_of(app).get(f"/join/{signed('join', booking.public_id)}")
    assert (answer.headers.get("Refresh"), said in answer.text) == (refresh, True)


ROOMS = ("https://meet.example.org/for-this-one", "https://meet.example.org/analyst", "https://meet.example.org/clinic")


@pytest.mark.parametrize(
    ("minutes_before", "shown"), [(11, False), (10, True), (0, True), (-14, True), (-15, False), (-300, False)]
)
def test_the_meeting_link_is_shown_from_ten_minutes_before_until_the_end(
    database: Database, session: Session, minutes_before: int, shown: bool
) -> None:
    clinic = a_clinic(session)
    clinic.roster[0].analyst.meeting_url = ROOMS[1]
    booking = a_booking(session, clinic)
    app = make_app(database, CLINIC_AT - timedelta(minutes=minutes_before))
    page = client_of(app).get(f"/join/{signed('join', booking.public_id)}").text
    assert (ROOMS[1] in page) is shown


def test_the_meeting_link_is_looked_up_when_the_join_link_is_opened_nearest_first(
    database: Database, session: Session
) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    client = client_of(make_app(database, CLINIC_AT))
    join_link = f"/join/{signed('join', booking.public_id)}"
    assert "The meeting link isn’t set up yet." in client.get(join_link).text
    place = session.get_one(Roster, (clinic.id, booking.analyst_id))
    for owner, room in (
        (clinic.series, "https://meet.example.org/series"),
        (clinic, ROOMS[2]),
        (place.analyst, ROOMS[1]),
        (place, ROOMS[0]),
    ):
        owner.meeting_url = room
        session.commit()
        page = client.get(join_link).text
        assert [one for one in (*ROOMS, "https://meet.example.org/series") if one in page] == [room]


def test_the_join_link_stays_shut_while_the_slot_before_runs_with_somebody_else(
    database: Database, session: Session
) -> None:
    clinic = a_clinic(session)
    clinic.roster[0].analyst.meeting_url = ROOMS[1]
    before = a_booking(session, clinic)
    booking = a_booking(session, clinic, after_minutes=15)
    clock = Clock(CLINIC_AT + timedelta(minutes=6))
    client = client_of(make_app(database, clock))
    page = client.get(f"/join/{signed('join', booking.public_id)}").text
    assert ROOMS[1] not in page
    assert "still with the member before you" in page
    assert ROOMS[1] in client.get(f"/join/{signed('join', before.public_id)}").text
    clock.now = CLINIC_AT + timedelta(minutes=15)
    assert ROOMS[1] in client.get(f"/join/{signed('join', booking.public_id)}").text


def test_the_meeting_link_stands_on_no_other_page(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    clinic.roster[0].analyst.meeting_url = ROOMS[1]
    clinic.meeting_url = ROOMS[2]
    booking = a_booking(session, clinic)
    client = client_of(make_app(database, CLINIC_AT), booking.member)
    for path in ("/", "/bookings", f"/bookings/{booking.public_id}", f"/occurrences/{clinic.public_id}", "/calendars"):
        assert "meet.example.org" not in client.get(path).text, path


def test_a_labs_join_link_opens_to_members_whose_membership_covers_the_day_and_to_its_staff(
    database: Database, session: Session
) -> None:
    analyst = a_person(session, roles=["analyst"], meeting_url=ROOMS[1])
    lab = an_occurrence(session, a_series(session, kind="lab"), [analyst], meeting_url=ROOMS[2])
    member = a_person(session)
    ended = a_person(session, member_until=CLINIC_AT.date() - timedelta(days=1))
    stranger = a_person(session, roles=["analyst"])
    session.commit()
    app = make_app(database, CLINIC_AT)
    join_link = f"/join/{signed('join', lab.public_id)}"
    opens = {p: client_of(app, p).get(join_link).text for p in (None, member, ended, stranger, analyst)}
    assert ROOMS[2] in opens[member]
    assert ROOMS[1] in opens[analyst]
    for shut in (None, ended, stranger):
        assert "meet.example.org" not in opens[shut]
    assert session.scalars(select(Booking)).all() == []
    assert NOW < CLINIC_AT
