"""A load of HTTP/1.1 requests over kept-alive connections, as light as Python can make it.

Only on loopback: the address is not a parameter.
"""

from __future__ import annotations

import selectors
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

HOST = "127.0.0.1"
READ = 1 << 18


@dataclass(frozen=True, slots=True)
class Result:
    """How many answers a second, and how many of each status."""

    rate: float
    statuses: Counter[int]


class Connection:
    """One connection with one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.buffer = b""
        self.missing = -1

    def send(self, request: bytes) -> None:
        self.buffer, self.missing = b"", -1
        self.socket.setblocking(True)
        self.socket.sendall(request)
        self.socket.setblocking(False)

    def read(self) -> int | None:
        """The status once the whole answer is there, else None; ConnectionError if it was cut off."""
        chunk = self.socket.recv(READ)
        if not chunk:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        if self.missing < 0:
            self.buffer += chunk
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _content_length(self.buffer[:end])
            self.missing = end + 4 + length - len(self.buffer)
        else:
            self.missing -= len(chunk)
        return int(self.buffer[9:12]) if self.missing <= 0 else None


def _content_length(head: bytes) -> int:
    if head[9:12] in {b"304", b"204"}:
        return 0
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    if at < 0:
        raise ValueError("an answer without Content-Length cannot be counted")
    return int(lowered[at + 17 :].split(b"\r\n", 1)[0])


def get(path: str, *headers: str) -> bytes:
    """A GET request as bytes."""
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {HOST}", *headers, "", ""]).encode()


def post_json(path: str, body: str, *headers: str) -> bytes:
    """A POST of JSON as bytes."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        "Content-Type: application/json",
        f"Content-Length: {len(body.encode())}",
        *headers,
        "",
        body,
    ]
    return "\r\n".join(lines).encode()


def run(port: int, requests: Iterator[bytes], seconds: float, connections: int = 8) -> Result:
    """Send `requests` one after the other on each connection until time or requests run out."""
    statuses: Counter[int] = Counter()
    with selectors.DefaultSelector() as selector:
        begun = monotonic()
        for _ in range(connections):
            connection = Connection(port)
            request = next(requests, None)
            if request is None:
                connection.socket.close()
                break
            connection.send(request)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        ended = begun
        while selector.get_map():
            for key, _events in selector.select(timeout=30) or _stalled():
                connection = key.data
                status = connection.read()
                if status is None:
                    continue
                statuses[status] += 1
                ended = monotonic()
                request = next(requests, None) if ended - begun < seconds else None
                if request is None:
                    selector.unregister(connection.socket)
                    connection.socket.close()
                else:
                    connection.send(request)
    return Result(sum(statuses.values()) / max(ended - begun, 1e-9), statuses)


def _stalled() -> list[tuple[selectors.SelectorKey, int]]:
    raise TimeoutError("no answer for 30 seconds")
