"""`booking programme read`: an announcement to a programme file."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from booking import clock, settings
from booking.cli import store_session
from booking.cli.programme.programme_args import the_organisation
from booking.domain import wording, zones
from booking.domain.organisation import Organisation
from booking.programme import words
from booking.programme import writing as clock_words
from booking.programme.announcements import documents, lines, reading, series_dates, writing
from booking.programme.announcements.budget import CannotRead
from booking.programme.announcements.draft import AnnouncementDraft, DraftSeries
from booking.programme.announcements.people import naming
from booking.store.queries.bookings import agenda_rows


def _month(_context: click.Context, _option: click.Parameter, value: str | None) -> date | None:
    try:
        return words.month(value) if value else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("read")
@click.argument("name", metavar="FILE|-")
@click.option("--month", callback=_month, metavar="YYYY-MM", help="the month it announces, if the text doesn't say")
@click.option("--assume", is_flag=True, help="accept what was assumed where a question is open, and exit with 0")
def read(name: str, month: date | None, assume: bool) -> None:
    """Read an announcement (text, HTML or .docx) and print it as a programme file.

    Each series is reported with its dates, and each question with its line. Names are compared with the analysts of
    the database, if there is one. It exits with 0 only if no question is open, or with --assume. If nothing could be
    read, it exits with 1 and prints the lines that came close.
    """
    organisation = the_organisation()
    today = zones.today(clock.now(), organisation.zone)
    try:
        if name == "-":
            source = sys.stdin.buffer.read(lines.MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                source = file.read(lines.MAX_BYTES + 1)
        found = documents.lines_of(source)
        is_anyone_named = any(people for _, people in naming.by_line(found))
        draft = reading.read_lines(found, organisation, today, month, analysts=_analysts() if is_anyone_named else {})
    except OSError as error:
        raise click.ClickException(f"{name}: {error.strerror}") from None
    except CannotRead as error:
        raise click.ClickException(f"{name}: {error}") from None
    for doubt in draft.doubts:
        click.echo(f"{name}:{doubt.line}: question: {doubt.message}", err=True)
    if not draft.series:
        for line in draft.near[:20]:
            click.echo(f"{name}:{line.number}: came close: {line.text[:100]}", err=True)
        raise click.ClickException(f"{name}: no line says what meets, on which days and at what time")
    for series in draft.series:
        click.echo(f"{name}:{series.line}: {_summary(series, draft, organisation, today)}", err=True)
    click.echo(writing.file_of(draft), nl=False)
    if not draft.doubts:
        click.echo(f"{name}: everything was understood", err=True)
    elif not assume:
        number = len(draft.doubts)
        click.echo(
            f"{name}: {number} {'question is' if number == 1 else 'questions are'} open: change the text,"
            " or accept what was assumed with --assume",
            err=True,
        )
        raise click.exceptions.Exit(1)


def _analysts() -> dict[str, str]:
    """The names of analysts by their addresses; none where there is no database yet, which reading doesn't need."""
    found = settings.load()
    url = make_url(found.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return {}
    try:
        with store_session.session(found) as session:
            return {analyst.email: analyst.name for analyst in agenda_rows.analysts(session)}
    except (settings.SettingsError, DBAPIError):
        return {}


def _summary(series: DraftSeries, draft: AnnouncementDraft, organisation: Organisation, today: date) -> str:
    """ "Film workshop: 7 pm – 9 pm, Brisbane time. 3 dates: Fri 4 Jun to Fri 25 Jun 2027. Skips Fri 11 Jun."."""
    found = series_dates.of_series(series, draft, organisation, today)
    hours = (
        f"{clock_words.hours(series.start, series.end)}, {zones.city(series.zone)} time. "
        if series.start and series.end
        else ""
    )
    said = ". ".join(filter(None, [found.counted, found.left_out])) if found is not None else "No dates"
    return f"{series.title}: {hours}{said}.".replace(wording.NBSP, " ")
