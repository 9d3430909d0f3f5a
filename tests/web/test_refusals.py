"""Errors as readers and programs see them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from booking.store import api_tokens
from booking.store import engine as engines
from tests.builders import a_person
from tests.databases import Database
from tests.web.client import client_of, make_app


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_without_the_database_a_page_says_to_try_again_and_programs_hear_when(
    database: Database, session: Session, is_signed_in: bool
) -> None:
    member = a_person(session)
    session.commit()
    app = make_app(database)
    client = client_of(app, member if is_signed_in else None)
    away = engines.make("sqlite:////nowhere/at/all.sqlite")
    state = app.extensions["booking"]
    app.extensions["booking"] = replace(state, engine=away, sessions=engines.page_sessions(away))
    page = client.get("/bookings" if is_signed_in else "/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "try again in a few seconds" in page.text
    answer = client.get("/api/v1/bookings", headers={"Authorization": f"Bearer {api_tokens.PREFIX}{'0' * 64}"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (answer.mimetype, answer.json and answer.json["status"]) == ("application/problem+json", 503)
