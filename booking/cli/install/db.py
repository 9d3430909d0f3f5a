"""`booking db`: the database's tables."""

from __future__ import annotations

import click

from booking import settings
from booking.store.db import migrate


@click.group()
def db() -> None:
    """The database's tables."""


@db.command()
def upgrade() -> None:
    """Bring the tables up to this version; safe to run again."""
    found = settings.load()
    try:
        migrate.upgrade(found.database_url)
    except migrate.UnknownRevision as error:
        raise click.ClickException(
            f"{error}. Install that version, or name a new database and restore a backup"
        ) from None
    click.echo(f"the database is at {migrate.head()}")
