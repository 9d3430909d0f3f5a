"""`booking programme read`: an announcement to a programme file."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from booking import clock
from booking.cli.programme.programme_args import the_organisation
from booking.domain import zones
from booking.programme import words
from booking.programme.announcements import lines, reading, writing
from booking.programme.announcements.budget import CannotRead


def _month(_context: click.Context, _option: click.Parameter, value: str | None) -> date | None:
    try:
        return words.month(value) if value else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("read")
@click.argument("name", metavar="FILE|-")
@click.option("--month", callback=_month, metavar="YYYY-MM", help="the month it announces, if the text doesn't say")
def read(name: str, month: date | None) -> None:
    """Read an announcement (text, HTML or .docx) and print it as a programme file.

    Anything unclear is reported with its line. If nothing could be read, it exits with 1 and prints the lines that came
    close.
    """
    organisation = the_organisation()
    try:
        if name == "-":
            source = sys.stdin.buffer.read(lines.MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                source = file.read(lines.MAX_BYTES + 1)
        draft = reading.read(source, organisation, zones.today(clock.now(), organisation.zone), month)
    except OSError as error:
        raise click.ClickException(f"{name}: {error.strerror}") from None
    except CannotRead as error:
        raise click.ClickException(f"{name}: {error}") from None
    for doubt in draft.doubts:
        click.echo(f"{name}:{doubt.line}: {doubt.message}", err=True)
    if not draft.series:
        for line in draft.near[:20]:
            click.echo(f"{name}:{line.number}: came close: {line.text[:100]}", err=True)
        raise click.ClickException(f"{name}: no line says what meets, on which days and at what time")
    click.echo(writing.file_of(draft), nl=False)
