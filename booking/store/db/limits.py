"""Limits on how long a database may take, and PostgreSQL connections that keep to them.

The limits are kept on this side of the connection. A server that is stopped cannot count seconds, and PgBouncer takes
neither `options` nor a SET that outlives its transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.errors import ConnectionTimeout, _WaitTimeout
from sqlalchemy import Engine, event

from booking import clock

R = TypeVar("R")

OUTAGE_SECONDS = 5.0  # after the server kept somebody waiting too long, nobody tries to connect for so long
CANCEL_SECONDS = 1.0  # to tell the server that nobody waits any more
PREPARE_AFTER = 5  # a statement is prepared on the server once a connection has run it so many times


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to wait for a connection (PostgreSQL), one answer (PostgreSQL) and the write lock (SQLite)."""

    connect_seconds: int
    answer_seconds: float
    lock_seconds: float


PAGE = Limits(connect_seconds=3, answer_seconds=5, lock_seconds=5)
MIGRATION = Limits(connect_seconds=10, answer_seconds=24 * 3600, lock_seconds=60)
COMMAND = Limits(connect_seconds=10, answer_seconds=300, lock_seconds=20)


class Limited(psycopg.Connection[Any]):
    """A connection on which no answer is waited for longer than `answer_seconds`; it is closed then."""

    answer_seconds: float = COMMAND.answer_seconds
    on_silence: Callable[[], None] = staticmethod(lambda: None)

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait as psycopg does, with a limit; psycopg.OperationalError when it is over.

        Every statement, BEGIN and COMMIT waits here.
        """
        try:
            return super().wait(gen, interval, self.answer_seconds if timeout is None else timeout)
        except _WaitTimeout as error:
            self.on_silence()
            with suppress(psycopg.Error):
                self.cancel_safe(timeout=CANCEL_SECONDS)
            self.close()
            raise psycopg.OperationalError(f"no answer within {self.answer_seconds:g} seconds") from error


def keep(engine: Engine, limits: Limits) -> None:
    """Let `engine` connect within `limits`, and not at all while the server is known to be silent.

    Without that pause, every request of a process would wait its full time for a server that has stopped.
    """
    silent_until = 0.0

    def on_silence() -> None:
        nonlocal silent_until
        silent_until = clock.monotonic() + OUTAGE_SECONDS

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Limited:
        if clock.monotonic() < silent_until:
            raise psycopg.OperationalError("the server did not answer a moment ago")
        try:
            made = Limited.connect(*arguments, **options)
        except ConnectionTimeout:
            on_silence()
            raise
        made.answer_seconds, made.on_silence = limits.answer_seconds, on_silence
        if _has_its_own_server(made):
            made.prepare_threshold = PREPARE_AFTER
            _end_parallel_plans(made)
        else:
            made.prepare_threshold = None
        return made


def _has_its_own_server(connection: Limited) -> bool:
    """Whether one server process answers everything on this connection.

    Behind PgBouncer in transaction mode another one may answer the next statement, and know nothing of what was
    prepared. A pooler makes up the process id that it gives its clients, so the one that answers has another.
    """
    found = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    return found is not None and found[0] == connection.info.backend_pid


def _end_parallel_plans(connection: Limited) -> None:
    """Let one server process answer each statement.

    Starting two more takes some four milliseconds, and nothing here runs for so long. With a million bookings the
    planner thinks otherwise of what takes 0.2.
    """
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.commit()


def options(limits: Limits) -> dict[str, Any]:
    """Returns what psycopg and libpq are told of a connection."""
    return {
        "connect_timeout": limits.connect_seconds,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    }
