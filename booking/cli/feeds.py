"""`booking feeds`: private calendar addresses."""

from __future__ import annotations

import click
from sqlalchemy import select

from booking import settings
from booking.cli import stores
from booking.domain import errors, tokens
from booking.store.people import Person


@click.group()
def feeds() -> None:
    """Calendar addresses."""


@feeds.command()
@click.argument("email")
def url(email: str) -> None:
    """Print the private calendar addresses of a person. They are passwords."""
    found = settings.load()
    settings.require_keys(found)
    with stores.session(found) as session:
        person = session.scalars(
            select(Person).where(Person.email == email.lower(), Person.closed_at.is_(None))
        ).one_or_none()
        if person is None:
            raise errors.NotFound(f"nobody here has the address {email}")
        generations = {"member": person.member_feed_generation, "analyst": person.analyst_feed_generation}
        for role, generation in generations.items():
            if role in person.role_names:
                token = tokens.sign(found.feed_key, f"{role}-feed", str(person.public_id), generation)
                click.echo(f"{found.base_url}/feeds/{role}/{token}.ics")
