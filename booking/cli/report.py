"""`booking report`: the figures of the reports page, as text or CSV."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta

import click

from booking import clock, settings
from booking.cli import store_session
from booking.domain import spreadsheet, wording, zones
from booking.domain.reports import report_tables
from booking.domain.reports.figures import BadPeriod, ReportPeriod
from booking.domain.reports.report_tables import NAMES, ReportTable
from booking.programme import organisation_file
from booking.store.queries.reports import report_figures

DAYS = click.DateTime(["%Y-%m-%d"])
WEEKS = 5


@click.command()
@click.option("--from", "first", type=DAYS, help="the first day, such as 2026-11-02  [default: four weeks ago]")
@click.option("--to", "last", type=DAYS, help="the last day  [default: the end of this week]")
@click.option("--csv", "name", type=click.Choice(NAMES), help="print one table as CSV")
def report(first: datetime | None, last: datetime | None, name: str | None) -> None:
    """Print the reports: use of clinics, no-shows, lateness, lead time, waitlist, enrolment, calendars."""
    found = settings.load()
    files = organisation_file.load(found.data, found.organisation or None, found.join_url)
    now = clock.now()
    try:
        with store_session.session(found) as session:
            organisation = store_session.acting(session, files, now).organisation
            today = zones.today(now, organisation.zone)
            monday = today - timedelta(days=today.weekday())
            since, until = monday - timedelta(weeks=WEEKS - 1), monday + timedelta(days=6)
            period = ReportPeriod(_day(first, since), _day(last, until), organisation.zone)
            figures = report_figures.figures(session, period, organisation.bookable, now)
    except BadPeriod as mistake:
        raise click.BadParameter(str(mistake).replace("“To” is before “From”", "--to is before --from")) from None
    made = report_tables.tables(figures)
    if name is not None:
        one = report_tables.with_name(made)[name]
        sys.stdout.write(spreadsheet.lines([one.header, *one.rows]).replace("\r\n", "\n"))
        return
    days = (f"{wording.long_day(one)} {one.year}".replace(wording.NBSP, " ") for one in (period.first, period.last))
    click.echo(f"{' to '.join(days)}, {zones.city(period.zone)}")
    for table in made:
        click.echo(f"\n{table.title}\n{table.note}\n\n{_text(table)}")


def _day(given: datetime | None, otherwise: date) -> date:
    return otherwise if given is None else given.date()


def _text(table: ReportTable) -> str:
    """The table in columns, numbers to the right."""
    if not table.rows:
        return "  nothing in this period"
    rows = [[str(cell) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(table.header))]
    is_text = [all(isinstance(row[n], str) for row in table.rows) for n in range(len(table.header))]
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(row, widths, is_text, strict=True)
        ).rstrip()
        for row in rows
    )
