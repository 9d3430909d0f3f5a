"""`booking programme`: check files, print what they mean, publish them."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import click

from booking import clock, settings
from booking.cli import store_session
from booking.cli.programme import announcements
from booking.cli.programme.programme_args import FILES, read, the_organisation
from booking.cli.programme.publishing import plan, publish, undo
from booking.cli.programme.roll_export import export, roll
from booking.domain import zones
from booking.domain.organisation import Organisation
from booking.domain.planning import schedule
from booking.domain.planning.occurrences import Period, Setting, StoredSeries
from booking.domain.planning.plan import NOTHING_STORED
from booking.domain.planning.resolve import resolve
from booking.domain.planning.schedule import Schedule, Surroundings
from booking.domain.planning.words.statement import Statement
from booking.domain.recurrence import stored_until
from booking.programme import days_off
from booking.services.publishing import planning
from booking.store import organisation_versions
from booking.store.programme import plan_inputs


@click.group()
def programme() -> None:
    """Check, plan and publish programme files."""


@programme.command()
@FILES
@click.option(
    "--stored", is_flag=True, help="check the published dates instead: does each time still fit its time zone?"
)
def check(names: tuple[str, ...], stored: bool) -> None:
    """Report every mistake in the files, by file and line. Without FILE it checks all of them; it needs no database.

    With --stored it checks the database: when a time zone changes its rules, published dates can be at the wrong clock
    time. Publish `booking programme plan` to correct them.
    """
    organisation = the_organisation()
    if stored:
        _check_stored(organisation)
        return
    reading = read(names, organisation)
    for note in reading.notes:
        click.echo(f"{note.place}: note: {note.message}")
    today, questions = zones.today(clock.now(), organisation.zone), 0
    for stated in reading.statements:
        computed = _schedule(stated, organisation, stored_until(max(today, stated.rule.starts_on)))
        for question in (finding for finding in computed.findings if finding.is_question):
            questions += 1
            click.echo(f"{stated.place}: question: {question.message}")
        found = _settings(computed)
        if not found:
            click.echo(f"{stated.slug}: no dates")
            continue
        first, last = (zones.today(setting.starts_at, stated.rule.zone) for setting in (found[0], found[-1]))
        has_end = stated.rule.modules or stated.rule.ends_on or stated.ends_on
        until = f"to {last}" if has_end else f"without an end, here to {last}"
        click.echo(f"{stated.slug}: {len(found)} dates from {first} {until}, {_hours(found[0], stated)}")
    asked = f", {questions} {'question' if questions == 1 else 'questions'} to answer" if questions else ""
    click.echo(f"{len(reading.statements)} series, no mistakes{asked}")


def _check_stored(organisation: Organisation) -> None:
    with store_session.session(settings.load()) as session:
        organisation = organisation_versions.in_effect(session, organisation)
        found = planning.read_changes(session, planning.nothing, organisation, Period(clock.now()))
        world = plan_inputs.world(session, organisation.kinds, clock.now())
    drifted = [step for step in found.steps if "when" in step.fields and step.before is not None]
    for step in drifted:
        zone = world.definitions[step.series].rule.zone
        was, is_to_be = ((s.starts_at if s else step.after.starts_at) for s in (step.before, step.after))
        click.echo(
            f"{step.series}: {_utc(was)} shows {zones.wall(was, zone):%a %Y-%m-%d %H:%M} in {zone}; "
            f"it should be {zones.wall(is_to_be, zone):%H:%M}, {_utc(is_to_be)}"
        )
    if drifted:
        raise click.ClickException(
            f"{len(drifted)} dates no longer fit their time zone: publish `booking programme plan` to correct them"
        )
    click.echo("every published date fits its time zone")


def _schedule(stated: Statement, organisation: Organisation, until: date) -> Schedule:
    """Everything that the file means, exceptions and answers for holidays applied; what it leaves open is a question.

    A series without an end goes to the day before `until`.
    """
    rule = stated.rule
    asked = resolve([stated], NOTHING_STORED, {named.email: 0 for named in stated.named}, rule.starts_on)
    if asked.problems:
        for problem in asked.problems:
            click.echo(problem, err=True)
        raise click.exceptions.Exit(1)
    last = max(until, rule.ends_on or until, rule.starts_on + timedelta(days=366))
    off = days_off.between(rule.starts_on, last, organisation.observe, organisation.closed)
    definition = next(iter(asked.definitions.values()))
    before_all = zones.day_starts_at(rule.starts_on, rule.zone) - timedelta(days=1)
    period = Period(before_all, with_past=True, until=until)
    return schedule.compute(definition, StoredSeries(), period, Surroundings(off))


def _settings(computed: Schedule) -> list[Setting]:
    """Every occurrence that takes place, earliest first."""
    return sorted((s for s in computed.settings.values() if s.reason is None), key=lambda s: s.starts_at)


def _hours(setting: Setting, stated: Statement) -> str:
    start, end = (zones.wall(at, stated.rule.zone) for at in (setting.starts_at, setting.ends_at))
    return f"{start:%H:%M}–{end:%H:%M} {zones.abbreviation(setting.starts_at, stated.rule.zone)}"


def _day(_context: click.Context, _option: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter(f"{value!r} isn't a date: write it as 2023-12-01") from None


@programme.command()
@click.argument("name", metavar="FILE|-")
@click.option("--from", "start", callback=_day, metavar="DATE", help="the first date, in the series' time zone")
@click.option("--to", "end", callback=_day, metavar="DATE", help="stop before this date")
@click.option("--json", "as_json", is_flag=True, help="print a JSON list, with times in UTC")
def dates(name: str, start: date | None, end: date | None, as_json: bool) -> None:
    """Print every date of the series in FILE, earliest first. Needs no database."""
    organisation = the_organisation()
    reading = read([name], organisation)
    today = zones.today(clock.now(), organisation.zone)
    rows = []
    for stated in reading.statements:
        zone = stated.rule.zone
        found = _settings(_schedule(stated, organisation, end or stored_until(max(today, start or today))))
        days = [(zones.today(setting.starts_at, zone), setting) for setting in found]
        rows += [_row(stated, s) for day, s in days if (not start or day >= start) and (not end or day < end)]
    rows.sort(key=lambda row: (str(row["starts_at"]), str(row["series"])))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        module = f" · module {row['module']}" if row["module"] else ""
        click.echo(f"{row['wall']:36}  {row['starts_at']}  {row['kind']:12} {row['title']}{module}")
    if not rows:
        click.echo("no dates in that period", err=True)


def _row(stated: Statement, setting: Setting) -> dict[str, object]:
    """One occurrence as `dates --json` prints it; a module's title stands behind the series'."""
    title = setting.title or stated.title
    if setting.module is not None:
        title = f"{title}: {stated.rule.modules[setting.module - 1]}"
    return {
        "series": stated.slug,
        "kind": stated.kind,
        "title": title,
        "module": setting.module,
        "starts_at": _utc(setting.starts_at),
        "ends_at": _utc(setting.ends_at),
        "wall": f"{zones.wall(setting.starts_at, stated.rule.zone):%a %Y-%m-%d} {_hours(setting, stated)}",
    }


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


for command in (announcements.read, plan, publish, undo, roll, export):
    programme.add_command(command)
