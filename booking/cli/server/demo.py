"""`booking demo`: a living demo on SQLite in a folder of its own; nothing leaves the machine."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import click

from booking import clock, settings
from booking.cli import store_session
from booking.cli.server import serve
from booking.domain import zones
from booking.programme import files, organisation_file
from booking.services import demo as demo_data
from booking.services import demo_scenes
from booking.settings import Settings
from booking.store.db import migrate


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--folder", default=".demo", show_default=True, help="the folder for its database and keys")
@click.option("--prepare-only", is_flag=True, help="fill the database, but don't run the server")
def demo(host: str, port: int, folder: str, prepare_only: bool) -> None:
    """Run a demo with made-up people, and a page that shows every email. Nothing leaves this machine."""
    found = demo_settings(Path(folder), host, port)
    if not prepare_only:
        serve.check_free(host, port)
    prepare(found)
    if prepare_only:
        return
    click.echo(f"booking: people to sign in as are at {found.base_url}/demo, emails at {found.base_url}/demo/mailbox")
    sys.exit(serve.run(host, port, 2, with_worker=True))


def demo_settings(folder: Path, host: str, port: int) -> Settings:
    """The demo's settings, for this process and those it starts; its keys are made once and kept in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "demo.env"
    if not file.exists():
        keys = {"secret_key": secrets.token_urlsafe(48), "feed_key": secrets.token_urlsafe(48)}
        settings.write_file(file, keys)
    given = settings.read_file(file)
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
    given |= {
        "BOOKING_SETTINGS": str(file),  # and not a booking.env that happens to lie here
        "BOOKING_DATABASE_URL": f"sqlite:///{(folder / 'booking.sqlite').resolve()}",
        "BOOKING_BASE_URL": f"http://{shown}:{port}",
        "BOOKING_MAIL_FROM": "clinics@example.org",
        "BOOKING_JOIN_URL": "https://example.org/join",
        "BOOKING_IS_DEMO": "1",
    }
    settings.export(given)
    return settings.load()


def prepare(found: Settings) -> None:
    """Migrate, and fill what is missing; at once where nothing is. A demo of another version begins anew."""
    try:
        migrate.upgrade(found.database_url)
    except migrate.UnknownRevision as error:
        path = Path(found.database_url.removeprefix("sqlite:///"))
        kept = path.with_name(f"{path.stem}-{error.revision}{path.suffix}")
        for end in ("", "-wal", "-shm"):
            if Path(f"{path}{end}").exists():
                Path(f"{path}{end}").replace(f"{kept}{end}")
        click.echo(f"booking: {error}; it is {kept.name} now, and the demo begins anew")
        migrate.upgrade(found.database_url)
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    now = clock.now()
    with store_session.session(found) as session:
        is_new = demo_data.people(session, now)
        reading = files.read(
            files.in_folder(found.data / "programme"), organisation, zones.today(now, organisation.zone)
        )
        if reading.problems:
            raise settings.SettingsError("\n".join(map(str, reading.problems)))
        context = store_session.acting(session, organisation, now)
        rolled = demo_data.roll(context, reading.statements)
        if is_new or rolled or demo_data.is_quiet(session, now):
            click.echo(f"booking: the demo made {demo_data.fill(context)} bookings")
        if is_new:
            demo_scenes.show_everything(context, rolled)
