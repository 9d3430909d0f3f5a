"""What the programme page and the API offer a member is what a booking of theirs would get."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.services.accounts import tokens
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
AT_LIMIT = "you already have 2 upcoming bookings, the most allowed"


def starts(answer) -> list[str]:  # type: ignore[no-untyped-def]
    assert answer.status_code == 200, answer.text
    return [item["starts_at"] for item in answer.json["items"]]


def line_of(page: str, clinic: object) -> str:
    """What the programme says of a clinic, with its button."""
    before, _, after = page.replace("\N{NO-BREAK SPACE}", " ").partition(f'href="/occurrences/{clinic}"')
    return before.rpartition('<div class="entry"')[2] + after.partition("</a>")[0]


def test_at_the_limit_a_program_is_offered_nothing_but_where_a_booking_could_move(
    database: Database, session: Session
) -> None:
    member, clock = a_person(session), Clock(NOW)
    held = [a_booking(session, a_clinic(session, starts_at=CLINIC_AT + n * DAY), member) for n in (0, 1)]
    free = a_clinic(session, starts_at=CLINIC_AT + 2 * DAY)
    token = {"Authorization": f"Bearer {tokens.make(session, member.email, NOW)}"}
    client = client_of(make_app(database, clock))
    paths = ("/api/v1/slots", f"/api/v1/occurrences/{free.public_id}/slots")
    for path in paths:
        assert starts(client.get(path, headers=token)) == []
        moving = starts(client.get(path, headers=token, query_string={"moving": str(held[0].public_id)}))
        assert "2023-12-06T03:00:00Z" in moving
        for other in (a_booking(session, free, after_minutes=45).public_id, free.public_id):
            answer = client.get(path, headers=token, query_string={"moving": str(other)})
            assert (answer.status_code, answer.json["code"]) == (404, "not-found")
        session.rollback()
        free = a_clinic(session, starts_at=CLINIC_AT + 2 * DAY)
    body = {"occurrence_id": str(free.public_id), "starts_at": moving[0], "minutes": 15}
    assert client.post("/api/v1/bookings", json=body, headers=token).json["code"] == "limit-reached"
    clock.now = CLINIC_AT + 2 * DAY - timedelta(minutes=59)
    assert starts(client.get(paths[0], headers=token)), "in the last hour limits no longer count"


def test_what_a_program_is_offered_can_be_booked(database: Database, session: Session) -> None:
    member = a_person(session, member_until=(CLINIC_AT + DAY).date())
    first = a_clinic(session, analysts=2)
    a_booking(session, first, member)
    second, _later = (a_clinic(session, starts_at=CLINIC_AT + n * DAY) for n in (1, 2))
    client = client_of(make_app(database), member)
    found = client.get("/api/v1/slots").json["items"]
    assert {item["occurrence_id"] for item in found} == {str(second.public_id)}, "one in a clinic, none after the end"
    session.rollback()
    staff = client_of(make_app(database), a_person(session, roles=["coordinator"]))
    assert len({item["occurrence_id"] for item in staff.get("/api/v1/slots").json["items"]}) == 3


def test_at_the_limit_the_programme_offers_to_move_a_booking_and_names_why(
    database: Database, session: Session
) -> None:
    member = a_person(session)
    held = [a_booking(session, a_clinic(session, starts_at=CLINIC_AT + n * DAY), member) for n in (0, 1)]
    free = a_clinic(session, starts_at=CLINIC_AT + 2 * DAY)
    app = make_app(database)
    as_member = line_of(client_of(app, member).get("/?on=2023-12-04").text, free.public_id)
    assert f"Next free 1:00 pm AEST · {AT_LIMIT}" in as_member
    assert "Move a booking here" in as_member
    assert "Book a slot" not in as_member
    assert f"/bookings/{held[0].public_id}" in client_of(app, member).get("/?on=2023-12-04").text
    others = (client_of(app), client_of(app, a_person(session)), client_of(app, a_person(session, roles=["analyst"])))
    for other in others:
        line = line_of(other.get("/?on=2023-12-04").text, free.public_id)
        assert "Next free 1:00 pm AEST<" in line
        assert "Book a slot" in line


def test_where_nothing_could_move_the_programme_says_why_and_offers_nothing(
    database: Database, session: Session
) -> None:
    clinic = a_clinic(session)
    ending = a_person(session, member_until=(CLINIC_AT - DAY).date())
    nobody = a_person(session, roles=[])
    app = make_app(database)
    for person, why in ((ending, "After your membership ends"), (nobody, "Members only")):
        line = line_of(client_of(app, person).get("/?on=2023-12-04").text, clinic.public_id)
        assert (why in line, "Next free" in line, "Details" in line) == (True, False, True)


@pytest.mark.parametrize("path", ["/?on=2023-12-04", "/api/v1/slots"])
def test_however_many_clinics_there_are_and_bookings_one_has_as_much_is_asked(
    database: Database, session: Session, path: str
) -> None:
    member = a_person(session)
    client = client_of(make_app(database), member)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    def count() -> int:
        session.rollback()
        client.get(path)
        asked.clear()
        event.listen(database.engine, "before_cursor_execute", note)
        client.get(path)
        event.remove(database.engine, "before_cursor_execute", note)
        return len(asked)

    a_booking(session, a_clinic(session), member)
    few = count()
    a_booking(session, a_clinic(session, starts_at=CLINIC_AT + DAY), member)
    for n in (2, 3, 4):
        a_clinic(session, starts_at=CLINIC_AT + n * DAY)
    assert count() == few
