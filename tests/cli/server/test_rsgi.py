"""Requests reach the application whole, within a time limit, and in the lane that is theirs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from booking.cli.server import rsgi
from booking.cli.server.rsgi import Buffered


class Headers(list[tuple[str, str]]):
    """Headers as granian gives them."""

    def items(self) -> list[tuple[str, str]]:
        return list(self)


@dataclass
class Request:
    """Scope and protocol of one request, as granian hands them over; `chunks` of its body arrive one after another."""

    path: str = "/"
    headers: Headers = field(default_factory=Headers)
    chunks: Iterable[bytes | float] = ()
    method: str = "GET"
    query_string: str = ""
    http_version: str = "1.1"
    server: str = "[::1]:8000"
    client: str = "[2001:db8::7]:41000"
    scheme: str = "http"
    status: int = 0
    answered: bytes = b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, float):
                await asyncio.sleep(chunk)
            else:
                yield chunk

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.answered = status, body
        self.sent = dict(headers)


def body(*chunks: bytes | float, path: str = "/") -> Request:
    return Request(path, Headers([("transfer-encoding", "chunked")]), chunks, "POST")


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def ask(server: Buffered, *requests: Request) -> list[int]:
    """Send the requests at once; their statuses."""

    async def all_of_them() -> None:
        await asyncio.gather(*(server.answer(one, one) for one in requests))

    asyncio.run(all_of_them())
    for pool in server.pools.values():
        pool.shutdown()
    return [one.status for one in requests]


def test_a_body_that_trickles_in_is_refused_when_its_time_is_over_and_others_are_answered() -> None:
    trickling = body(*[b"x", 0.01] * 10_000)
    whole = body(b"a=", 0.001, b"1")
    assert ask(Buffered(echo, 0.2, 10_000), trickling, whole) == [408, 200]
    assert trickling.sent["connection"] == "close"
    assert whole.answered == b"a=1"


def test_bodies_under_way_share_a_limit_and_give_it_back() -> None:
    server = Buffered(echo, 60, 10)
    assert ask(server, body(b"12345", 0.01), body(b"12345", 0.02), body(0.001, b"1")) == [200, 200, 503]
    assert server.held_bytes == 0


def test_what_says_that_it_is_too_long_is_left_to_the_application_unread() -> None:
    request = Request("/", Headers([("content-length", "11")]), [b"x" * 11], "POST")
    assert ask(Buffered(echo, 60, 10), request) == [200]
    assert request.answered == b""


def test_an_error_that_the_application_lets_through_is_logged_and_answered(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_environ: object, _start_response: object) -> Iterable[bytes]:
        raise ZeroDivisionError

    assert ask(Buffered(broken, 60, 10), Request()) == [500]
    assert "the application failed" in caplog.text


def test_static_files_and_health_are_answered_while_every_page_waits() -> None:
    may_end = threading.Event()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        if environ["PATH_INFO"] == "/":
            assert may_end.wait(60)
        return [b""]

    async def trial(server: Buffered) -> list[int]:
        pages = [Request() for _ in range(rsgi.THREADS + 3)]
        waiting = [asyncio.create_task(server.answer(one, one)) for one in pages]
        quick = [Request("/static/site.css"), Request("/healthz")]
        await asyncio.gather(*(server.answer(one, one) for one in quick))
        assert {one.status for one in pages} == {0}
        may_end.set()
        await asyncio.gather(*waiting)
        return [one.status for one in [*quick, *pages]]

    with ExitStack() as stack:
        server = Buffered(app, 60, 10)
        for pool in server.pools.values():
            stack.enter_context(pool)
        stack.callback(may_end.set)
        assert set(asyncio.run(trial(server))) == {200}


def test_a_request_that_no_thread_took_up_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rsgi, "QUEUE_SECONDS", -1.0)
    request = Request()
    assert ask(Buffered(echo, 60, 10), request) == [503]
    assert request.sent["retry-after"] == "5"


def test_the_environment_is_what_pep_3333_says() -> None:
    headers = Headers(
        [
            ("host", "h"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x_forwarded_for", "192.0.2.9"),
            ("content-type", "text/plain"),
        ]
    )
    environ = rsgi.environ_of(Request("/é", headers, query_string="q=é"), headers, b"body")
    assert environ["PATH_INFO"].encode("latin-1") == "/é".encode()
    assert environ["QUERY_STRING"].encode("latin-1") == "q=é".encode()
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("2001:db8::7", "::1", "8000")
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.1", "what a client can set must not pass for the proxy's word"
    assert environ["CONTENT_TYPE"] == "text/plain"
