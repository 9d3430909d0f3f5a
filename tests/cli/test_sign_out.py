"""`booking people sign-out`: an operator ends somebody's sessions."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import clock
from booking.cli.main import booking
from booking.store.audit_log import AuditEntry
from booking.store.people.sessions import UserSession
from tests.builders import NOW, a_person
from tests.databases import Database
from tests.web.client import client_of, make_app


def test_an_operator_signs_somebody_out_everywhere_and_nobody_else(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKING_DATABASE_URL", database.url)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    mia, max_ = a_person(session, "Mia Moss"), a_person(session, "Max Other")
    app = make_app(database)
    phone, laptop, other = client_of(app, mia), client_of(app, mia), client_of(app, max_)
    done = CliRunner().invoke(booking, ["people", "sign-out", "MIA.moss@example.org"])
    assert (done.exit_code, done.output) == (0, "2 sessions ended\n")
    assert [client.get("/me").status_code for client in (phone, laptop, other)] == [303, 303, 200]
    session.rollback()
    assert sorted(session.scalars(select(UserSession.ended_at)), key=str) == [NOW, NOW, None]
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (last.action, last.actor_id, last.details) == ("signed-out-everywhere", None, {"sessions": 2})
    again = CliRunner().invoke(booking, ["people", "sign-out", "mia.moss@example.org"])
    assert again.output == "0 sessions ended\n"
    unknown = CliRunner().invoke(booking, ["people", "sign-out", "nobody@example.org"])
    assert (unknown.exit_code, "nobody has the address" in unknown.output) == (1, True)
