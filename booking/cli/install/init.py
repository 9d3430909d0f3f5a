"""`booking init`: from nothing to a service that somebody can sign in to."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from booking import clock, settings
from booking.cli import people, store_session
from booking.domain import zones
from booking.domain.enums.emails import EmailName
from booking.domain.people import email_addresses, people_table
from booking.domain.people.sign_in import VALID_MINUTES
from booking.mail.compose import Sender, compose
from booking.mail.factory import mailer_for
from booking.mail.mailer import Mailer, PermanentFailure, TemporaryFailure
from booking.mail.render import Recipient, render
from booking.programme import organisation_file, starting
from booking.programme.starting import initials
from booking.services.accounts import sign_in
from booking.services.accounts.import_people import import_people
from booking.settings import Settings, SettingsError
from booking.store.db import migrate
from booking.store.db.base import new_public_id


def _ask(text: str, default: str | None = None) -> str:
    return str(click.prompt(text, default=default, show_default=bool(default)))


@dataclass(frozen=True, slots=True)
class Answers:
    """The new installation's answers; None and empty where no flag gave one and nobody was asked yet."""

    base_url: str | None
    organisation: str | None
    short_name: str | None
    zone: str
    coordinator: str | None
    coordinator_name: str
    smtp_url: str | None
    mail_from: str | None
    database_url: str | None
    data: Path
    file: Path

    def completed(self) -> Answers:
        """With the answers to what no flag said; a short name is asked for only where the name is."""
        organisation, short_name = self.organisation, self.short_name
        base_url = self.base_url if self.base_url is not None else _ask("Public address", "https://booking.example.org")
        if organisation is None:
            organisation = _ask("Organisation")
            short_name = short_name or _ask("Short name", initials(organisation))
        coordinator = self.coordinator or _ask("Email address of the first coordinator")
        smtp_url = self.smtp_url
        if smtp_url is None:
            smtp_url = _ask("Mail server (smtp+starttls://…, leave empty to set it later)", "")
        return replace(
            self,
            base_url=base_url,
            organisation=organisation,
            short_name=short_name or organisation,
            coordinator=coordinator,
            smtp_url=smtp_url,
            mail_from=self.mail_from or _ask("Address that emails come from", coordinator),
            database_url=_whole(self.database_url or settings.given("database_url") or "sqlite:///booking.sqlite"),
            data=self.data.resolve(),
            file=self.file.resolve(),
        )

    def values(self) -> dict[str, str]:
        """The settings, with fresh keys."""
        return {
            "database_url": self.database_url or "",
            "secret_key": secrets.token_urlsafe(48),
            "feed_key": secrets.token_urlsafe(48),
            "base_url": self.base_url or "",
            "smtp_url": self.smtp_url or "",
            "mail_from": self.mail_from or "",
            "data": str(self.data),
            "trusted_proxies": "1" if (self.base_url or "").startswith("https://") else "0",
        }


def _whole(url: str) -> str:
    """The address with the whole path of an SQLite file, so that every folder to start from is the same."""
    scheme, colon, path = url.partition(":///")
    if colon and scheme.partition("+")[0] == "sqlite" and path and not path.startswith((":", "file:")):
        return f"{scheme}:///{Path(path).resolve()}"
    return url


@click.command()
@click.option("--base-url", help="the public address, https://…")
@click.option("--organisation", help="the organisation's name")
@click.option("--short-name", help="its short name, as in page titles")
@click.option("--zone", default="AEST", show_default=True, help="the time zone of the programme")
@click.option("--coordinator", metavar="EMAIL", help="the first coordinator")
@click.option("--coordinator-name", default="", help="their name")
@click.option("--smtp-url", help="smtp+starttls://USER:PASSWORD@HOST:587 or similar; empty to set it later")
@click.option("--mail-from", help="the address that emails come from")
@click.option("--database-url", help="default: BOOKING_DATABASE_URL, or the file booking.sqlite in this folder")
@click.option(
    "--data", default="data", show_default=True, type=click.Path(path_type=Path), help="the data folder to create"
)
@click.option("--file", "file", default=settings.DEFAULT_FILE, show_default=True, type=click.Path(path_type=Path))
def init(**given: Any) -> None:
    """Set up a new installation: settings, data folder, database and first coordinator.

    Asks for whatever the options don't say.
    """
    for name, why in (("file", "because its keys mustn't be lost"), ("data", "or choose another folder with --data")):
        if given[name].exists():
            raise SettingsError(f"{given[name]} already exists: move it away, {why}")
        _check_writable(given[name])
    answers = Answers(**given).completed()
    listed, mistakes = people_table.read_one(answers.coordinator or "", answers.coordinator_name, "coordinator", "", "")
    if mistakes or not email_addresses.is_address(answers.mail_from or ""):
        raise SettingsError(str(mistakes[0]) if mistakes else f"{answers.mail_from!r} isn't an email address")
    values = answers.values()
    if any("\n" in value for value in (*values.values(), answers.organisation or "", answers.short_name or "")):
        raise SettingsError("each answer must be one line")
    try:
        zones.named(answers.zone)
    except zones.UnknownZone:
        raise SettingsError(f"unknown time zone {answers.zone!r}: write AEST, AEDT or a city such as Sydney") from None
    if not (answers.organisation or "").strip():
        raise SettingsError("enter the organisation's name")
    settings.private_files()
    with ExitStack() as undoing:
        found, mailer, link = _make(answers, values, listed, undoing)
        settings.write_file(answers.file, values)
        undoing.pop_all()
    _tell(answers, _trial(found, mailer, listed.email), link)


def _check_writable(path: Path) -> None:
    """SettingsError where nothing can be made at `path`, before anybody is asked anything."""
    folder = next(one for one in path.resolve().parents if one.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"can't write into the folder {folder}: run this as a user who may, or in another folder")


def _make(
    answers: Answers, values: dict[str, str], listed: people_table.Listed, undoing: ExitStack
) -> tuple[Settings, Mailer | None, str]:
    """Data folder, database and coordinator; `undoing` takes away what was made, if something fails."""
    undoing.callback(shutil.rmtree, answers.data, ignore_errors=True)
    starting.write(answers.data, answers.organisation or "", answers.short_name or "", answers.zone)
    found = settings.load({f"{settings.PREFIX}{name.upper()}": value for name, value in values.items()})
    loaded = organisation_file.load(found.data)
    mailer = _mailer(found)
    if found.database_url.startswith("sqlite"):
        path = Path(found.database_url.partition(":///")[2])
        if not path.exists():
            for end in ("", "-wal", "-shm"):
                undoing.callback(Path(f"{path}{end}").unlink, missing_ok=True)
    try:
        migrate.upgrade(found.database_url)
    except (SQLAlchemyError, ValueError, migrate.UnknownRevision) as error:
        raise SettingsError(f"the database can't be created: {str(error).splitlines()[0]}") from None
    with store_session.session(found) as session:
        import_people(store_session.acting(session, loaded, clock.now()), [listed])
        link = people.link_of(found, str(sign_in.link_for(session, listed.email, clock.now())))
    return found, mailer, link


def _tell(answers: Answers, trial: str, link: str) -> None:
    click.echo(f"{answers.file} holds the settings and new keys: keep it, and keep it secret.")
    click.echo(f"{answers.data} holds the organisation’s kinds of meeting, rules and (still empty) programme.")
    click.echo(f"The database is ready, at {migrate.head()}.")
    click.echo(trial)
    click.echo(
        f"\nOnce the service is running, sign in with this link (it works for {VALID_MINUTES} minutes):\n  {link}"
    )
    click.echo(f"`booking people sign-in-link {answers.coordinator}` prints a new one.\n")
    click.echo("Next:")
    click.echo("  booking serve --with-worker     run the service, on http://127.0.0.1:8000 behind your proxy")
    click.echo("  booking doctor                  see what is still missing")
    click.echo("  booking people import FILE.csv  add members and analysts")
    click.echo("  booking programme publish       publish a programme (in the browser, or from files such as those in")
    click.echo(f"                                  {answers.data / 'programme' / starting.EXAMPLES})")


def _mailer(found: Settings) -> Mailer | None:
    try:
        return mailer_for(found.smtp_url) if found.smtp_url else None
    except ValueError as error:
        raise SettingsError(f"the mail server: {error}") from None


def _trial(found: Settings, mailer: Mailer | None, email: str) -> str:
    """Send the test email; what became of it, in a line."""
    if mailer is None:
        return "No mail server is set: emails wait until BOOKING_SMTP_URL names one."
    loaded = organisation_file.load(found.data)
    recipient = Recipient(email)
    rendered = render(EmailName.TEST, {}, recipient, {"site": found.base_url}, loaded)
    sender = Sender(loaded.name, found.mail_from, found.reply_address, found.host)
    try:
        mailer.send(compose(rendered, recipient, sender, new_public_id(), clock.now()))
    except (TemporaryFailure, PermanentFailure) as failure:
        return f"The test email couldn't be sent: {failure}. Correct BOOKING_SMTP_URL, then run `booking doctor`."
    finally:
        mailer.close()
    return f"A test email is on its way to {email}."
