"""Whether the database can be read and written just now, found out without changing anything."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from booking.store.db import engines, migrate
from booking.store.outbox.workers import Worker

LOOK_SECONDS = 2.0  # for looking, where a page would wait longer
LEAST_FREE_BYTES = 20_000_000
AHEAD = timedelta(minutes=5)  # that the clocks of two hosts may differ by
SILENT = "the database does not answer"


@dataclass(frozen=True, slots=True)
class Condition:
    """`trouble` keeps the service from working, `warning` does not; each a few words, empty if there is none."""

    trouble: str = ""
    warning: str = ""


def look(engine: Engine, now: datetime) -> Condition:
    """The database's condition, after a few seconds at most."""
    try:
        with engine.connect().execution_options(**{engines.READING: True}) as connection, _quickly(connection):
            if migrate.current(connection) != migrate.head():
                return Condition("the database is not migrated")
            return Condition(_unwritable(connection), worker_ahead(connection, now))
    except SQLAlchemyError:
        return Condition(SILENT)


def is_unwritable(error: DBAPIError) -> bool:
    """Whether the database refused a statement because it is read-only, or its disk is full."""
    state = getattr(error.orig, "sqlstate", None)
    return state in {"25006", "53100"} or "readonly" in str(error.orig) or "is full" in str(error.orig)


@contextmanager
def _quickly(connection: Connection) -> Iterator[None]:
    """Wait for the database no longer than a look may take."""
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(LOOK_SECONDS * 1000)}")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={usual}")
    else:
        usual, raw.answer_seconds = raw.answer_seconds, LOOK_SECONDS
        try:
            yield
        finally:
            raw.answer_seconds = usual


def _unwritable(connection: Connection) -> str:
    """Why nothing can be written, empty if it can."""
    if connection.dialect.name == "postgresql":
        is_read_only = connection.execute(text("SELECT current_setting('transaction_read_only')")).scalar_one() == "on"
        return "the database is read-only" if is_read_only else ""
    try:
        _try_to_write(connection)
    except OperationalError as error:
        return f"the database cannot be written: {error.orig}"
    file = connection.engine.url.database
    if file and shutil.disk_usage(file).free < LEAST_FREE_BYTES:
        return "the disk that holds the database is full"
    return ""


def _try_to_write(connection: Connection) -> None:
    """Take SQLite's write lock and a new page, and give both back."""
    raw: Any = connection.connection.dbapi_connection
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        connection.exec_driver_sql("CREATE TABLE room_to_write (x)")
    finally:
        if isinstance(raw, sqlite3.Connection) and raw.in_transaction:  # a full disk has ended it already
            connection.exec_driver_sql("ROLLBACK")


_WORKER_AHEAD = select(func.max(Worker.seen_at))


def worker_ahead(connection: Connection, now: datetime) -> str:
    """That a worker was seen in the future, empty if none was: then a clock is wrong, or was."""
    seen = connection.execute(_WORKER_AHEAD).scalar_one_or_none()
    if seen is None or seen - now <= AHEAD:
        return ""
    return f"a worker was seen {int((seen - now).total_seconds()) // 60} minutes from now: a clock is wrong"
