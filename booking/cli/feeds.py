"""`booking feeds`: private calendar addresses."""

from __future__ import annotations

import click

from booking import settings
from booking.cli import store_session
from booking.domain import errors, tokens
from booking.store.people import people


@click.group()
def feeds() -> None:
    """Private calendar addresses."""


@feeds.command()
@click.argument("email")
def url(email: str) -> None:
    """Print the private calendar addresses of EMAIL. Treat them as passwords."""
    found = settings.load()
    settings.require_keys(found)
    with store_session.session(found) as session:
        person = people.with_email(session, email)
        if person is None:
            raise errors.NotFound(f"nobody has the address {email!r}")
        generations = {"member": person.member_feed_generation, "analyst": person.analyst_feed_generation}
        for role, generation in generations.items():
            if role in person.role_names:
                token = tokens.sign(found.feed_key, f"{role}-feed", str(person.public_id), generation)
                click.echo(f"{found.base_url}/feeds/{role}/{token}.ics")
