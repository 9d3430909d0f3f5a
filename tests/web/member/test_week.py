"""The programme by week: what each line says, to members and to visitors."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import Hours
from booking.domain.bookings.timetable import RosterAnalyst, Timetable
from booking.domain.organisation import Policy
from booking.web.member.week import clinic_line
from tests.builders import BRISBANE, CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app


def a_timetable(analysts: int = 1, taken: tuple[tuple[int, int], ...] = ()) -> Timetable:
    """A clinic with that many analysts; `taken` holds (analyst from 1, number of the quarter)."""
    import uuid

    people = tuple(RosterAnalyst(n, uuid.UUID(int=n), f"Analyst {n}", "") for n in range(1, analysts + 1))
    claimed = frozenset((a, CLINIC_AT + timedelta(minutes=15 * q)) for a, q in taken)
    hours = Hours(CLINIC_AT, CLINIC_AT + timedelta(hours=1), tuple(p.id for p in people), claimed)
    return Timetable(1, uuid.UUID(int=0), "clinic", "clinic", BRISBANE, (), hours, people)


@pytest.mark.parametrize(
    ("found", "minutes_before", "line"),
    [
        (a_timetable(), 60, "Next free 1:00 pm AEST"),
        (a_timetable(0), 60, "Bookings open once analysts are named"),
        (a_timetable(), 60 * 24 * 28 + 1, "Bookings open Mon 6 Nov"),
        (a_timetable(1, ((1, 0),)), 60, "Next free 1:15 pm AEST"),
        (a_timetable(1, ((1, 0), (1, 1))), 60, "Next free 1:30 pm AEST · 30 minutes: 1:30 pm AEST only"),
        (a_timetable(1, ((1, 1), (1, 3))), 60, "Next free 1:00 pm AEST · no 30 minutes"),
        (a_timetable(1, ((1, 0), (1, 1), (1, 2), (1, 3))), 60, "Full · waitlist"),
        (a_timetable(), -6, "Under way · next free 1:30 pm AEST · 30 minutes: 1:30 pm AEST only"),
        (a_timetable(1, ((1, 2), (1, 3))), -6, "Under way · full · waitlist"),
        (a_timetable(), -36, "Too late for today"),
    ],
)
def test_a_clinics_line_is_one_of_these(found: Timetable, minutes_before: int, line: str) -> None:
    shown, is_free = clinic_line(found, Policy(), CLINIC_AT - timedelta(minutes=minutes_before))
    assert shown.replace("\u00a0", " ") == line
    assert is_free is ("next free" in line.lower())


def test_the_week_opens_on_today_and_goes_back_and_on(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    app = make_app(database, Clock(CLINIC_AT - timedelta(hours=5)))
    client = client_of(app)
    page = client.get("/").text
    assert f'href="/occurrences/{clinic.public_id}"' in page
    assert re.search(r'class="day" aria-current="date" id="d2023-12-04"', page)
    assert 'href="/?on=2023-11-27"' in page
    assert str(clinic.public_id) not in client.get("/?on=2023-12-11").text
    assert client.get("/?on=nonsense").status_code == 200


def test_a_visitor_sees_neither_names_nor_join_links(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    a_booking(session, clinic, topic="Secret plans")
    page = client_of(make_app(database)).get("/?on=2023-12-04").text
    assert "Live Member Clinic" in page
    for hidden in (*(place.analyst.name for place in clinic.roster), "Secret plans", "/join/"):
        assert hidden not in page


def test_a_member_sees_their_own_time_and_their_own_booking(database: Database, session: Session) -> None:
    member = a_person(session, "Mia Moss", time_zone="Australia/Sydney")
    booking = a_booking(session, a_clinic(session), member)
    page = client_of(make_app(database), member).get("/?on=2023-12-04").text
    assert "1:00–2:00\u00a0pm</time>" in page
    assert "2:00–3:00\u00a0pm yours" in page
    assert f'href="/bookings/{booking.public_id}"' in page
    assert "Booked: 2:00\u00a0pm Sydney" in page


def test_what_moved_or_is_cancelled_is_said_in_words(database: Database, session: Session) -> None:
    a_clinic(session, status="cancelled", reason="It is a public holiday.")
    series = a_series(session, kind="masterclass", title="Influencer Marketing", slug="influencer")
    an_occurrence(
        session, series, starts_at=CLINIC_AT + timedelta(days=1), moved_from_at=CLINIC_AT + timedelta(days=4), key="4"
    )
    session.commit()
    page = client_of(make_app(database)).get("/?on=2023-12-04").text
    assert "Live Member Clinic on Mon\u00a04\u00a0Dec is cancelled." in page
    assert "It is a public holiday." in page
    assert "Influencer Marketing has moved." in page
    assert "<del>Fri\u00a08\u00a0Dec, 1:00\u00a0pm</del>" in page


def test_an_empty_week_says_what_to_do(database: Database, session: Session) -> None:
    page = client_of(make_app(database, NOW)).get("/").text
    assert "Nothing is on this week." in page
    assert session.is_active


def test_a_week_that_is_over_gives_way_to_the_next_that_has_something(database: Database, session: Session) -> None:
    past = a_clinic(session)
    next_one = a_clinic(session, starts_at=CLINIC_AT + timedelta(days=15))
    under_way, over = CLINIC_AT + timedelta(minutes=59), CLINIC_AT + timedelta(minutes=60)
    page = client_of(make_app(database, Clock(under_way))).get("/").text
    assert (f"/occurrences/{past.public_id}" in page, "Nothing more is on this week" in page) == (True, False)
    client = client_of(make_app(database, Clock(over)))
    page = client.get("/").text
    assert (f"/occurrences/{next_one.public_id}" in page, "Nothing more is on this week" in page) == (True, True)
    assert 'href="/?on=2023-12-04"' in page, "This week is one press away"
    page = client.get("/?on=2023-12-04").text
    assert ('id="d2023-12-04"' in page, "Nothing more is on this week" in page) == (True, False)


def test_the_number_of_statements_does_not_grow_with_the_week(database: Database, session: Session) -> None:
    from sqlalchemy import event

    member = a_person(session)
    session.commit()
    client = client_of(make_app(database), member)
    statements: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    seen = []
    event.listen(database.engine, "before_cursor_execute", count)
    try:
        for _ in range(2):
            for _ in range(6):
                a_clinic(session, analysts=3)
            statements.clear()
            assert client.get("/?on=2023-12-04").status_code == 200
            seen.append(len(statements))
    finally:
        event.remove(database.engine, "before_cursor_execute", count)
    assert seen[0] == seen[1] <= 10
