"""The coordinator's pages: a change is planned, published, undone; an announcement pasted becomes a programme."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient as Client
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking import clock as process_clock
from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.changes import Change, StoredDraft
from booking.store.programme.programme import Occurrence, Programme, Series
from booking.web.feeds import fetches
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import BASE_URL, Clock, client_of, make_app, sign_in, token_of

pytestmark = pytest.mark.both_databases  # lists, counts and what is to do

ANNOUNCEMENT = """\
January 2024 with us (all times AEST)

Tuesday Clinic on Tuesdays, 1pm - 2pm AEST
\u2022 15 or 30 minutes of your own

Search Masterclass on Fridays 10am - 12pm AEST
Module 1: Accounts
Module 2: Bidding
Office party: Saturday, sometime.
"""


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def coordinator(database: Database, session: Session, clock: Clock) -> Client:
    person = a_person(session, "Cora", roles=["coordinator"])
    session.commit()
    return client_of(make_app(database, clock), person)


def sign_in_again(session: Session, client: Client) -> None:
    """After more than a day without a request."""
    cora = session.scalars(select(Person).where(Person.name == "Cora")).one()
    sign_in(client.application, client, cora)


def clinic_with_a_rule(session: Session) -> Occurrence:
    """A clinic of four Mondays, stored as its rule says."""
    team = [a_person(session, "Ada", roles=["analyst"], meeting_url="https://meet.example.org/ada")]
    series = a_series(
        session, team, slug="mondays", title="Monday Clinic", ends_on=CLINIC_AT.date() + timedelta(weeks=3)
    )
    rows = [
        an_occurrence(session, series, team, at, rule_on=at.date())
        for at in (CLINIC_AT + timedelta(weeks=n) for n in range(4))
    ]
    session.commit()
    return rows[0]


def post(client: Client, path: str, data: dict[str, str], **options: bool) -> TestResponse:
    """POST a form with a token of this visit."""
    token = token_of(client.get("/coordinator/drafts/").text)
    headers = {"Referer": f"{BASE_URL}/coordinator/"}
    return client.post(path, data={"csrf_token": token, **data}, headers=headers, **options)  # type: ignore[arg-type]


def fresh(session: Session) -> None:
    """Read what the service has stored since."""
    session.rollback()
    session.expire_all()


def fingerprint(page: str) -> str:
    found = re.search(r'name="fingerprint" value="([0-9a-f]{16})"', page)
    assert found is not None
    return found[1]


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", answer.text.replace("\N{NO-BREAK SPACE}", " "))


MOVE = {"what": "move", "scope": "one", "to": "2023-12-06", "time": "3 pm – 4 pm"}


def test_a_change_is_shown_with_whom_it_touches_published_exactly_and_undone(
    session: Session, coordinator: Client, clock: Clock
) -> None:
    clinic = clinic_with_a_rule(session)
    booking = a_booking(session, clinic, a_person(session, "Mia Moss"))
    path = f"/coordinator/occurrences/{clinic.public_id}"
    shown = coordinator.get(f"{path}/plan", query_string=MOVE)
    assert "Mia Moss, 1:00 pm 15 min with Ada: moves with it to Wed 6 Dec 2023 3:00 pm AEST" in text_of(shown)
    assert "Publish and email 1 person" in text_of(shown)
    fresh(session)
    assert session.get_one(Booking, booking.id).starts_at == CLINIC_AT  # a plan changes nothing
    done = post(coordinator, f"{path}/publish", {**MOVE, "fingerprint": fingerprint(shown.text)})
    assert done.status_code == 303
    fresh(session)
    assert session.get_one(Booking, booking.id).starts_at == CLINIC_AT + timedelta(days=2, hours=2)
    page = coordinator.get(done.location)
    assert "1 person will be emailed at 9:10 am AEST. Undo before then and nobody gets an email." in text_of(page)
    assert "Wed 6 Dec (was Mon 4 Dec), 3:00–4:00 pm AEST (Sydney 4:00 pm · Perth 1:00 pm · London 5:00 am)" in text_of(
        page
    )
    post(coordinator, f"{done.location}/undo", {})
    fresh(session)
    assert session.get_one(Booking, booking.id).starts_at == CLINIC_AT
    assert (
        session.scalar(select(func.count()).select_from(OutgoingEmail).where(OutgoingEmail.name == "moved-by-us")) == 0
    )
    assert "Undone" in coordinator.get(done.location).text


RETITLE = {"what": "title", "scope": "one", "title": "Open clinic"}


@pytest.mark.parametrize(
    ("minutes", "before", "after"),
    [
        (
            65,
            "emails go out at 12:00 pm AEST, an hour before the first start. Undo before then and nobody gets one.",
            "1 person will be emailed at 12:00 pm AEST, an hour before the first start. Undo before then",
        ),
        (
            30,
            "emails go out at once: what they are about starts within the hour. There is no undo.",
            "1 person was emailed at once, less than an hour before the first start.",
        ),
        (
            40 * 60,
            "emails go out in ten minutes. Undo before then and nobody gets one.",
            "Undo before then and nobody gets an email.",
        ),
    ],
)
def test_a_change_of_what_begins_soon_says_when_its_emails_leave_and_how_long_it_can_be_undone(
    session: Session, coordinator: Client, clock: Clock, minutes: int, before: str, after: str
) -> None:
    clinic = clinic_with_a_rule(session)
    a_booking(session, clinic, a_person(session, "Mia Moss"))
    clock.now = CLINIC_AT - timedelta(minutes=minutes)
    sign_in_again(session, coordinator)
    path = f"/coordinator/occurrences/{clinic.public_id}"
    shown = coordinator.get(f"{path}/plan", query_string=RETITLE)
    assert before in text_of(shown)
    assert "1 person is emailed everything that changes for them" in text_of(shown)
    assert "Publish and email 1 person" in text_of(shown)
    done = post(coordinator, f"{path}/publish", {**RETITLE, "fingerprint": fingerprint(shown.text)})
    page = coordinator.get(done.location)
    assert after in text_of(page)
    assert ("/undo" in page.text) is (minutes != 30)
    refused = post(coordinator, f"{done.location}/undo", {}, follow_redirects=True)
    assert ("This can’t be undone" in text_of(refused)) is (minutes == 30)


def test_a_change_says_how_many_calendars_have_fetched_since(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fetch before it is none since it; one that is not noted, because the last is not an hour old, is none yet."""
    clinic = clinic_with_a_rule(session)
    cora = a_person(session, "Cora", roles=["coordinator"])
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    at, monotonic = Clock(NOW - timedelta(hours=2)), [0.0]
    monkeypatch.setattr(process_clock, "monotonic", lambda: monotonic[0])
    app = make_app(database, at)
    client, calendar = client_of(app, cora), client_of(app)

    def pass_time(minutes: int) -> None:
        at.now, monotonic[0] = at.now + timedelta(minutes=minutes), monotonic[0] + minutes * 60

    def fetch(*names: str) -> None:
        for name in names:
            assert calendar.get(f"/feeds/{name}.ics").status_code == 200
        fetches.write(app)

    fetch("programme", "clinics")
    pass_time(90)
    fetch("labs")
    pass_time(30)
    path = f"/coordinator/occurrences/{clinic.public_id}"
    shown = client.get(f"{path}/plan", query_string=RETITLE)
    address = post(client, f"{path}/publish", {**RETITLE, "fingerprint": fingerprint(shown.text)}).location

    def said() -> str:
        return text_of(client.get(address))

    assert "0 of 3 calendars in use have updated since." in said()
    pass_time(10)
    fetch("clinics", "labs")
    assert "1 of 3 calendars in use has updated since." in said()
    assert "We record a check at most once an hour, so this number can be up to an hour behind" in said()
    pass_time(20)
    fetch("labs")
    assert "2 of 3 calendars in use have updated since." in said()
    pass_time(15 * 24 * 60)
    sign_in(app, client, cora)
    assert "No calendar app has checked for updates in the last two weeks." in text_of(client.get(address))


def test_a_plan_that_is_no_longer_true_is_shown_again_instead_of_published(
    session: Session, coordinator: Client
) -> None:
    clinic = clinic_with_a_rule(session)
    path = f"/coordinator/occurrences/{clinic.public_id}"
    seen = fingerprint(coordinator.get(f"{path}/plan", query_string=MOVE).text)
    a_booking(session, clinic, a_person(session, "Mia Moss"))
    again = post(coordinator, f"{path}/publish", {**MOVE, "fingerprint": seen})
    assert again.status_code == 409
    assert "The plan has changed since you saw it." in again.text
    assert "Mia Moss" in again.text
    assert session.scalar(select(func.count()).select_from(Change)) == 0
    assert post(coordinator, f"{path}/publish", {**MOVE, "fingerprint": fingerprint(again.text)}).status_code == 303


@pytest.mark.parametrize(
    ("form", "walls"),
    [
        ({"what": "skip"}, ["11 03", "18 03", "25 03"]),
        ({"what": "cancel", "reason": "Flood"}, ["11 03", "18 03", "25 03"]),
        ({"what": "move", "scope": "later", "time": "3 pm – 4 pm"}, ["04 05", "11 05", "18 05", "25 05"]),
        ({"what": "move", "scope": "all", "time": "3 pm – 4 pm", "every": "Tuesday"}, ["05 05", "12 05", "19 05"]),
        ({"what": "postpone", "weeks": "1", "on_holiday": "keep"}, ["11 03", "18 03", "25 03", "01 03"]),
        ({"what": "extra", "to": "2023-12-07", "time": "9 am – 10 am"}, ["04 03", "06 23", "11 03", "18 03", "25 03"]),
        ({"what": "end"}, ["04 03"]),
        ({"what": "skip", "scope": "later"}, []),
    ],
)
def test_each_kind_of_change_does_what_it_says(
    session: Session, coordinator: Client, form: dict[str, str], walls: list[str]
) -> None:
    clinic = clinic_with_a_rule(session)
    path = f"/coordinator/occurrences/{clinic.public_id}"
    shown = coordinator.get(f"{path}/plan", query_string=form)
    assert shown.status_code == 200
    assert post(coordinator, f"{path}/publish", {**form, "fingerprint": fingerprint(shown.text)}).status_code == 303
    fresh(session)
    rows = session.scalars(select(Occurrence).where(Occurrence.status == "scheduled").order_by(Occurrence.starts_at))
    assert [f"{row.starts_at:%d %H}" for row in rows] == walls


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose what you want to change."),
        ({"what": "move", "to": "soon", "time": "3 pm – 4 pm"}, "Choose a date."),
        ({"what": "move", "to": "2023-12-06", "time": "4 pm – 3 pm"}, "is not after the start"),
        ({"what": "cancel"}, "Enter a reason of at most 500 characters. Members see it."),
        ({"what": "postpone", "weeks": "many"}, "Enter a number of weeks from 1 to 52."),
        ({"what": "title", "title": ""}, "Enter a title of at most 200 characters."),
        ({"what": "explode"}, "Choose what you want to change."),
    ],
)
def test_a_mistake_stands_beside_its_field_and_what_was_typed_stays(
    session: Session, coordinator: Client, form: dict[str, str], words: str
) -> None:
    clinic = clinic_with_a_rule(session)
    answer = coordinator.get(f"/coordinator/occurrences/{clinic.public_id}/plan", query_string=form)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_meeting_link_is_kept_at_once_and_a_link_that_is_none_is_refused(
    session: Session, coordinator: Client
) -> None:
    clinic = clinic_with_a_rule(session)
    path = f"/coordinator/occurrences/{clinic.public_id}/links"
    assert post(coordinator, path, {"meeting_url": "https://zoom.example.org/1", "slides": ""}).status_code == 303
    fresh(session)
    assert session.get_one(Occurrence, clinic.id).meeting_url == "https://zoom.example.org/1"
    refused = post(coordinator, path, {"recording": "javascript:alert(1)"})
    assert (refused.status_code, "https://" in refused.text) == (422, True)
    post(coordinator, path, {"meeting_url": "https://zoom.example.org/all", "scope": "series"})
    fresh(session)
    assert session.get_one(Occurrence, clinic.id).series.meeting_url == "https://zoom.example.org/all"


def test_what_has_begun_takes_links_and_nothing_else(session: Session, coordinator: Client, clock: Clock) -> None:
    clinic = clinic_with_a_rule(session)
    clock.now = CLINIC_AT + timedelta(minutes=5)
    sign_in_again(session, coordinator)
    page = coordinator.get(f"/coordinator/occurrences/{clinic.public_id}").text
    assert "This date has started, so it can’t be changed." in page
    refused = coordinator.get(f"/coordinator/occurrences/{clinic.public_id}/plan", query_string={"what": "skip"})
    assert (refused.status_code, "This date has started" in refused.text) == (422, True)


def test_next_14_days_say_what_needs_a_hand(session: Session, coordinator: Client) -> None:
    assert "Nothing to do" in coordinator.get("/coordinator/").text
    a_clinic(session, analysts=0)
    page = coordinator.get("/coordinator/").text
    assert "Clinic without an analyst" in page
    assert "Nobody can book" in page
    session.add(
        OutgoingEmail(
            name="booked", to_email="x@example.org", facts={}, due_at=NOW - timedelta(hours=1), created_at=NOW
        )
    )
    session.commit()
    page = coordinator.get("/coordinator/").text
    assert "1 email has been waiting for over ten minutes." in page
    assert '<a class="btn" href="/coordinator/emails">View waiting emails</a>' in page


def test_an_announcement_becomes_cards_a_plan_and_a_programme(session: Session, coordinator: Client) -> None:
    begun = post(coordinator, "/coordinator/drafts/", {"source": ANNOUNCEMENT, "month": ""})
    page = coordinator.get(begun.location).text
    assert 'value="Tuesday Clinic"' in page
    assert "which do you mean?" in page
    assert session.scalar(select(func.count()).select_from(Series)) == 0
    name = re.search(r'name="answer" value="(aest:\d+=Australia/Brisbane)"', page)
    assert name is not None
    post(coordinator, begun.location, {"answer": name[1]})
    page = coordinator.get(begun.location).text
    assert "We understood everything." not in page
    assert "we didn’t use “Saturday”" in page
    assert "we didn’t use “Tuesday”" not in page
    assert "Search Masterclass" in coordinator.get(f"{begun.location}/preview").text
    plan = coordinator.get(f"{begun.location}/plan").text
    assert "Answer these first" not in plan or "Boxing Day" not in plan
    while "Skip this date" in plan:
        question = re.search(r'value="(holiday:[a-z-]+=skip)"', plan)
        assert question is not None
        post(coordinator, begun.location, {"answer": question[1], "back": "plan"})
        plan = coordinator.get(f"{begun.location}/plan").text
    done = post(coordinator, f"{begun.location}/publish", {"fingerprint": fingerprint(plan)})
    assert "/coordinator/changes/" in done.location
    fresh(session)
    assert sorted(session.scalars(select(Series.slug))) == ["search-masterclass", "tuesday-clinic"]
    assert session.scalars(select(StoredDraft.change_id)).one() is not None
    assert session.scalars(select(Programme.aest_zone)).one() == "Australia/Brisbane"
    again = post(coordinator, "/coordinator/drafts/", {"source": ANNOUNCEMENT, "month": ""})
    assert "which is meant?" not in coordinator.get(again.location).text
    told = text_of(coordinator.get(done.location))
    assert "Fri 5 Jan, 10:00 am–12:00 pm AEST (Sydney 11:00 am · Perth 8:00 am · London 12:00 am) – 1. Accounts" in told


def test_a_card_can_be_corrected_or_left_out_and_a_mistake_is_named(session: Session, coordinator: Client) -> None:
    begun = post(coordinator, "/coordinator/drafts/", {"source": ANNOUNCEMENT, "month": ""})
    card = {
        "card": "card:3",
        "title": "Help Hour",
        "kind": "clinic",
        "every": "Wednesday",
        "time": "2 pm – 3 pm",
        "from": "",
        "until": "",
        "modules": "",
    }
    assert post(coordinator, begun.location, card).status_code == 303
    page = coordinator.get(begun.location).text
    assert 'value="Help Hour"' in page
    wrong = post(coordinator, begun.location, {**card, "every": "Someday"})
    assert (wrong.status_code, "has no day: write Monday" in wrong.text, "Someday" in wrong.text) == (422, True, True)
    post(coordinator, begun.location, {**card, "out": "1"})
    assert "Help Hour" not in coordinator.get(f"{begun.location}/preview").text


@pytest.mark.parametrize("source", ["", "   ", "x" * 700_000])
def test_a_text_that_is_none_is_refused_beside_the_field(coordinator: Client, source: str) -> None:
    assert post(coordinator, "/coordinator/drafts/", {"source": source}).status_code == 422


def test_taking_back_after_ten_minutes_is_a_plan_like_any_other(
    session: Session, coordinator: Client, clock: Clock
) -> None:
    clinic = clinic_with_a_rule(session)
    path = f"/coordinator/occurrences/{clinic.public_id}"
    form = {"what": "cancel", "reason": "Flood"}
    booking = a_booking(session, clinic)
    shown = coordinator.get(f"{path}/plan", query_string=form)
    done = post(coordinator, f"{path}/publish", {**form, "fingerprint": fingerprint(shown.text)})
    clock.now = NOW + timedelta(minutes=11)
    assert "This can’t be undone" in post(coordinator, f"{done.location}/undo", {}, follow_redirects=True).text
    plan = coordinator.get(f"{done.location}/plan")
    assert "Back on" in plan.text
    post(coordinator, f"{done.location}/publish", {"fingerprint": fingerprint(plan.text)})
    fresh(session)
    assert session.get_one(Occurrence, clinic.id).status == "scheduled"
    assert session.get_one(Booking, booking.id).status == "cancelled"
