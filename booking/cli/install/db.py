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
    migrate.upgrade(found.database_url)
    click.echo(f"the database is at {migrate.head()}")
