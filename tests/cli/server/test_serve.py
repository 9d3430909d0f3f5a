"""`booking serve` and `booking demo` in real processes: web and worker live and end together."""

from __future__ import annotations

import http.cookiejar
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from booking import clock
from booking.domain import tokens
from booking.store.db import engines, migrate
from booking.store.programme.programme import Programme
from tests.builders import a_person, a_series, an_occurrence

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`booking …` in a folder, in a process group of its own that is gone at the end."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BOOKING_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "booking", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=SECONDS)


def answer(url: str) -> str:
    """The page at `url`, once the server is up."""
    for _ in range(SECONDS * 10):
        try:
            with urllib.request.urlopen(url, timeout=10) as page:
                return str(page.read().decode())
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


def status(url: str) -> int:
    """The status that `url` is answered with."""
    try:
        with urllib.request.urlopen(url, timeout=10) as page:
            return int(page.status)
    except urllib.error.HTTPError as error:
        return error.code


def child(parent: int, word: str) -> int:
    """The process that `parent` started and whose command line ends with `word`."""
    for _ in range(SECONDS * 10):
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
                started_by = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if started_by == parent and command[-2:-1] == [word.encode()]:
                return int(entry.name)
        time.sleep(0.1)
    raise TimeoutError(word)


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('served') / 'b.sqlite'}"
    migrate.upgrade(url)
    return {
        "BOOKING_DATABASE_URL": url,
        "BOOKING_SECRET_KEY": "s" * 40,
        "BOOKING_FEED_KEY": "f" * 40,
        "BOOKING_SMTP_URL": "smtp://127.0.0.1:9",
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_web_and_worker_together(
    tmp_path: Path, settings: dict[str, str], number: signal.Signals
) -> None:
    port = free_port()
    with running(tmp_path, "serve", "--port", str(port), "--with-worker", **settings) as process:
        answer(f"http://127.0.0.1:{port}/healthz")
        worker = child(process.pid, "worker")
        # a terminal's Ctrl-C reaches every process of the group, the web processes too
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0
        assert not is_alive(worker)
        assert "Killing" not in errors
        assert "Traceback" not in errors


def test_if_the_worker_dies_the_web_ends_and_says_so(tmp_path: Path, settings: dict[str, str]) -> None:
    port = free_port()
    with running(tmp_path, "serve", "--port", str(port), "--with-worker", **settings) as process:
        answer(f"http://127.0.0.1:{port}/healthz")
        os.kill(child(process.pid, "worker"), signal.SIGKILL)
        _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 1
        assert "the worker ended with status -9; ending the web too" in errors


def test_without_a_mail_server_the_pages_are_served_all_the_same(tmp_path: Path, settings: dict[str, str]) -> None:
    port = free_port()
    without = {**settings, "BOOKING_SMTP_URL": ""}
    with running(tmp_path, "serve", "--port", str(port), "--with-worker", **without) as process:
        answer(f"http://127.0.0.1:{port}/")
        process.terminate()
        output, errors = process.communicate(timeout=SECONDS)
        assert "no mail server is set, so the worker wasn't started and emails wait" in errors
        assert "with a worker" not in output


def test_nothing_that_the_server_writes_names_anybody_or_opens_anything(tmp_path: Path) -> None:
    url, email = f"sqlite:///{tmp_path / 'b.sqlite'}", "mia.moss@example.org"
    migrate.upgrade(url)
    engine = engines.make(url)
    with engines.sessions(engine)() as session:
        mia = a_person(session, "Mia Moss")
        lab = an_occurrence(session, a_series(session, kind="lab"), starts_at=clock.now() + timedelta(days=2))
        session.get_one(Programme, 1).uid_domain = "booking.example.org"
        session.commit()
        person, occurrence = mia.public_id, lab.id
    port, key = free_port(), "f" * 40
    feed, join_link = tokens.sign(key, "member-feed", str(person)), tokens.sign("s" * 40, "join", str(person))
    asked = {f"feeds/member/{feed}.ics": 200, f"feeds/member/{feed[:-1]}.ics": 404, f"join/{join_link}": 404}
    environment = {"BOOKING_DATABASE_URL": url, "BOOKING_SECRET_KEY": "s" * 40, "BOOKING_FEED_KEY": key}
    with running(
        tmp_path, "serve", "--port", str(port), "--workers", "1", **environment, GRANIAN_LOG_ACCESS_ENABLED="1"
    ) as process:
        answer(f"http://127.0.0.1:{port}/healthz")
        assert {path: status(f"http://127.0.0.1:{port}/{path}") for path in asked} == asked
        with engine.begin() as connection:  # a row that cannot be read, which the error quotes
            connection.execute(text("UPDATE occurrence SET revised_at = :x"), {"x": f"{email} {feed}"})
            connection.execute(text("UPDATE programme SET version = version + 1"))
        assert status(f"http://127.0.0.1:{port}/feeds/member/{feed}.ics") == 500
        assert status(f"http://127.0.0.1:{port}/occurrences/{occurrence}.ics") == 404
        process.terminate()
        output, errors = process.communicate(timeout=SECONDS)
    engine.dispose()
    assert "a request failed\nTraceback" in errors
    assert "'…@example.org …'" in errors
    for secret in (email, feed.partition(".")[2][:-1], join_link.partition(".")[2]):
        assert secret not in output + errors


def test_what_keeps_it_from_serving_is_one_line(tmp_path: Path, settings: dict[str, str]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        attempts = {
            f"booking: cannot listen on 127.0.0.1:{port}: Address already in use; choose another --port": settings,
            "booking: BOOKING_IS_DEMO is set, so only `booking demo` may serve this database: unset it": {
                **settings,
                "BOOKING_IS_DEMO": "1",
            },
            f"booking: {data}/organisation.yaml:1: this file doesn't exist": {**settings, "BOOKING_DATA": str(data)},
            "booking: the database is empty: run `booking db upgrade` first": {
                **settings,
                "BOOKING_DATABASE_URL": f"sqlite:///{tmp_path / 'new.sqlite'}",
            },
        }
        for words, environment in attempts.items():
            with running(tmp_path, "serve", "--port", str(port), **environment) as process:
                output, errors = process.communicate(timeout=SECONDS)
                assert (process.returncode, output, errors) == (1, "", words + "\n")


def test_the_demo_signs_in_by_a_click_shows_its_emails_and_starts_again_at_once(tmp_path: Path) -> None:
    (tmp_path / "booking.env").write_text("BOOKING_SMTP_URL=smtp://real.example.org\nBOOKING_TYPO=1\n")
    for _ in range(2):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with running(tmp_path, "demo", "--port", str(port)) as process:
            assert "Live Member Clinic" in answer(f"{url}/")
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
            page = browser.open(f"{url}/demo", timeout=20).read().decode()
            token = re.search(r'name="csrf_token" value="([^"]+)"', page)
            press = re.search(r'action="(/demo/sign-in/[0-9a-f-]+)"', page)
            assert token is not None
            assert press is not None
            browser.open(f"{url}{press[1]}", data=f"csrf_token={token[1]}".encode(), timeout=20)
            assert browser.open(f"{url}/bookings", timeout=20).geturl() == f"{url}/bookings"
            assert "Booked: " in browser.open(f"{url}/demo/mailbox", timeout=20).read().decode()
            process.terminate()
            output, errors = process.communicate(timeout=SECONDS)
            assert process.returncode == 0, errors
    assert "bookings" not in output  # the second start fills nothing
    assert sorted(path.name for path in tmp_path.iterdir()) == [".demo", "booking.env"]


def test_a_demo_on_a_taken_port_says_so_and_fills_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with running(tmp_path, "demo", "--port", str(taken.getsockname()[1])) as process:
            output, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, output) == (1, "")
    assert errors.count("\n") == 1
    assert "choose another --port" in errors
    assert not (tmp_path / ".demo" / "booking.sqlite").exists()


def test_fifty_clients_that_never_end_their_request_keep_nobody_else_waiting(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    port = free_port()
    unfinished = (
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nemail=",
        b"POST /api/v1/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"GET / HTTP/1.1\r\nHost: 127",
    )
    long = {**settings, "BOOKING_REQUEST_SECONDS": "600"}
    with running(tmp_path, "serve", "--port", str(port), "--workers", "1", **long) as process, ExitStack() as stack:
        answer(f"http://127.0.0.1:{port}/healthz")
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(50)]
        for number, client in enumerate(slow):
            client.sendall(unfinished[number % 3])
        assert status(f"http://127.0.0.1:{port}/") == 200
        assert status(f"http://127.0.0.1:{port}/sign-in") == 200
        assert select.select(slow, [], [], 0)[0] == [], "some were answered or cut off: they were no longer waiting"
        stack.close()
        process.terminate()
        _, errors = process.communicate(timeout=SECONDS)
    assert "Traceback" not in errors
