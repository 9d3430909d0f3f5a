"""Each booking reaches a calendar one way: by invitation, or by the private feed that a calendar fetches."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
import vobject
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.organisation import Organisation
from booking.mail.mailer import LocalMailer
from booking.services.bookings import book as booking_deeds
from booking.services.outbox import deliver
from booking.services.outbox.deliver import EmailWorker
from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from booking.web.feeds import fetches
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, an_organisation
from tests.databases import Database
from tests.web.client import FEED_KEY, SECRET_KEY, Clock, client_of, make_app, post, settings, token_of

#: Limits out of the way.
UNLIMITED = an_organisation(upcoming=0, per_occurrence=0, per_week=0)
HOUR = timedelta(hours=1)
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@dataclass
class Outbox(LocalMailer):
    """A mailer that keeps what it is given."""

    sent: list[EmailMessage] = field(default_factory=list)

    def send(self, message: EmailMessage) -> None:
        self.sent.append(message)


@dataclass
class House:
    """The service as one member uses it: pages, calendar and mailbox."""

    database: Database
    session: Session
    app: Flask
    clock: Clock
    member: Person
    clinic: Occurrence
    pages: FlaskClient

    @property
    def feed(self) -> str:
        """The member's present private address."""
        self.session.rollback()
        self.session.refresh(self.member)
        generation = self.member.member_feed_generation
        return f"/feeds/member/{tokens.sign(FEED_KEY, 'member-feed', str(self.member.public_id), generation)}.ics"

    def fetch(self, accept: str = "text/calendar", method: str = "GET") -> None:
        answer = client_of(self.app).open(self.feed, method=method, headers={"Accept": accept})
        assert answer.status_code == 200

    def book(self, quarter: int, minutes: int = 15) -> Booking:
        """The booking of that quarter of the clinic, made on its page."""
        path = f"/occurrences/{self.clinic.public_id}"
        start = self.clinic.starts_at + quarter * timedelta(minutes=15)
        answer = post(self.pages, path, slot=f"{minutes}/{start:%Y%m%dT%H%MZ}/any", minutes=str(minutes))
        assert answer.status_code == 303, answer.text
        self.session.rollback()
        return self.session.scalars(select(Booking).order_by(Booking.id.desc())).first()  # type: ignore[return-value]

    def mail(self) -> list[EmailMessage]:
        """What has come since the last look."""
        found = Outbox()
        settled, now = settings(self.database), self.clock.now
        while deliver.deliver_once(EmailWorker(self.database.sessions, found, settled, UNLIMITED, "one"), now):
            pass
        return found.sent


def a_house(database: Database, session: Session, organisation: Organisation = UNLIMITED, **fields: object) -> House:
    clinic, clock = a_clinic(session), Clock(NOW)
    member = a_person(session, "Mia Moss", **fields)  # type: ignore[arg-type]
    session.commit()
    app = make_app(database, clock)
    app.extensions["booking"] = replace(app.extensions["booking"], organisation=organisation)
    return House(database, session, app, clock, member, clinic, client_of(app, member))


def carried(message: EmailMessage) -> list[str]:
    """METHOD and SEQUENCE of each calendar part: "REQUEST 0"; the attached file says the same, and is left out."""
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    read = [vobject.readOne(part.get_content()) for part in parts]  # type: ignore[attr-defined]
    return [f"{calendar.method.value} {calendar.vevent.sequence.value}" for calendar in read]


def told(house: House) -> list[tuple[str, list[str]]]:
    """Subject's first word and calendar parts of each new email."""
    return [(message["Subject"].partition(":")[0], carried(message)) for message in house.mail()]


def test_bookings_come_by_invitation_until_a_calendar_fetches_and_by_the_feed_from_then_on(
    database: Database, session: Session
) -> None:
    house = a_house(database, session)
    house.fetch(method="HEAD")
    house.fetch(accept=BROWSER)  # somebody looks
    invited = house.book(0)
    assert told(house) == [("Booked", ["REQUEST 0"])]
    house.fetch()
    fed = house.book(1)
    (email,) = house.mail()
    assert (email.get_content_type(), carried(email)) == ("multipart/alternative", [])
    assert (invited.is_invited, fed.is_invited) == (True, False)
    text = email.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    (single,) = re.findall(r"https://booking\.example\.org(/manage/\S+/booking\.ics)", text)
    assert f"UID:booking-{fed.public_id}@" in client_of(house.app).get(single).text.replace("\r\n ", "")


def test_a_booking_keeps_the_way_it_was_born_with(database: Database, session: Session) -> None:
    house = a_house(database, session)
    invited = house.book(0)
    house.fetch()
    fed = house.book(1)
    house.mail()
    for booking, quarter, request, cancel in ((invited, 2, ["REQUEST 1"], ["CANCEL 2"]), (fed, 3, [], [])):
        slot = f"15/{CLINIC_AT + quarter * timedelta(minutes=15):%Y%m%dT%H%MZ}/any"
        page = f"/bookings/{booking.public_id}"
        assert post(house.pages, f"{page}/move", slot=slot, minutes="15").status_code == 303
        assert post(house.pages, f"{page}/cancel").status_code == 303
        assert told(house) == [("Moved", request), ("Cancelled", cancel)]


def test_after_a_new_address_invitations_come_again_until_that_one_is_fetched(
    database: Database, session: Session
) -> None:
    house = a_house(database, session)
    house.fetch()
    fed = house.book(0)
    old = house.feed
    assert post(house.pages, "/calendars/member-feed/new-address", page="/calendars").status_code == 303
    assert client_of(house.app).get(old).status_code == 404
    invited = house.book(1)
    house.fetch()
    again = house.book(2)
    session.expire_all()
    assert [booking.is_invited for booking in (fed, invited, again)] == [False, True, False]


@pytest.mark.parametrize(("setting", "before", "after"), [("always", True, True), ("never", False, False)])
def test_who_has_said_always_or_never_is_taken_at_their_word(
    database: Database, session: Session, setting: str, before: bool, after: bool
) -> None:
    house = a_house(database, session)
    form = {"name": "Mia Moss", "time_zone": "", "invitations": setting}
    assert post(house.pages, "/me", **form).status_code == 303
    first = house.book(0)
    house.fetch()
    second = house.book(1)
    assert (first.is_invited, second.is_invited) == (before, after)


def test_a_first_fetch_at_the_very_moment_of_a_booking_waits_for_it(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The booking has seen that nothing was fetched, and is not committed: no calendar may have its answer before."""
    house = a_house(database, session)
    has_looked, go_on = threading.Event(), threading.Event()
    invites = booking_deeds.invites

    def slowly(member: Person) -> bool:
        answer = invites(member)
        has_looked.set()
        assert go_on.wait(20)
        return answer

    monkeypatch.setattr(booking_deeds, "invites", slowly)
    feed, calendar = house.feed, client_of(house.app)
    session.rollback()
    with ThreadPoolExecutor(2) as pool:
        booked = pool.submit(house.book, 0)
        assert has_looked.wait(20)
        house.clock.now = NOW - timedelta(seconds=1)  # by the clock the request to the feed came first
        fetched = pool.submit(calendar.get, feed)
        try:
            with pytest.raises(TimeoutError):
                fetched.result(timeout=0.5)
        finally:
            go_on.set()
        booking = booked.result(20)
        assert fetched.result(20).status_code == 200
    session.rollback()
    session.refresh(house.member)
    assert booking.is_invited
    assert house.member.member_feed_fetched_at is not None
    assert booking.created_at <= house.member.member_feed_fetched_at
    monkeypatch.undo()
    assert not house.book(1).is_invited


@dataclass(frozen=True)
class Seen:
    """One request from outside: when it was sent and when its answer was there, by a clock that only rises."""

    sent: float
    answered: float
    booking: str = ""


@pytest.mark.parametrize("attempt", range(3))
def test_for_a_person_on_the_default_no_booking_made_after_the_first_fetch_is_both_invited_and_fed(
    database: Database, session: Session, attempt: int
) -> None:
    """Twelve bookings and four calendars of one member at once: a booking sent after any fetch was answered is fed."""
    house = a_house(database, session)
    clinics = [house.clinic, *(a_clinic(session, starts_at=CLINIC_AT + day * timedelta(days=1)) for day in (1, 2))]
    began = time.perf_counter()
    running: Clock = lambda: NOW + timedelta(seconds=time.perf_counter() - began)  # type: ignore[assignment]  # noqa: E731
    house.app.extensions["booking"] = replace(house.app.extensions["booking"], clock=running)
    wanted = [(one, quarter) for one in clinics for quarter in range(4)]
    pages = [client_of(house.app, house.member) for _ in wanted]
    together = threading.Barrier(len(wanted) + 4)

    def book(client: FlaskClient, clinic: str, starts_at: datetime, wait: float) -> Seen:
        csrf = token_of(client.get(clinic).text)
        form = {"csrf_token": csrf, "slot": f"15/{starts_at:%Y%m%dT%H%MZ}/any", "minutes": "15"}
        together.wait()
        time.sleep(wait)
        sent = time.perf_counter()
        answer = client.post(clinic, data=form, headers={"Referer": f"https://booking.example.org{clinic}"})
        assert answer.status_code == 303, answer.text
        return Seen(sent, time.perf_counter(), answer.location.rpartition("/")[2].partition("?")[0])

    def fetch(client: FlaskClient, feed: str, wait: float) -> Seen:
        together.wait()
        time.sleep(wait)
        sent = time.perf_counter()
        assert client.get(feed).status_code == 200
        return Seen(sent, time.perf_counter())

    feed = house.feed
    asked = [
        (client, f"/occurrences/{clinic.public_id}", clinic.starts_at + quarter * timedelta(minutes=15))
        for client, (clinic, quarter) in zip(pages, wanted, strict=True)
    ]
    session.rollback()
    with ThreadPoolExecutor(len(wanted) + 4) as pool:
        bookings = [pool.submit(book, *one, 0.02 * n) for n, one in enumerate(asked)]
        calendars = [client_of(house.app) for _ in range(4)]
        fetching = [pool.submit(fetch, client, feed, 0.03 * (n + attempt)) for n, client in enumerate(calendars)]
        made, fetched = [one.result(60) for one in bookings], [one.result(60) for one in fetching]
    first = min(one.answered for one in fetched)
    session.rollback()
    rows = {str(row.public_id): row for row in session.scalars(select(Booking))}
    session.refresh(house.member)
    assert len(rows) == len(made) == 12
    assert [one.booking for one in made if one.sent > first and rows[one.booking].is_invited] == []
    noted = house.member.member_feed_fetched_at
    assert noted is not None
    assert [row.id for row in rows.values() if row.is_invited and row.created_at > noted] == []
    emails = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "booked")).all()
    assert {email.facts["booking"]: email.facts["is_invited"] for email in emails} == {
        public_id: row.is_invited for public_id, row in rows.items()
    }
    house.clinic = a_clinic(session, starts_at=CLINIC_AT + timedelta(days=3))
    assert not house.book(0).is_invited


OFFER = "Email me an invitation"


@pytest.mark.parametrize(
    ("fetched_hours_before", "why"),
    [
        ((1,), "Your calendar can take a day to update, and this booking starts sooner."),
        ((10, 2), "Your calendar updates about every 8\u00a0hours, and this booking starts sooner."),
        ((34, 10), "Your calendar updates about every day, and this booking starts sooner."),
        ((10, 9), "Your calendar hasn’t updated for 9\u00a0hours, so it may not show this booking in time."),
        ((6, 2), None),
    ],
)
def test_the_booked_page_offers_an_invitation_where_the_start_is_nearer_than_the_calendars_interval(
    database: Database, session: Session, fetched_hours_before: tuple[int, ...], why: str | None
) -> None:
    """Booked five hours before the start; the calendar was seen so many hours before that."""
    house = a_house(database, session)
    booked_at = CLINIC_AT - 5 * HOUR
    for hours in fetched_hours_before:
        house.clock.now = booked_at - hours * HOUR
        house.app.extensions["fetches"].known.clear()
        house.fetch()
        fetches.write(house.app)
    house.clock.now = booked_at
    house.pages = client_of(house.app, house.member)
    booking = house.book(0)
    token = tokens.sign(SECRET_KEY, "manage", str(booking.public_id))
    for page in (
        house.pages.get(f"/bookings/{booking.public_id}?booked=1"),
        client_of(house.app).get(f"/manage/{token}"),
    ):
        assert (OFFER in page.text) is (why is not None)
        assert why is None or f"{why} Once it has updated, you’ll see this booking twice." in page.text


@pytest.mark.parametrize("by", ["member", "email"])
def test_one_press_sends_the_invitation_and_the_button_is_gone(database: Database, session: Session, by: str) -> None:
    house = a_house(database, session)
    house.clock.now = CLINIC_AT - 5 * HOUR
    house.pages = client_of(house.app, house.member)
    house.fetch()
    booking = house.book(0)
    token = tokens.sign(SECRET_KEY, "manage", str(booking.public_id))
    page = f"/bookings/{booking.public_id}" if by == "member" else f"/manage/{token}"
    client = house.pages if by == "member" else client_of(house.app)
    house.mail()
    assert "Add to calendar" in client.get(page).text
    for _ in range(2):
        answer = post(client, f"{page}/invite", page=f"{page}/cancel")
        assert (answer.status_code, answer.location) == (303, page)
    shown = client.get(page).text
    assert (OFFER in shown, "Add to calendar" in shown) == (False, False)
    assert told(house) == [("For your calendar", ["REQUEST 0"])]
    assert post(client, f"{page}/cancel").status_code == 303
    assert told(house) == [("Cancelled", ["CANCEL 1"])]


@pytest.mark.parametrize("what", ["invited", "never", "no calendar", "cancelled", "begun", "far away"])
def test_nothing_is_offered_where_an_invitation_would_be_no_help(
    database: Database, session: Session, what: str
) -> None:
    fetched_at = None if what in {"invited", "no calendar"} else CLINIC_AT - 6 * HOUR
    invitations = "never" if what in {"never", "no calendar"} else "until-subscribed"
    house = a_house(database, session, member_feed_fetched_at=fetched_at, invitations=invitations)
    house.clock.now = CLINIC_AT - 5 * HOUR
    house.pages = client_of(house.app, house.member)
    booking = a_booking(session, house.clinic, house.member, house.clock.now)
    page = f"/bookings/{booking.public_id}"
    if what == "cancelled":
        assert post(house.pages, f"{page}/cancel").status_code == 303
    house.clock.now = {"begun": CLINIC_AT, "far away": CLINIC_AT - 25 * HOUR}.get(what, house.clock.now)
    assert OFFER not in client_of(house.app, house.member).get(page).text


def test_another_member_sends_nothing(database: Database, session: Session) -> None:
    house = a_house(database, session, member_feed_fetched_at=NOW)
    booking = a_booking(session, house.clinic, house.member)
    other = a_person(session)
    session.commit()
    answer = post(client_of(house.app, other), f"/bookings/{booking.public_id}/invite", page="/me")
    assert answer.status_code == 404
    session.refresh(booking)
    assert not booking.is_invited
