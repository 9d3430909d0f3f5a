"""`booking agenda`: an analyst's day in a terminal."""

from __future__ import annotations

import sys
from datetime import date

import click
from sqlalchemy.orm import Session

from booking import clock, settings
from booking.cli import store_session
from booking.domain import spreadsheet, wording, zones
from booking.domain.bookings import agenda_words, day_agenda
from booking.domain.people import email_addresses
from booking.programme import organisation_file
from booking.store import organisation_versions
from booking.store.queries.bookings import agenda_rows
from booking.store.queries.bookings.agenda_rows import AgendaOwner


def _day(_context: click.Context, _option: click.Parameter, value: str | None) -> date | None:
    try:
        found = date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter(f"{value!r} isn't a date: write it as 2026-11-30") from None
    if found is not None and not 2000 <= found.year <= 2100:
        raise click.BadParameter("the date must be between 2000 and 2100")
    return found


@click.command()
@click.argument("analyst")
@click.option("--on", "day", callback=_day, metavar="DATE", help="the day, as 2026-11-30 (default: today)")
@click.option("--csv", "as_csv", is_flag=True, help="print the rows as CSV")
def agenda(analyst: str, day: date | None, as_csv: bool) -> None:
    """Print an analyst's day. ANALYST is an email address or the start of a name."""
    found = settings.load()
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    now = clock.now()
    with store_session.session(found) as session:
        organisation = organisation_versions.in_effect(session, organisation)
        who = _who(session, analyst)
        zone = who.zone or organisation.zone
        day = day or zones.today(now, zone)
        week = day_agenda.week_of(day)
        span = day_agenda.bounds(week[0], week[-1], zone)
        staffed = agenda_rows.staffed(session, who.id, span, organisation, now)
        today = day_agenda.on(day, staffed, zone)
        after = agenda_rows.next_at(session, who.id, day_agenda.bounds(day, day, zone)[1])
    if as_csv:
        click.echo(spreadsheet.lines(agenda_words.cells(today, zone)).replace("\r\n", "\n"), nl=False)
        return
    lines = [f"{wording.long_day(day)} {day.year}, {who.name}, times for {zones.city(zone)}"]
    lines += agenda_words.sheet(today, zone, organisation.zone, now)
    lines += ["", *([] if today else ["Nothing on this day."])]
    if after is not None:
        lines.append(f"The next day with something on: {wording.long_day(zones.today(after, zone))}.")
    booked, free = sum(len(one.visits) for one in staffed), sum(one.free_slots(now) for one in staffed)
    lines.append(f"This week: {booked} booked, {agenda_words.counted(free, 'slot', 'slots')} free.")
    click.echo("\n".join(lines).replace(wording.NBSP, " "))


def _who(session: Session, text: str) -> AgendaOwner:
    """The analyst of that address, or the only one whose name begins so; else one line and exit status 1."""
    everybody = agenda_rows.analysts(session)
    wanted = text.strip().casefold()
    found = [one for one in everybody if email_addresses.key(one.email) == email_addresses.key(text)]
    if not found:
        found = [one for one in everybody if wanted and one.name.casefold().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        sys.exit(f"booking: {text!r} could be any of {', '.join(f'{one.name} ({one.email})' for one in found)}")
    sys.exit(f"booking: no analyst has the address {text!r} or a name that starts like that")
