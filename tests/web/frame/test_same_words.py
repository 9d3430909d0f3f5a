"""A rule or a refusal reads the same on pages, in emails and in the API: each has one home."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.domain import errors, refusal_words
from booking.domain.bookings import cover_words, policy_words
from booking.domain.errors import Refusal
from booking.mail.render import Recipient, render
from booking.services.accounts import tokens
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_clinic, a_person
from tests.databases import Database, migrated
from tests.mail.test_golden import EMAILS, LINKS
from tests.web.client import Clock, client_of, make_app

RULES = ORGANISATION.policy


@pytest.fixture
def database() -> Database:
    """Words do not hang on the database's kind."""
    found = migrated("sqlite")
    found.empty()
    return found


@pytest.fixture
def app(database: Database) -> Flask:
    return make_app(database, Clock(NOW))


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\N{NO-BREAK SPACE}", " ").split())


def page_of(app: Flask, clinic: Occurrence, person: object) -> str:
    return text_of(client_of(app, person).get(f"/occurrences/{clinic.public_id}").text)


def asked_by_program(app: Flask, session: Session, clinic: Occurrence, person: Any, **more: object) -> Any:
    token = tokens.make(session, person.email, NOW)
    wanted = {"occurrence_id": str(clinic.public_id), "analyst": None, "starts_at": "2023-12-04T03:30:00Z"}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    return client_of(app).post("/api/v1/bookings", json={**wanted, "minutes": 15, **more}, headers=headers)


def test_a_limit_is_said_alike_on_the_page_and_to_a_program(app: Flask, session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    member = a_booking(session, clinic).member
    session.commit()
    answer = asked_by_program(app, session, clinic, member)
    assert (answer.status_code, answer.json["code"], answer.json["title"]) == (409, "limit-reached", "Conflict")
    assert answer.json["detail"].startswith("You already have a booking here. Move or cancel it to book another time.")
    assert answer.json["detail"].replace("\N{NO-BREAK SPACE}", " ") in page_of(app, clinic, member)


def test_a_length_that_is_not_offered_is_named_in_the_words_of_the_rules(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    member = a_person(session)
    session.commit()
    answer = asked_by_program(app, session, clinic, member, minutes=45)
    assert answer.json["detail"] == "Slots are 15 or 30 minutes long."
    assert answer.json["detail"] in page_of(app, clinic, member)


def test_lateness_and_joining_read_alike_before_and_after_booking(app: Flask, session: Session) -> None:
    clinic = a_clinic(session)
    member = a_person(session)
    session.commit()
    shown = page_of(app, clinic, member)
    for words in (policy_words.late(RULES), policy_words.MAY_CHANGE):
        assert words in shown
        assert words in email("booked-brisbane-subscribed")
    assert policy_words.join(RULES) in shown
    assert policy_words.join(RULES, "each start") in email("enrolled")


def email(name: str) -> str:
    email_name, facts, zone = EMAILS[name]
    made = render(email_name, facts, Recipient("mia.moss@example.org", "Mia Moss", zone), LINKS, ORGANISATION)
    return " ".join(made.text.split())


def test_the_end_of_cover_is_the_same_hour_for_members_analysts_and_coordinators() -> None:
    assert cover_words.ENDS == "1 hour"
    assert f"cancelled {cover_words.ENDS} before they start" in email("cover-wanted-one")


@pytest.mark.parametrize("late_minutes", [0, 120])
def test_what_can_still_be_done_is_said_as_it_is_now(late_minutes: int) -> None:
    policy, when = replace(RULES, late_minutes=late_minutes), "{:%H:%M}".format
    before = policy_words.may_change(policy, CLINIC_AT, CLINIC_AT - timedelta(hours=3), when)
    after = policy_words.may_change(policy, CLINIC_AT, CLINIC_AT - timedelta(hours=1), when)
    if late_minutes:
        assert before == "You can move or cancel it until it starts. Cancelling after 01:00 counts as late."
        assert after == "You can move or cancel it until it starts. Cancelling now counts as late."
    else:
        assert before == after == policy_words.MAY_CHANGE


def every_refusal() -> Iterator[type[Refusal]]:
    waiting = list(Refusal.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("booking."):
            yield one


#: Refusals whose pages say more than a sentence: the plan, the problems of a file, the people concerned.
SHOWN_OTHERWISE = {
    *(
        "cannot-publish",
        "holds-real-people",
        "would-orphan",
        "cannot-merge",
        "cannot-read",
        "unreadable",
        "address-change-expired",
        "no-trials",
        "trial-link-expired",
    ),
}


def test_every_refusal_has_words_of_its_own() -> None:
    said_with_numbers = {
        one.code
        for one in (
            *(errors.SlotTaken, errors.TooLate, errors.TooEarly, errors.AlreadyStarted, errors.AlreadyOver),
            *(errors.LimitReached, errors.AlreadyMarked, errors.Full, errors.MembershipEnded, errors.LengthNotOffered),
            *(errors.TextNotAccepted, errors.TooManyRequests, errors.WrongCode),
        )
    }
    codes = {one.code for one in every_refusal()}
    assert codes - said_with_numbers - set(refusal_words.SENTENCES) - SHOWN_OTHERWISE == set()
