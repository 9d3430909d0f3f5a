"""Today: all analysts side by side, with who is in, late and free."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.bookings.mark_attendance import mark
from booking.services.bookings.start_visit import begin
from booking.store.bookings.bookings import CAME, NO_SHOW
from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import meeting_rows
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, a_series, acting, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app

pytestmark = pytest.mark.both_databases


@pytest.fixture
def clock() -> Clock:
    return Clock(CLINIC_AT)


@pytest.fixture
def coordinator(database: Database, session: Session, clock: Clock) -> FlaskClient:
    return client_of(make_app(database, clock), a_person(session, "Cora", roles=["coordinator"]))


def after(minutes: int) -> datetime:
    return CLINIC_AT + timedelta(minutes=minutes)


def read(client: FlaskClient) -> str:
    page = re.sub(r"<[^>]+>", " ", client.get("/coordinator/today").text).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", page)


def a_staffed_clinic(session: Session) -> Occurrence:
    """Ada has Mia at 1:00 and Lee at 1:15; Ben is off and has Noah at 1:30."""
    clinic = a_clinic(session, analysts=2)
    ada, ben = (place.analyst for place in clinic.roster)
    ada.name, ben.name = "Ada", "Ben"
    session.commit()
    for name, minutes, who in (("Mia", 0, ada), ("Lee", 15, ada), ("Noah", 30, ben)):
        a_booking(session, clinic, a_person(session, name), after_minutes=minutes, analyst=who.public_id)
    clinic.roster[1].is_away = True
    session.commit()
    return clinic


def test_the_analysts_stand_side_by_side_with_what_each_quarter_holds(
    session: Session, coordinator: FlaskClient, clock: Clock
) -> None:
    a_staffed_clinic(session)
    clock.now = after(-30)
    page = read(coordinator)
    assert "3 booked" in re.sub(r"(booked|in now|running late|quarters still free) (\d)", r"\2 \1", page)
    assert "Ada 1:00 pm · 15 min Mia 1:15 pm · 15 min Lee 1:30 pm Free Block" in page
    assert "Ben Time off 1:00 pm Time off" in page
    assert "Noah Nobody has taken over" in page


def test_it_says_who_is_in_who_is_late_who_came_and_what_was_not_booked(
    session: Session, coordinator: FlaskClient, clock: Clock
) -> None:
    clinic = a_staffed_clinic(session)
    mia, lee, _ = (one for one in _bookings(session, clinic))
    ada = clinic.roster[0].analyst_id
    begin(acting(session, Actor.staff(ada), after(3)), mia)
    clock.now = after(21)
    page = read(coordinator)
    assert "Ada With Mia, running about 6 minutes late" in page
    assert "Mia In since 1:03 pm" in page
    assert "Lee About 6 minutes late" in page
    mark(acting(session, Actor.staff(ada), after(22)), mia, CAME)
    mark(acting(session, Actor.staff(ada), after(23)), lee, NO_SHOW)
    clock.now = after(46)
    page = read(coordinator)
    assert "Ada Free now" in page
    assert "Mia Came" in page
    assert "Lee No show" in page
    assert "1:30 pm Not booked" in page


def _bookings(session: Session, clinic: Occurrence) -> list[uuid.UUID]:
    return [one.public_id for one in meeting_rows.appointments(session, occurrence_id=clinic.id)]


def test_labs_and_what_is_cancelled_stand_below_and_an_empty_day_says_what_is_next(
    session: Session, coordinator: FlaskClient, clock: Clock
) -> None:
    an_occurrence(session, a_series(session, kind="lab", title="Tech Lab"), starts_at=after(120))
    session.commit()
    assert "Also today 3:00 pm Lab Tech Lab Nobody presents it yet · 0 enrolled" in read(coordinator)
    clock.now = CLINIC_AT - timedelta(days=2)
    assert "Nothing is on today. Next: Monday 4 December." in read(coordinator)


def test_the_number_of_statements_does_not_grow_with_the_analysts(
    database: Database, session: Session, coordinator: FlaskClient
) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    counts = []
    event.listen(database.engine, "before_cursor_execute", note)
    try:
        for analysts in (1, 4):
            a_booking(session, a_clinic(session, analysts=analysts))
            coordinator.get("/coordinator/today")
            asked.clear()
            coordinator.get("/coordinator/today")
            counts.append(len(asked))
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert counts[0] == counts[1]
