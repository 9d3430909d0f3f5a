"""`booking backup` and `booking restore`: the database as one file, and its way back."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path

import click

from booking import clock, settings, version
from booking.cli import store_session
from booking.services.records.note_restore import note_restore
from booking.store.db import backup as database_copy
from booking.store.db.backup.archive import BackupError

STAMP = "%Y-%m-%dT%H%M%SZ"  # in the name of a backup in a folder: names in order are times in order
NAMED = re.compile(r"booking-\d{4}-\d\d-\d\dT\d{6}Z\.zip")
FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1, 9999), help="in a folder, delete all but so many of the newest backups")
def backup(file: Path, keep: int | None) -> None:
    """Back up the database into a new FILE, or into a new file in a folder. The service can keep running.

    The file holds everybody's data, and only you can read it. Keep booking.env and the data folder with it.
    """
    found, now = settings.load(), clock.now()
    folder = file if file.is_dir() else None
    if folder is None and keep is not None:
        sys.exit(f"booking: --keep needs a folder, and {file} isn't one")
    made_in = file if folder is None else folder / f"booking-{now:{STAMP}}.zip"
    try:
        made = database_copy.make(found.database_url, made_in, version.current(), now)
    except BackupError as error:
        sys.exit(f"booking: {error}")
    click.echo(f"{made_in} holds the database as it was on {_words(made.made_at)}, and has been checked")
    for old in [] if folder is None or keep is None else _made_before(folder, keep):
        old.unlink(missing_ok=True)
        click.echo(f"{old} is deleted: {keep} newer backups are kept")


def _made_before(folder: Path, keep: int) -> list[Path]:
    """The backups in the folder that this command named, but for the newest; other files are nobody's business."""
    named = sorted(one for one in folder.glob("booking-*.zip") if NAMED.fullmatch(one.name))
    return named[:-keep]


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
