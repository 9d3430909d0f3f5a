"""The free slots as JSON: the same that a booking is decided by; errors as problem documents."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from tests.builders import a_booking, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import client_of, make_app


def test_free_slots_those_that_strand_no_quarter_first(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    booking = a_booking(session, clinic, analyst=clinic.roster[0].analyst.public_id)
    member = a_person(session)
    session.commit()
    client = client_of(make_app(database), member)
    answer = client.get(f"/api/v1/occurrences/{clinic.public_id}/slots?minutes=30")
    assert answer.headers["Cache-Control"] == "private, no-store"
    found = [(item["starts_at"], item["ends_at"], item["analyst"]) for item in answer.json["items"]]  # type: ignore[index]
    first, second = (str(place.analyst.public_id) for place in clinic.roster)
    assert str(booking.analyst.public_id) == first
    assert found == [
        ("2023-12-04T03:00:00Z", "2023-12-04T03:30:00Z", second),
        ("2023-12-04T03:30:00Z", "2023-12-04T04:00:00Z", second),
        ("2023-12-04T03:15:00Z", "2023-12-04T03:45:00Z", first),
        ("2023-12-04T03:30:00Z", "2023-12-04T04:00:00Z", first),
        ("2023-12-04T03:15:00Z", "2023-12-04T03:45:00Z", second),
    ]
    only = client.get(f"/api/v1/occurrences/{clinic.public_id}/slots?minutes=30&analyst={first}").json
    assert [item["analyst"] for item in only["items"]] == [first, first]  # type: ignore[index]


def test_errors_are_problem_documents_with_stable_codes(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    lab = an_occurrence(session, a_series(session, kind="lab"))
    member = a_person(session)
    session.commit()
    app = make_app(database)
    client = client_of(app, member)
    path = f"/api/v1/occurrences/{clinic.public_id}/slots"
    for asked, expected in {
        f"{path}?minutes=45": (422, "length-not-offered"),
        f"{path}?minutes=x": (422, "length-not-offered"),
        f"{path}?analyst=x": (422, "not-on-roster"),
        f"/api/v1/occurrences/{uuid.uuid4()}/slots": (404, "not-found"),
        f"/api/v1/occurrences/{lab.public_id}/slots": (404, "not-found"),
    }.items():
        answer = client.get(asked)
        assert (answer.status_code, answer.json["code"]) == expected, asked  # type: ignore[index]
        assert answer.mimetype == "application/problem+json"
    out = client_of(app).get(path)
    assert (out.status_code, out.json["code"]) == (401, "not-signed-in")  # type: ignore[index]
