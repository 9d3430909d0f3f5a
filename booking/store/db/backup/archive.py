"""The backup file: a ZIP archive of a manifest and one copy of the database, readable by its owner alone."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

MANIFEST = "manifest.json"
SERVICE = "booking"
FORMAT = 1
#: The copy's name in the archive, by the kind of database: an SQLite file, or a dump of pg_dump in its custom format.
COPIES = {"sqlite": "database.sqlite", "postgresql": "database.dump"}


class BackupError(Exception):
    """A backup cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup's description: of which kind of database, at which migration, by which version, as of when (UTC)."""

    database: str
    revision: str
    version: str
    made_at: datetime


def pack(manifest: Manifest, copy: Path, file: Path) -> None:
    """Write the archive `file` and read it again; BackupError if it does not hold what was put in."""
    values = {
        "service": SERVICE,
        "format": FORMAT,
        "database": manifest.database,
        "revision": manifest.revision,
        "version": manifest.version,
        "made_at": manifest.made_at.isoformat(),
    }
    with open(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, json.dumps(values, indent=2))
            archive.write(copy, COPIES[manifest.database])
        target.flush()
        os.fsync(target.fileno())
    with zipfile.ZipFile(file) as archive:
        if archive.testzip() is not None:
            raise BackupError(f"{file} couldn't be read back: check the disk")


def unpack(file: Path, folder: Path) -> tuple[Manifest, Path]:
    """The manifest, and the copy in `folder`; BackupError for what is damaged or no backup of this service."""
    foreign = BackupError(f"{file} isn't a backup made by `booking backup`")
    try:
        with zipfile.ZipFile(file) as archive:
            values = json.loads(archive.read(MANIFEST))
            if not isinstance(values, dict) or values.get("service") != SERVICE:
                raise foreign
            if values["format"] != FORMAT:
                raise BackupError(f"this version can't read {file}: install version {values['version']}")
            made_at = datetime.fromisoformat(values["made_at"])
            manifest = Manifest(values["database"], values["revision"], values["version"], made_at)
            copy = Path(archive.extract(COPIES[manifest.database], folder))  # checks its checksum
    except (KeyError, ValueError, TypeError):
        raise foreign from None
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise BackupError(f"{file} is damaged or not a backup: {error}") from None
    copy.chmod(0o600)
    return manifest, copy


def publish(made: Path, file: Path) -> None:
    """Give the finished archive its name, in one step; BackupError if something has that name by now."""
    try:
        os.link(made, file)
    except FileExistsError:
        raise exists(file) from None
    except OSError:  # a file system without links
        if file.exists():
            raise exists(file) from None
        made.rename(file)


def exists(file: Path) -> BackupError:
    return BackupError(f"{file} already exists: choose another name")
