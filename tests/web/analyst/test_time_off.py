"""Time away in the browser: shown, reported, covered, offered, taken, taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.store.bookings.bookings import CANCELLED, Booking
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Programme
from tests.builders import CLINIC_AT, NOW, a_booking, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(database: Database, clock: Clock) -> Flask:
    return make_app(database, clock)


def fresh(session: Session) -> None:
    session.rollback()
    session.expire_all()


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(fingerprint|clinic|first|last)" value="([^"]*)"', page))


def test_an_analyst_sees_what_being_away_means_then_does_it_and_takes_it_back(app: Flask, session: Session) -> None:
    ada, ben = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben"))
    clinic = an_occurrence(session, a_series(session, [ada, ben]), [ada, ben])
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    booking = a_booking(session, clinic, analyst=ada.public_id)
    client = client_of(app, ada)
    assert "I can’t make it" in client.get("/analyst/time-off").text
    page = client.get("/analyst/time-off?first=2023-12-04").text
    assert "goes to Ben at the same time, or can cancel and wait instead" in page
    assert session.scalars(select(TimeOff)).all() == []
    answer = post(client, "/analyst/time-off?first=2023-12-04", note="  A cold. ", **fields_of(page))
    assert answer.status_code == 303
    fresh(session)
    away = session.scalars(select(TimeOff)).one()
    assert (away.analyst_id, away.note, away.reported_by_id) == (ada.id, "A cold.", ada.id)
    assert session.get_one(Booking, booking.id).analyst_id == ben.id
    member = client_of(app, session.get_one(Person, booking.member_id))
    assert "Cancel and book again later</button>" in member.get(f"/bookings/{booking.public_id}").text
    assert post(member, f"/bookings/{booking.public_id}/wait", f"/bookings/{booking.public_id}").status_code == 303
    fresh(session)
    assert session.get_one(Booking, booking.id).status == CANCELLED
    assert "Cancel time off" in client.get("/analyst/time-off").text
    assert post(client, f"/analyst/time-off/{away.public_id}/back", "/analyst/time-off").status_code == 303
    fresh(session)
    assert session.get_one(TimeOff, away.id).ended_at == NOW


def test_bookings_made_meanwhile_are_shown_first(app: Flask, session: Session) -> None:
    ada = a_person(session, "Ada", roles=["analyst"])
    clinic = an_occurrence(session, a_series(session, [ada]), [ada])
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    client = client_of(app, ada)
    path = f"/analyst/time-off?clinic={clinic.public_id}"
    page = client.get(path).text
    a_booking(session, clinic)
    answer = post(client, path, **fields_of(page))
    assert answer.status_code == 409
    assert "Bookings have changed since you saw this" in answer.text
    fresh(session)
    assert session.scalars(select(TimeOff)).all() == []


def test_a_colleague_says_it_for_somebody_and_one_who_steps_in_presses_once(app: Flask, session: Session) -> None:
    ada, ben = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben"))
    clinic = an_occurrence(session, a_series(session, [ada]), [ada])
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    booking = a_booking(session, clinic)
    client = client_of(app, ben)
    path = f"/analyst/time-off?analyst={ada.public_id}&clinic={clinic.public_id}"
    assert post(client, path, **fields_of(client.get(path).text)).status_code == 303
    fresh(session)
    away = session.scalars(select(TimeOff)).one()
    cover = client.get(f"/analyst/cover/{away.public_id}").location
    assert cover == "/analyst/cover"
    assert "1 booking you’re free for" in client.get(cover).text
    cora = a_person(session, "Cora", roles=["coordinator"])
    session.commit()
    coordinator = client_of(app, cora)
    assert "1 booking is still without an analyst" in coordinator.get("/coordinator/").text
    assert post(client, f"/analyst/cover/{clinic.public_id}/take", cover).status_code == 303
    fresh(session)
    assert session.get_one(Booking, booking.id).analyst_id == ben.id
    assert "All covered, thank you" in client.get(cover).text


def test_an_offer_is_taken_from_the_emails_page_without_sign_in(app: Flask, session: Session, clock: Clock) -> None:
    ada, ben = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben"))
    clinic = an_occurrence(session, a_series(session, [ada, ben]), [ada, ben])
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    booking = a_booking(session, clinic, analyst=ada.public_id)
    a_booking(session, clinic, analyst=ben.public_id)
    client = client_of(app, ada)
    path = f"/analyst/time-off?clinic={clinic.public_id}"
    post(client, path, **fields_of(client.get(path).text))
    member = client_of(app, session.get_one(Person, booking.member_id))
    page = member.get(f"/bookings/{booking.public_id}").text
    assert "We’re holding Mon 4 Dec 1:15 pm AEST with Ben for you" in page.replace("\N{NO-BREAK SPACE}", " ")
    clock.now = CLINIC_AT - timedelta(minutes=30)
    late = post(member, f"/bookings/{booking.public_id}/accept", "/me")
    assert (late.status_code, "This offer is over" in late.text) == (409, True)
    clock.now = NOW
    assert post(member, f"/bookings/{booking.public_id}/accept", "/me").status_code == 303
    fresh(session)
    assert session.get_one(Booking, booking.id).starts_at == CLINIC_AT + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("first=never", "Choose a date."),
        ("first=2023-12-04&last=2023-12-01", "The last day must be on or after the first"),
        ("first=2023-11-01", "The last day must be on or after the first"),
        ("first=2023-12-04&last=2999-01-01", "The last day must be on or after the first"),
        ("first=9999-12-31", "Choose a date."),
    ],
)
def test_a_span_that_is_none_is_said_beside_the_field(app: Flask, session: Session, query: str, said: str) -> None:
    ada = a_person(session, "Ada", roles=["analyst"])
    session.commit()
    answer = client_of(app, ada).get(f"/analyst/time-off?{query}")
    assert (answer.status_code, said in answer.text) == (422, True)


def test_a_clinic_that_is_not_there_is_not_found(app: Flask, session: Session) -> None:
    ada = a_person(session, "Ada", roles=["analyst"])
    session.commit()
    client = client_of(app, ada)
    for query in ("clinic=x", "clinic=00000000-0000-0000-0000-000000000000", "analyst=x"):
        assert client.get(f"/analyst/time-off?{query}").status_code == 404


def test_a_lab_whose_presenter_is_off_is_to_do_until_a_colleague_takes_it(app: Flask, session: Session) -> None:
    ada, ben = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben"))
    mia = a_person(session, "Mia")
    cora = a_person(session, "Cora", roles=["coordinator"])
    lab = an_occurrence(session, a_series(session, [ada], kind="lab", title="Tech Lab"), [ada])
    session.commit()
    member, coordinator, colleague, own = (client_of(app, one) for one in (mia, cora, ben, ada))
    assert "With Ada" in member.get(f"/occurrences/{lab.public_id}").text
    path = f"/analyst/time-off?clinic={lab.public_id}"
    page = own.get(path).text
    assert "we ask the analysts who are free to present it" in page
    post(own, path, **fields_of(page))
    assert "A presenter is needed" in coordinator.get("/coordinator/").text
    assert "With Ada" not in member.get(f"/occurrences/{lab.public_id}").text
    assert "the whole lab" in colleague.get("/analyst/cover").text
    post(colleague, f"/analyst/cover/{lab.public_id}/take", "/analyst/cover")
    assert "A presenter is needed" not in coordinator.get("/coordinator/").text
    assert "With Ben" in member.get(f"/occurrences/{lab.public_id}").text


def test_taking_over_without_a_free_time_changes_nothing_and_says_so(app: Flask, session: Session) -> None:
    ada, ben = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben"))
    clinic = an_occurrence(session, a_series(session, [ada]), [ada])
    an_occurrence(session, a_series(session, [ben], kind="lab"), [ben])
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    booking = a_booking(session, clinic)
    own, colleague = client_of(app, ada), client_of(app, ben)
    path = f"/analyst/time-off?clinic={clinic.public_id}"
    post(own, path, **fields_of(own.get(path).text))
    answer = post(colleague, f"/analyst/cover/{clinic.public_id}/take", "/analyst/cover")
    assert "You have no free time then, so nothing was moved." in colleague.get(answer.location).text
    page = client_of(app, session.get_one(Person, booking.member_id)).get(f"/bookings/{booking.public_id}").text
    assert "nobody has taken over yet" in page


def test_whole_days_are_days_of_the_analysts_own_zone(app: Flask, session: Session) -> None:
    ada = a_person(session, "Ada", roles=["analyst"], time_zone="Australia/Perth")
    cora = a_person(session, "Cora", roles=["coordinator"])
    session.commit()
    whose = f"/analyst/time-off?analyst={ada.public_id}"
    client, address = client_of(app, cora), f"{whose}&first=2023-12-04&last=2023-12-06"
    page = client.get(address).text
    assert "<h1>Mon\xa04 – Wed\xa06\xa0Dec</h1>" in page
    assert post(client, address, address, **fields_of(page)).status_code == 303
    fresh(session)
    away = session.scalars(select(TimeOff)).one()
    assert (away.starts_at.hour, away.ends_at - away.starts_at, away.reported_by_id) == (16, timedelta(days=3), cora.id)
    listed = client.get(whose).text
    assert "Mon\xa04 – Wed\xa06\xa0Dec" in listed
    assert "12:00\xa0am" not in listed


def test_a_part_of_a_day_is_told_by_its_times(app: Flask, session: Session) -> None:
    ada, ben = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben"))
    clinic = an_occurrence(session, a_series(session, [ada]), [ada])
    session.commit()
    client = client_of(app, ben)
    address = f"/analyst/time-off?analyst={ada.public_id}&first=2023-12-04"
    assert "1 meeting goes ahead without Ada" in client.get(f"{address}&start=12:30&end=13:30").text
    page = client.get(f"{address}&start=09:00&end=11:00").text
    assert "Mon\xa04\xa0Dec, 9:00–11:00\xa0am AEST" in page
    assert "nobody is affected" in page
    assert clinic.starts_at == CLINIC_AT


@pytest.mark.parametrize("times", ["start=soon", "end=25:00", "start=13:00&end=12:00"])
def test_times_that_are_none_are_said_beside_the_field(app: Flask, session: Session, times: str) -> None:
    ada = a_person(session, "Ada", roles=["analyst"])
    session.commit()
    assert client_of(app, ada).get(f"/analyst/time-off?first=2023-12-04&{times}").status_code == 422
