"""A session of the store that the settings name, for commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.services.action_context import ActionContext
from booking.settings import Settings, SettingsError
from booking.store import organisation_versions
from booking.store.db import engines, migrate
from booking.store.people import people


@contextmanager
def sessions(settings: Settings) -> Iterator[sessionmaker[Session]]:
    """Sessions of the store.

    SettingsError where it is not migrated, a newer version made it, or it is no demo's though the settings say so.
    """
    engine = engines.make(settings.database_url)
    try:
        with engine.connect() as connection:
            present = migrate.current(connection)
        try:
            migrate.require_known(present)
        except migrate.UnknownRevision as error:
            raise SettingsError(f"{error}. {error.remedy}") from None
        if present != migrate.head():
            what = "is empty" if present is None else f"is at {present}, not {migrate.head()}"
            raise SettingsError(f"the database {what}: run `booking db upgrade` first")
        with engines.sessions(engine)() as one:
            if settings.is_demo and people.holds_real_people(one):
                raise SettingsError("BOOKING_IS_DEMO is set, but this database holds real people: unset it")
        yield engines.sessions(engine)
    finally:
        engine.dispose()


@contextmanager
def session(settings: Settings) -> Iterator[Session]:
    """One session of the store; otherwise as `sessions`."""
    with sessions(settings) as opened, opened() as one:
        yield one


def acting(session: Session, default: Organisation, now: datetime) -> ActionContext:
    """The context of what a command or the worker does: nobody is signed in, so the service itself acts.

    `default` is the data folder's organisation; what coordinators have set of it holds.
    """
    return ActionContext(session, organisation_versions.in_effect(session, default), now, Actor.system())
