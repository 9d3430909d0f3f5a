"""`booking people`: import a table, add one person, print a sign-in link."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from booking import clock, settings
from booking.cli import store_session
from booking.domain import tokens
from booking.domain.enums.people import RoleName
from booking.domain.errors import NotFound
from booking.domain.people import people_table
from booking.domain.people.people_table import Listed, Mistake
from booking.programme import organisation_file
from booking.programme.people_files import reading
from booking.services.accounts import sessions, sign_in
from booking.services.accounts import tokens as token_service
from booking.services.accounts.import_people import import_people
from booking.services.accounts.put_people import Imported, WouldOrphan
from booking.settings import Settings
from booking.store.people import people as persons


@click.group()
def people() -> None:
    """Add, import and manage members, analysts and coordinators."""


@people.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="even if an upcoming booking loses its member or analyst")
def import_(file: Path, force: bool) -> None:
    """Import a table: email, name, role, time_zone, member_until, meeting_url.

    FILE is CSV in UTF-8 or an Excel workbook (.xlsx). Only email is required. If a line is wrong, nothing is imported.
    """
    try:
        too_large = file.stat().st_size > people_table.MAX_BYTES
        data = b"x" * (people_table.MAX_BYTES + 1) if too_large else file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    read = reading.read(data)
    for words in read.notes:
        click.echo(f"note: {words}", err=True)
    if read.mistakes:
        _name(file, read.mistakes)
    done = _import(settings.load(), read.people, force)
    click.echo(f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged")
    if done.own_kept:
        click.echo(f"{done.own_kept} cells ignored, because people had set these values themselves")
    for words in done.orphaned:
        click.echo(f"note: {words}")
    _say_who_left(done)
    for email in done.closed:
        click.echo(
            f"note: the account of {email} is closed and stays closed; to reopen it: `booking people reopen {email}`"
        )


def _say_who_left(done: Imported) -> None:
    for name, count in done.left:
        bookings = "1 upcoming booking goes" if count == 1 else f"{count} upcoming bookings go"
        click.echo(f"note: {name} is no longer an analyst: {bookings} to cover")


def _name(file: Path, mistakes: list[Mistake]) -> None:
    for mistake in sorted(mistakes, key=lambda mistake: mistake.line):
        click.echo(f"{file}:{mistake.line}: {mistake}", err=True)
    sys.exit(1)


def _import(found: Settings, listed: list[Listed], force: bool) -> Imported:
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    with store_session.session(found) as session:
        try:
            return import_people(store_session.acting(session, organisation, clock.now()), listed, force=force)
        except WouldOrphan as refusal:
            for problem in refusal.problems:
                click.echo(problem, err=True)
            click.echo("nothing was imported; use --force to import anyway", err=True)
            sys.exit(1)


@people.command()
@click.argument("email")
@click.option("--name", default="", help="their name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in RoleName]),
    help="can be given several times",
)
@click.option("--time-zone", default="", help="a city, a state or an IANA name")
@click.option(
    "--member-until", default="", metavar="DATE", help="the last day of the membership; `never` for no last day"
)
@click.option("--meeting-url", default="", metavar="URL", help="an analyst's own meeting link; `none` removes it")
@click.option("--force", is_flag=True, help="even if an upcoming booking loses its member or analyst")
def add(
    email: str, name: str, roles: tuple[str, ...], time_zone: str, member_until: str, meeting_url: str, force: bool
) -> None:
    """Add a person, or change what is stored about them."""
    listed, mistakes = people_table.read_one(email, name, " ".join(roles), time_zone, member_until, meeting_url)
    for mistake in mistakes:
        click.echo(str(mistake), err=True)
    if mistakes:
        sys.exit(1)
    done = _import(settings.load(), [listed], force)
    click.echo("added" if done.added else "changed" if done.changed else "unchanged")
    _say_who_left(done)


@people.command(name="sign-in-link")
@click.argument("email")
def sign_in_link(email: str) -> None:
    """Print a link that signs EMAIL in without an email. It works once, for 10 minutes."""
    found = settings.load()
    settings.require_keys(found)
    with store_session.session(found) as session:
        click.echo(link_of(found, str(sign_in.link_for(session, email, clock.now()))))


@people.command()
@click.argument("email")
@click.option("--revoke", is_flag=True, help="end all of EMAIL's tokens instead of making one")
def token(email: str, revoke: bool) -> None:
    """Print a new API token for EMAIL. It is shown only once: the database stores a digest of it."""
    with store_session.session(settings.load()) as session:
        try:
            if revoke:
                click.echo(f"{token_service.revoke_all(session, email, clock.now())} ended")
            else:
                click.echo(token_service.make(session, email, clock.now()))
        except NotFound:
            raise click.ClickException(f"nobody has the address {email!r}") from None


@people.command(name="sign-out")
@click.argument("email")
def sign_out(email: str) -> None:
    """Sign EMAIL out on every device. Tokens and calendar addresses keep working."""
    found = settings.load()
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    with store_session.session(found) as session:
        person = persons.with_email(session, email)
        if person is None:
            raise click.ClickException(f"nobody has the address {email!r}")
        ended = sessions.end_all(store_session.acting(session, organisation, clock.now()), person.id)
        click.echo(f"{ended} {'session' if ended == 1 else 'sessions'} ended")


def link_of(found: Settings, public_id: str) -> str:
    """The address of a sign-in request."""
    return f"{found.base_url}/sign-in/link/{tokens.sign(found.secret_key, 'sign-in', public_id)}"
