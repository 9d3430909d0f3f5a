"""What a membership that has ended keeps: its own bookings and history, and nothing of the programme after its end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.people.actor import Actor
from booking.services.bookings.enrol import enrol
from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, a_series, acting, an_occurrence
from tests.databases import Database
from tests.web.client import FEED_KEY, SECRET_KEY, Clock, client_of, make_app

DAY = timedelta(days=1)
LINK = "https://zoom.example.com/j/1"


class Lapsed:
    """A member who booked a clinic and enrolled in two labs, and whose membership ends between the two."""

    def __init__(self, database: Database, session: Session) -> None:
        self.session = session
        self.clinic = a_clinic(session)
        self.member = a_person(session, "Mia Moss")
        self.labs = [self.lab(CLINIC_AT + DAY), self.lab(CLINIC_AT + 20 * DAY)]
        self.booking: Booking = a_booking(session, self.clinic, self.member)
        for one in self.labs:
            enrol(acting(session, Actor.member(self.member.id)), one.public_id)
        self.member.member_until = (CLINIC_AT + 2 * DAY).date()
        session.commit()
        self.clock = Clock(CLINIC_AT + 2 * DAY)
        self.app = make_app(database, self.clock)
        self.client = self.signed_in(self.member)

    def lab(self, starts_at: datetime) -> Occurrence:
        series = a_series(self.session, kind="lab", title="Lab", meeting_url=LINK)
        return an_occurrence(self.session, series, (), starts_at)

    def signed_in(self, person: Person) -> FlaskClient:
        return client_of(self.app, person)

    @property
    def feed(self) -> str:
        return f"/feeds/member/{tokens.sign(FEED_KEY, 'member-feed', str(self.member.public_id), 0)}.ics"

    def uids(self) -> list[str]:
        lines = self.client.get(self.feed).text.replace("\r\n ", "").splitlines()
        return sorted(line.partition(":")[2].partition("@")[0] for line in lines if line.startswith("UID:"))


@pytest.fixture
def lapsed(database: Database, session: Session) -> Lapsed:
    return Lapsed(database, session)


def test_the_calendar_keeps_ones_own_bookings_and_what_took_place_and_no_later_date(lapsed: Lapsed) -> None:
    own = f"booking-{lapsed.booking.public_id}"
    before, after = (f"occurrence-{one.public_id}" for one in lapsed.labs)
    assert lapsed.uids() == sorted([own, before, after])
    etag = lapsed.client.get(lapsed.feed).headers["ETag"]
    lapsed.clock.now += DAY
    assert lapsed.uids() == sorted([own, before])
    assert lapsed.client.get(lapsed.feed, headers={"If-None-Match": etag}).status_code == 200
    lapsed.member.member_until = None
    lapsed.session.commit()
    assert lapsed.uids() == sorted([own, before, after]), "renewed, it is all there again"


def test_programs_see_ones_own_bookings_and_not_what_is_free_with_whom(lapsed: Lapsed) -> None:
    paths = ["/api/v1/slots", f"/api/v1/occurrences/{lapsed.clinic.public_id}/slots"]
    assert [lapsed.client.get(path).status_code for path in paths] == [200, 200]
    lapsed.clock.now += DAY
    for path in paths:
        answer = lapsed.client.get(path)
        assert (answer.status_code, answer.json["code"]) == (409, "membership-ended")  # type: ignore[index]
    own = lapsed.client.get("/api/v1/bookings").json["items"]  # type: ignore[index]
    assert [one["id"] for one in own] == [str(lapsed.booking.public_id)]
    assert lapsed.client.get(f"/api/v1/bookings/{lapsed.booking.public_id}").status_code == 200
    assert lapsed.client.get("/bookings").status_code == 200


def test_no_join_link_of_a_later_date_opens(lapsed: Lapsed) -> None:
    late = lapsed.labs[1]
    lapsed.clock.now = late.starts_at
    client = lapsed.signed_in(lapsed.member)
    page = client.get(f"/join/{tokens.sign(SECRET_KEY, 'join', str(late.public_id))}")
    assert LINK not in page.text
    assert "Ada" not in client.get(f"/occurrences/{late.public_id}").text
    lapsed.member.member_until = None
    lapsed.session.commit()
    assert LINK in client.get(f"/join/{tokens.sign(SECRET_KEY, 'join', str(late.public_id))}").text


def test_a_page_of_a_clinic_names_no_analyst_any_more(lapsed: Lapsed) -> None:
    later = a_clinic(lapsed.session, starts_at=CLINIC_AT + 7 * DAY)
    name = later.roster[0].analyst.name
    path = f"/occurrences/{later.public_id}"
    lapsed.clock.now += DAY
    assert name not in lapsed.client.get(path).text
    lapsed.member.member_until = None
    lapsed.session.commit()
    assert name in lapsed.client.get(path).text
