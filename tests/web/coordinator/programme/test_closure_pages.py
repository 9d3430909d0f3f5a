"""Closures on pages: previewed, published, undone, lifted; and what is refused."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient as Client
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.programme.closures import StoredClosure
from booking.store.programme.programme import CANCELLED, Occurrence, Series
from tests.builders import CLINIC_AT, NOW, a_booking, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import Clock, client_of, make_app, token_of

pytestmark = pytest.mark.both_databases  # what a plan stores and takes back

FORM = {"first": "2023-12-04", "last": "2023-12-12", "reason": "Office closed", "scope": "all"}
LISTED = "/coordinator/closures/"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def cora(database: Database, session: Session, clock: Clock) -> Client:
    """A coordinator of a clinic on four Mondays, with Kim booked on the first two."""
    person, kim = a_person(session, "Cora", roles=["coordinator"]), a_person(session, "Kim")
    ada = a_person(session, "Ada", roles=["analyst"])
    series = a_series(session, [ada], rrule="FREQ=WEEKLY;BYDAY=MO", starts_on=date(2023, 12, 4), slug="clinic")
    series.ends_on = date(2023, 12, 25)
    rows = [
        an_occurrence(session, series, [ada], CLINIC_AT + timedelta(weeks=n), key=f"{date(2023, 12, 4 + 7 * n)}")
        for n in range(4)
    ]
    for row in rows:
        row.rule_on = date.fromisoformat(row.key)
    for row in rows[:2]:
        a_booking(session, row, kim)
    session.commit()
    return client_of(make_app(database, clock), person)


def preview(client: Client, **fields: object) -> str:
    found = client.get(f"{LISTED}plan", query_string={**FORM, **fields})
    assert found.status_code == 200, found.text
    return found.text


def publish(client: Client, page: str, address: str = f"{LISTED}publish", **fields: object) -> str:
    """Publish what that page shows; the address of the publish."""
    fingerprint = re.findall(r'name="fingerprint" value="(\w+)"', page)[0]
    values = {**FORM, **fields, "csrf_token": token_of(page), "fingerprint": fingerprint}
    answer = client.post(address, data=values)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def cancelled(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    rows = session.scalars(select(Occurrence).where(Occurrence.status == CANCELLED).order_by(Occurrence.key))
    return [(row.key, row.reason) for row in rows]


def test_a_period_is_previewed_and_published_with_one_email_a_person(cora: Client, session: Session) -> None:
    page = preview(cora)
    assert "Close Mon\xa04 – Tue\xa012\xa0Dec: Office closed" in page
    assert "closed for every series" in page
    assert "Publish and email 1 person" in page
    assert cancelled(session) == []
    publish(cora, page)
    assert cancelled(session) == [("2023-12-04", "Office closed"), ("2023-12-11", "Office closed")]
    assert session.scalar(select(func.count(OutgoingEmail.id)).where(OutgoingEmail.change_id.is_not(None))) == 1
    assert {booking.is_cancelled for booking in session.scalars(select(Booking))} == {True}
    shown = cora.get(LISTED).text
    assert "Added by Cora" in shown
    assert "Lift closure" in shown


def test_undo_opens_the_period_again_and_gives_the_bookings_back(cora: Client, session: Session) -> None:
    where = publish(cora, preview(cora))
    page = cora.get(where).text
    cora.post(f"{where}/undo", data={"csrf_token": token_of(page)})
    assert cancelled(session) == []
    assert session.scalar(select(func.count(StoredClosure.id))) == 0
    assert {booking.is_cancelled for booking in session.scalars(select(Booking))} == {False}
    assert "No period is closed" in cora.get(LISTED).text


def test_a_closure_is_lifted_by_a_plan_and_that_can_be_undone_too(cora: Client, session: Session, clock: Clock) -> None:
    publish(cora, preview(cora))
    clock.now = NOW + timedelta(minutes=11)
    closure = session.scalars(select(StoredClosure)).one()
    lift = f"{LISTED}{closure.public_id}/lift"
    page = cora.get(f"{lift}/plan").text
    assert "open again for every series" in page
    assert page.count("Back on") == 2
    where = publish(cora, page, f"{lift}/publish")
    assert cancelled(session) == []
    assert "Over or lifted" in (shown := cora.get(LISTED).text)
    assert "by Cora" in shown
    cora.post(f"{where}/undo", data={"csrf_token": token_of(cora.get(where).text)})
    assert len(cancelled(session)) == 2
    assert "Lift closure" in cora.get(LISTED).text


def test_a_closure_whose_time_to_undo_is_over_is_taken_back_by_a_plan(
    cora: Client, session: Session, clock: Clock
) -> None:
    where = publish(cora, preview(cora))
    clock.now = NOW + timedelta(minutes=11)
    page = cora.get(f"{where}/plan").text
    publish(cora, page, f"{where}/publish")
    assert cancelled(session) == []


def test_only_the_chosen_series_are_closed(cora: Client, session: Session) -> None:
    other = a_series(session, slug="lab", kind="lab", title="Tracking Lab", rrule="FREQ=WEEKLY;BYDAY=TU")
    session.commit()
    page = preview(cora, scope="some", series=["lab"])
    assert "closed for Tracking Lab" in page
    publish(cora, page, scope="some", series=["lab"])
    assert cancelled(session) == []
    assert session.scalars(select(Series.title).where(Series.id == other.id)).one() in cora.get(LISTED).text


def test_the_same_closure_twice_changes_nothing(cora: Client, session: Session) -> None:
    publish(cora, preview(cora))
    page = preview(cora)
    assert "it’s already like that" in page
    assert '<button class="btn solid ink big"' not in page
    assert session.scalar(select(func.count(StoredClosure.id))) == 1


def test_a_plan_that_is_out_of_date_is_shown_again_and_nothing_is_closed(cora: Client, session: Session) -> None:
    page = preview(cora)
    row = session.scalars(select(Occurrence).order_by(Occurrence.key)).first()
    assert row is not None
    a_booking(session, row, a_person(session, "Lee"), after_minutes=30)
    session.commit()
    fingerprint = re.findall(r'name="fingerprint" value="(\w+)"', page)[0]
    values = {**FORM, "csrf_token": token_of(page), "fingerprint": fingerprint}
    answer = cora.post(f"{LISTED}publish", data=values)
    assert answer.status_code == 409
    assert cancelled(session) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"first": ""}, "Choose a date."),
        ({"first": "soon"}, "Choose a date."),
        ({"first": "9999-12-31"}, "Choose a date within the next 5 years."),
        ({"last": "2023-12-03"}, "Choose a last day that isn’t before the first."),
        ({"first": "2023-11-01", "last": "2023-11-02"}, "Choose days that aren’t all in the past."),
        ({"last": "2025-12-03"}, "A closure lasts at most a year."),
        ({"reason": " "}, "Enter a reason"),
        ({"reason": "x" * 201}, "Enter a reason"),
        ({"reason": "a\x07b"}, "Enter a reason"),
        ({"scope": "some"}, "Choose at least one series."),
        ({"scope": "some", "series": "no-such-series"}, "Choose at least one series."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    cora: Client, session: Session, fields: dict[str, str], said: str
) -> None:
    answer = cora.get(f"{LISTED}plan", query_string={**FORM, **fields})
    assert answer.status_code == 422
    assert said in answer.text
    if "reason" not in fields:
        assert 'value="Office closed"' in answer.text
    posted = cora.post(f"{LISTED}publish", data={**FORM, **fields, "csrf_token": token_of(answer.text)})
    assert posted.status_code == 422
    assert session.scalar(select(func.count(StoredClosure.id))) == 0


def test_a_closure_that_is_not_there_is_not_found(cora: Client) -> None:
    assert cora.get(f"{LISTED}{'0' * 8}-0000-0000-0000-{'0' * 12}/lift/plan").status_code == 404
