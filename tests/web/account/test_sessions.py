"""Sessions of signed-in people: stored, listed, ended on the server, idle for so long and no longer."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from booking.domain import tokens
from booking.domain.people import sessions
from booking.services.outbox import deliver
from booking.store.audit_log import AuditEntry
from booking.store.people import sessions as store
from booking.store.people.people import Person
from booking.store.people.sessions import UserSession
from booking.store.people.sign_ins import SignIn
from booking.web.frame import last_seen
from tests.builders import NOW, a_person
from tests.databases import Database
from tests.web.client import BASE_URL, SECRET_KEY, Clock, make_app, post
from tests.web.client import client_of as used_client_of

COOKIE = "__Host-booking"


def client_of(app: Flask, person: Person | None = None) -> FlaskClient:
    """A client with a session that nobody has used since."""
    return used_client_of(app, person, used_for=timedelta(0))


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


def stored(session: Session) -> list[UserSession]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(UserSession).order_by(UserSession.id)))


def entries(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.fixture
def member(session: Session) -> Person:
    person = a_person(session, "Mia Moss")
    session.commit()
    return person


def test_signing_out_ends_the_session_on_the_server_so_that_a_copied_cookie_dies(
    database: Database, session: Session, member: Person
) -> None:
    client = client_of(make_app(database), member)
    copied = client.get_cookie(COOKIE, domain="booking.example.org")
    assert copied is not None
    thief = client_of(client.application)
    thief.set_cookie(COOKIE, copied.value, domain="booking.example.org")
    assert is_signed_in(thief)
    assert post(client, "/sign-out", page="/me").status_code == 303
    assert not is_signed_in(client)
    assert not is_signed_in(thief)
    assert stored(session)[0].ended_at == NOW
    assert entries(session)[-1] == "signed-out"


def test_the_cookies_token_is_not_stored(database: Database, session: Session, member: Person) -> None:
    client = client_of(make_app(database), member)
    with client.session_transaction(base_url=BASE_URL) as kept:
        token = kept["session"]
    row = stored(session)[0]
    assert len(token) >= 43  # 256 bits
    assert row.digest == store.digest(token)
    assert token not in " ".join(str(getattr(row, column.key)) for column in UserSession.__table__.columns)


@pytest.mark.parametrize("token", ["", "x", 7, None, ["a"], "x" * 3000])
def test_a_cookie_with_another_token_opens_nothing(
    database: Database, session: Session, member: Person, token: object
) -> None:
    client = client_of(make_app(database), member)
    with client.session_transaction(base_url=BASE_URL) as kept:
        kept["session"] = token
    assert client.get("/me").status_code == 303


def test_a_device_can_be_signed_out_from_another_and_only_by_its_own_person(
    database: Database, session: Session, member: Person
) -> None:
    other = a_person(session, "Otto Other")
    session.commit()
    app = make_app(database)
    here, there, stranger = client_of(app, member), client_of(app, member), client_of(app, other)
    page = here.get("/me").text
    assert page.count("Chrome on Windows") == 3  # both, and the button's name
    paths = re.findall(r'action="(/me/sessions/[0-9a-f-]+/end)"', page)
    assert len(paths) == 1  # this device has "Sign out" itself
    assert post(stranger, paths[0], page="/me").status_code == 303
    assert is_signed_in(there)
    assert post(here, paths[0], page="/me").status_code == 303
    assert not is_signed_in(there)
    assert "Signed out on that device." in here.get("/me").text


def test_all_other_devices_are_signed_out_at_once(database: Database, session: Session, member: Person) -> None:
    app = make_app(database)
    here, there, elsewhere = (client_of(app, member) for _ in range(3))
    assert post(here, "/me/sessions/end-others", page="/me").status_code == 303
    assert "Signed out on 2 other devices." in here.get("/me").text
    assert [is_signed_in(client) for client in (here, there, elsewhere)] == [True, False, False]
    assert "Sign out all other devices" not in here.get("/me").text
    assert entries(session)[-1] == "signed-out-elsewhere"


@pytest.mark.parametrize(
    ("roles", "idle"),
    [
        (["member"], timedelta(days=90)),
        (["analyst"], timedelta(hours=24)),
        (["coordinator"], timedelta(hours=24)),
        (["member", "analyst"], timedelta(hours=24)),
    ],
)
def test_a_session_ends_after_its_idle_time_and_use_prolongs_it(
    database: Database, session: Session, roles: list[str], idle: timedelta
) -> None:
    person = a_person(session, roles=roles)
    session.commit()
    clock = Clock()
    app = make_app(database, clock)
    used, left = client_of(app, person), client_of(app, person)
    clock.now = NOW + idle - timedelta(seconds=1)
    assert is_signed_in(used)
    last_seen.write(app)
    clock.now = NOW + idle
    assert is_signed_in(used)
    assert not is_signed_in(left)
    assert len(re.findall("Chrome on Windows", used.get("/me").text)) == 1


def test_somebody_who_becomes_an_analyst_has_an_analysts_idle_time(
    database: Database, session: Session, member: Person
) -> None:
    clock = Clock()
    client = client_of(make_app(database, clock), member)
    clock.now = NOW + timedelta(days=2)
    assert is_signed_in(client)
    session.rollback()
    session.get_one(Person, member.id).roles[0].role = "analyst"
    session.commit()
    assert not is_signed_in(client)


def test_no_session_lasts_longer_than_a_year(database: Database, session: Session, member: Person) -> None:
    clock = Clock()
    app = make_app(database, clock)
    client = client_of(app, member)
    for days in (*range(60, 365, 60), 364):
        clock.now = NOW + timedelta(days=days)
        assert is_signed_in(client)
        last_seen.write(app)
    clock.now = NOW + timedelta(days=365)
    assert not is_signed_in(client)


def test_when_a_session_was_last_used_is_written_every_few_minutes_and_never_by_the_page_itself(
    database: Database, session: Session, member: Person
) -> None:
    clock = Clock()
    app = make_app(database, clock)
    client = client_of(app, member)
    for minutes, written in ((4, 0), (5, 5), (9, 5), (12, 12)):
        clock.now = NOW + timedelta(minutes=minutes)
        before = stored(session)[0].last_seen_at
        assert is_signed_in(client)
        assert stored(session)[0].last_seen_at == before
        last_seen.write(app)
        assert stored(session)[0].last_seen_at == NOW + timedelta(minutes=written)


def test_who_is_reading_costs_one_statement(database: Database, session: Session, member: Person) -> None:
    client = client_of(make_app(database), member)
    statements: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", heard)
    try:
        assert client.get("/sign-in").status_code == 303
    finally:
        event.remove(database.engine, "before_cursor_execute", heard)
    assert [statement for statement in statements if not statement.startswith("BEGIN")] == statements[-1:]
    assert "user_session" in statements[-1]


def test_a_closed_account_is_signed_out_at_once(database: Database, session: Session, member: Person) -> None:
    client = client_of(make_app(database), member)
    member.closed_at = NOW
    session.commit()
    assert not is_signed_in(client)


def test_old_sessions_are_deleted_with_the_housekeeping(database: Database, session: Session, member: Person) -> None:
    app = make_app(database)
    client_of(app, member)
    deliver.keep_house(session, "worker", NOW + sessions.MEMBER_IDLE)
    assert len(stored(session)) == 1
    deliver.keep_house(session, "worker", NOW + sessions.MEMBER_IDLE + timedelta(seconds=1))
    assert stored(session) == []


def test_the_session_cookie_is_for_this_host_over_https_and_no_script(
    database: Database, session: Session, member: Person
) -> None:
    client = client_of(make_app(database))
    post(client, "/sign-in", email=member.email)
    asked = session.scalars(select(SignIn.public_id)).one()
    token = tokens.sign(SECRET_KEY, "sign-in", str(asked))
    cookie = post(client, f"/sign-in/link/{token}").headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Expires="):
        assert flag in cookie
