"""Signed addresses that do not open: the answer says nothing of why, and each stops as soon as it should."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.store.people.people import Person
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_place
from tests.databases import Database
from tests.web.client import FEED_KEY, SECRET_KEY, Clock, client_of, make_app

UNKNOWN = f"00000000-0000-4000-8000-000000000000.{'a' * 32}"
MALFORMED = [
    "x",
    "no-uuid." + "a" * 32,
    UNKNOWN[:-1],
    UNKNOWN.upper(),
    "." + "a" * 32,
    "x" * 8_000,
    "é.ü",
    "\U0001f5d3",
    "%00",
    f"00000000-0000-4000-8000-00000000000%00.{'a' * 32}",
    "%FF%FE",
    "a%2Fb",
    "a%2F%2Fb",
    f"{UNKNOWN}%2F",
    "%252F",
]


def said(answer: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer."""
    return answer.status_code, answer.data, list(answer.headers)


@pytest.mark.parametrize("role", ["member", "analyst"])
def test_unknown_malformed_and_revoked_feed_addresses_get_the_same_bytes(
    database: Database, session: Session, role: str
) -> None:
    ann = a_person(session, "Ann Both", ["member", "analyst"])
    ann.member_feed_generation = ann.analyst_feed_generation = 1
    session.commit()
    client = client_of(make_app(database))
    revoked = tokens.sign(FEED_KEY, f"{role}-feed", str(ann.public_id))
    good = tokens.sign(FEED_KEY, f"{role}-feed", str(ann.public_id), 1)
    assert client.get(f"/feeds/{role}/{good}.ics").status_code == 200
    unknown = said(client.get(f"/feeds/{role}/{UNKNOWN}.ics"))
    assert unknown[0] == 404
    assert not {"Set-Cookie", "Location", "Vary"} & {name for name, _ in unknown[2]}
    for token in [*MALFORMED, revoked, good[:-1], good.upper(), good.replace(".", "%2F")]:
        assert said(client.get(f"/feeds/{role}/{token}.ics")) == unknown, token


@pytest.mark.parametrize(
    ("path", "purpose"),
    [
        ("/manage/{}", "manage"),
        ("/manage/{}/move", "manage"),
        ("/manage/{}/booking.ics", "manage"),
        ("/manage/place/{}", "place"),
        ("/join/{}", "join"),
        ("/unsubscribe/reminders/{}", "unsubscribe-reminders"),
    ],
)
def test_unknown_malformed_and_lapsed_addresses_of_emails_get_the_same_bytes(
    database: Database, session: Session, path: str, purpose: str
) -> None:
    mia, max_ = a_person(session, "Mia Holt"), a_person(session, "Max Other")
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, mia)
    place = a_place(session, clinic, max_)
    session.commit()
    clock = Clock()
    client = client_of(make_app(database, clock))
    of = {"place": place.public_id, "unsubscribe-reminders": mia.public_id}.get(purpose, booking.public_id)
    good = tokens.sign(SECRET_KEY, purpose, str(of))
    of_another = tokens.sign(SECRET_KEY, "another-purpose", str(of))
    assert client.get(path.format(good)).status_code == 200
    unknown = said(client.get(path.format(UNKNOWN)))
    assert unknown[0] == 404
    assert not {"Set-Cookie", "Location"} & {name for name, _ in unknown[2]}
    for token in [*MALFORMED, of_another, good[:-1], good.upper()]:
        assert said(client.get(path.format(token))) == unknown, token
    if purpose in {"manage", "place"}:
        clock.now = CLINIC_AT + timedelta(days=8)
        assert said(client.get(path.format(good))) == unknown


def test_a_sign_in_link_that_does_not_open_says_the_same_whatever_is_wrong_with_it(
    database: Database, session: Session
) -> None:
    client = client_of(make_app(database))

    def page(path: str) -> tuple[int, str]:
        answer = client.get(path)
        return answer.status_code, re.sub(r'csrf_token" value="[^"]+', "", answer.text)  # it names the page

    shown = page(f"/sign-in/link/{UNKNOWN}")
    assert shown[0] == 410
    for token in MALFORMED:
        if "%2F" not in token and "%00" not in token:  # those are no links, or nothing that anybody can mean
            assert page(f"/sign-in/link/{token}") == shown, token


def closed(person: Person) -> None:
    person.closed_at = NOW


def without_the_role(person: Person) -> None:
    person.roles.clear()


@pytest.mark.parametrize("role", ["member", "analyst"])
@pytest.mark.parametrize("change", [closed, without_the_role])
def test_a_closed_account_or_a_lost_role_stops_the_feed_at_once(
    database: Database, session: Session, role: str, change: Any
) -> None:
    ann = a_person(session, "Ann Both", ["member", "analyst"])
    session.commit()
    client = client_of(make_app(database))
    address = f"/feeds/{role}/{tokens.sign(FEED_KEY, f'{role}-feed', str(ann.public_id))}.ics"
    tag = client.get(address).headers["ETag"]
    change(ann)
    session.commit()
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 404


def test_a_signed_address_is_put_into_no_other(database: Database, session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    client = client_of(make_app(database))
    token = tokens.sign(SECRET_KEY, "manage", str(booking.public_id))
    for path in (f"/manage/{token}", f"/join/{UNKNOWN}"):
        assert 'href="/sign-in"' in client.get(path).text
    assert 'href="/sign-in?next=/calendars"' in client.get("/calendars").text
