"""The page of calendars, and what a member's own calendar holds: theirs always, the rest as they tick."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.calendars import catalogue
from booking.calendars.catalogue import Feed
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.services.bookings.enrol import enrol, leave
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Programme
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, a_series, acting, an_occurrence
from tests.calendars.reading import events
from tests.databases import Database
from tests.web.client import BASE_URL, client_of, make_app, post

DAY = timedelta(days=1)


class House:
    """A clinic, a lab and a masterclass of two modules; Mia with a client that is signed in."""

    def __init__(self, database: Database, session: Session) -> None:
        self.session = session
        self.clinic = a_clinic(session)
        self.lab = self.of("lab", "labs", 2)
        series = a_series(session, slug="ga4", kind="masterclass", title="GA4")
        self.modules = [
            an_occurrence(session, series, starts_at=CLINIC_AT + (3 + 7 * n) * DAY, key=str(n)) for n in (0, 1)
        ]
        session.get_one(Programme, 1).uid_domain = "booking.example.org"
        self.mia = a_person(session, "Mia Holt")
        session.commit()
        self.app = make_app(database)
        self.client = client_of(self.app, self.mia)

    def of(self, kind: str, slug: str, days: int) -> Occurrence:
        series = a_series(self.session, slug=slug, kind=kind, title=slug)
        return an_occurrence(self.session, series, starts_at=CLINIC_AT + days * DAY)

    def tick(self, *kinds: str) -> None:
        assert choose(self.client, *kinds) == 303

    def kept(self) -> list[str] | None:
        """What the store holds of Mia's choice."""
        self.session.rollback()
        return self.session.get_one(Person, self.mia.id, populate_existing=True).feed_kinds

    def shown(self) -> list[str]:
        """The UIDs of Mia's own calendar, without their domain, in order."""
        address = own_address(self.client)
        return [event.uid.value.partition("@")[0] for event in events(self.client.get(address).data)]


@pytest.fixture
def house(database: Database, session: Session) -> House:
    return House(database, session)


def own_address(client: FlaskClient) -> str:
    return re.findall(rf'value="{BASE_URL}(/feeds/member/[^"]+)"', client.get("/calendars").text)[0]


def choose(client: FlaskClient, *kinds: str) -> int:
    page = client.get("/calendars").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    data = {"csrf_token": token[1], "kinds": list(kinds)}
    return client.post(
        "/calendars/member-feed/holds", data=data, headers={"Referer": f"{BASE_URL}/calendars"}
    ).status_code


def uid(row: Occurrence) -> str:
    return f"occurrence-{row.public_id}"


def test_at_first_it_holds_every_lab_and_masterclass_and_no_clinic_hour(house: House) -> None:
    assert house.shown() == [uid(row) for row in (house.lab, *house.modules)]


def test_what_is_ticked_is_shown_and_what_is_not_is_not(house: House) -> None:
    house.tick("clinic", "lab")
    assert house.shown() == [uid(house.clinic), uid(house.lab)]
    assert ticked(house.client) == {"clinic": True, "lab": True, "masterclass": False}
    house.tick()
    assert house.shown() == []
    assert ticked(house.client) == {"clinic": False, "lab": False, "masterclass": False}


def ticked(client: FlaskClient) -> dict[str, bool]:
    found = re.findall(r'name="kinds" value="(\w+)"( checked)?', client.get("/calendars").text)
    return {name: bool(checked) for name, checked in found}


def test_a_booking_is_there_whatever_is_ticked_and_stands_for_its_clinic_hour(house: House) -> None:
    mine = a_booking(house.session, house.clinic, house.mia)
    house.tick()
    assert house.shown() == [f"booking-{mine.public_id}"]
    house.tick("clinic")
    assert house.shown() == [f"booking-{mine.public_id}"]
    cancel(acting(house.session, Actor.member(house.mia.id)), mine.public_id)
    assert house.shown() == [uid(house.clinic)]


def test_a_booking_that_we_cancel_stays_and_its_hour_stands_beside_it_only_where_it_takes_place(house: House) -> None:
    mine = a_booking(house.session, house.clinic, house.mia)
    house.tick("clinic")
    cancel(acting(house.session, Actor.link()), mine.public_id)
    mine.cancelled_by = "staff"
    house.session.commit()
    assert sorted(house.shown()) == sorted([f"booking-{mine.public_id}", uid(house.clinic)])
    house.clinic.status = "cancelled"
    house.session.get_one(Programme, 1).version += 1
    house.session.commit()
    assert house.shown() == [f"booking-{mine.public_id}"]


@pytest.mark.parametrize(("whole", "places"), [(True, [0, 1]), (False, [0])])
def test_what_one_is_enrolled_in_is_there_whatever_is_ticked_and_goes_when_one_leaves(
    house: House, whole: bool, places: list[int]
) -> None:
    house.tick("clinic")
    before = house.client.get(own_address(house.client)).headers["ETag"]
    place = enrol(acting(house.session, Actor.member(house.mia.id)), house.modules[0].public_id, whole=whole)
    assert house.shown() == [uid(house.clinic), *(uid(house.modules[n]) for n in places)]
    assert house.client.get(own_address(house.client)).headers["ETag"] != before
    leave(acting(house.session, Actor.member(house.mia.id)), place.public_id)
    assert house.shown() == [uid(house.clinic)]


def test_an_occurrence_is_shown_once_whatever_the_reasons(house: House) -> None:
    house.tick("clinic", "lab", "masterclass")
    enrol(acting(house.session, Actor.member(house.mia.id)), house.modules[0].public_id)
    enrol(acting(house.session, Actor.member(house.mia.id)), house.modules[0].public_id, whole=True)
    enrol(acting(house.session, Actor.member(house.mia.id)), house.lab.public_id)
    assert house.shown() == [uid(row) for row in (house.clinic, house.lab, *house.modules)]


def test_somebody_elses_place_or_choice_changes_nothing_of_ones_own(house: House) -> None:
    other = a_person(house.session, "Max Other")
    house.session.commit()
    address = own_address(house.client)
    tag = house.client.get(address).headers["ETag"]
    choose(client_of(house.app, other), "clinic")
    enrol(acting(house.session, Actor.member(other.id)), house.modules[0].public_id, whole=True)
    assert house.client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_who_leaves_the_choice_as_it_comes_gets_a_new_kind_too(house: House) -> None:
    house.tick("masterclass", "lab")
    assert house.kept() is None
    house.tick("lab")
    assert house.kept() == ["lab"]


def test_a_kind_that_is_not_there_is_refused_and_nothing_is_kept(house: House) -> None:
    assert choose(house.client, "lab", "opera") == 422
    assert house.kept() is None


def test_each_button_sends_the_private_address_to_its_client(house: House) -> None:
    page = house.client.get("/calendars").text
    address = BASE_URL + own_address(house.client)
    links = [unescape(link) for link in re.findall(r'class="btn" href="([^"]+)"', page.split("</section>")[0])]
    webcal, google, work, private = links
    assert webcal == address.replace("https://", "webcal://")
    assert urlsplit(google)[:3] == ("https", "calendar.google.com", "/calendar/r")
    assert parse_qs(urlsplit(google).query) == {"cid": [webcal]}
    for link, host in ((work, "outlook.office.com"), (private, "outlook.live.com")):
        assert urlsplit(link)[:3] == ("https", host, "/calendar/0/addfromweb")
        assert parse_qs(urlsplit(link).query) == {"url": [address]}


def test_the_page_says_that_the_address_is_a_password_how_long_google_takes_and_from_where(house: House) -> None:
    page = house.client.get("/calendars").text
    for words in (
        "My calendar",
        "Keep this address to yourself",
        "up to a day",
        "Subscribe from a computer",
    ):
        assert words in page, words


def test_a_new_address_ends_the_old_one_at_once(house: House) -> None:
    old = own_address(house.client)
    tag = house.client.get(old).headers["ETag"]
    assert post(house.client, "/calendars/member-feed/new-address", page="/calendars").status_code == 303
    assert house.client.get(old, headers={"If-None-Match": tag}).status_code == 404
    assert house.client.get(own_address(house.client)).status_code == 200


def test_an_analyst_who_is_no_member_has_nothing_to_tick(database: Database, session: Session) -> None:
    analyst = a_person(session, "Ada Reyes", ["analyst"])
    session.commit()
    page = client_of(make_app(database), analyst).get("/calendars").text
    assert "/feeds/analyst/" in page
    assert 'name="kinds"' not in page


def test_one_more_line_in_the_catalogue_is_one_more_feed_on_the_page_and_at_its_address(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = catalogue.public
    courses = Feed("courses", "SMK courses", "Labs and masterclasses.", frozenset({"lab", "masterclass"}))
    monkeypatch.setattr(catalogue, "public", lambda organisation: {**table(organisation), "courses": courses})
    found = events(house.client.get("/feeds/courses.ics").data)
    assert [event.uid.value.partition("@")[0] for event in found] == [uid(row) for row in (house.lab, *house.modules)]
    assert f"{BASE_URL}/feeds/courses.ics" in house.client.get("/calendars").text
