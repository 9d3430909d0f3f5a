"""One visit in the browser, as its analyst and a coordinator handle it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import wording
from booking.store.bookings.bookings import CANCELLED, Booking
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, an_occurrence
from tests.databases import Database
from tests.web.client import client_of, make_app, post


def test_an_analyst_hands_over_takes_more_time_books_again_and_cancels(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    team = [place.analyst for place in clinic.roster]
    an_occurrence(session, clinic.series, team, CLINIC_AT + timedelta(weeks=1))
    booking = a_booking(session, clinic, analyst=team[0].public_id, topic="Tags")
    path = f"/analyst/visits/{booking.public_id}"
    app = make_app(database)
    client = client_of(app, team[0])
    assert path in client.get("/analyst/2023-12-04").text
    assert post(client, f"{path}/lengthen", path).status_code == 303
    page = client.get(f"{path}?minutes=15").text.partition("Book a follow-up")[2]
    slot = re.search(r'<option value="([0-9a-f-]{36} 15/[^"]+)"', page)
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert slot is not None
    assert key is not None
    for _ in range(2):
        assert post(client, f"{path}/follow", path, slot=slot[1], key=key[1], topic="Again").status_code == 303
    session.rollback()
    session.expire_all()
    mine = session.scalars(select(Booking).where(Booking.member_id == booking.member_id).order_by(Booking.id)).all()
    assert [(one.minutes, one.topic) for one in mine] == [(30, "Tags"), (15, "Again")]
    other = str(team[1].public_id)
    assert post(client, f"{path}/hand", path, analyst=other, reason="").location.endswith("/analyst/2023-12-04")
    assert client.get(path).status_code == 404
    session.rollback()
    coordinator = client_of(app, a_person(session, roles=["coordinator"]))
    session.commit()
    assert post(coordinator, f"{path}/cancel", path, reason="Power cut.").status_code == 303
    session.rollback()
    session.expire_all()
    assert session.get_one(Booking, booking.id).status == CANCELLED
    assert "Power cut." in coordinator.get(path).text


def test_what_cannot_be_done_is_said_on_the_page(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, after_minutes=45)
    client = client_of(make_app(database), booking.analyst)
    path = f"/analyst/visits/{booking.public_id}"
    answer = post(client, f"{path}/lengthen", path)
    assert (answer.status_code, "outside its hours" in answer.text) == (422, True)
    stranger = client_of(make_app(database), a_person(session, roles=["analyst"]))
    session.commit()
    assert stranger.get(path).status_code == 404


def test_a_visit_that_is_marked_is_not_extended(database: Database, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    client = client_of(make_app(database, CLINIC_AT + timedelta(minutes=5)), booking.analyst)
    path = f"/analyst/visits/{booking.public_id}"
    assert "Extend to 30 minutes" in client.get(path).text
    booking.outcome = "came"
    session.commit()
    page = client.get(path).text
    assert "Undo the mark first" in page
    assert "Extend" not in page


def test_staff_book_for_a_member_by_address_and_move_them_with_a_reason(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    analyst = clinic.roster[0].analyst
    member = a_person(session, "Mia Moss")
    session.commit()
    client = client_of(make_app(database), analyst)
    path = f"/occurrences/{clinic.public_id}"
    slot = f"15/{CLINIC_AT:%Y%m%dT%H%MZ}/any"
    assert "For a member" in client.get(path).text
    nobody = post(client, path, path, slot=slot, minutes="15", member="nobody@example.org", topic="Kept words")
    assert (nobody.status_code, "Kept words" in nobody.text, "nobody@example.org" in nobody.text) == (403, True, True)
    own = post(client, path, path, slot=slot, minutes="15", topic="For myself")
    assert own.status_code == 403, "an analyst who is no member books for nobody"
    made = post(client, path, path, slot=slot, minutes="15", member=f" {member.email.upper()} ", topic="Tags")
    assert made.status_code == 303
    session.rollback()
    session.expire_all()
    booking = session.scalars(select(Booking)).one()
    assert (booking.member_id, booking.topic) == (member.id, "Tags")
    visit = f"/analyst/visits/{booking.public_id}"
    target = re.findall(r'<option value="([0-9a-f-]{36} 15/20231204T0345Z/[^"]+)"', client.get(visit).text)
    assert len(target) == 2  # with either analyst
    assert post(client, f"{visit}/move", visit, slot=target[0], reason="Ada is late.").status_code == 303
    session.rollback()
    session.expire_all()
    assert session.scalars(select(Booking.starts_at)).one() == CLINIC_AT + timedelta(minutes=45)
    stranger = client_of(make_app(database), member)
    refused = post(stranger, path, path, slot=slot, minutes="15", member=analyst.email)
    assert refused.status_code != 303, "members cannot book for others: the field is not theirs"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("last", "said", "is_offered"),
    [
        (NOW.date() - timedelta(days=1), "membership ended on Saturday 25 November 2023", False),
        (CLINIC_AT.date(), "membership ends on Monday 4 December 2023. Only times until then are offered", True),
        (CLINIC_AT.date() + timedelta(days=30), "", True),
        (None, "", True),
    ],
)
def test_staff_read_that_a_membership_is_in_the_way_before_they_fill_in_anything(
    database: Database, session: Session, last: date | None, said: str, is_offered: bool
) -> None:
    clinic = a_clinic(session)
    an_occurrence(session, clinic.series, [clinic.roster[0].analyst], CLINIC_AT + timedelta(weeks=1))
    booking = a_booking(session, clinic)
    booking.member.member_until = last
    session.commit()
    client = client_of(make_app(database), booking.analyst)
    page = client.get(f"/analyst/visits/{booking.public_id}").text.replace(wording.NBSP, " ")
    assert (said in page) is True
    assert ("membership-ended" in page) is bool(said)
    assert ("Move booking" in page) is is_offered
    starts = re.findall(r'<option value="[0-9a-f-]{36} 15/(\d{8})T', page)
    assert bool(starts) is is_offered
    assert last is None or all(start <= f"{last:%Y%m%d}" for start in starts)
