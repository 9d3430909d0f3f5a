"""Signing in: by link in any browser, by code in the page that is open; never an oracle, never twice."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors, tokens
from booking.services.accounts import sign_in as deeds
from booking.services.accounts.sign_in import Browser, TypedCode
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.sign_ins import SignIn
from booking.web.account.sign_in import safe_path
from tests.builders import NOW, a_clinic, a_person
from tests.databases import Database
from tests.web.client import BASE_URL, SECRET_KEY, Clock, client_of, make_app, post, token_of, typed

KNOWN = "mia.moss@example.org"


def emails(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    return [(email.name, email.to_email) for email in session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id))]


def asked(session: Session) -> SignIn:
    session.rollback()
    return session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()  # type: ignore[return-value]


def code_of(sign_in: uuid.UUID) -> str:
    return tokens.six_digits(SECRET_KEY, "sign-in-code", str(sign_in))


def link_of(sign_in: uuid.UUID) -> str:
    return f"/sign-in/link/{tokens.sign(SECRET_KEY, 'sign-in', str(sign_in))}"


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


@pytest.fixture
def site(database: Database, session: Session) -> tuple[FlaskClient, Clock]:
    a_person(session, "Mia Moss")
    session.commit()
    clock = Clock()
    return client_of(make_app(database, clock)), clock


def test_the_code_of_the_email_signs_in_where_the_page_is_open(
    site: tuple[FlaskClient, Clock], session: Session
) -> None:
    client, _ = site
    answer = post(client, "/sign-in", email=" Mia.Moss@Example.org ", next="/bookings")
    assert emails(session) == [("sign-in", KNOWN)]
    row = asked(session)
    assert answer.location == f"/sign-in/{row.public_id}"
    done = post(client, answer.location, code=f"{code_of(row.public_id)[:3]} {code_of(row.public_id)[3:]}")
    assert (done.status_code, done.location) == (303, "/bookings")
    assert is_signed_in(client)


def test_the_link_signs_in_any_browser_by_its_button_and_once(
    site: tuple[FlaskClient, Clock], session: Session
) -> None:
    client, _ = site
    post(client, "/sign-in", email=KNOWN)
    link = link_of(asked(session).public_id)
    other = client_of(client.application)
    assert other.get(link).status_code == 200
    assert not is_signed_in(other)
    assert asked(session).used_at is None
    assert post(other, link).status_code == 303
    assert is_signed_in(other)
    assert not is_signed_in(client)
    third = client_of(client.application)
    assert third.get(link).status_code == 410
    again = third.post(link, data={"csrf_token": token_of(third.get(link).text)}, headers={"Referer": f"{BASE_URL}/"})
    assert again.status_code == 410
    assert not is_signed_in(third)
    assert (
        post(client, f"/sign-in/{asked(session).public_id}", code=code_of(asked(session).public_id)).status_code == 410
    )


def test_what_was_typed_comes_back_in_another_browser_and_to_nobody_else(
    site: tuple[FlaskClient, Clock], session: Session
) -> None:
    client, _ = site
    clinic = a_clinic(session)
    back = f"/occurrences/{clinic.public_id}"
    kept = typed(back, topic="My <words>", slot="15/20231204T0330Z/any", minutes="15")
    post(client, "/sign-in", email=KNOWN, next=back, typed=kept)
    row = asked(session)
    other = client_of(client.application)
    done = post(other, link_of(row.public_id))
    assert done.location == f"{back}?typed={row.public_id}"
    page = other.get(done.location).text
    assert "My &lt;words&gt;</textarea>" in page
    assert re.search(r'value="15/20231204T0330Z/any" checked', page)
    session.rollback()
    stranger = a_person(session, "Stranger")
    session.commit()
    assert "My &lt;words&gt;" not in client_of(client.application, stranger).get(done.location).text


def test_the_page_answers_the_same_for_everyone(site: tuple[FlaskClient, Clock], session: Session) -> None:
    client, _ = site
    a_person(session, "Closed Account", closed_at=NOW)
    session.commit()
    shown = []
    for email in (KNOWN, "nobody@example.org", "closed.account@example.org"):
        answer = post(client, "/sign-in", email=email)
        page = client.get(answer.location).text.replace(answer.location.rpartition("/")[2], "ID")
        page = page.replace(email, "EMAIL")
        wrong = post(
            client, answer.location, code="000000" if code_of(asked(session).public_id) != "000000" else "1" * 6
        )
        shown.append((answer.status_code, re.sub(r'csrf_token" value="[^"]+', "", page), wrong.status_code))
    assert shown[0] == shown[1] == shown[2]
    assert emails(session) == [
        ("sign-in", KNOWN),
        ("sign-in-unknown", "nobody@example.org"),
        ("sign-in-closed", "closed.account@example.org"),
    ]


def test_an_unknown_address_gets_one_email_a_day(site: tuple[FlaskClient, Clock], session: Session) -> None:
    client, clock = site
    for hours in (0, 1, 23, 25):
        clock.now = NOW + timedelta(hours=hours)
        assert post(client, "/sign-in", email="nobody@example.org").status_code == 303
    assert emails(session) == [("sign-in-unknown", "nobody@example.org")] * 2


def test_five_tries_and_then_even_the_right_code_is_too_late(site: tuple[FlaskClient, Clock], session: Session) -> None:
    client, _ = site
    page = post(client, "/sign-in", email=KNOWN).location
    right = code_of(asked(session).public_id)
    wrong = "000000" if right != "000000" else "111111"
    for words in ("4 tries left", "3 tries left", "2 tries left", "1 try left", "too many wrong codes"):
        answer = post(client, page, code=wrong)
        assert (answer.status_code, words in answer.text) == (422, True)
    assert post(client, page, code=right).status_code == 410
    assert not is_signed_in(client)


def test_guesses_at_once_are_five_at_the_most(database: Database, session: Session) -> None:
    a_person(session, "Mia Moss")
    session.commit()
    sign_in = deeds.ask(session, KNOWN, "sender", NOW)
    outcomes: list[str] = []
    together = threading.Barrier(8)

    def guess() -> None:
        with database.sessions() as own:
            together.wait()
            for _ in range(2):
                try:
                    deeds.by_code(own, sign_in, TypedCode("no code", SECRET_KEY), NOW, Browser("sender"))
                except errors.Refusal as refusal:
                    outcomes.append(refusal.code)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["tried-too-often"] * 11 + ["wrong-code"] * 5


def test_two_presses_at_once_sign_in_once(database: Database, session: Session) -> None:
    a_person(session, "Mia Moss")
    session.commit()
    sign_in = deeds.ask(session, KNOWN, "sender", NOW)
    outcomes: list[str] = []
    together = threading.Barrier(4)

    def press() -> None:
        with database.sessions() as own:
            together.wait()
            try:
                deeds.by_link(own, sign_in, NOW, Browser("sender"))
                outcomes.append("in")
            except errors.SignInExpired:
                outcomes.append("out")

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "out", "out", "out"]


@pytest.mark.parametrize(("minutes", "works"), [(9, True), (10, False)])
def test_link_and_code_are_valid_ten_minutes(
    site: tuple[FlaskClient, Clock], session: Session, minutes: int, works: bool
) -> None:
    client, clock = site
    page = post(client, "/sign-in", email=KNOWN).location
    clock.now = NOW + timedelta(minutes=minutes)
    post(client, page, code=code_of(asked(session).public_id))
    assert is_signed_in(client) is works
    other = client_of(client.application)
    row = session.scalars(select(SignIn).order_by(SignIn.id)).first()
    assert row is not None
    assert post(other, link_of(row.public_id)).status_code == 410


@pytest.mark.parametrize(
    "hostile",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:1",
        "/a\r\nSet-Cookie: x",
        "",
        "/\t/evil",
        "evil",
    ],
)
def test_nobody_is_led_elsewhere(hostile: str) -> None:
    assert safe_path(hostile) == "/"
    assert safe_path("/occurrences/x?typed=1") == "/occurrences/x?typed=1"


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "a@b.c\r\nBcc: x@y.z", "x" * 100_000 + "@example.org", "a b@c.de", "a@b.c,d@e.f"]
)
def test_what_is_no_address_is_said_beside_the_field_and_nothing_is_kept(
    site: tuple[FlaskClient, Clock], session: Session, email: str
) -> None:
    client, _ = site
    answer = post(client, "/sign-in", email=email)
    assert (answer.status_code, "Enter an email address" in answer.text) == (422, True)
    assert session.scalars(select(SignIn)).all() == []


def test_no_row_holds_what_signs_in(site: tuple[FlaskClient, Clock], session: Session) -> None:
    client, _ = site
    post(client, "/sign-in", email=KNOWN)
    row = asked(session)
    stored = " ".join(str(getattr(row, column.key)) for column in SignIn.__table__.columns)
    assert code_of(row.public_id) not in stored
    assert link_of(row.public_id).rpartition(".")[2] not in stored
