"""`booking db`: the database's tables."""

from __future__ import annotations

import click

from booking import settings
from booking.store.db import migrate


@click.group()
def db() -> None:
    """Upgrade the database."""


@db.command()
def upgrade() -> None:
    """Upgrade the tables to this version. It is safe to run again."""
    found = settings.load()
    try:
        migrate.upgrade(found.database_url)
    except migrate.UnknownRevision as error:
        raise click.ClickException(f"{error}. {error.remedy}") from None
    click.echo(f"the database is at {migrate.head()}")
