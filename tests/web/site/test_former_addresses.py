"""What stands in old emails, calendars and bookmarks still works."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy.orm import Session

from booking.domain import tokens
from tests.builders import a_booking, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import SECRET_KEY, client_of, make_app


@pytest.mark.parametrize(
    ("role", "former", "today"),
    [
        ("coordinator", "/coordinator/letters?show=failed", "/coordinator/emails?show=failed"),
        ("analyst", "/analyst/away?first=2023-12-04", "/analyst/time-off?first=2023-12-04"),
    ],
)
def test_a_page_under_its_former_address(
    database: Database, session: Session, role: str, former: str, today: str
) -> None:
    app = make_app(database)
    person = a_person(session, "Ada Reyes", [role])
    session.commit()
    answer = client_of(app, person).get(former)
    assert (answer.status_code, answer.location) == (301, today)
    assert client_of(app, person).get(today).status_code == 200


def test_a_join_link_and_an_unsubscribe_address_as_they_were_signed_at_first(
    database: Database, session: Session
) -> None:
    ada = a_person(session, "Ada Reyes", ["analyst"])
    booking = a_booking(session, an_occurrence(session, a_series(session, [ada]), [ada]))
    session.commit()
    assert ada.agenda_hour is not None
    client = make_app(database).test_client()
    join = client.get(f"/join/{tokens.sign(SECRET_KEY, 'door', str(booking.public_id))}")
    assert join.status_code == 200
    assert "You can join from" in join.text
    assert client.get(f"/join/{tokens.sign(SECRET_KEY, 'dor', str(booking.public_id))}").status_code == 404
    token = tokens.sign(SECRET_KEY, "unsubscribe-run-sheet", str(ada.public_id))
    assert "Stop the daily agenda email" in client.get(f"/unsubscribe/run-sheet/{token}").text
    assert client.post(f"/unsubscribe/run-sheet/{token}").status_code == 200
    session.refresh(ada)
    assert ada.agenda_hour is None
    assert client.post(f"/unsubscribe/daily-agenda/{token}").status_code == 404
    assert client.get(f"/unsubscribe/run-sheet/{tokens.sign(SECRET_KEY, 'x', str(uuid.uuid4()))}").status_code == 404
