"""`booking programme roll` and `export`: files out of other months, and out of the store."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from booking import clock, settings
from booking.cli import store_session
from booking.cli.programme.programme_args import FILES, read, the_organisation
from booking.domain.planning.words.statement import Statement
from booking.programme import days_off, rolling, words, writing
from booking.store.programme import plan_inputs
from booking.store.queries.people import analyst_emails


def _month(_context: click.Context, _option: click.Parameter, value: str) -> date:
    try:
        return words.month(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.argument("month", callback=_month, metavar="YYYY-MM")
@FILES
@click.option("--from", "source", required=True, callback=_month, metavar="YYYY-MM", help="the month to copy")
def roll(month: date, names: tuple[str, ...], source: date) -> None:
    """Print a programme file for MONTH, copied from another month: from FILE, or from what is published without one.

    Titles and holidays to check are marked in the file and listed on standard error.
    """
    organisation = the_organisation()
    stated = rolling.of_month(read(names, organisation).statements, source) if names else _stored_in(source)
    if not stated:
        raise click.ClickException(f"no series is announced for {source:%Y-%m}: series that run all year need no copy")
    off = days_off.between(month, month + timedelta(days=370), organisation.observe, organisation.closed)
    rolled = rolling.roll(stated, source, month, off)
    click.echo(rolling.file_of(rolled), nl=False)
    for note in rolled.notes:
        click.echo(note, err=True)


def _stored_in(month: date) -> list[Statement]:
    """What is published of that month, as a file would state it."""
    with store_session.session(settings.load()) as session:
        emails = analyst_emails.by_id(session)
        return rolling.stored_in_month(plan_inputs.definitions(session).values(), emails, month)


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path | None) -> None:
    """Write the published programme as programme files, one for each series, into FOLDER.

    Without FOLDER it prints all of it. Meeting links are left out.
    """
    with store_session.session(settings.load()) as session:
        world = plan_inputs.world(session, {}, clock.now(), with_past=True)
        emails = analyst_emails.by_id(session)
    ons = {
        (slug, row.key): row.setting.on
        for slug, rows in world.rows.items()
        for row in rows
        if row.setting.on is not None
    }
    definitions = list(world.definitions.values())
    if not definitions:
        raise click.ClickException("nothing has been published yet")
    if folder is None:
        click.echo(writing.file_of(definitions, emails, ons), nl=False)
        return
    there = [asked.slug for asked in definitions if (folder / f"{asked.slug}.yaml").exists()]
    if there:
        raise click.ClickException(f"{folder / there[0]}.yaml already exists: choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for asked in definitions:
        (folder / f"{asked.slug}.yaml").write_text(writing.file_of([asked], emails, ons), encoding="utf-8")
    click.echo(f"{len(definitions)} files in {folder}")
