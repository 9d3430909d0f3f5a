"""`booking backup` and `booking restore`: the database as one file, and its way back."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from booking import clock, settings, version
from booking.cli import store_session
from booking.services.records.note_restore import note_restore
from booking.store.db import backup as database_copy
from booking.store.db.backup.archive import BackupError

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@FILE
def backup(file: Path) -> None:
    """Back up the database into a new FILE. The service can keep running.

    FILE holds everybody's data, and only you can read it. Keep booking.env and the data folder with it.
    """
    found = settings.load()
    try:
        made = database_copy.make(found.database_url, file, version.current(), clock.now())
    except BackupError as error:
        sys.exit(f"booking: {error}")
    click.echo(f"{file} holds the database as it was on {_words(made.made_at)}, and has been checked")


@click.command()
@FILE
def restore(file: Path) -> None:
    """Restore the backup FILE into an empty database.

    Its tables are upgraded to this version, calendars take the restored entries as the latest, and everybody has to
    sign in again.
    """
    found = settings.load()
    now = clock.now()
    try:
        restored = database_copy.restore(found.database_url, file, now)
    except BackupError as error:
        sys.exit(f"booking: {error}")
    with store_session.session(found) as session:
        note_restore(session, restored.manifest.made_at, restored.step, now)
    click.echo(
        f"restored: the database as it was on {_words(restored.manifest.made_at)}. Anything booked after that is lost."
    )
    click.echo("Everybody has to sign in again. Start the service and the worker, then run `booking doctor`.")


def _words(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M} UTC"
