"""The page a slot is booked on: what is free, what a visitor sees, a lost race, a form sent twice."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.bookings import slots
from booking.domain.organisation import Policy
from booking.store.bookings.bookings import Booking
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import timetables
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, post


def path_of(occurrence: Occurrence) -> str:
    return f"/occurrences/{occurrence.public_id}"


def offered(page: str) -> set[str]:
    """What the page's radios send."""
    return set(re.findall(r'name="slot" id="s\d+" value="([^"]+)"', page))


def a_member_at(database: Database, session: Session, **fields: object) -> tuple[FlaskClient, Clock]:
    clock = Clock()
    member = a_person(session, "Mia Moss", **fields)  # type: ignore[arg-type]
    session.commit()
    return client_of(make_app(database, clock), member), clock


def test_what_the_page_offers_is_what_the_rule_calls_free(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=3)
    a_booking(session, clinic, minutes=30)
    a_booking(session, clinic, after_minutes=45)
    client, clock = a_member_at(database, session)
    for now in (NOW, CLINIC_AT + timedelta(minutes=6)):
        clock.now = now
        found = timetables.timetable(session, clinic.public_id, ORGANISATION)
        assert found is not None
        names = {analyst.id: str(analyst.public_id) for analyst in found.analysts}
        expected = set()
        for minutes in (15, 30):
            for slot in slots.free(found.hours, minutes, Policy(), now):
                start = f"{slot.starts_at:%Y%m%dT%H%MZ}"
                expected |= {f"{minutes}/{start}/any", f"{minutes}/{start}/{names[slot.analyst_id]}"}
        session.rollback()
        assert offered(client.get(path_of(clinic)).text) == expected
        assert expected


def test_a_visitor_sees_free_starts_and_neither_names_nor_topics(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    booking = a_booking(session, clinic, topic="Secret plans")
    page = client_of(make_app(database)).get(path_of(clinic)).text
    assert offered(page)
    assert all(value.endswith("/any") for value in offered(page))
    for hidden in (*(place.analyst.name for place in clinic.roster), booking.member.name, "Secret plans", "/join/"):
        assert hidden not in page


def test_a_member_books_and_is_shown_the_booking(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    client, _ = a_member_at(database, session, time_zone="Australia/Perth")
    page = client.get(path_of(clinic)).text
    assert "Book Monday 11:15\u00a0am (1:15\u00a0pm AEST), 15 minutes" in page
    answer = post(client, path_of(clinic), slot="15/20231204T0315Z/any", minutes="15", topic="GA4 <events>", key="k")
    assert answer.status_code == 303
    shown = client.get(answer.location).text
    assert "You’re booked" in shown
    assert "GA4 &lt;events&gt;" in shown
    again = post(client, path_of(clinic), slot="15/20231204T0315Z/any", minutes="15", topic="GA4 <events>", key="k")
    assert again.location == answer.location
    assert session.scalar(select(func.count()).select_from(Booking)) == 1


def test_a_lost_race_keeps_the_text_marks_the_cell_and_offers_the_nearest(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    client, _ = a_member_at(database, session)
    a_booking(session, clinic, after_minutes=15)
    answer = post(client, path_of(clinic), slot="15/20231204T0315Z/any", minutes="15", topic="My words", link="")
    assert answer.status_code == 409
    assert 'data-code="slot-taken"' in answer.text
    assert "My words</textarea>" in answer.text
    assert "just taken" in answer.text
    nearest = re.findall(r'name="instead" value="([^"]+)"', answer.text)
    assert nearest == [f"15/20231204T{clock}Z/any" for clock in ("0300", "0330", "0345")]
    taken = post(client, path_of(clinic), slot="", minutes="30", instead=nearest[1], topic="My words")
    assert taken.status_code == 303
    assert session.scalars(select(Booking.topic).order_by(Booking.id.desc())).first() == "My words"


def test_a_full_clinic_offers_the_next_free_starts_elsewhere(database: Database, session: Session) -> None:
    full = a_clinic(session)
    for minutes in (0, 30):
        a_booking(session, full, after_minutes=minutes, minutes=30)
    others = [a_clinic(session, starts_at=CLINIC_AT + timedelta(days=day)) for day in (1, 2, 3, 4)]
    client, _ = a_member_at(database, session)
    page = client.get(path_of(full)).text
    assert "This clinic is full." in page
    assert [path_of(other) for other in others[:3]] == re.findall(r'name="instead"[^>]* formaction="([^"]+)"', page)
    assert path_of(others[3]) not in page


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"slot": "", "minutes": "15"}, 422, "no-slot-chosen"),
        ({"slot": "15/20231204T0300Z/any", "minutes": "30"}, 422, "no-slot-chosen"),
        ({"slot": "45/20231204T0300Z/any", "minutes": "45"}, 422, "length-not-offered"),
        ({"slot": "15/20231204T0305Z/any", "minutes": "15"}, 422, "outside-hours"),
        ({"slot": "15/20231204T0900Z/any", "minutes": "15"}, 422, "outside-hours"),
        ({"slot": "15/99991399T9999Z/any", "minutes": "15"}, 422, "no-slot-chosen"),
        ({"slot": "15/20231204T0300Z/" + "0" * 36, "minutes": "15"}, 422, "no-slot-chosen"),
        ({"slot": "15/20231204T0300Z/any", "minutes": "15", "topic": "x" * 3000}, 422, "text-not-accepted"),
        ({"slot": "15/20231204T0300Z/any", "minutes": "15", "link": "javascript:1"}, 422, "text-not-accepted"),
    ],
)
def test_bad_input_is_refused_by_its_code_and_what_was_typed_stays(
    database: Database, session: Session, form: dict[str, str], status: int, code: str
) -> None:
    clinic = a_clinic(session)
    client, _ = a_member_at(database, session)
    answer = post(client, path_of(clinic), **{"topic": "My words", **form})
    assert (answer.status_code, f'data-code="{code}"' in answer.text) == (status, True)
    assert form.get("topic", "My words")[:20] in answer.text
    assert session.scalar(select(func.count()).select_from(Booking)) == 0


def test_what_is_cancelled_or_over_says_so_and_offers_nothing(database: Database, session: Session) -> None:
    cancelled = a_clinic(session, status="cancelled", reason="Public holiday.")
    clinic = a_clinic(session)
    client, clock = a_member_at(database, session)
    page = client.get(path_of(cancelled)).text
    assert "Public holiday." in page
    assert offered(page) == set()
    clock.now = CLINIC_AT + timedelta(hours=1)
    assert "This date is over." in client.get(path_of(clinic)).text
    answer = post(client, path_of(clinic), page="/me", slot="15/20231204T0300Z/any", minutes="15")
    assert (answer.status_code, 'data-code="too-late"' in answer.text) == (409, True)


def test_a_lab_shows_when_it_is_and_has_no_slots(database: Database, session: Session) -> None:
    lab = an_occurrence(session, a_series(session, kind="lab", title="Meta Business Suite"))
    session.commit()
    page = client_of(make_app(database)).get(path_of(lab)).text
    assert "1:00–2:00\u00a0pm" in page
    assert "Sydney\u00a0and\u00a0Melbourne\u00a02:00\u00a0pm" in page
    assert offered(page) == set()


def test_who_is_signed_out_signs_in_first_and_what_was_typed_goes_along(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    answer = post(
        client_of(make_app(database)), path_of(clinic), slot="15/20231204T0300Z/any", minutes="15", topic="My words"
    )
    assert answer.status_code == 401
    typed = re.search(r'name="typed" value="([^"]+)"', answer.text)
    assert typed is not None
    assert ["topic", "My words"] in json.loads(html.unescape(typed[1]))["fields"]
    assert f'name="next" value="{path_of(clinic)}"' in answer.text
