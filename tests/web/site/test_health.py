"""A database that hangs, is locked, read-only or full: a quick 503 that changed nothing, and /healthz says why."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from booking.app import create_app
from booking.store.bookings.bookings import Booking
from booking.store.db import condition, engines, limits
from booking.store.db.limits import Limits
from booking.store.outbox.workers import Worker
from booking.store.programme.programme import Occurrence
from tests import databases
from tests.builders import NOW, a_clinic, a_person
from tests.databases import Database
from tests.web.client import Clock, client_of, post, settings

pytestmark = pytest.mark.both_databases

FIRST = "15/20231204T0300Z/any"
SHORT = Limits(connect_seconds=2, answer_seconds=0.5, lock_seconds=0.3)


@contextmanager
def stopped_server() -> Iterator[None]:
    """PostgreSQL with each of its processes stopped, until the end of the block."""
    server = databases.postgresql_server().get_pid()
    assert server is not None
    pids = [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def app(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application on an engine of its own, as it is served, with short limits."""
    monkeypatch.setattr(limits, "PAGE", SHORT)
    monkeypatch.setattr(limits, "OUTAGE_SECONDS", 0.0)
    monkeypatch.setattr(condition, "LOOK_SECONDS", 0.3)
    made = create_app(settings(database), Clock(NOW))
    yield made
    made.extensions["booking"].engine.dispose()


def health(client: FlaskClient) -> tuple[int, str]:
    answer = client.get("/healthz")
    assert answer.json is not None
    return answer.status_code, answer.json["status"]


def on_connections(app: Flask, *pragmas: str) -> None:
    """Run these on every connection that the application opens from now on."""
    engine = app.extensions["booking"].engine

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(pragma)

    engine.dispose()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_while_postgresql_is_stopped_pages_say_so_and_after_that_they_work_again(app: Flask) -> None:
    client = client_of(app)
    assert client.get("/").status_code == 200
    with stopped_server():
        for _ in range(2):  # on a connection that was open, and on a new one
            page = client.get("/")
            assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert health(client) == (503, "the database does not answer")
        with client.get("/static/site.css") as static:
            assert static.status_code == 200
    assert client.get("/").status_code == 200
    assert health(client) == (200, "ok")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_known_to_be_silent_is_left_alone_for_a_while(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OUTAGE_SECONDS", 600.0)
    client = client_of(app)
    assert client.get("/").status_code == 200
    with stopped_server():
        assert client.get("/").status_code == 503
    assert client.get("/").status_code == 503, "it did not wait for the server again"


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Somebody else's transaction holds what a booking needs."""
    with database.engine.connect() as other:
        other.execute(update(Occurrence).values(reason="held"))
        yield
        other.rollback()


def test_a_booking_that_waits_too_long_for_a_lock_is_refused_and_changes_nothing(
    app: Flask, database: Database, session: Session
) -> None:
    clinic, member = a_clinic(session), a_person(session)
    session.commit()
    client = client_of(app, member)
    path = f"/occurrences/{clinic.public_id}"
    with locked(database):
        answer = post(client, path, slot=FIRST, minutes="15", topic="Plan")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert client.get(path).status_code == 200, "what only reads is not kept waiting"
        if database.name == "postgresql":
            with psycopg.connect(database.url) as other:
                waiting = other.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                assert waiting.fetchone() == (0,), "the server waits for nobody any more"
    assert session.scalar(select(func.count()).select_from(Booking)) == 0
    assert health(client) == (200, "ok")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_health_says_that_sqlite_is_locked_and_looks_no_longer_than_it_may(app: Flask, database: Database) -> None:
    with locked(database):
        assert health(client_of(app)) == (503, "the database cannot be written: database is locked")


def test_a_read_only_database_is_told_in_its_own_words(
    app: Flask, database: Database, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    clinic, member = a_clinic(session), a_person(session)
    session.commit()
    client = client_of(app, member)
    if database.name == "sqlite":
        on_connections(app, "PRAGMA query_only=ON")
    else:
        on_connections(app, "SET default_transaction_read_only = on", "COMMIT")
    path = f"/occurrences/{clinic.public_id}"
    answer = post(client, path, slot=FIRST, minutes="15", topic="Plan")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    expected = "attempt to write a readonly database" if database.name == "sqlite" else "in a read-only transaction"
    assert expected in caplog.text
    assert member.email not in caplog.text
    status, words = health(client)
    assert status == 503
    assert "readonly" in words or "read-only" in words


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_database_is_told_in_its_own_words(
    app: Flask, database: Database, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    clinic, members = a_clinic(session), [a_person(session) for _ in range(4)]
    session.commit()
    clients = [client_of(app, member) for member in members]
    with database.engine.connect().execution_options(**{engines.READING: True}) as connection:
        connection.exec_driver_sql("VACUUM")  # so that no page is left that a test before this one has freed
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    on_connections(app, f"PRAGMA max_page_count={pages}")
    assert health(client_of(app)) == (503, "the database cannot be written: database or disk is full")
    path, statuses = f"/occurrences/{clinic.public_id}", set()
    for number, client in enumerate(clients):
        slot = f"15/20231204T03{number * 15:02}Z/any"
        statuses.add(post(client, path, slot=slot, minutes="15", topic="x" * 900).status_code)
    assert 503 in statuses
    assert "database or disk is full" in caplog.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_worker_seen_in_the_future_is_told(app: Flask, session: Session) -> None:
    session.add(Worker(name="w", seen_at=NOW + timedelta(hours=3)))
    session.commit()
    answer = client_of(app).get("/healthz")
    assert (answer.status_code, answer.json and answer.json["warning"]) == (
        200,
        "a worker was seen 180 minutes from now: a clock is wrong",
    )


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_threads_of_a_process_wait_no_longer_than_one_of_them(app: Flask) -> None:
    """Connections of the pool that are open when the server stops are all given up, each within its limit."""
    clients = [client_of(app) for _ in range(4)]
    found: list[int] = []
    assert {one.get("/").status_code for one in clients} == {200}
    with stopped_server():
        threads = [threading.Thread(target=lambda one=one: found.append(one.get("/").status_code)) for one in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert found == [503] * 4
