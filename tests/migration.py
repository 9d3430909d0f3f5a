"""Draft a migration: what the models have and the migrations have not. `make migration m="add a column for …"`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from booking.resources import PACKAGE
from booking.store.db import engines, migrate


def draft(message: str, scripts: Path = PACKAGE / "migrations") -> Path:
    """Write the next numbered migration into the versions of `scripts`; it is a draft, to be read and completed."""
    config = migrate.config(scripts)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'drafted.sqlite'}"
        migrate.upgrade(url)
        engine = engines.make(url)
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            number = int(migrate.head() or "0") + 1
            made = command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()
    assert made is not None
    assert not isinstance(made, list)
    return Path(made.path)


if __name__ == "__main__":
    print(draft(sys.argv[1]))
