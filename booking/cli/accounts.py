"""`booking people close`, `reopen`, `change-address` and `merge`: what an operator does with one account."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from booking import clock, settings
from booking.cli import store_session
from booking.cli.people import people
from booking.domain import wording
from booking.domain.errors import AddressTaken, Refusal, TextNotAccepted
from booking.programme import organisation_file
from booking.services.accounts import change_email, close_account, merge_accounts
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings
from booking.store.queries.people.account_holdings import Account, Upcoming


def person_of(session: Session, email: str) -> Person:
    """The person with that address, also with a closed account; else an error."""
    found = account_holdings.with_email(session, email)
    if found is None:
        raise click.ClickException(f"nobody has the address {email!r}")
    return found


@people.command()
@click.argument("email")
@click.option(
    "--keep-bookings", is_flag=True, help="keep upcoming bookings and enrolments; without this they are cancelled"
)
@click.option("--yes", is_flag=True, help="don't ask")
def close(email: str, keep_bookings: bool, yes: bool) -> None:
    """Close the account of EMAIL. Shows what it has booked and asks first."""
    found = settings.load()
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    with store_session.session(found) as session:
        person = person_of(session, email)
        if person.closed_at is not None:
            click.echo("already closed")
            return
        holding = account_holdings.account(session, person.id, clock.now())
        for line in _said(holding, organisation.zone, keep_bookings):
            click.echo(line)
        if not yes:
            click.confirm(f"Close the account of {person.name} ({person.email})?", abort=True)
        try:
            context = store_session.acting(session, organisation, clock.now())
            close_account.close(context, person.public_id, cancels=not keep_bookings)
        except Refusal as refusal:
            raise click.ClickException(str(refusal)) from None
        click.echo("closed")


def _said(holding: Account, zone: str, keep_bookings: bool) -> list[str]:
    """Print what becomes of each booking, and how much else ends."""
    fate = "stays" if keep_bookings else "is cancelled"
    lines = [f"{_line(one, zone)} {fate}" for one in holding.bookings]
    lines += [f"{_line(one, zone)} goes through cover" for one in holding.staffed]
    if holding.enrolments:
        lines.append(f"enrolments: {holding.enrolments} {'stay' if keep_bookings else 'end'}")
    ends = f"{holding.sessions} sessions, {holding.tokens} API tokens, {holding.waitlist_places} waitlist places"
    return [*lines, f"{ends}, calendar addresses and reminders end"]


def _line(one: Upcoming, zone: str) -> str:
    return f"{wording.when(one.starts_at, None, zone)}, {one.title} with {one.other}:".replace(wording.NBSP, " ")


@people.command()
@click.argument("email")
def reopen(email: str) -> None:
    """Reopen the closed account of EMAIL. Its old calendar addresses and tokens stay ended."""
    found = settings.load()
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    with store_session.session(found) as session:
        person = person_of(session, email)
        was_closed = person.closed_at is not None
        close_account.reopen(store_session.acting(session, organisation, clock.now()), person.public_id)
        click.echo("reopened" if was_closed else "already open")


@people.command(name="change-address")
@click.argument("old")
@click.argument("new")
def change_address(old: str, new: str) -> None:
    """Change somebody's email address from OLD to NEW at once. Both addresses get an email."""
    found = settings.load()
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    with store_session.session(found) as session:
        person = person_of(session, old)
        try:
            change_email.change(store_session.acting(session, organisation, clock.now()), person.public_id, new)
        except TextNotAccepted as refusal:
            raise click.ClickException(f"{new!r}: {refusal.reason}") from None
        except AddressTaken:
            raise click.ClickException(
                f"another account has the address {new!r}: use `booking people merge` to merge the two"
            ) from None
        click.echo("changed")


@people.command()
@click.argument("kept")
@click.argument("gone")
@click.option("--yes", is_flag=True, help="don't ask")
def merge(kept: str, gone: str, yes: bool) -> None:
    """Merge the account of GONE into that of KEPT, with all its bookings and history. Asks first."""
    found = settings.load()
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    with store_session.session(found) as session:
        stays, goes = person_of(session, kept), person_of(session, gone)
        if not yes:
            click.confirm(
                f"Merge {goes.name} ({goes.email}) into {stays.name} ({stays.email})? This can't be undone", abort=True
            )
        try:
            context = store_session.acting(session, organisation, clock.now())
            merge_accounts.merge(context, stays.public_id, goes.public_id)
        except merge_accounts.CannotMerge as refusal:
            raise click.ClickException("\n".join(refusal.problems)) from None
        click.echo("merged")
