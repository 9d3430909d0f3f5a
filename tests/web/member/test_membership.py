"""A membership that has ended, or ends too soon, reads so before anything is filled in, and says how to renew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.store.programme.programme import Occurrence
from booking.web.member import slot_grid
from tests.builders import CLINIC_AT, NOW, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import client_of, make_app, post

RENEW = '<a class="btn solid" href="https://example.org/join">Renew your membership</a>'


def reading_as(database: Database, session: Session, until: date | None, **roles: list[str]) -> FlaskClient:
    member = a_person(session, "Mia Moss", member_until=until, **roles)
    session.commit()
    return client_of(make_app(database), member)


def a_lab(session: Session) -> Occurrence:
    return an_occurrence(session, a_series(session, kind="lab", title="Technical Lab"))


ENDED, ENDS_SOON = NOW.date() - timedelta(days=2), CLINIC_AT.date() - timedelta(days=1)


@pytest.mark.parametrize(("until", "words"), [(ENDED, "Your membership ended on "), (ENDS_SOON, ", before this date.")])
def test_a_clinic_after_the_last_day_says_so_and_shows_no_form(
    database: Database, session: Session, until: date, words: str
) -> None:
    clinic = a_clinic(session)
    page = reading_as(database, session, until).get(f"/occurrences/{clinic.public_id}").text
    assert words in page
    assert RENEW in page
    assert 'name="slot"' not in page
    assert "<textarea" not in page
    assert "waitlist" not in page


def test_a_lab_after_the_last_day_offers_no_place(database: Database, session: Session) -> None:
    lab = a_lab(session)
    page = reading_as(database, session, ENDED).get(f"/occurrences/{lab.public_id}").text
    assert "Your membership ended on " in page
    assert RENEW in page
    assert "/enrol" not in page


def test_the_landing_page_tells_whose_membership_has_ended_and_nobody_else(
    database: Database, session: Session
) -> None:
    a_clinic(session)
    assert RENEW in reading_as(database, session, ENDED).get("/").text


@pytest.mark.parametrize("until", [None, NOW.date() + timedelta(days=400), NOW.date() + timedelta(days=1)])
def test_a_membership_that_goes_on_reads_nothing_of_it(
    database: Database, session: Session, until: date | None
) -> None:
    assert "Your membership" not in reading_as(database, session, until).get("/").text


def test_a_form_that_was_sent_all_the_same_is_answered_with_the_same_words(
    database: Database, session: Session
) -> None:
    clinic = a_clinic(session)
    client = reading_as(database, session, ENDED)
    slot = slot_grid.value_of(clinic.starts_at, 15, "any")
    answer = post(client, f"/occurrences/{clinic.public_id}", slot=slot, minutes="15")
    assert answer.status_code in {403, 409, 422}
    assert "Your membership ended on " in answer.text
    assert "Renew it to book." in answer.text
