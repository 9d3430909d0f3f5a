"""A dump of a PostgreSQL database by pg_dump, and its way back by pg_restore."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, inspect, make_url, text

from booking.store.db import engines, migrate
from booking.store.db.backup.archive import BackupError, Manifest
from booking.store.db.backup.raising import raise_sequences

LOCK_MILLISECONDS = 30_000  # that pg_dump waits for a migration to end


def copy(url: str, target: Path) -> str:
    """Dump the database to the new file `target` as it was at one instant, and read the dump through; its revision.

    The revision is left out of the dump: a database that is only half restored has none, and nothing serves it.
    """
    engine = engines.make(url)
    try:
        before = _revision(engine)
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--lock-wait-timeout={LOCK_MILLISECONDS}")
        _run(url, target, "pg_dump", *options, "--exclude-table-data=alembic_version", f"--file={target}")
        if _revision(engine) != before:
            raise BackupError("the database was upgraded during the backup: try again")
    finally:
        engine.dispose()
    target.chmod(0o600)
    check(target)
    return before


def check(dump: Path) -> None:
    """Read the dump from beginning to end; BackupError if it is damaged."""
    _call([_program("pg_restore"), "--file=/dev/null", str(dump)])


def restore(url: str, dump: Path, manifest: Manifest, now: datetime) -> int:
    """Fill the empty database from the dump and bring it up to date; how much SEQUENCEs were raised by."""
    check(dump)
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    engine = engines.make(url)
    try:
        require_empty(engine)
        _run(url, dump, "pg_restore", *options, str(dump))
        with engine.begin() as connection:
            step = raise_sequences(connection, manifest.made_at, now)
            _set_revision(connection, manifest.revision)
    finally:
        engine.dispose()
    migrate.upgrade(url)
    return step


def require_empty(engine: Engine) -> None:
    """BackupError if the database has a table."""
    tables = inspect(engine).get_table_names()
    if tables:
        name = engine.url.database
        raise BackupError(f"the database {name} isn't empty: create a new one with createdb")


def _revision(engine: Engine) -> str:
    with engine.connect() as connection:
        found = migrate.current(connection)
    if found is None:
        raise BackupError("the database has no tables yet, so there is nothing to back up")
    return found


def _set_revision(connection: Connection, revision: str) -> None:
    connection.execute(text("DELETE FROM alembic_version"))
    connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:revision)"), {"revision": revision})


def _run(url: str, beside: Path, name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the database; its password goes by a file, which other users cannot see."""
    address = make_url(url).set(drivername="postgresql")
    passwords = beside.with_name("password")
    words = (address.password or "").replace("\\", "\\\\").replace(":", "\\:")
    passwords.touch(0o600)
    passwords.write_text(f"*:*:*:*:{words}\n")
    shown = address.set(password=None).render_as_string(hide_password=False)
    target = make_conninfo(shown, passfile=str(passwords)) if address.password else shown
    try:
        _call([_program(name), "--no-password", f"--dbname={target}", *arguments])
    finally:
        passwords.unlink()


def _call(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise BackupError(f"{Path(command[0]).name}: {said[0] if said else f'ended with status {done.returncode}'}")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} isn't on the PATH: install PostgreSQL's client programs, as new as the server or newer "
            "(Debian: postgresql-client)"
        )
    return found
