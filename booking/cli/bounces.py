"""`booking bounces`: what other mail servers report about emails that had left."""

from __future__ import annotations

from pathlib import Path

import click

from booking import clock, settings
from booking.cli import store_session
from booking.mail import bounce_mailbox, delivery_reports
from booking.mail.bounce_mailbox import UnusableMailbox
from booking.programme import organisation_file
from booking.services.action_context import ActionContext
from booking.services.outbox.note_bounce import note_bounce
from booking.settings import SettingsError


@click.command()
@click.option("--mailbox", type=click.Path(path_type=Path), help="another Maildir folder or mbox file to read")
def bounces(mailbox: Path | None) -> None:
    """Read the bounced emails that have returned since. The worker does this every minute."""
    found = settings.load()
    path = mailbox or found.bounces
    if path == Path():
        raise SettingsError("BOOKING_BOUNCES isn't set: name a Maildir folder or an mbox file there, or with --mailbox")
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    with store_session.session(found) as session:
        try:
            count = read_mailbox(store_session.acting(session, organisation, clock.now()), path)
        except UnusableMailbox as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{count} {'bounce' if count == 1 else 'bounces'} of our emails read")


def read_mailbox(context: ActionContext, path: Path) -> int:
    """Note every report of a failure or delay in the mailbox; how many were about emails of ours.

    Anybody can write to a mailbox, so a report counts only with the Message-ID of an email. Raises UnusableMailbox,
    OSError.
    """

    def take(raw: bytes) -> bool:
        reports = delivery_reports.read(raw)
        return any([note_bounce(context, report, is_trusted=False) for report in reports])

    return bounce_mailbox.read(path, take)
