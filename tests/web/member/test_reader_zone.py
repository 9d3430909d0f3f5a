"""Whose clock a page shows: on a signed link its owner's, whoever is signed in; on the programme the reader's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.services.bookings.waitlist import Wish, join
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, acting
from tests.databases import Database
from tests.web.client import BASE_URL, SECRET_KEY, Clock, client_of, make_app, token_of

PERTH = "11:00 am"  # of a clinic at 1 pm in Brisbane
YOURS = "Times in AEST, Brisbane. Yours: Perth, 2 hours behind AEST."


@pytest.fixture
def clinic(session: Session) -> Occurrence:
    return a_clinic(session)


@pytest.fixture
def mia(session: Session) -> Person:
    return a_person(session, "Mia Moss", time_zone="Australia/Perth")


def signed(purpose: str, subject: object) -> str:
    return tokens.sign(SECRET_KEY, purpose, str(subject))


def shown(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("signed_in_as", ["nobody", "a member in Adelaide"])
@pytest.mark.parametrize(
    ("path", "purpose", "words"),
    [
        ("/manage/{}", "manage", "Mon 4 Dec 11:00 am Perth (1:00 pm AEST)"),
        ("/manage/{}/cancel", "manage", "Mon 4 Dec 11:00 am Perth (1:00 pm AEST)"),
        ("/manage/{}/move", "manage", "Move to Monday 11:15 am (1:15 pm AEST)"),
        ("/join/{}", "join", "Mon 4 Dec 11:00 am Perth (1:00 pm AEST)"),
    ],
)
def test_a_page_opened_from_an_email_has_the_time_of_the_links_owner(
    database: Database,
    session: Session,
    clinic: Occurrence,
    mia: Person,
    signed_in_as: str,
    path: str,
    purpose: str,
    words: str,
) -> None:
    booking = a_booking(session, clinic, mia)
    other = a_person(session, "Ade Laide", time_zone="Australia/Adelaide")
    session.commit()
    client = client_of(make_app(database), None if signed_in_as == "nobody" else other)
    page = shown(client.get(path.format(signed(purpose, booking.public_id))).text)
    assert words in page
    assert YOURS in page
    assert "Sydney and Melbourne" not in page
    assert "Adelaide" not in page.replace("Ade Laide", "")


def test_an_error_on_such_a_page_is_in_the_owners_time_too(
    database: Database, session: Session, clinic: Occurrence, mia: Person
) -> None:
    booking = a_booking(session, clinic, mia)
    session.commit()
    path, clock = f"/manage/{signed('manage', booking.public_id)}/cancel", Clock(CLINIC_AT - timedelta(hours=1))
    client = client_of(make_app(database, clock))
    token = token_of(client.get(path).text)
    clock.now = CLINIC_AT + timedelta(minutes=5)
    answer = client.post(path, data={"csrf_token": token}, headers={"Origin": BASE_URL})
    assert answer.status_code == 409
    assert "11:00 am Perth (1:00 pm AEST)" in shown(answer.text)


def test_staff_who_open_a_members_join_link_read_their_own_time(
    database: Database, session: Session, clinic: Occurrence, mia: Person
) -> None:
    booking = a_booking(session, clinic, mia)
    analyst = clinic.roster[0].analyst
    analyst.time_zone = "Australia/Adelaide"
    session.commit()
    page = shown(client_of(make_app(database), analyst).get(f"/join/{signed('join', booking.public_id)}").text)
    assert "Mon 4 Dec 1:30 pm Adelaide (1:00 pm AEST)" in page


def test_an_offer_and_its_button_are_in_the_time_of_whoever_waits(
    database: Database, session: Session, clinic: Occurrence, mia: Person
) -> None:
    held = [a_booking(session, clinic, after_minutes=n, minutes=30) for n in (0, 30)]
    place = join(acting(session, Actor.member(mia.id)), clinic.public_id, Wish(30))
    cancel(acting(session, Actor.link()), held[0].public_id)
    page = shown(client_of(make_app(database)).get(f"/manage/place/{signed('place', place.public_id)}").text)
    assert f"Accept {PERTH} with" in page
    assert "Mon 4 Dec 11:00 am Perth (1:00 pm AEST)" in page
    assert YOURS in page


def test_the_page_that_stops_reminders_names_its_owners_zone(database: Database, session: Session, mia: Person) -> None:
    session.commit()
    path = f"/unsubscribe/reminders/{signed('unsubscribe-reminders', mia.public_id)}"
    assert "Yours: Perth, 2 hours behind AEST." in shown(client_of(make_app(database)).get(path).text)


def test_the_programmes_next_free_and_own_booking_are_in_the_readers_time_with_the_zone_named(
    database: Database, session: Session, clinic: Occurrence, mia: Person
) -> None:
    session.commit()
    app = make_app(database)
    week = "/?on=2023-12-04"
    assert "Next free 11:00 am Perth" in shown(client_of(app, mia).get(week).text)
    assert "Next free 1:00 pm AEST" in shown(client_of(app).get(week).text)
    a_booking(session, clinic, mia)
    assert "Booked: 11:00 am Perth" in shown(client_of(app, mia).get(week).text)
    mia.time_zone = "America/Los_Angeles"
    session.commit()
    assert "Booked: Sun 7:00 pm Los Angeles" in shown(client_of(app, mia).get(week).text)


@pytest.mark.parametrize(
    ("on", "line"),
    [
        ("2023-09-25", "Times in AEST, Brisbane. Yours: Sydney, the same as AEST."),
        ("2023-10-02", "Times in AEST, Brisbane. Yours: Sydney, 1 hour ahead of AEST."),
        ("2024-04-08", "Times in AEST, Brisbane. Yours: Sydney, the same as AEST."),
    ],
)
def test_the_header_names_zones_as_they_are_called_in_the_week_shown(
    database: Database, session: Session, on: str, line: str
) -> None:
    member = a_person(session, time_zone="Australia/Sydney")
    session.commit()
    client = client_of(make_app(database, datetime(2023, 11, 14, 3, tzinfo=UTC)), member)
    assert shown(client.get(f"/?on={on}").text).count(line) == 2  # above the week, and at the foot


def test_a_page_about_one_date_names_zones_as_they_are_called_then(database: Database, session: Session) -> None:
    member = a_person(session, time_zone="Australia/Sydney")
    winter = a_clinic(session, starts_at=datetime(2024, 4, 15, 3, tzinfo=UTC))
    session.commit()
    page = client_of(make_app(database), member).get(f"/occurrences/{winter.public_id}").text
    assert "Yours: Sydney, the same as AEST." in page


def test_a_button_names_the_readers_weekday_with_the_readers_clock(
    database: Database, session: Session, clinic: Occurrence
) -> None:
    member = a_person(session, time_zone="America/Los_Angeles")
    session.commit()
    page = shown(client_of(make_app(database), member).get(f"/occurrences/{clinic.public_id}").text)
    assert "Book Sunday 7:00 pm (Mon 1:00 pm AEST)" in page
    assert "Monday Sun" not in page
