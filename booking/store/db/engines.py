"""Engines: SQLite (WAL, foreign keys, full sync) and PostgreSQL behind one function."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from booking import clock
from booking.store.db import folding, limits
from booking.store.db.limits import Limits

LOOK_SECONDS = 0.0003
IDLE_SECONDS = 1.0
_sqlite_writer = threading.Lock()
IMMEDIATE = "booking_immediate"  # the execution option that makes SQLite's BEGIN take the write lock
READING = "booking_reading"  # the one that leaves BEGIN out: each statement stands in a snapshot of its own
LOCK_SECONDS = "booking_lock_seconds"  # the one that says how long to wait for it


def make(url: str, *, foreign_keys: bool = True, within: Limits = limits.COMMAND) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`; migrations ask for one without foreign keys.

    `within` says how long it waits for the database; then it raises OperationalError.
    Its errors say the statement without its parameters: those are people's addresses and words.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        options = {"timeout": within.lock_seconds, "check_same_thread": False}
        engine = create_engine(
            parsed,
            connect_args=options,
            hide_parameters=True,
            execution_options={LOCK_SECONDS: within.lock_seconds},
        )
        _prepare_sqlite(engine, foreign_keys=foreign_keys)
        return engine
    if parsed.get_backend_name() == "postgresql":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=8,
            hide_parameters=True,
            connect_args=limits.options(within),
        )
        limits.keep(engine, within)
        _ping_the_idle(engine)
        return engine
    raise ValueError(f"neither SQLite nor PostgreSQL: {parsed.get_backend_name()}")


def _ping_the_idle(engine: Engine) -> None:
    """Before a connection is used again after a second or more, make sure that the server still knows it."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info["used_at"] = clock.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if clock.monotonic() - record.info.get("used_at", clock.monotonic()) < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the server has forgotten this connection") from error


def _prepare_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
        folding.prepare_sqlite(connection)
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(IMMEDIATE, False):
            _begin_immediate(connection)
        elif not options.get(READING, False):
            connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    """Take SQLite's write lock, looking every third of a millisecond while another process has it.

    SQLite itself sleeps longer and longer, up to a tenth of a second: between two processes that write in turn the
    lock then lies idle most of the time. Waits as long as SQLite would, and then fails as it does.
    """
    raw: Any = connection.connection.dbapi_connection
    seconds = connection.get_execution_options()[LOCK_SECONDS]
    until = clock.monotonic() + seconds
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while clock.monotonic() < until:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    break
                time.sleep(LOOK_SECONDS)
            else:
                return
    finally:
        raw.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # fails in SQLAlchemy's own words


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose rows stay readable after a commit; each service function is one transaction of theirs."""
    return sessionmaker(engine, expire_on_commit=False)


def page_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions for a request, which reads on its own and writes only in service functions.

    On PostgreSQL what it reads stands outside any transaction, each statement in a snapshot of its own, as under READ
    COMMITTED either way. No page ends with a ROLLBACK then, which would make psycopg forget what it has prepared.
    """
    if engine.dialect.name == "postgresql":
        return sessions(engine.execution_options(isolation_level="AUTOCOMMIT"))
    return sessions(engine)


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """Begin the one transaction of a service function: READ COMMITTED, or on SQLite with the write lock from the start.

    SQLite has one writer at a time: the threads of a process queue here, rather than all poll the file's lock. Raises
    OperationalError where it is not had in time.
    """
    bind = session.get_bind()
    if bind.dialect.name == "sqlite":
        if not _sqlite_writer.acquire(timeout=bind.get_execution_options()[LOCK_SECONDS]):
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
        try:
            session.connection(execution_options={IMMEDIATE: True})
            yield
        finally:
            _sqlite_writer.release()
    else:
        session.connection(execution_options={"isolation_level": "READ COMMITTED"})
        yield
