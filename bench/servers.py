"""Server processes to measure, and databases for them, all gone at the end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from booking.store.db import migrate
from tests import databases

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
SECRET_KEY = "bench-secret-key-bench-secret-key-0123456789"
FEED_KEY = "bench-feed-key-bench-feed-key-0123456789abcdef"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(target: str, environment: Mapping[str, str], ready: str) -> Iterator[int]:
    """Serve an application factory with two processes, as `booking serve --workers 2` does; gives the port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.serving", target, str(port), str(WORKERS)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(f"http://127.0.0.1:{port}{ready}", process)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"no answer from {url} in 30 seconds")


_numbers = count(1)


def new_database(kind: str, name: str) -> str:
    """The address of a new, migrated database: `kind` is sqlite or postgresql."""
    url = databases.new_url(kind, f"{name}-{next(_numbers)}")
    migrate.upgrade(url)
    return url


def environment(url: str) -> dict[str, str]:
    """What the service needs to run on `url`."""
    return {
        "BOOKING_DATABASE_URL": url,
        "BOOKING_SECRET_KEY": SECRET_KEY,
        "BOOKING_FEED_KEY": FEED_KEY,
        "BOOKING_BASE_URL": "http://127.0.0.1:8000",
    }
