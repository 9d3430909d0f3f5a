"""`booking people close`, `reopen`, `change-address` and `merge`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from booking.cli.accounts import people
from booking.store.people.people import Person
from tests.builders import NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import FEED_KEY, SECRET_KEY

Run = Callable[..., Result]


@pytest.fixture
def run(database: Database, session: Session, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command at the time of the builders on the test's database; what is stored is read afresh after it."""

    monkeypatch.setattr("booking.clock.now", lambda: NOW)
    keys = {"BOOKING_SECRET_KEY": SECRET_KEY, "BOOKING_FEED_KEY": FEED_KEY}

    def invoke(*words: str, answer: str = "") -> Result:
        session.commit()
        done = CliRunner().invoke(people, words, input=answer, env={"BOOKING_DATABASE_URL": database.url, **keys})
        session.rollback()
        session.expire_all()
        return done

    return invoke


def test_closing_shows_what_is_booked_and_asks_first(run: Run, session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia Moss"))
    refused = run("close", "mia.moss@example.org", answer="n\n")
    assert refused.exit_code == 1
    assert "Mon 4 Dec 1:00 pm AEST, Live Member Clinic with" in refused.output
    assert booking.member.closed_at is None
    assert run("close", "mia.moss@example.org", "--keep-bookings", answer="y\n").output.endswith("closed\n")
    assert (booking.member.closed_at is not None, booking.status) == (True, "confirmed")
    assert run("reopen", "mia.moss@example.org").output == "reopened\n"
    assert run("close", "mia.moss@example.org", "--yes").output.endswith("closed\n")
    assert booking.status == "cancelled"
    assert run("close", "mia.moss@example.org", "--yes").output == "already closed\n"


def test_an_unknown_address_and_the_only_coordinator_are_refused(run: Run, session: Session) -> None:
    assert "nobody has the address 'x@example.org'" in run("close", "x@example.org").output
    a_person(session, "Caz", roles=["coordinator"])
    refused = run("close", "caz@example.org", "--yes")
    assert (refused.exit_code, "this is the only coordinator" in refused.output) == (1, True)


def test_an_address_is_changed_and_a_taken_or_broken_one_refused(run: Run, session: Session) -> None:
    mia = a_person(session, "Mia Moss")
    a_person(session, "Max")
    assert "booking people merge" in run("change-address", "mia.moss@example.org", "max@example.org").output
    assert "enter an email address" in run("change-address", "mia.moss@example.org", "nobody").output
    assert run("change-address", "MIA.moss@example.org", "mia@müller.example").output == "changed\n"
    assert mia.email == "mia@müller.example"


def test_two_accounts_are_merged_and_a_collision_is_named(run: Run, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (a_booking(session, clinic, a_person(session, name)).member for name in ("Mia", "Max"))
    kept, gone = first.email, second.email
    assert "Both accounts have something on" in run("merge", kept, gone, "--yes").output
    a_person(session, "Third")
    assert run("merge", kept, "third@example.org", answer="y\n").output.endswith("merged\n")
    assert session.query(Person).filter_by(email="third@example.org").count() == 0
