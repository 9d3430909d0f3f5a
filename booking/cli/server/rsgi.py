"""Serve a WSGI application over granian's RSGI: each request is read whole before a thread takes it up.

Granian's own WSGI lends a thread to a request whose body is still under way, so a handful of clients that send slowly
stop a process. Here the event loop collects the body, within a time limit that counts from its first byte to its last.
See docs/decisions/0001-slow-requests.md.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol

from booking import clock

THREADS = 2  # a process; more of them only wait for the interpreter, and for the one that writes
#: Requests that a thread of their own answers, so that they are answered while others wait for the database.
LANES = {"/static/": "static", "/healthz": "health"}
QUEUE_SECONDS = 15.0  # a request that no thread took up for so long is refused: whoever sent it has given up
CLOSE = (("connection", "close"), ("retry-after", "60"))
Headers = list[tuple[str, str]]
log = logging.getLogger("booking.server")


class Scope(Protocol):
    """A request as granian describes it (RSGI 1.5)."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    headers: Any


@dataclass(frozen=True, slots=True)
class WholeResponse:
    """A whole response."""

    status: int
    headers: Headers
    body: bytes


def refusal(status: int, words: str, *headers: tuple[str, str]) -> WholeResponse:
    """An answer in plain text that the application had no part in."""
    plain = [("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store")]
    return WholeResponse(status, [*plain, *headers], words.encode())


@dataclass(slots=True)
class Buffered:
    """The RSGI application around `app`, for one process; all bodies under way have `most_bytes` together."""

    app: Callable[..., Iterable[bytes]]
    body_seconds: float
    most_bytes: int
    pools: dict[str, ThreadPoolExecutor] = field(init=False)
    held_bytes: int = 0

    def __post_init__(self) -> None:
        self.pools = {name: ThreadPoolExecutor(1, name) for name in LANES.values()}
        self.pools["pages"] = ThreadPoolExecutor(THREADS, "pages")

    async def answer(self, scope: Scope, proto: Any) -> None:
        """Answer one request; what granian calls."""
        headers = scope.headers.items()
        body = bytearray()
        try:
            answer = await self._read(proto, dict(headers), body)
            if answer is None:
                lane = next((name for path, name in LANES.items() if scope.path.startswith(path)), "pages")
                answer = await asyncio.get_running_loop().run_in_executor(
                    self.pools[lane], self._call, environ_of(scope, headers, bytes(body)), clock.monotonic()
                )
        finally:
            self.held_bytes -= len(body)
        proto.response_bytes(answer.status, answer.headers, answer.body)

    async def _read(self, proto: Any, headers: dict[str, str], body: bytearray) -> WholeResponse | None:
        """Read the request's body into `body`; an answer if that cannot be done."""
        length = int(headers.get("content-length", "0"))
        if "transfer-encoding" not in headers and (length == 0 or length > self.most_bytes):
            return None  # what says itself that it is too long is refused by the application, unread
        try:
            async with asyncio.timeout(self.body_seconds):
                async for chunk in proto:
                    body += chunk
                    self.held_bytes += len(chunk)
                    if self.held_bytes > self.most_bytes:
                        return refusal(503, "Too much is being sent at once. Try again in a minute.\n", *CLOSE)
        except TimeoutError:
            return refusal(408, "The request took too long to arrive. Send it again.\n", *CLOSE)
        return None

    def _call(self, environ: dict[str, Any], asked_at: float) -> WholeResponse:
        """Call the application, in a thread; `asked_at` is when the request had arrived, by the monotonic clock."""
        if clock.monotonic() - asked_at > QUEUE_SECONDS:
            return refusal(503, "Too many requests are waiting. Try again in a few seconds.\n", ("retry-after", "5"))
        begun: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, exc_info: object = None) -> None:
            begun.append((int(status.partition(" ")[0]), headers))

        try:
            parts = self.app(environ, start_response)
            try:
                body = b"".join(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
            status, headers = begun[-1]
        except Exception:  # whatever it is, it must not end the server
            log.exception("the application failed")
            return refusal(500, "Something went wrong. Try again in a moment.\n")
        return WholeResponse(status, headers, body)


def environ_of(scope: Scope, headers: Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of a request.

    Names with an underscore are left out: X_Forwarded_For would pass for the X-Forwarded-For that a proxy sets.
    """
    name, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode("utf-8", "surrogateescape").decode("latin-1"),
        "SERVER_NAME": name.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for header, value in headers:
        if "_" in header:
            continue
        key = header.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    return environ
