"""`booking worker`: sends emails, and keeps the far end of the programme filled."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from booking import clock, logs, settings
from booking.cli import bounces, mail_settings, store_session
from booking.mail.bounce_mailbox import UnusableMailbox
from booking.mail.masked import masked
from booking.programme import organisation_file
from booking.services import cover, demo_clock
from booking.services.accounts import trials
from booking.services.action_context import ActionContext
from booking.services.bookings import waitlist
from booking.services.enrolling import place_waitlist
from booking.services.outbox import daily_agenda, deliver, remind
from booking.services.outbox.deliver import EmailWorker
from booking.services.publishing import undo
from booking.services.publishing.extend import extend
from booking.services.records.count_report_weeks import count_report_week, prepare_report_weeks
from booking.services.records.prune_audit import prune_audit
from booking.settings import Settings
from booking.store import organisation_versions
from booking.store.outbox import reminder_progress

PAUSE_SECONDS = 1.0
#: By the monotonic clock: one that is set back must not keep the worker from its work until it has caught up.
HOUSE_SECONDS = 60.0
REPORT_WEEKS = 10  # that are counted each minute
EXTENDING_SECONDS = 24 * 3600.0
log = logging.getLogger("booking.worker")


@click.command()
@click.option("--once", is_flag=True, help="send what is due now, then stop")
def worker(once: bool) -> None:
    """Send emails, and keep the programme's future dates filled in. You can run several workers."""
    found = settings.load()
    logs.begin(logging.WARNING if found.is_demo else logging.INFO)  # the demo's emails are on its own pages
    logging.getLogger("alembic").setLevel(logging.WARNING)  # reading the revision is no news
    settings.require_keys(found)
    mail_settings.check_sender(found)
    mailer = mail_settings.mailer_of(found)
    organisation = organisation_file.load(found.data, found.organisation or None, found.join_url)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    name = f"{socket.gethostname()}-{os.getpid()}"

    with store_session.sessions(found) as sessions:
        sender = EmailWorker(sessions, mailer, found, organisation, name, stop.is_set, clock.monotonic)

        def batch() -> int:
            with sessions() as session:
                now_in_effect = organisation_versions.in_effect(session, organisation)
            return deliver.deliver_once(replace(sender, organisation=now_in_effect), _now(sender))

        try:
            if once:
                _keep_house(sender, _now(sender), None)
                _close(sender, _now(sender))
                while not stop.is_set() and batch():
                    pass
            else:
                _run(sender, batch, stop)
        finally:
            mailer.close()


def _run(sender: EmailWorker, batch: Callable[[], int], stop: threading.Event) -> None:
    """Batch after batch; with nothing to do, one look a second and no connection kept."""
    kept_at: float | None = None
    extended_at: float | None = None
    while not stop.is_set():
        seconds = clock.monotonic()
        try:
            now = _now(sender)
            if kept_at is None or seconds - kept_at >= HOUSE_SECONDS:
                extended_at = _keep_house(sender, now, extended_at)
                kept_at = seconds
            _close(sender, now)
            taken = batch()
        except SQLAlchemyError as error:
            log.warning("the database does not answer, trying again: %s", type(error).__name__)
            taken = 0
        if not taken:
            sender.mailer.close()
            stop.wait(PAUSE_SECONDS)


def _now(sender: EmailWorker) -> datetime:
    """What time it is: of the demo by its own clock."""
    if not sender.settings.is_demo:
        return clock.now()
    with sender.sessions() as session:
        return clock.now() + demo_clock.ahead(session)


def _close(sender: EmailWorker, now: datetime) -> None:
    """Free what publishes hold that can no longer be undone; cancel what nobody took an hour before it starts.

    Offers that have lapsed go to the next who waits.
    """
    with sender.sessions() as session:
        context = store_session.acting(session, sender.organisation, now)
        if undo.is_open(session, now):
            undo.close(context)
        for booking in cover.lapsed(session, now):
            cover.lapse(context, booking)
        for occurrence_id in waitlist.lapsed(session, now):
            waitlist.offer_free_slots(context, occurrence_id)
        for occurrence_id in place_waitlist.lapsed(session, now):
            place_waitlist.offer_free_places(context, occurrence_id)


def _keep_house(sender: EmailWorker, now: datetime, extended_at: float | None) -> float | None:
    """Do what is due each minute, and each day fill the far end of the programme. Returns when that was last done.

    Each minute: report alive, forget what is old, offer what came free unnoticed to every waitlist, write daily
    agendas, reminders of those enrolled, and what tells of the end of free trials.

    What keeps it from being filled is said, tried again a minute later, and holds no email up.
    """
    with sender.sessions() as session:
        context = store_session.acting(session, sender.organisation, now)
        deliver.keep_house(session, sender.name, now)
        prune_audit(context)
        _count_reports(context)
        _read_bounces(context, sender.settings)
        for occurrence_id in waitlist.awaited(session):
            waitlist.offer_free_slots(context, occurrence_id)
        for occurrence_id in place_waitlist.awaited(session):
            place_waitlist.offer_free_places(context, occurrence_id)
        for person_id in daily_agenda.due(session, context.organisation, now):
            daily_agenda.write(context, person_id)
        for person_id in trials.ending(context):
            trials.tell_ending(context, person_id)
        for one in reminder_progress.due(session, context.organisation, now):
            remind.write(context, one)
        if extended_at is not None and clock.monotonic() - extended_at < EXTENDING_SECONDS:
            return extended_at
        try:
            added = extend(context)
        except (SQLAlchemyError, ValueError) as error:
            log.warning("the far end of the programme cannot be filled; emails go on: %s", masked(str(error)))
            return extended_at
    log.info("the far end of the programme is filled: %s added", added)
    return clock.monotonic()


def _count_reports(context: ActionContext) -> None:
    """Count weeks of the reports that are over, a few each minute; each is a transaction of its own."""
    prepare_report_weeks(context)
    for _ in range(REPORT_WEEKS):
        if not count_report_week(context):
            return


def _read_bounces(context: ActionContext, found: Settings) -> None:
    """Read the mailbox to which bounces return, if there is one; what keeps it from being read holds no email up."""
    if found.bounces == Path():
        return
    try:
        bounces.read_mailbox(context, found.bounces)
    except (UnusableMailbox, OSError) as error:
        log.warning("bounces cannot be read: %s", masked(str(error)))
