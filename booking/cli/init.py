"""`booking init`: from nothing to a service that somebody can sign in to."""

from __future__ import annotations

import secrets
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from booking import clock, settings
from booking.cli import people as people_commands
from booking.cli import stores
from booking.domain import addresses
from booking.domain import people as tables
from booking.domain.sign_in import VALID_MINUTES
from booking.mail.compose import Sender, compose
from booking.mail.mailer import PermanentFailure, TemporaryFailure
from booking.mail.render import Recipient, render
from booking.mail.smtp import SMTPMailer
from booking.programme import organisation as organisations
from booking.services import sign_in
from booking.services.import_people import import_people
from booking.settings import Settings, SettingsError
from booking.store import migrate
from booking.store.base import new_public_id


def _ask(text: str, default: str | None = None) -> str:
    return str(click.prompt(text, default=default, show_default=bool(default)))


@click.command()
@click.option("--base-url", help="the public address, https://…")
@click.option("--organisation", help="the organisation's name")
@click.option("--coordinator", metavar="EMAIL", help="the first coordinator")
@click.option("--coordinator-name", default="", help="how they are called")
@click.option("--smtp-url", help="smtp+starttls://USER:PASSWORD@HOST:587 or the like; empty for none yet")
@click.option("--mail-from", help="the address that letters come from")
@click.option("--database-url", default="sqlite:///booking.sqlite", show_default=True)
@click.option("--file", "file", default=settings.DEFAULT_FILE, show_default=True, type=click.Path(path_type=Path))
def init(
    base_url: str | None,
    organisation: str | None,
    coordinator: str | None,
    coordinator_name: str,
    smtp_url: str | None,
    mail_from: str | None,
    database_url: str,
    file: Path,
) -> None:
    """Write the settings, make the database, add the first coordinator; asks for what no flag gives."""
    if file.exists():
        raise SettingsError(f"{file} is there already: move it away, or change it by hand; its keys must not be lost")
    base_url = base_url if base_url is not None else _ask("Public address", "https://booking.example.org")
    organisation = organisation if organisation is not None else _ask("Organisation")
    coordinator = coordinator if coordinator is not None else _ask("E-mail address of the first coordinator")
    smtp_url = smtp_url if smtp_url is not None else _ask("Mail server (smtp+starttls://…, empty for none yet)", "")
    mail_from = mail_from if mail_from is not None else _ask("Letters come from", coordinator)
    listed, mistakes = tables.read_one(coordinator, coordinator_name, "coordinator", "", "")
    if mistakes or not addresses.is_address(mail_from):
        raise SettingsError(str(mistakes[0]) if mistakes else f"{mail_from!r} is not an email address")
    values = {
        "database_url": database_url,
        "secret_key": secrets.token_urlsafe(48),
        "feed_key": secrets.token_urlsafe(48),
        "base_url": base_url,
        "smtp_url": smtp_url,
        "mail_from": mail_from,
        "organisation": organisation,
    }
    if any("\n" in value for value in values.values()):
        raise SettingsError("a setting is one line")
    found = settings.load({f"{settings.PREFIX}{name.upper()}": value for name, value in values.items()})
    mailer = _mailer(found)
    try:
        migrate.upgrade(found.database_url)
    except (SQLAlchemyError, ValueError) as error:
        raise SettingsError(f"the database cannot be made: {str(error).splitlines()[0]}") from None
    loaded = organisations.load(found.data, found.organisation)
    with stores.session(found) as session:
        import_people(session, [listed], loaded, clock.now())
        link = people_commands.link_of(found, str(sign_in.link_for(session, listed.email, clock.now())))
    settings.write_file(file, values)
    click.echo(f"{file} holds the settings and fresh keys: keep it, and keep it secret.")
    click.echo(f"The database is at {migrate.head()}.")
    click.echo(_trial(found, mailer, listed.email, loaded.name))
    click.echo(f"\nSign in within {VALID_MINUTES} minutes, once the service runs:\n  {link}")
    click.echo(f"`booking people sign-in-link {listed.email}` prints another.\n")
    click.echo("Next:")
    click.echo("  booking doctor                  says what is still missing")
    click.echo("  booking people import FILE.csv  members and analysts")
    click.echo("  booking programme publish       the programme of data/programme")
    click.echo("  booking serve --with-worker     the service, on http://127.0.0.1:8000 behind your proxy")


def _mailer(found: Settings) -> SMTPMailer | None:
    try:
        return SMTPMailer(found.smtp_url) if found.smtp_url else None
    except ValueError as error:
        raise SettingsError(f"the mail server: {error}") from None


def _trial(found: Settings, mailer: SMTPMailer | None, email: str, name: str) -> str:
    """Send the trial letter; what became of it, in a line."""
    if mailer is None:
        return "No mail server is set: letters wait until BOOKING_SMTP_URL names one."
    loaded = organisations.load(found.data, found.organisation)
    recipient = Recipient(email)
    rendered = render("trial", {}, recipient, {"site": found.base_url}, loaded)
    sender = Sender(name, found.mail_from, found.reply_address, found.host)
    try:
        mailer.send(compose(rendered, recipient, sender, new_public_id(), clock.now()))
    except (TemporaryFailure, PermanentFailure) as failure:
        return f"The trial letter did not leave: {failure}. Mend BOOKING_SMTP_URL, then run `booking doctor`."
    finally:
        mailer.close()
    return f"A trial letter is on its way to {email}."
