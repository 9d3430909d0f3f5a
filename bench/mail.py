"""Emails a second from row to mail server by the worker's own loop, beside smtplib alone: same bytes, same server."""

from __future__ import annotations

import smtplib
import subprocess
import sys
import tempfile
import time as clocks
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from bench import fill, servers
from booking import clock
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.mail.smtp import SMTPMailer
from booking.programme import organisation_file
from booking.resources import folder
from booking.services.action_context import ActionContext
from booking.services.bookings.book import BookingRequest, book
from booking.services.outbox import deliver
from booking.services.outbox.deliver import EmailWorker
from booking.services.outbox.render_email import EmailOrigin, message_of
from booking.settings import Settings, load
from booking.store.db import engines
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Programme

EMAILS = 400  # one a member, every other with an invitation
ROUNDS = 7
TARGET = 0.5


@contextmanager
def mail_server(*handler: str) -> Iterator[int]:
    """aiosmtpd in a process of its own, with one of its own handlers; gives the port."""
    port = servers.free_port()
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", *handler]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                smtplib.SMTP("127.0.0.1", port, timeout=5).quit()
                break
            except OSError:
                clocks.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def booked(session: Session, url: str, organisation: Organisation) -> None:
    """As many bookings as emails are wanted, by the service function itself."""
    now = clock.now()
    clinics, members = fill.many_clinics(url, now)
    session.execute(update(Person).values(invitations="always"))
    session.execute(update(Person).where(Person.id % 2 == 0).values(invitations="never"))
    session.commit()
    for number, member in enumerate(members[:EMAILS]):
        public_id, starts_at = clinics[number % len(clinics)]
        at = starts_at + timedelta(minutes=15 * (number // len(clinics)))
        request = BookingRequest(public_id, at, 15, topic="GA4 events", link="https://shop.example.org/contact")
        book(ActionContext(session, organisation, now, Actor.member(int(str(member["id"])))), request)


def by_smtplib(port: int, written: list[tuple[str, bytes]], sender: str) -> float:
    """The baseline: one connection, the same bytes, already written; emails a second."""
    began = clocks.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for to, content in written:
            connection.sendmail(sender, [to], content)
    return len(written) / (clocks.perf_counter() - began)


def by_worker(
    sessions: sessionmaker[Session], mailer: SMTPMailer, found: Settings, organisation: Organisation
) -> float:
    """Ours: everything that is due, batch after batch, each email written from its row; emails a second."""
    with sessions() as session:
        session.execute(update(OutgoingEmail).where(OutgoingEmail.name == "booked").values(sent_at=None, attempts=0))
        session.commit()
    began = clocks.perf_counter()
    count = 0
    worker = EmailWorker(sessions, mailer, found, organisation, "bench", seconds=clock.monotonic)
    while taken := deliver.deliver_once(worker, clock.now()):
        count += taken
    mailer.close()
    took = clocks.perf_counter() - began
    with sessions() as session:
        unsent = session.scalars(
            select(OutgoingEmail.id).where(OutgoingEmail.name == "booked", OutgoingEmail.sent_at.is_(None))
        ).all()
    if unsent or count != EMAILS:
        raise SystemExit(f"bench: {len(unsent)} emails did not leave, and {count} were taken")
    return count / took


def measured(kind: str) -> Iterator[tuple[str, float, float, float, float | None]]:
    """What, figure and baseline in emails a second, the median ratio of rounds taken in turn, and the target.

    Once with a server that has each email in a Maildir, on the disk, before it says 250, as mail servers must
    (RFC 5321, 4.2.5); and told only, once with one that throws them away, and so is quicker than any.
    """
    url = servers.new_database(kind, f"mail-{kind}")
    organisation = organisation_file.load(folder("data"))
    engine = engines.make(url)
    with engines.sessions(engine)() as session, tempfile.TemporaryDirectory() as kept:
        booked(session, url, organisation)
        session.rollback()
        for does, target, handler in (
            ("keeps", TARGET, ("aiosmtpd.handlers.Mailbox", f"{kept}/maildir")),
            ("drops", None, ("aiosmtpd.handlers.Sink",)),
        ):
            with mail_server(*handler) as port:
                found = load({**servers.environment(url), "BOOKING_SMTP_URL": f"smtp://127.0.0.1:{port}"})
                ours, yards = in_turn(session, port, engines.sessions(engine), found, organisation)
            ratio = median(rate / yard for rate, yard in zip(ours, yards, strict=True))
            yield f"{EMAILS} emails, the server {does} them, {kind}", median(ours), median(yards), ratio, target
    engine.dispose()


def in_turn(
    session: Session, port: int, sessions: sessionmaker[Session], found: Settings, organisation: Organisation
) -> tuple[list[float], list[float]]:
    """The worker's rates and the baseline's, round by round."""
    domain = session.scalar(select(Programme.uid_domain))
    due = (
        select(OutgoingEmail, Person)
        .join(Person, Person.id == OutgoingEmail.person_id)
        .where(OutgoingEmail.name == "booked")
    )
    written = [
        (email.to_email, bytes(message_of(email, person, EmailOrigin(found, organisation, domain), clock.now())))
        for email, person in session.execute(due.order_by(OutgoingEmail.id))
    ]
    session.rollback()
    if sum(b"text/calendar" in content for _, content in written) != EMAILS // 2:
        raise SystemExit("bench: not every other email has an invitation")
    mailer = SMTPMailer(found.smtp_url)
    by_smtplib(port, written, found.mail_from)
    ours, yards = [], []
    for _ in range(ROUNDS):
        yards.append(by_smtplib(port, written, found.mail_from))
        ours.append(by_worker(sessions, mailer, found, organisation))
    return ours, yards
