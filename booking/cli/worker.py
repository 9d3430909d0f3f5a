"""`booking worker`: sends letters, and keeps the far end of the programme filled."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from datetime import datetime, timedelta

import click
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from booking import clock, settings
from booking.cli import stores
from booking.domain.organisation import Organisation
from booking.mail.mailer import LocalMailer, Mailer
from booking.mail.smtp import SMTPMailer
from booking.programme import organisation as organisations
from booking.services import deliver
from booking.services.extend import extend
from booking.settings import Settings, SettingsError

PAUSE_SECONDS = 1.0
HOUSE = timedelta(minutes=1)
log = logging.getLogger("booking.worker")


def mailer_of(found: Settings) -> Mailer:
    """What carries letters: SMTP, or in the demo nothing. SettingsError where neither is set."""
    if found.is_demo:
        return LocalMailer()
    if not found.smtp_url:
        raise SettingsError("BOOKING_SMTP_URL is not set: letters wait in the outbox until it is")
    try:
        return SMTPMailer(found.smtp_url)
    except ValueError as error:
        raise SettingsError(f"BOOKING_SMTP_URL: {error}") from None


@click.command()
@click.option("--once", is_flag=True, help="send what is due now, then end")
def worker(once: bool) -> None:
    """Send letters until told to stop; several workers may run."""
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    found = settings.load()
    settings.require_keys(found)
    mailer = mailer_of(found)
    organisation = organisations.load(found.data, found.organisation or None)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    name = f"{socket.gethostname()}-{os.getpid()}"
    with stores.sessions(found) as sessions:
        try:
            if once:
                while deliver.deliver_once(sessions, mailer, found, organisation, name, clock.now()):
                    pass
                _keep_house(sessions, name, clock.now(), None)
            else:
                _run(sessions, mailer, found, organisation, name, stop)
        finally:
            mailer.close()


def _run(
    sessions: sessionmaker[Session],
    mailer: Mailer,
    found: Settings,
    organisation: Organisation,
    name: str,
    stop: threading.Event,
) -> None:
    kept_at: datetime | None = None
    extended_at: datetime | None = None
    while not stop.is_set():
        now = clock.now()
        try:
            if kept_at is None or now - kept_at >= HOUSE:
                extended_at = _keep_house(sessions, name, now, extended_at)
                kept_at = now
            taken = deliver.deliver_once(sessions, mailer, found, organisation, name, now)
        except SQLAlchemyError as error:
            log.warning("the database does not answer, trying again: %s", type(error).__name__)
            taken = 0
        if not taken:
            mailer.close()
            stop.wait(PAUSE_SECONDS)


def _keep_house(
    sessions: sessionmaker[Session], name: str, now: datetime, extended_at: datetime | None
) -> datetime | None:
    """Once a minute: say that we live; once a day: fill the far end. When it was last filled."""
    with sessions() as session:
        deliver.keep_house(session, name, now)
        if extended_at is not None and now - extended_at < timedelta(days=1):
            return extended_at
        extend(session, now)
    return now
