"""The shipped nginx site: what it passes on, what it keeps, and what its logs do not say."""

from __future__ import annotations

import gzip
import http.client
import os
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, make_server

from tests import nginx
from tests.browser.serving import Quiet
from tests.builders import a_clinic
from tests.databases import Database
from tests.nginx import HOST, Nginx
from tests.web.client import make_app, token_of

IS_MISSING = nginx.program() is None and os.environ.get("CI") != "true"
pytestmark = [
    pytest.mark.skipif(IS_MISSING, reason="nginx is missing: run `sh tests/install.sh` as root"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
FEED = "/feeds/programme.ics"
SECRET = "a-secret-that-opens-something"
Application = Callable[..., Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read whole."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes


@dataclass
class Front:
    """nginx before the service, and every path that has reached the service."""

    nginx: Nginx
    server: BaseWSGIServer
    reached: list[str]

    def ask(self, path: str, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """What it answers over TLS."""
        insecure = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", self.nginx.https_port, timeout=60, context=insecure)
        connection.request(method, path, body, {"Host": HOST, **(headers or {})})
        answer = connection.getresponse()
        found = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return found

    def stop_the_service(self) -> None:
        """Nothing listens behind nginx any more."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def served(app: Application) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def front(database: Database, session: Session, tmp_path: Path) -> Iterator[Front]:
    for number in range(8):
        a_clinic(session, title=f"Clinic {number}")
    session.commit()
    app = make_app(database, BOOKING_TRUSTED_PROXIES="1")
    reached: list[str] = []

    def noting(environ: dict[str, str], start: object) -> Iterable[bytes]:
        reached.append(environ["PATH_INFO"])
        return app.wsgi_app(environ, start)  # type: ignore[arg-type]

    with served(noting) as server, nginx.nginx(tmp_path, server.server_port) as running:
        yield Front(running, server, reached)


def test_pages_are_compressed_and_forms_come_from_the_public_address(front: Front) -> None:
    page = front.ask("/sign-in", headers={"Accept-Encoding": "gzip"})
    assert (page.status, page.headers["Content-Encoding"]) == (200, "gzip")
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    text = gzip.decompress(page.content).decode()
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    form = f"csrf_token={token_of(text)}&email=mia@example.org".encode()
    sent = {"Origin": f"https://{HOST}", "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    assert front.ask("/sign-in", "POST", form, sent).status == 303
    assert front.ask("/sign-in", "POST", form, {**sent, "Origin": "https://evil.example"}).status == 403
    assert front.ask("/sign-in", "POST", b"x" * (4 * 1024 * 1024 + 1), sent).status == 413


def test_without_tls_one_is_sent_to_the_address_with_it(front: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.nginx.http_port, timeout=60)
    connection.request("GET", "/calendars?x=1", headers={"Host": "other.example"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/calendars?x=1")
    connection.close()


def test_public_calendars_are_kept_and_answered_while_the_service_is_away(front: Front) -> None:
    first = front.ask(FEED, headers={"Accept-Encoding": "gzip"})
    whole = gzip.decompress(first.content)
    assert (first.status, whole.count(b"BEGIN:VEVENT") >= 8) == (200, True)
    unchanged = front.ask(FEED, headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status, unchanged.content) == (304, b"")
    for _ in range(20):
        assert front.ask(FEED).content == whole
    assert front.reached.count(FEED) <= 3  # one for each ten seconds; a busy machine may need some
    front.stop_the_service()
    assert front.ask(FEED).content == whole
    assert front.ask("/").status == 502


def test_no_log_says_an_address_that_opens_something(front: Front) -> None:
    paths = [f"/feeds/member/{SECRET}.ics", f"/feeds/analyst/{SECRET}.ics", f"/join/{SECRET}", f"/manage/{SECRET}"]
    paths += [f"/unsubscribe/reminders/{SECRET}", f"/sign-in/link/{SECRET}", f"/me/address/{SECRET}"]
    paths += [f"/trial/{SECRET}", f"/?q={SECRET}"]
    for path in paths:
        front.ask(path)
    assert sorted(set(front.reached)) == sorted({path.partition("?")[0] for path in paths})
    front.stop_the_service()
    for path in paths:
        assert front.ask(path).status == 502, path  # nothing of it was kept
    said = front.nginx.lines_of_the_log(2 * len(paths))
    assert said.count('"GET /feeds/member/..." ') == 2
    assert len(said.splitlines()) == 2 * len(paths)
    assert SECRET not in said + front.nginx.error_log.read_text()
