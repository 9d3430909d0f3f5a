"""Deliver letters: lease, write, send, note what became of it. No transaction is open while the mail server talks."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

from jinja2 import TemplateError
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.domain.organisation import Organisation
from booking.mail.compose import UnusableRecipient
from booking.mail.mailer import Mailer, PermanentFailure, TemporaryFailure, Unreachable
from booking.mail.masked import masked
from booking.services.deed import deed
from booking.services.write import message_of
from booking.settings import Settings
from booking.store import letters, outbox, people, reminded
from booking.store.letters import Letter
from booking.store.people import Person
from booking.store.programme import Programme
from booking.store.queries import reminders

BATCH = 20
FAILING = "letters-failing"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
log = logging.getLogger("booking.letters")

Taken = tuple[Letter, Person | None]


@deed
def lease(session: Session, worker: str, now: datetime) -> tuple[list[Taken], str | None]:
    """Take a batch of letters with who reads each, for reading only; and the domain that UIDs are made with."""
    taken = outbox.lease(session, worker, now, BATCH)
    wanted = {letter.person_id for letter in taken if letter.person_id is not None}
    readers = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(wanted)))}
    uid_domain = session.scalar(select(Programme.uid_domain))
    return [(letter, readers.get(letter.person_id) if letter.person_id else None) for letter in taken], uid_domain


@deed
def mark_sent(session: Session, letter_id: int, worker: str, now: datetime) -> None:
    """It left."""
    outbox.sent(session, letter_id, worker, now)


@deed
def mark_failed(session: Session, letter_id: int, worker: str, now: datetime, why: str) -> None:
    """It will never go; coordinators hear of it at once, and of more within the hour no second time."""
    outbox.failed(session, letter_id, worker, now, why)
    letter = session.get_one(Letter, letter_id)
    if letter.name != FAILING and not outbox.was_written(session, FAILING, now - HOUR):
        told = {"count": outbox.failed_since(session, now - DAY), "starts_at": now.isoformat(), "error": why}
        for person in people.coordinators(session):
            letters.enqueue(session, FAILING, person.email, told, now, person_id=person.id)


@deed
def forget(session: Session, letter_id: int, worker: str) -> None:
    """There is nothing left to say: a reminder of what was cancelled, or left."""
    outbox.forget(session, letter_id, worker)


@deed
def mark_put_off(session: Session, letter_id: int, worker: str, until: datetime, why: str) -> None:
    """It may go later."""
    outbox.put_off(session, letter_id, worker, until, why)


@deed
def give_back(session: Session, letter_ids: list[int], worker: str) -> None:
    """They were taken and not tried: anybody may take them at once."""
    outbox.give_back(session, letter_ids, worker)


@deed
def keep_house(session: Session, worker: str, now: datetime) -> None:
    """Say that the worker is alive, and forget what has had its time."""
    outbox.seen(session, worker, now)
    outbox.tidy(session, now)
    reminded.forget(session, now)


def deliver_once(
    sessions: sessionmaker[Session],
    mailer: Mailer,
    settings: Settings,
    organisation: Organisation,
    worker: str,
    now: datetime,
    must_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send one batch; how many letters were taken, whatever became of them.

    `must_stop` is asked before each letter: those not tried yet are then given back. A mail server that cannot be
    reached is tried once for the whole batch.
    """
    with sessions() as session:
        if not outbox.is_waiting(session, now):
            return 0
        taken, uid_domain = lease(session, worker, now)
    for position, (letter, person) in enumerate(taken):
        if must_stop():
            with sessions() as session:
                give_back(session, [letter.id for letter, _ in taken[position:]], worker)
            break
        try:
            _deliver(sessions, mailer, settings, organisation, worker, letter, person, uid_domain, now)
        except Unreachable as failure:
            for other, _ in taken[position:]:
                _put_off(sessions, worker, other, now, str(failure))
            break
    return len(taken)


def _deliver(
    sessions: sessionmaker[Session],
    mailer: Mailer,
    settings: Settings,
    organisation: Organisation,
    worker: str,
    letter: Letter,
    person: Person | None,
    uid_domain: str | None,
    now: datetime,
) -> None:
    """One letter; raises Unreachable with nothing noted."""
    if letter.name in reminders.NAMES:
        with sessions() as session:
            told = reminders.looked_at_again(session, letter, organisation, now)
        if told is None:
            with sessions() as session:
                forget(session, letter.id, worker)
            return
        letter.facts = told
    try:
        message = _written(letter, person, settings, organisation, uid_domain)
        mailer.send(message)
    except Unreachable:
        raise
    except TemporaryFailure as failure:
        _put_off(sessions, worker, letter, now, str(failure))
    except (PermanentFailure, UnusableRecipient) as failure:
        log.warning("letter %s (%s) to %s failed for good: %s", *_named(letter), failure)
        with sessions() as session:
            mark_failed(session, letter.id, worker, now, str(failure))
    else:
        log.info("letter %s (%s) to %s sent", *_named(letter))
        with sessions() as session:
            mark_sent(session, letter.id, worker, now)


def _written(
    letter: Letter, person: Person | None, settings: Settings, organisation: Organisation, uid_domain: str | None
) -> EmailMessage:
    """The letter as it goes out. What cannot be written is our mistake: it waits until it is mended."""
    try:
        return message_of(letter, person, settings, organisation, uid_domain)
    except (TemplateError, LookupError, ValueError, TypeError) as error:
        log.exception("letter %s (%s) cannot be written", letter.public_id, letter.name)
        raise TemporaryFailure(masked(f"cannot be written: {type(error).__name__}: {error}")) from error


def _put_off(sessions: sessionmaker[Session], worker: str, letter: Letter, now: datetime, why: str) -> None:
    until = now + retry_after(letter.attempts)
    log.warning("letter %s (%s) to %s put off until %s: %s", *_named(letter), f"{until:%Y-%m-%d %H:%M:%SZ}", why)
    with sessions() as session:
        mark_put_off(session, letter.id, worker, until, why)


def _named(letter: Letter) -> tuple[str, str, str]:
    return str(letter.public_id), letter.name, masked(letter.to_email)


def retry_after(attempts: int) -> timedelta:
    """How long to wait after that many attempts: doubled each time up to an hour, with a fifth of jitter."""
    doubled: timedelta = FIRST_RETRY * (1 << min(max(attempts, 1) - 1, 20))
    return min(doubled, LONGEST_RETRY) * random.uniform(0.8, 1.2)
