"""The pages of a free trial, the line on every page of somebody who has one, and the coordinator's list."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.people.trial_sign_ups import TrialSignUp
from booking.store.queries.people import trial_list
from tests.builders import NOW, a_person
from tests.databases import Database
from tests.web.client import SECRET_KEY, client_of, give_rules, make_app, post

LAST = date(2023, 12, 4)
FORM = {"name": "Tia Novak", "email": "tia@example.org", "time_zone": "Australia/Perth"}


def app_of(database: Database, days: int = 7) -> Flask:
    app = make_app(database)
    give_rules(app, trial_days=days)
    return app


def read(page: str) -> str:
    """The page with ordinary spaces."""
    return page.replace("\u00a0", " ").replace("&nbsp;", " ")


def link_of(session: Session) -> str:
    session.rollback()
    row = session.scalars(select(TrialSignUp).order_by(TrialSignUp.id.desc())).first()
    assert row is not None
    return f"/trial/{tokens.sign(SECRET_KEY, 'trial', str(row.public_id))}"


def test_a_visitor_signs_up_and_the_button_behind_the_link_signs_them_in(database: Database, session: Session) -> None:
    client = client_of(app_of(database))
    for page in ("/", "/sign-in"):
        assert 'href="/trial"' in client.get(page).text
    assert "Try it free for 7 days" in client.get("/trial").text
    sent = post(client, "/trial", **FORM)
    assert "We’ve emailed tia@example.org" in sent.text
    link = link_of(session)
    assert "Start your free trial, Tia Novak?" in client.get(link).text
    client.head(link)
    session.rollback()
    assert session.scalars(select(Person)).all() == []
    assert post(client, link).headers["Location"] == "/"
    page = read(client.get("/").text)
    assert "Welcome. Your free trial has begun, and you’re signed in." in page
    assert "Your free trial ends on Monday 4 December 2023." in page
    assert 'href="https://example.org/join"' in page
    assert client.get(link).status_code == 410


def test_the_answer_is_the_same_for_an_address_that_has_an_account(database: Database, session: Session) -> None:
    a_person(session, "Mia Moss")
    session.commit()
    client = client_of(app_of(database))
    stranger = post(client, "/trial", **FORM).text
    member = post(client, "/trial", **{**FORM, "email": "mia.moss@example.org"}).text
    assert member == stranger.replace("tia@example.org", "mia.moss@example.org")
    told = session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)).all()
    assert [one.facts["answer"] for one in told] == ["confirm", "has-account"]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("email", "nobody", "Enter an email address such as name@example.org."),
        ("name", "", "Enter a name."),
        ("name", "x" * 500, "Use at most 100 characters."),
        ("time_zone", "Mars", "Choose a time zone from the list."),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_the_rest_stays(
    database: Database, session: Session, field: str, typed: str, words: str
) -> None:
    answer = post(client_of(app_of(database)), "/trial", **{**FORM, field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error">{words}' in answer.text
    kept = "Tia Novak" if field != "name" else "tia@example.org"
    assert f'value="{kept}"' in answer.text
    assert session.scalars(select(TrialSignUp)).all() == []


def test_too_many_sign_ups_are_told_when_the_next_is_free(database: Database) -> None:
    client = client_of(app_of(database))
    for _ in range(3):
        assert post(client, "/trial", **FORM).status_code == 200
    answer = post(client, "/trial", **FORM)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert "We&#39;ve emailed this address several times today." in answer.text


def test_there_is_no_such_page_where_no_trial_is_offered(database: Database) -> None:
    client = client_of(app_of(database, 0))
    assert client.get("/trial").status_code == 404
    assert client.get(f"/trial/{tokens.sign(SECRET_KEY, 'trial', str(uuid.uuid4()))}").status_code == 404
    assert "/trial" not in client.get("/sign-in").text + client.get("/").text


def test_who_is_signed_in_is_told_that_they_have_an_account(database: Database, session: Session) -> None:
    mia = a_person(session, "Mia Moss")
    session.commit()
    client = client_of(app_of(database), mia)
    assert "You already have an account" in client.get("/trial").text
    post(client, "/trial", "/me", **FORM)
    assert session.scalars(select(TrialSignUp)).all() == []


def test_a_trial_that_ended_says_so_and_how_to_join_on_every_page(database: Database, session: Session) -> None:
    tia = a_person(session, "Tia Novak", member_until=LAST, trial_until=LAST)
    session.commit()
    client = client_of(make_app(database, NOW + timedelta(days=9)), tia)
    for address in ("/", "/bookings", "/me", "/calendars"):
        page = read(client.get(address).text)
        assert page.count("Your free trial ended on Monday 4 December 2023.") == 1, address
        assert 'href="https://example.org/join"' in page
        assert "Renew" not in page
    tia.member_until = LAST + timedelta(days=365)
    session.commit()
    assert "free trial" not in client.get("/bookings").text


def test_a_coordinator_sees_the_trials_and_how_many_became_members(database: Database, session: Session) -> None:
    cora = a_person(session, "Cora", roles=["coordinator"])
    viewer = a_person(session, "Vi", roles=["viewer"])
    trial = {"trial_until": LAST, "member_until": LAST}
    a_person(session, "On Trial", **trial)
    a_person(session, "Long Over", trial_until=date(2023, 11, 1), member_until=date(2023, 11, 1))
    a_person(session, "Has Joined", **{**trial, "member_until": None})
    a_person(session, "Never Tried")
    session.commit()
    assert trial_list.counts(session, date(2023, 1, 1), date(2023, 11, 27)) == {
        "under-way": 1,
        "joined": 1,
        "ended": 1,
    }
    for person in (cora, viewer):
        page = client_of(app_of(database), person).get("/coordinator/people/trials").text
        assert page.index("Has Joined") < page.index("On Trial") < page.index("Long Over")
        assert "Never Tried" not in page


def test_the_list_of_trials_goes_on_page_by_page(database: Database, session: Session) -> None:
    for number in range(trial_list.PAGE + 3):
        a_person(session, f"Number {number:02}", member_until=LAST, trial_until=LAST)
    cora = a_person(session, "Cora", roles=["coordinator"])
    session.commit()
    client = client_of(app_of(database), cora)
    first = client.get("/coordinator/people/trials").text
    after = first.partition("/coordinator/people/trials?after=")[2].partition('"')[0]
    second = client.get(f"/coordinator/people/trials?after={after}").text
    names = {f"Number {number:02}" for number in range(trial_list.PAGE + 3)}
    on_first = {name for name in names if name in first}
    assert len(on_first) == trial_list.PAGE
    assert {name for name in names if name in second} == names - on_first
    assert client.get("/coordinator/people/trials?after=nonsense").status_code == 404
