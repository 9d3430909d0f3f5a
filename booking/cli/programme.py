"""`booking programme`: check files, print what they mean, publish them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click

from booking import clock, settings
from booking.cli import stores
from booking.domain import errors, zones
from booking.domain.organisation import Organisation
from booking.domain.programme import Statement
from booking.domain.recurrence import Instance, expand, last_date, stored_until
from booking.programme import files, nodes
from booking.programme import organisation as organisations
from booking.programme.files import Reading
from booking.services.publish import Line
from booking.services.publish import publish as publish_deed

FILES = click.argument("names", metavar="[FILE]...", nargs=-1)


@click.group()
def programme() -> None:
    """The programme files: what they mean, and whether they are right."""


def _organisation() -> Organisation:
    found = settings.load()
    try:
        return organisations.load(found.data, found.organisation or None)
    except nodes.Unreadable as error:
        raise click.exceptions.Exit(_print_problems(error.problems)) from None


def _print_problems(problems: Sequence[nodes.Problem]) -> int:
    for problem in problems:
        click.echo(str(problem), err=True)
    return 1


def _read(names: Sequence[str], organisation: Organisation) -> Reading:
    """The named files, those of the data folder without names, standard input for `-`; exits 1 on any mistake."""
    today = zones.today(clock.now(), organisation.zone)
    if list(names) == ["-"]:
        data = sys.stdin.buffer.read(nodes.MOST_BYTES + 1)
        reading = files.read_all([("-", data)], organisation, today)
    else:
        folder = settings.load().data / "programme"
        paths = [Path(name) for name in names] or files.in_folder(folder)
        if not paths:
            raise click.ClickException(f"no programme file: {folder} holds none, and none was named")
        reading = files.read(paths, organisation, today)
    if reading.problems:
        raise click.exceptions.Exit(_print_problems(reading.problems))
    return reading


@programme.command()
@FILES
def check(names: tuple[str, ...]) -> None:
    """Name every mistake in the files (without FILE: all of them), by file and line. Needs no database."""
    organisation = _organisation()
    reading = _read(names, organisation)
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
    organisation = _organisation()
    reading = _read([name], organisation)
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


@programme.command()
@FILES
@click.option("--with-past", is_flag=True, help="store what has begun too, and tell nobody")
def publish(names: tuple[str, ...], with_past: bool) -> None:
    """Store the files (without FILE: all of them). Safe to run again."""
    found = settings.load()
    reading = _read(names, _organisation())
    with stores.session(found) as session:
        try:
            done = publish_deed(session, reading.statements, clock.now(), uid_domain=found.host, with_past=with_past)
        except errors.CannotPublish as refusal:
            for problem in refusal.problems:
                click.echo(problem, err=True)
            sys.exit(1)
    _tell("added", done.added)
    _tell("moved", done.moved)
    _tell("with new words", done.retitled)
    _tell("with other analysts", done.restaffed)
    _tell("stored though no file states it any more, and left alone", done.kept, every=True)
    _tell("has begun and was left out" if not with_past else "has begun and was left alone", done.begun, every=True)
    click.echo("published" if done.changed else "nothing has changed")


def _tell(what: str, lines: Sequence[Line], *, every: bool = False) -> None:
    """How many, and which: by series, with the first and the last where they are many."""
    by_series: dict[str, list[Line]] = {}
    for line in lines:
        by_series.setdefault(line.slug, []).append(line)
    for slug, mine in by_series.items():
        walls = [f"{line.wall:%a %Y-%m-%d}" for line in mine if line.wall]
        shown = ", ".join(walls) if every and len(walls) <= 12 else f"{walls[0]} … {walls[-1]}"
        click.echo(f"{slug}: {len(mine)} {what}: {shown}")
