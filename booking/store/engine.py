"""Engines: SQLite (WAL, foreign keys, full sync) and PostgreSQL behind one function."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

BUSY_SECONDS = 20
IMMEDIATE = "booking_immediate"  # the execution option that makes SQLite's BEGIN take the write lock


def make(url: str, *, foreign_keys: bool = True) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`; migrations ask for one without foreign keys."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
        _prepare_sqlite(engine, foreign_keys=foreign_keys)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=8)
    raise ValueError(f"neither SQLite nor PostgreSQL: {parsed.get_backend_name()}")


def _prepare_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(IMMEDIATE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose rows stay readable after a commit; one a request or deed."""
    return sessionmaker(engine, expire_on_commit=False)
