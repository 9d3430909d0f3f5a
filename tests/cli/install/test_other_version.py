"""A database that another version made: refused in one line, kept, and for the demo put aside."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from booking.cli.install.db import db
from booking.cli.server import demo
from booking.store.db import engines, migrate
from tests.cli.command import booking


def of_another_version(url: str) -> None:
    migrate.upgrade(url)
    engine = engines.make(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()


def test_db_upgrade_says_so_in_one_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'booking.sqlite'}"
    of_another_version(url)
    done = CliRunner().invoke(db, ["upgrade"], env={"BOOKING_DATABASE_URL": url})
    assert done.exit_code == 1
    assert done.output.startswith("Error: the database is at 9999, which this version does not know")
    assert done.output.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [("people", "add", "mia@x.org"), ("backup", "copy.zip"), ("agenda", "mia@x.org"), ("doctor",)]
)
def test_every_command_says_that_a_newer_version_made_it(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    of_another_version(f"sqlite:///{tmp_path / 'booking.sqlite'}")
    keys = {"BOOKING_SECRET_KEY": "s" * 40, "BOOKING_FEED_KEY": "f" * 40, "BOOKING_BASE_URL": "https://127.0.0.1:9"}
    done = booking(tmp_path, *arguments, **keys)
    assert done.returncode == 1
    assert (
        "the database is at 9999, which this version does not know: a newer version or a draft made it. "
        "Install that version, or name a new database and restore a backup\n"
    ) in done.stdout + done.stderr
    assert "booking db upgrade" not in done.stdout + done.stderr
    assert not (tmp_path / "copy.zip").exists()


def test_the_demo_puts_it_aside_and_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("booking.settings.export", lambda given: [monkeypatch.setenv(*one) for one in given.items()])
    found = demo.demo_settings(tmp_path, "127.0.0.1", 8000)
    of_another_version(found.database_url)
    demo.prepare(found)
    said = capsys.readouterr().out
    assert "it is booking-9999.sqlite now, and the demo begins anew" in said
    assert (tmp_path / "booking-9999.sqlite").exists()
    assert (tmp_path / "booking.sqlite").exists()
    demo.prepare(found)
    assert "begins anew" not in capsys.readouterr().out
