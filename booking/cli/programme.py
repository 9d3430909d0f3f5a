"""`booking programme`: check files, print what they mean, publish them."""

from __future__ import annotations

import json
from datetime import date, datetime

import click

from booking import clock
from booking.cli.publishing import plan, publish, undo
from booking.cli.reading import FILES, read, the_organisation
from booking.domain import zones
from booking.domain.programme import Statement
from booking.domain.recurrence import Instance, expand, last_date, stored_until


@click.group()
def programme() -> None:
    """The programme files: what they mean, and whether they are right."""


@programme.command()
@FILES
def check(names: tuple[str, ...]) -> None:
    """Name every mistake in the files (without FILE: all of them), by file and line. Needs no database."""
    organisation = the_organisation()
    reading = read(names, organisation)
    for note in reading.notes:
        click.echo(f"{note.place}: note: {note.message}")
    today = zones.today(clock.now(), organisation.zone)
    for stated in reading.statements:
        found = _instances(stated, today)
        end = last_date(stated.rule)
        until = f"to {end}" if end else f"without an end, here to {found[-1].wall.date()}"
        click.echo(f"{stated.slug}: {len(found)} dates from {found[0].wall.date()} {until}, {_hours(found[0], stated)}")
    click.echo(f"{len(reading.statements)} series, nothing wrong")


def _instances(stated: Statement, today: date) -> list[Instance]:
    """Every instance from the first date to the end of the month 13 months on; of an older series all of them."""
    last = last_date(stated.rule)
    until = max(stored_until(today), date.max if last and last < today else date.min)
    return expand(stated.rule, stated.rule.starts_on, until)


def _hours(instance: Instance, stated: Statement) -> str:
    end = zones.wall(instance.ends_at, stated.rule.zone)
    return f"{instance.wall:%H:%M}–{end:%H:%M} {zones.abbreviation(instance.starts_at, stated.rule.zone)}"


def _day(_context: click.Context, _option: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date: write 2023-12-01") from None


@programme.command()
@click.argument("name", metavar="FILE|-")
@click.option("--from", "start", callback=_day, metavar="DATE", help="the first date, in the series' zone")
@click.option("--to", "end", callback=_day, metavar="DATE", help="the date before which it stops")
@click.option("--json", "as_json", is_flag=True, help="a list of objects, times in UTC")
def dates(name: str, start: date | None, end: date | None, as_json: bool) -> None:
    """Print every occurrence that FILE means, earliest first. Needs no database."""
    organisation = the_organisation()
    reading = read([name], organisation)
    today = zones.today(clock.now(), organisation.zone)
    rows = []
    for stated in reading.statements:
        if start is None and end is None:
            found = _instances(stated, today)
        else:
            found = expand(stated.rule, start or stated.rule.starts_on, end or stored_until(max(today, start or today)))
        rows += [_row(stated, instance) for instance in found]
    rows.sort(key=lambda row: (str(row["starts_at"]), str(row["series"])))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        module = f" · module {row['module']}" if row["module"] else ""
        click.echo(f"{row['wall']:36}  {row['starts_at']}  {row['kind']:12} {row['title']}{module}")
    if not rows:
        click.echo("no dates in that time", err=True)


def _row(stated: Statement, instance: Instance) -> dict[str, object]:
    """One occurrence as `dates --json` prints it; a module's title stands behind the series'."""
    title = stated.title
    if instance.module is not None:
        title = f"{title}: {stated.rule.modules[instance.module - 1]}"
    return {
        "series": stated.slug,
        "kind": stated.kind,
        "title": title,
        "module": instance.module,
        "starts_at": _utc(instance.starts_at),
        "ends_at": _utc(instance.ends_at),
        "wall": f"{instance.wall:%a %Y-%m-%d} {_hours(instance, stated)}",
    }


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


for command in (plan, publish, undo):
    programme.add_command(command)
