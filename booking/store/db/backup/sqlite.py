"""A copy of an SQLite database while others write, and its way back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from booking.store.db import engines, migrate
from booking.store.db.backup.archive import BackupError, Manifest
from booking.store.db.backup.raising import raise_sequences


def path_of(url: str) -> Path:
    """The file of `sqlite:///PATH`."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise BackupError("an SQLite database in memory can't be backed up")
    return Path(name)


def copy(url: str, target: Path) -> str:
    """Write a checked copy of the database to the new file `target`; its revision.

    VACUUM INTO reads one snapshot and lets others write. The backup API, a few pages at a time, begins anew with each
    commit of another process and does not end while people book.
    """
    source = path_of(url)
    if not source.is_file():
        raise BackupError(f"the database {source} doesn't exist: check BOOKING_DATABASE_URL")
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    engine = engines.make(url)
    try:
        with engine.connect().execution_options(**{engines.READING: True}) as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(target),))
    except (OperationalError, DatabaseError) as error:
        raise BackupError(f"{source} can't be copied: {error.orig}") from error
    finally:
        engine.dispose()
    return check(target)


def check(file: Path) -> str:
    """The revision of a whole database; BackupError if it is damaged."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise BackupError(f"the database is damaged: {found}")
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise BackupError("the database is damaged: some rows refer to rows that are missing")
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"the database is damaged or has no tables of this service: {error}") from None
    if row is None:
        raise BackupError("the database has no tables yet, so there is nothing to back up")
    return str(row[0])


def restore(url: str, copied: Path, manifest: Manifest, now: datetime) -> int:
    """Put the copy where no database is yet, brought up to date; how much SEQUENCEs were raised by.

    `copied` lies on the same file system. It gets its place when all else is done, so a failure leaves nothing.
    """
    target = path_of(url)
    require_empty(target)
    check(copied)
    copied_url = f"sqlite:///{copied}"
    engine = engines.make(copied_url)
    try:
        with engine.begin() as connection:
            step = raise_sequences(connection, manifest.made_at, now)
    finally:
        engine.dispose()
    migrate.upgrade(copied_url)
    with closing(sqlite3.connect(copied)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    require_empty(target)  # still
    os.replace(copied, target)
    return step


def require_empty(target: Path) -> None:
    """BackupError unless there is no database at `target`, or one without tables that nobody has open."""
    beside = [Path(f"{target}{end}") for end in ("-wal", "-shm", "-journal")]
    if target.exists():
        try:
            with closing(sqlite3.connect(target)) as connection:
                count = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        except sqlite3.Error as error:
            raise BackupError(f"{target} exists and isn't an empty database ({error}): move it away first") from None
        if count:
            raise BackupError(f"{target} isn't empty: move it away first")
    left = [str(file) for file in beside if file.exists()]
    if left:
        raise BackupError(
            f"{', '.join(left)}: stop the program that has this database open, or move these files away first"
        )
