"""The analyst's day over HTTP: whose it is, what it shows, and what its buttons do."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Programme
from tests.builders import CLINIC_AT, a_booking, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import BASE_URL, Clock, client_of, make_app, post, token_of

DAY = "/analyst/2023-12-04"


class Site:
    """A clinic with two analysts: Ana, in Sydney, with one booking by Kim; Ben with one by Ros; and a coordinator."""

    def __init__(self, database: Database, session: Session) -> None:
        self.session = session
        self.clock = Clock(CLINIC_AT - timedelta(hours=1))
        self.app = make_app(database, self.clock)
        session.get_one(Programme, 1).uid_domain = "booking.example.org"
        self.ana = a_person(session, "Ana Reyes", ["analyst"], time_zone="Australia/Sydney")
        self.ben = a_person(session, "Ben Novak", ["analyst"])
        self.cora = a_person(session, "Cora Ord", ["coordinator"])
        self.kim, self.ros = a_person(session, "Kim Lee"), a_person(session, "Ros Diaz")
        self.series = a_series(session, [self.ana, self.ben])
        self.clinic: Occurrence = an_occurrence(session, self.series, [self.ana, self.ben])
        an_occurrence(session, self.series, [self.ana, self.ben], CLINIC_AT + timedelta(days=7))
        self.booking: Booking = a_booking(
            session, self.clinic, self.kim, analyst=self.ana.public_id, topic="=GA4 <b>", link="https://example.com/x"
        )
        self.other = a_booking(
            session, self.clinic, self.ros, after_minutes=15, analyst=self.ben.public_id, topic="a word to Ben"
        )

    def at(self, minutes: int) -> None:
        self.clock.now = CLINIC_AT + timedelta(minutes=minutes)

    def as_(self, person: Person | None) -> FlaskClient:
        return client_of(self.app, person)

    def outcome(self) -> str | None:
        self.session.rollback()  # ends the snapshot of what it read before
        self.session.expire_all()
        return self.session.get_one(Booking, self.booking.id).outcome

    @property
    def mark(self) -> str:
        return f"/analyst/bookings/{self.booking.public_id}/outcome"


@pytest.fixture
def site(database: Database, session: Session) -> Site:
    return Site(database, session)


def text(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.text.replace("\xa0", " ")


def test_the_day_shows_who_comes_when_in_the_analysts_clock_first_and_what_is_free(site: Site) -> None:
    page = text(site.as_(site.ana), DAY)
    assert "Kim Lee" in page
    assert "=GA4 &lt;b&gt;" in page
    assert re.search(r"2:00<small> pm</small></time><span>1:00 pm AEST · 15 min", page)
    assert "1 booking, 3 slots free" in page
    assert "First time" in page
    assert page.count("Free. Bookings close at") == 3


def test_the_day_without_a_date_is_today_in_the_analysts_zone(site: Site) -> None:
    site.clock.now = CLINIC_AT + timedelta(hours=10, minutes=30)  # half past eleven at night in Brisbane
    assert "<title>Tuesday 5 December" in text(site.as_(site.ana), "/analyst/")
    assert "<title>Monday 4 December" in text(site.as_(site.ben), "/analyst/")


def test_of_colleagues_only_names_and_whether_they_are_free_are_shown(site: Site) -> None:
    page = text(site.as_(site.ana), DAY)
    assert re.search(r"<dt>Ben Novak</dt><dd>free 2:00–2:15 pm, 2:30–3:00 pm</dd>", page)
    assert "Ros Diaz" not in page
    assert "a word to Ben" not in page


@pytest.mark.parametrize("address", [DAY, f"{DAY}.csv", "/analyst/"])
def test_an_analyst_cannot_look_at_another_and_a_coordinator_can(site: Site, address: str) -> None:
    wanted = f"{address}?analyst={site.ben.public_id}"
    assert site.as_(site.ana).get(wanted).status_code == 404
    assert "Ros Diaz" in text(site.as_(site.cora), f"{DAY}?analyst={site.ben.public_id}")
    assert site.as_(site.cora).get(wanted).status_code == 200
    assert site.as_(site.cora).get(f"{address}?analyst={site.kim.public_id}").status_code == 404


def test_a_coordinator_who_names_nobody_is_asked_whose_day(site: Site) -> None:
    page = text(site.as_(site.cora), "/analyst/")
    assert f"/analyst/?analyst={site.ana.public_id}" in page
    assert f"{DAY}?analyst={site.ben.public_id}" in text(site.as_(site.cora), DAY)


def test_members_are_refused_and_visitors_sign_in_first(site: Site) -> None:
    assert site.as_(site.kim).get(DAY).status_code == 403
    answer = site.as_(None).get(DAY)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/analyst/2023-12-04")


@pytest.mark.parametrize("day", ["2023-13-01", "2023-12-4", "1999-12-31", "9999-12-31", "tomorrow"])
def test_an_address_that_is_no_day_leads_nowhere(site: Site, day: str) -> None:
    assert site.as_(site.ana).get(f"/analyst/{day}").status_code == 404


def test_the_row_that_is_on_is_marked_with_the_minutes_left(site: Site) -> None:
    site.at(12)
    page = text(site.as_(site.ana), DAY)
    assert "On now, 3 minutes left" in page
    assert 'aria-label="Now, 2:12 pm Sydney"' in page
    assert "Bookings closed at 2:05 pm" in page
    site.at(15)
    assert "On now" not in text(site.as_(site.ana), DAY)


def test_an_empty_day_says_so_and_leads_to_the_next_that_has_something(site: Site) -> None:
    page = text(site.as_(site.ana), "/analyst/2023-12-05")
    assert "Nothing is on this day." in page
    assert '<a href="/analyst/2023-12-11">Monday 11 December</a>' in page
    assert "You aren’t on the roster of any upcoming date." in text(site.as_(site.ana), "/analyst/2024-01-01")


def test_the_day_before_and_the_day_after_and_the_week_are_a_press_away(site: Site) -> None:
    page = text(site.as_(site.ana), DAY)
    for address in ("/analyst/2023-12-03", "/analyst/2023-12-05", f"{DAY}?days=7", f"{DAY}?print=1", f"{DAY}.csv"):
        assert f'href="{address}"' in page
    week = text(site.as_(site.ana), f"{DAY}?days=7")
    assert [day in week for day in ("Mon 4 Dec", "Sun 10 Dec", "Mon 11 Dec")] == [True, True, False]
    assert "1 booking, 3 slots free" in week


def test_the_sheet_for_paper_has_no_buttons_and_its_folds_are_open(site: Site) -> None:
    page = text(site.as_(site.ana), f"{DAY}?print=1")
    main = page.partition("<main")[2].partition("</main>")[0].partition('<div class="head"')[2]
    assert "<button" not in main
    assert 'class="btn' not in main
    assert "<details open>" in main
    assert "Kim Lee" in main


def test_the_file_opens_in_a_spreadsheet_and_runs_nothing(site: Site) -> None:
    answer = site.as_(site.ana).get(f"{DAY}.csv")
    assert answer.content_type.startswith("text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="analyst-2023-12-04.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [row[8] for row in rows] == ["row", "booked", "free", "free", "free"]
    assert rows[1][9:12] == ["Kim Lee", "'=GA4 <b>", "https://example.com/x"]
    assert len(site.as_(site.ana).get(f"{DAY}.csv?days=7").data.splitlines()) == 5


def test_came_and_no_show_can_be_pressed_from_the_start_and_undone_within_the_day(site: Site) -> None:
    client = site.as_(site.ana)
    assert 'value="came"' not in text(client, DAY)
    site.at(0)
    answer = post(client, site.mark, DAY, outcome="came")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{DAY}#b-{site.booking.public_id}")
    assert site.outcome() == "came"
    page = text(client, DAY)
    assert 'value="no-show"' not in page
    assert "Undo" in page
    post(client, site.mark, DAY, outcome="")
    assert site.outcome() is None
    post(client, site.mark, DAY, outcome="no-show")
    site.at(24 * 60)
    assert "Undo" not in text(client, DAY)
    assert f"/analyst/visits/{site.booking.public_id}#outcome" in text(client, DAY)  # Correct


def test_a_coordinator_marks_and_comes_back_to_the_same_analyst(site: Site) -> None:
    site.at(24 * 60)
    address = f"{DAY}?analyst={site.ana.public_id}"
    answer = post(site.as_(site.cora), site.mark, address, outcome="no-show")
    assert answer.headers["Location"] == f"{address}#b-{site.booking.public_id}"
    assert "Correct" in text(site.as_(site.cora), address)
    assert site.outcome() == "no-show"


def test_nobody_else_marks_and_nothing_happens_without_a_token_or_with_other_words(site: Site) -> None:
    site.at(5)
    assert post(site.as_(site.ben), site.mark, DAY, outcome="came").status_code == 404
    assert post(site.as_(site.kim), site.mark, "/bookings", outcome="came").status_code == 403
    client = site.as_(site.ana)
    assert client.post(site.mark, data={"outcome": "came"}).status_code == 400
    assert post(client, site.mark, DAY, outcome="perhaps").status_code == 400
    token = token_of(client.get(DAY).text)
    headers = {"Referer": f"{BASE_URL}{DAY}"}
    assert client.post(site.mark, data={"csrf_token": token}, headers=headers).status_code == 400
    assert site.outcome() is None


def test_once_the_clinic_is_over_it_says_what_is_not_marked(site: Site) -> None:
    site.at(59)
    assert "not marked" not in text(site.as_(site.ana), DAY)
    site.at(60)
    assert "One booking is not marked yet." in text(site.as_(site.ana), DAY)
    post(site.as_(site.ana), site.mark, DAY, outcome="came")
    assert "not marked" not in text(site.as_(site.ana), DAY)


def test_several_occurrences_of_a_day_each_have_their_heading(site: Site) -> None:
    lab = a_series(site.session, [site.ana], kind="lab", title="Lab: Meta Business Suite")
    an_occurrence(site.session, lab, [site.ana], CLINIC_AT + timedelta(hours=3))
    site.session.commit()
    page = text(site.as_(site.ana), DAY)
    assert re.findall(r"<h2[^>]*>.*?<span>([^<]+)</span></span></h2>", page) == [
        "Live Member Clinic",
        "Lab: Meta Business Suite",
    ]
