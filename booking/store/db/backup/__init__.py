"""Backups: one file, made while the service runs, restored into an empty database; nothing is left half done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from booking.store.db import migrate
from booking.store.db.backup import archive, postgresql, sqlite
from booking.store.db.backup.archive import COPIES, BackupError, Manifest


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a restore; `step` is how much every SEQUENCE was raised by."""

    manifest: Manifest
    step: int


def make(url: str, file: Path, version: str, now: datetime) -> Manifest:
    """Write a consistent, checked copy of the database to the new file `file`, while others go on writing.

    BackupError where that cannot be, also for a database of a newer version.
    """
    if file.exists():
        raise archive.exists(file)
    kind = make_url(url).get_backend_name()
    with _folder(file.parent) as folder:
        copied = folder / COPIES[kind]
        revision = (sqlite if kind == "sqlite" else postgresql).copy(url, copied)
        try:
            migrate.require_known(revision)
        except migrate.UnknownRevision as error:  # this version could not restore the file that it made
            raise BackupError(f"{error}. {error.remedy}") from None
        manifest = Manifest(kind, revision, version, now)
        archive.pack(manifest, copied, folder / "backup")
        archive.publish(folder / "backup", file)
    return manifest


def restore(url: str, file: Path, now: datetime) -> Restored:
    """Restore `file` into an empty database and bring that up to date; BackupError, and nothing is changed, if not."""
    kind = make_url(url).get_backend_name()
    beside = sqlite.path_of(url).parent if kind == "sqlite" else None
    with _folder(beside) as folder:
        manifest, copied = archive.unpack(file, folder)
        if manifest.database != kind:
            raise BackupError(f"{file} is a backup of {manifest.database}, but BOOKING_DATABASE_URL names {kind}")
        if not migrate.knows(manifest.revision):
            raise BackupError(f"{file} was made by a newer version, {manifest.version}: install that version first")
        step = (sqlite if kind == "sqlite" else postgresql).restore(url, copied, manifest, now)
    return Restored(manifest, step)


@contextmanager
def _folder(parent: Path | None) -> Iterator[Path]:
    """A folder of our own, gone at the end."""
    if parent is not None and not parent.is_dir():
        raise BackupError(f"the folder {parent} doesn't exist")
    try:
        made = TemporaryDirectory(prefix=".booking-", dir=parent)
    except PermissionError:
        raise BackupError(
            f"can't write into the folder {parent}: run this as a user who may, or choose another folder"
        ) from None
    with made as name:
        yield Path(name)
