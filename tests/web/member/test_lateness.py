"""How late an analyst is, on every page that says so: until the visit ends, and never after the hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import SECRET_KEY, Clock, client_of, make_app, post

ROOT = Path(__file__).resolve().parents[3]
DAY = "/analyst/2023-12-04"
MINUTE = timedelta(minutes=1)
LINK = "https://zoom.example.com/j/1"


@dataclass
class Hour:
    """A clinic whose first visit began at 1:06 pm, and the pages of those concerned."""

    app: Flask
    clock: Clock
    session: Session
    bookings: list[Booking]
    coordinator: Person

    def at(self, minutes: int) -> None:
        self.clock.now = CLINIC_AT + minutes * MINUTE

    def join_link(self, number: int) -> str:
        return f"/join/{tokens.sign(SECRET_KEY, 'join', str(self.bookings[number].public_id))}"

    def press(self, number: int, what: str, **fields: str) -> int:
        path = f"/analyst/bookings/{self.bookings[number].public_id}/{what}"
        return int(post(client_of(self.app, self.bookings[0].analyst), path, "/me", **fields).status_code)

    def enter(self, number: int) -> None:
        answer = post(client_of(self.app), self.join_link(number))
        assert (answer.status_code, answer.headers["Refresh"]) == (200, f"0; url={LINK}")

    def late(self) -> set[str]:
        """The pages on which somebody is late now."""
        analyst, last = self.bookings[0].analyst, self.bookings[-1]
        member = client_of(self.app, last.member)
        pages = {
            "join link": client_of(self.app).get(self.join_link(-1)),
            "my bookings": member.get("/bookings"),
            "booking": member.get(f"/bookings/{last.public_id}"),
            "clinic": member.get(f"/occurrences/{last.occurrence.public_id}"),
            "programme": member.get("/?on=2023-12-04"),
            "day": client_of(self.app, analyst).get(DAY),
            "week": client_of(self.app, analyst).get(f"{DAY}?days=7"),
            "today": client_of(self.app, self.coordinator).get("/coordinator/today"),
            "sheet": client_of(self.app, analyst).get(f"{DAY}.csv"),
        }
        assert {page.status_code for page in pages.values()} == {200}
        return {name for name, page in pages.items() if "minutes late" in page.text}


SAYING_SO = {"join link", "my bookings", "day", "today"}


@pytest.fixture
def hour(database: Database, session: Session) -> Hour:
    clock = Clock(CLINIC_AT - timedelta(days=1))
    clinic = a_clinic(session)
    clinic.roster[0].meeting_url = LINK
    session.commit()
    bookings = [a_booking(session, clinic, after_minutes=15 * number) for number in range(4)]
    found = Hour(make_app(database, clock), clock, session, bookings, a_person(session, "Cora", roles=["coordinator"]))
    found.at(6)
    assert found.press(0, "start") == 303
    return found


ENDS: dict[str, Callable[[Hour], object]] = {
    "came": lambda hour: hour.press(0, "outcome", outcome="came"),
    "no-show": lambda hour: hour.press(0, "outcome", outcome="no-show"),
    "the next Start": lambda hour: hour.press(1, "start"),
    "the next member's entry": lambda hour: hour.enter(1),
    "the end of the hour": lambda hour: hour.at(60),
}


@pytest.mark.parametrize("how", ENDS)
def test_the_lateness_after_a_forgotten_start_ends_with_the_visit_and_is_never_shown_after_the_hour(
    hour: Hour, how: str
) -> None:
    hour.at(24)
    assert hour.late() == SAYING_SO
    ENDS[how](hour)
    began_anew = how in {"the next Start", "the next member's entry"}
    assert hour.late() == (SAYING_SO if began_anew else set())
    if began_anew:
        assert "about 9 minutes late" in client_of(hour.app).get(hour.join_link(-1)).text
        assert "Started at 1:24\u00a0pm" in client_of(hour.app, hour.bookings[0].analyst).get(DAY).text
    for minutes in (60, 119, 600):
        hour.at(minutes)
        assert hour.late() == set()


def test_a_start_forgotten_altogether_is_over_with_the_hour(hour: Hour) -> None:
    hour.at(59)
    assert hour.late() == SAYING_SO
    hour.at(60)
    assert hour.late() == set()
    assert "Started at" not in client_of(hour.app, hour.bookings[0].analyst).get(DAY).text


def test_nothing_else_says_how_late_somebody_is(database: Database) -> None:
    texts = [*ROOT.glob("templates/**/*.*"), *ROOT.glob("booking/**/*.py")]
    found = {path.name for path in texts if " minutes late" in path.read_text("utf-8")}
    found -= {"report_tables.py"}  # a column of averages, of visits that are over
    assert found == {"_macros.html", "day_rows.py", "today.py"}, "add the page or email to those that are read above"


def test_a_marked_visit_is_not_started_again_before_the_mark_is_taken_back(hour: Hour) -> None:
    hour.at(10)
    hour.press(0, "outcome", outcome="came")
    start = f"/analyst/bookings/{hour.bookings[0].public_id}/start"
    assert start not in client_of(hour.app, hour.bookings[0].analyst).get(DAY).text
    assert hour.press(0, "start") == 409
    hour.press(0, "outcome", outcome="")
    assert hour.press(0, "start") == 303


def test_going_in_too_early_twice_or_as_staff_notes_nothing(hour: Hour) -> None:
    def entered_at(number: int) -> object:
        hour.session.rollback()
        return hour.session.get_one(Booking, hour.bookings[number].id, populate_existing=True).entered_at

    visitor, page = client_of(hour.app), hour.join_link(1)
    hour.at(20)
    early = post(visitor, page, hour.join_link(0))
    assert (early.status_code, early.location, entered_at(1)) == (303, page, None)
    assert "is still with the member before you" in visitor.get(page).text
    assert visitor.get(page).headers["Refresh"] == "30"
    hour.at(24)
    analyst = client_of(hour.app, hour.bookings[0].analyst)
    assert f'href="{LINK}"' in analyst.get(page).text
    assert (post(analyst, page, "/me").status_code, entered_at(1)) == (303, None)
    hour.enter(1)
    at = entered_at(1)
    hour.at(30)
    hour.enter(1)
    assert at is not None
    assert entered_at(1) == at
    assert "This meeting is over." in visitor.get(hour.join_link(0)).text


def test_joining_leads_on_without_a_script_and_the_link_can_be_copied(hour: Hour) -> None:
    assert f"The meeting link is {LINK}" in client_of(hour.app).get(hour.join_link(0)).text
    answer = post(client_of(hour.app), hour.join_link(0))
    assert f'href="{LINK}"' in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
