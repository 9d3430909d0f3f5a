"""`booking doctor` on the public address, the database, the worker and the programme, as an operator may leave them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from booking.app import create_app
from booking.cli.install import doctor, public_address
from booking.settings import Settings
from booking.store.outbox.workers import Worker
from tests.builders import NOW, a_clinic, a_person, a_series, an_occurrence
from tests.databases import Database
from tests.web.client import settings

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Environ = dict[str, Any]


class Quiet(WSGIRequestHandler):
    """Says nothing about the requests it answers."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def serving(app: Callable[..., Iterable[bytes]], listener: socket.socket) -> Iterator[None]:
    server = make_server("127.0.0.1", listener.getsockname()[1], app, request_handler=Quiet, fd=listener.fileno())
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def examined(database: Database, proxy: Callable[[Environ], None], trusted: int = 0, **asked_with: str) -> list[str]:
    """What doctor says of the service behind `proxy`, which changes each request: findings with their remedies."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        values = {
            "BOOKING_BASE_URL": f"http://127.0.0.1:{listener.getsockname()[1]}",
            "BOOKING_TRUSTED_PROXIES": str(trusted),
        }
        app = create_app(settings(database, **values))

        def proxied(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
            proxy(environ)
            if environ.get("refused"):
                environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                start_response("413 Content Too Large", [])
                return [b""]
            return app(environ, start_response)

        with serving(proxied, listener):
            found = public_address.examine(settings(database, **values, **asked_with))
            told = [f"{one.what} → {one.remedy}" if one.remedy else one.what for one in found]
        app.extensions["booking"].engine.dispose()
    return told


def as_it_is(_environ: Environ) -> None:
    """No proxy."""


def adds(environ: Environ) -> None:
    """One proxy that adds whom it is asked by."""
    environ["HTTP_X_FORWARDED_FOR"] = f"{environ['HTTP_X_FORWARDED_FOR']}, 192.0.2.7"
    environ["HTTP_X_FORWARDED_PROTO"] = "http"


def renames(environ: Environ) -> None:
    environ["HTTP_HOST"] = "127.0.0.1:8000"


def ends_tls(environ: Environ) -> None:
    environ["wsgi.url_scheme"] = "https"


def refuses_a_megabyte(environ: Environ) -> None:
    environ["refused"] = int(environ.get("CONTENT_LENGTH") or 0) > 1_000_000


@pytest.mark.parametrize(("proxy", "trusted"), [(as_it_is, 0), (adds, 1)])
def test_an_address_that_arrives_as_it_should_is_well(
    database: Database, proxy: Callable[[Environ], None], trusted: int
) -> None:
    told = examined(database, proxy, trusted)
    assert len(told) == 5
    assert not [line for line in told if "→" in line]


@pytest.mark.parametrize(
    ("proxy", "trusted", "what", "remedy"),
    [
        (adds, 0, "limits count everybody as one sender, the proxy", "set BOOKING_TRUSTED_PROXIES=1"),
        (adds, 2, "anybody can pretend to be", "set BOOKING_TRUSTED_PROXIES to the number of proxies"),
        (as_it_is, 1, "anybody can pretend to be", "set BOOKING_TRUSTED_PROXIES to the number of proxies"),
        (renames, 0, "Host: the proxy passes on 127.0.0.1:8000", "proxy_set_header Host"),
        (ends_tls, 0, "scheme: the service sees https, not http", "X-Forwarded-Proto"),
        (refuses_a_megabyte, 0, "size: the proxy refuses 3 MB", "client_max_body_size 4m"),
    ],
)
def test_what_a_proxy_does_not_pass_on_is_named_with_its_remedy(
    database: Database, proxy: Callable[[Environ], None], trusted: int, what: str, remedy: str
) -> None:
    (line,) = [line for line in examined(database, proxy, trusted) if "→" in line]
    assert what in line
    assert remedy in line


def test_another_installation_another_service_and_nobody_are_told_apart(database: Database) -> None:
    (line,) = examined(database, as_it_is, BOOKING_SECRET_KEY="k" * 40)
    assert "is a different installation: its BOOKING_SECRET_KEY isn't this one" in line

    def other(_environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"It works!"]

    def told(found: Settings) -> list[str]:
        return [one.what for one in public_address.examine(found)]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = settings(database, BOOKING_BASE_URL=f"http://127.0.0.1:{listener.getsockname()[1]}")
        with serving(other, listener):
            assert told(found) == [f"public address: {found.base_url} answers 200, but isn't this service"]
    assert "doesn't answer: [Errno 111] Connection refused" in told(found)[0]


def test_how_a_request_arrived_is_told_to_doctor_alone(database: Database) -> None:
    from tests.web.client import client_of, make_app

    answer = client_of(make_app(database)).get("/healthz", headers={"X-Booking-Doctor": "x." + "a" * 32})
    assert answer.json is not None
    assert "seen" not in answer.json


def about(database: Database, word: str) -> tuple[str, str]:
    """The one finding of the database that begins with that word."""
    found = [one for one in doctor._database(settings(database), NOW) if one.what.startswith(word)]
    (finding,) = found
    return finding.what, finding.remedy


def test_a_database_that_is_not_there_is_named_and_not_made(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite"
    (finding,) = doctor._database(settings(database, BOOKING_DATABASE_URL=f"sqlite:///{path}"), NOW)
    assert (finding.what, finding.remedy) == (
        f"database: the file {path} doesn't exist",
        "run `booking init` or `booking db upgrade`",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_worker_seen_in_the_future_is_a_finding(database: Database, session: Session) -> None:
    session.add(Worker(name="w", seen_at=NOW + timedelta(hours=2)))
    session.commit()
    what, remedy = about(database, "worker")
    assert what == "worker: seen 120 minutes from now"
    assert "keep the clocks of all hosts right" in remedy


def test_clinics_without_analysts_are_a_finding(database: Database, session: Session) -> None:
    assert about(database, "programme: no clinics in the next four weeks")[1]
    an_occurrence(session, a_series(session))
    session.commit()
    assert about(database, "analysts") == (
        "analysts: none of the 1 clinics in the next four weeks has one",
        "add analysts on the page of a date, or as `analysts:` in the series’ file: until then nobody can book",
    )
    away = a_clinic(session)
    away.roster[0].is_away = True
    a_person(session)
    session.commit()
    assert about(database, "analysts")[1]
    away.roster[0].is_away = False
    session.commit()
    assert about(database, "analysts") == ("analysts: 1 of 2 clinics in the next four weeks have one", "")


def test_a_mailbox_of_bounces_is_looked_at_where_one_is_set(database: Database, tmp_path: Path) -> None:
    box = tmp_path / "bounces"
    for folder in ("cur", "new", "tmp"):
        (box / folder).mkdir(parents=True)
    well = doctor._bounces(settings(database, BOOKING_BOUNCES=str(box)).bounces)
    assert (well.what, well.is_well) == (f"bounces: read from {box}", True)
    missing = doctor._bounces(tmp_path / "none")
    assert (missing.what, missing.is_well) == (f"bounces: there is no mailbox at {tmp_path / 'none'}", False)
    found = [one.what for one in doctor.examine(settings(database, BOOKING_BOUNCES=str(box)), NOW)]
    assert any(what.startswith("bounces: ") for what in found)
    assert not any(one.what.startswith("bounces: ") for one in doctor.examine(settings(database), NOW))
