"""Deliver emails: lease, write, send, note what became of it. No transaction is open while the mail server talks."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from jinja2 import TemplateError
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, sessionmaker

from booking.domain.organisation import Organisation
from booking.mail.compose import UnusableRecipient
from booking.mail.mailer import Mailer, PermanentFailure, TemporaryFailure, Unreachable
from booking.mail.masked import masked
from booking.services.outbox.render_email import EmailOrigin, message_of
from booking.services.steps import undelivered
from booking.services.transaction import transactional
from booking.settings import Settings
from booking.store.outbox import outbox, reminder_progress
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people import people_imports, rate_limits, sessions, trial_sign_ups
from booking.store.people.people import Person
from booking.store.programme.programme import Programme
from booking.store.queries.outbox import reminder_rows

BATCH = 100
AHEAD = 10  # so many emails are written while as many others are sent
TOGETHER = 50  # so many emails that left are noted in one transaction,
TOGETHER_SECONDS = 0.25  # or what left in so long: a worker that is killed sends these again, and no more
#: No email is begun later than this after the lease: one takes at most a dozen answers of twenty seconds, and must
#: be over before another worker may take it.
BEGUN_WITHIN_SECONDS = 45
FIRST_RETRY = timedelta(seconds=30)
MAX_RETRY_DELAY = timedelta(hours=1)
log = logging.getLogger("booking.emails")

Taken = tuple[OutgoingEmail, Person | None]
Written = EmailMessage | UnusableRecipient | TemporaryFailure | None


_UID_DOMAIN = select(Programme.uid_domain)
_READERS = select(Person).where(Person.id.in_(bindparam("wanted", expanding=True)))


@transactional
def lease(session: Session, worker: str, now: datetime) -> tuple[list[Taken], str | None]:
    """Take a batch of emails with who reads each, for reading only; and the domain that UIDs are made with."""
    taken = outbox.lease(session, worker, now, BATCH)
    wanted = {email.person_id for email in taken if email.person_id is not None}
    readers = {person.id: person for person in session.scalars(_READERS, {"wanted": list(wanted)})}
    uid_domain = session.scalar(_UID_DOMAIN)
    return [(email, readers.get(email.person_id) if email.person_id else None) for email in taken], uid_domain


@transactional
def mark_sent(session: Session, email_ids: list[int], worker: str, now: datetime) -> None:
    """They left."""
    outbox.sent(session, email_ids, worker, now)


@transactional
def mark_failed(session: Session, email_id: int, worker: str, now: datetime, why: str) -> None:
    """It will never go; coordinators hear of it at once, and of more within the hour no second time."""
    email = session.get(OutgoingEmail, email_id)
    if email is None:
        return
    locked = undelivered.lock(session, email)
    if outbox.failed(session, email_id, worker, now, why):
        undelivered.undelivered(session, email, locked, why, now)


@transactional
def forget(session: Session, email_id: int, worker: str) -> None:
    """There is nothing left to say: a reminder of what was cancelled, or left."""
    outbox.forget(session, email_id, worker)


@transactional
def mark_put_off(session: Session, until: dict[int, datetime], worker: str, why: str) -> None:
    """They may go later, each at its own time, by id."""
    outbox.put_off(session, until, worker, why)


@transactional
def give_back(session: Session, email_ids: list[int], worker: str) -> None:
    """They were taken and not tried: anybody may take them at once."""
    outbox.give_back(session, email_ids, worker)


@transactional
def keep_house(session: Session, worker: str, now: datetime) -> None:
    """Say that the worker is alive, and forget what has had its time."""
    outbox.seen(session, worker, now)
    outbox.tidy(session, now)
    reminder_progress.forget(session, now)
    sessions.forget(session, now)
    rate_limits.forget(session, now)
    people_imports.forget(session, now)
    trial_sign_ups.forget(session, now)


@dataclass(frozen=True, slots=True)
class EmailWorker:
    """One worker that sends emails: from which store, by which mail server, with which settings; `name` is its own.

    `must_stop` is asked before each email; `seconds` reads a clock that never goes back.
    """

    sessions: sessionmaker[Session]
    mailer: Mailer
    settings: Settings
    organisation: Organisation
    name: str
    must_stop: Callable[[], bool] = lambda: False
    seconds: Callable[[], float] = lambda: 0.0


@dataclass(frozen=True, slots=True)
class Office:
    """The context a worker sends every email of a batch with: where they come from, and when."""

    worker: EmailWorker
    origin: EmailOrigin
    now: datetime


def deliver_once(worker: EmailWorker, now: datetime) -> int:
    """Send one batch; how many emails were taken, whatever became of them.

    Before each email the worker is asked whether it must stop, and it is looked whether the lease would outlast one
    more: those not tried yet are then given back. A mail server that cannot be reached is tried once for the whole
    batch. What left is noted together, 50 emails or a quarter of a second at a time.
    """
    with worker.sessions() as session:
        if not outbox.is_waiting(session, now):
            return 0
        began = worker.seconds()
        taken, uid_domain = lease(session, worker.name, now)
    office = Office(worker, EmailOrigin(worker.settings, worker.organisation, uid_domain), now)
    left = SentEmails(office, began)
    try:
        for position, (email, message) in enumerate(_written_ahead(office, taken)):
            if worker.must_stop() or worker.seconds() - began > BEGUN_WITHIN_SECONDS:
                with worker.sessions() as session:
                    give_back(session, [one.id for one, _ in taken[position:]], worker.name)
                break
            try:
                if _deliver(office, email, message):
                    left.add(email)
            except Unreachable as failure:
                _put_off(office, [one for one, _ in taken[position:]], str(failure))
                break
    finally:
        left.note()
    return len(taken)


def _written_ahead(office: Office, taken: list[Taken]) -> Iterator[tuple[OutgoingEmail, Written]]:
    """Each email with what goes out. A thread writes the next handful while the mail server has these."""

    def handful(first: int) -> list[tuple[OutgoingEmail, Written]]:
        return [(email, _written(office, email, person)) for email, person in taken[first : first + AHEAD]]

    with ThreadPoolExecutor(1, "writer") as writer:
        coming = writer.submit(handful, 0)
        for first in range(AHEAD, len(taken) + AHEAD, AHEAD):
            ready, coming = coming.result(), writer.submit(handful, first)
            yield from ready


@dataclass(slots=True)
class SentEmails:
    """Emails that left and are not noted yet; `noted` is when others last were."""

    office: Office
    noted: float
    emails: list[OutgoingEmail] = field(default_factory=list)

    def add(self, email: OutgoingEmail) -> None:
        """It left: it is noted with those before it, or with some that follow at once."""
        log.info("email %s (%s) to %s sent", *_named(email))
        self.emails.append(email)
        if len(self.emails) >= TOGETHER or self.office.worker.seconds() - self.noted >= TOGETHER_SECONDS:
            self.note()

    def note(self) -> None:
        """Write that they left."""
        self.noted = self.office.worker.seconds()
        if self.emails:
            ids, self.emails = [email.id for email in self.emails], []
            with self.office.worker.sessions() as session:
                mark_sent(session, ids, self.office.worker.name, self.office.now)


def _deliver(office: Office, email: OutgoingEmail, message: Written) -> bool:
    """Whether one email left, its fate noted if it did not; raises Unreachable with nothing noted."""
    if message is None:
        with office.worker.sessions() as session:
            forget(session, email.id, office.worker.name)
        return False
    try:
        if isinstance(message, Exception):
            raise message
        office.worker.mailer.send(message)
    except Unreachable:
        raise
    except TemporaryFailure as failure:
        _put_off(office, [email], str(failure))
    except (PermanentFailure, UnusableRecipient) as failure:
        log.warning("email %s (%s) to %s failed for good: %s", *_named(email), failure)
        with office.worker.sessions() as session:
            mark_failed(session, email.id, office.worker.name, office.now, str(failure))
    else:
        return True
    return False


def _written(office: Office, email: OutgoingEmail, person: Person | None) -> Written:
    """The email as it goes out, or why it cannot; None where a reminder has nothing to remind of any more.

    What cannot be written is our mistake: it waits until it is mended.
    """
    if email.name in reminder_rows.NAMES:
        with office.worker.sessions() as session:
            told = reminder_rows.looked_at_again(session, email, office.origin.organisation, office.now)
        if told is None:
            return None
        email.facts = told
    try:
        return message_of(email, person, office.origin, office.now)
    except UnusableRecipient as error:
        return error
    except (TemplateError, LookupError, ValueError, TypeError, AttributeError) as error:
        log.exception("email %s (%s) cannot be written", email.public_id, email.name)
        return TemporaryFailure(masked(f"cannot be written: {type(error).__name__}: {error}"))


def _put_off(office: Office, put_off: list[OutgoingEmail], why: str) -> None:
    until = {email.id: office.now + retry_after(email.attempts) for email in put_off}
    for email in put_off:
        log.warning(
            "email %s (%s) to %s put off until %s: %s", *_named(email), f"{until[email.id]:%Y-%m-%d %H:%M:%SZ}", why
        )
    with office.worker.sessions() as session:
        mark_put_off(session, until, office.worker.name, why)


def _named(email: OutgoingEmail) -> tuple[str, str, str]:
    return str(email.public_id), email.name, masked(email.to_email)


def retry_after(attempts: int) -> timedelta:
    """Returns the wait after that many attempts: doubled each time up to an hour, with a fifth of jitter."""
    doubled: timedelta = FIRST_RETRY * (1 << min(max(attempts, 1) - 1, 20))
    return min(doubled, MAX_RETRY_DELAY) * random.uniform(0.8, 1.2)
