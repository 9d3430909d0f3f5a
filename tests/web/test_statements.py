"""How many statements the main pages read with: on PostgreSQL each is a round trip, and the number must not creep."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.services.accounts import tokens
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app

pytestmark = pytest.mark.both_databases
THAT_MORNING = CLINIC_AT - timedelta(hours=5)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run inside, without what begins a transaction."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("page", "most"), [("clinic", 6), ("/", 6), ("/bookings", 4)])
def test_a_members_page_reads_with_so_many_statements(
    database: Database, session: Session, page: str, most: int
) -> None:
    clinic = a_clinic(session, analysts=5)
    earlier = a_clinic(session, starts_at=CLINIC_AT - timedelta(days=7))
    member = a_person(session)
    a_booking(session, earlier, member)
    client = client_of(make_app(database, Clock(THAT_MORNING)), member)
    path = f"/occurrences/{clinic.public_id}" if page == "clinic" else page
    with counted(database) as statements:
        assert client.get(path).status_code == 200
    assert len(statements) <= most, "\n".join(statements)


def test_an_analysts_day_reads_with_eight_statements(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    a_booking(session, clinic)
    client = client_of(make_app(database, Clock(THAT_MORNING)), clinic.roster[0].analyst)
    with counted(database) as statements:
        assert client.get("/analyst/2023-12-04").status_code == 200
    assert len(statements) <= 8, "\n".join(statements)


def test_a_booking_by_the_api_takes_twelve_statements(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=5)
    member = a_person(session)
    session.commit()
    token = tokens.make(session, member.email, NOW)
    app = make_app(database, Clock(THAT_MORNING))
    wanted = {"occurrence_id": str(clinic.public_id), "starts_at": CLINIC_AT.isoformat(), "minutes": 15}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
    with counted(database) as statements:
        assert client_of(app).post("/api/v1/bookings", json=wanted, headers=headers).status_code == 201
    assert len(statements) <= 12, "\n".join(statements)
