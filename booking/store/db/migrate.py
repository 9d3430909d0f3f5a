"""Bring a database up to the present tables, and tell whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from booking.resources import PACKAGE
from booking.store.db import engines, limits


class UnknownRevision(Exception):
    """The database is at a revision that this version does not have; nothing was changed. `remedy` is what to do."""

    remedy = "Install that version, or name a new database and restore a backup"

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"the database is at {revision}, which this version does not know: a newer version or a draft made it"
        )
        self.revision = revision


class BrokenReferences(Exception):
    """A migration left rows whose parents are gone; it was rolled back."""


def config(scripts: Path = PACKAGE / "migrations") -> Config:
    """Alembic's configuration for the migrations in that folder; a connection goes into its `attributes`."""
    made = Config()
    made.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Run every migration that is missing, up to that revision, in one transaction.

    On SQLite without foreign keys, because rebuilding a table would delete its children; they are checked after.
    Raises UnknownRevision for a database of a newer version, and BrokenReferences.
    """
    engine = engines.make(url, foreign_keys=False, within=limits.MIGRATION)
    try:
        with engine.connect().execution_options(**{engines.IMMEDIATE: True}) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                # two hosts that start together: the second waits, then finds nothing to do
                connection.execute(text("SELECT pg_advisory_xact_lock(7226464)"))
            present = current(connection)
            require_known(present)
            connected = config()
            connected.attributes["connection"] = connection
            command.upgrade(connected, revision)
            if engine.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
                raise BrokenReferences("foreign_key_check found rows without their parents")
    finally:
        engine.dispose()


def head() -> str | None:
    """The newest revision that this version of the package knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def knows(revision: str) -> bool:
    """Whether this version has that revision, and so can upgrade a database that is at it."""
    return revision in {one.revision for one in ScriptDirectory.from_config(config()).walk_revisions()}


def require_known(revision: str | None) -> None:
    """Raise UnknownRevision for a revision that this version does not have; None, an empty database, is well."""
    if revision is not None and not knows(revision):
        raise UnknownRevision(revision)


def current(connection: Connection) -> str | None:
    """The revision that the database is at, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()
