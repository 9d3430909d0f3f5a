"""The promises of the outbox: nothing lost, nothing twice in the ordinary case, nobody held up, nothing to steal."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.mail import smtp
from booking.mail.mailer import LocalMailer, PermanentFailure
from booking.mail.smtp import SMTPMailer
from booking.services.outbox import deliver
from booking.services.outbox.deliver import EmailWorker
from booking.store.outbox import emails, outbox
from booking.store.outbox.emails import OutgoingEmail
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.mail.server import free_port, serving
from tests.web.client import settings

MINUTE = timedelta(minutes=1)


class Recording(LocalMailer):
    """Keeps what it is given, and calls `then` before it answers."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.ids: list[str] = []
        self.then = then

    def send(self, message: EmailMessage) -> None:
        self.ids.append(str(message["Message-ID"]))
        self.then()


class Ticking:
    """A clock that each email moves on."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def tick(self) -> None:
        self.now += self.step

    def __call__(self) -> float:
        return self.now


def run(
    database: Database,
    mailer: object,
    now: datetime = NOW,
    worker: str = "one",
    seconds: Callable[[], float] = lambda: 0.0,
) -> int:
    found = settings(database, BOOKING_MAIL_FROM="clinics@example.org")
    return deliver.deliver_once(
        EmailWorker(database.sessions, mailer, found, ORGANISATION, worker, seconds=seconds), now
    )  # type: ignore[arg-type]


def queue(session: Session, count: int, name: str = "test-email", **more: object) -> None:
    for _ in range(count):
        emails.enqueue(session, name, "someone@example.org", {}, NOW, **more)  # type: ignore[arg-type]
    session.commit()


def rows(session: Session) -> list[OutgoingEmail]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))


@pytest.fixture
def marks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many emails each transaction noted as sent."""
    found: list[int] = []
    mark = deliver.mark_sent

    def counted(session: Session, ids: list[int], worker: str, now: datetime) -> None:
        found.append(len(ids))
        mark(session, ids, worker, now)

    monkeypatch.setattr(deliver, "mark_sent", counted)
    return found


@pytest.mark.parametrize(("step", "together"), [(0.0, [50, 10]), (0.125, [2] * 30), (0.25, [1] * 60), (0.5, [1] * 60)])
def test_what_left_within_a_quarter_second_is_noted_together_and_nothing_waits_longer(
    database: Database, session: Session, marks: list[int], step: float, together: list[int]
) -> None:
    queue(session, 60)
    clock = Ticking(step)
    assert run(database, Recording(clock.tick), seconds=clock) == 60
    assert marks == together
    assert all(email.sent_at == NOW and email.leased_by is None for email in rows(session))


def test_what_left_before_a_worker_breaks_is_noted(database: Database, session: Session) -> None:
    queue(session, 5)
    mailer = Recording()

    def breaks() -> None:
        if len(mailer.ids) == 3:
            raise KeyboardInterrupt

    mailer.then = breaks
    with pytest.raises(KeyboardInterrupt):
        run(database, mailer)
    assert [email.sent_at is not None for email in rows(session)] == [True, True, False, False, False]
    later = Recording()
    assert run(database, later, NOW + outbox.LEASE, "two") == 3
    assert later.ids[0] == mailer.ids[2]


def test_no_email_is_begun_that_could_outlast_its_lease(database: Database, session: Session) -> None:
    """A server that takes 20 seconds over each: what would come too late is given back, and goes by another."""
    queue(session, 10)
    clock = Ticking(20.0)
    slow, other = Recording(clock.tick), Recording()
    assert run(database, slow, seconds=clock) == 10
    assert len(slow.ids) == 3
    assert [email.attempts for email in rows(session)] == [1] * 3 + [0] * 7
    assert run(database, other, NOW + MINUTE, "two") == 7
    assert not set(slow.ids) & set(other.ids)
    answers = 12  # connect, greet, TLS, greet again, sign in (3), sender, reader, DATA, the email, and one to spare
    assert timedelta(seconds=deliver.BEGUN_WITHIN_SECONDS + answers * smtp.SECONDS) < outbox.LEASE


@pytest.mark.parametrize(
    ("earlier", "blocks"),
    [
        ({}, True),
        ({"due_at": NOW + MINUTE}, False),
        ({"due_at": NOW + MINUTE, "attempts": 1}, True),
        ({"leased_until": NOW + MINUTE, "leased_by": "other", "attempts": 1}, True),
        ({"leased_until": NOW + MINUTE, "leased_by": "other", "attempts": 1, "due_at": NOW + MINUTE}, True),
        ({"failed_at": NOW}, False),
        ({"sent_at": NOW}, False),
        ({"booking_id": None}, False),
        ({"person_id": None}, False),
    ],
)
def test_an_email_waits_only_for_an_earlier_one_to_the_same_person_about_the_same_booking_that_is_due_or_tried(
    database: Database, session: Session, earlier: dict[str, object], blocks: bool
) -> None:
    booking = a_booking(session, a_clinic(session))
    first = session.scalars(select(OutgoingEmail)).one()
    for name, value in earlier.items():
        setattr(first, name, value)
    emails.enqueue(session, "test-email", "x@example.org", {}, NOW, person_id=booking.member_id, booking_id=booking.id)
    session.commit()
    taken = {email.name for email in outbox.lease(session, "one", NOW, 10)}
    assert ("test-email" not in taken) is blocks


def locks_of(database: Database, email_id: int) -> None:
    """Take all that a booking might want, at once or not at all: the email's row, or SQLite's one write lock."""
    if database.name == "sqlite":
        other = sqlite3.connect(str(database.engine.url.database), timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()
        return
    with database.engine.connect() as connection:
        connection.execute(text("SELECT id FROM outgoing_email WHERE id = :id FOR UPDATE NOWAIT"), {"id": email_id})
        connection.rollback()
        idle = text("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
        assert connection.execute(idle).scalar_one() == 0


@pytest.mark.parametrize("name", ["test-email", "reminder"])
def test_no_lock_is_held_and_no_transaction_open_while_the_mail_server_talks(
    database: Database, session: Session, name: str
) -> None:
    booking = a_booking(session, a_clinic(session))
    session.execute(OutgoingEmail.__table__.delete())  # type: ignore[attr-defined]
    facts = {"booking": str(booking.public_id), "hours": 1}
    emails.enqueue(session, name, "x@example.org", facts, NOW, person_id=booking.member_id, booking_id=booking.id)
    session.commit()
    email_id = rows(session)[0].id
    session.rollback()
    refused: list[Exception] = []

    def look() -> None:
        try:
            locks_of(database, email_id)
        except (OperationalError, sqlite3.OperationalError, AssertionError) as error:
            refused.append(error)

    mailer = Recording(look)
    assert run(database, mailer) == 1
    assert (len(mailer.ids), refused) == (1, [])


def test_a_mail_server_that_hangs_slows_no_booking(database: Database, session: Session) -> None:
    clinic = a_clinic(session, analysts=5)
    queue(session, 3)
    asked, answers = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        answers.wait(30)

    worker = threading.Thread(target=run, args=(database, Recording(hang)))
    worker.start()
    try:
        assert asked.wait(10)
        began = time.monotonic()
        for number in range(5):
            analyst = clinic.roster[number].analyst.public_id
            a_booking(session, clinic, after_minutes=15 * (number % 4), analyst=analyst)
        assert time.monotonic() - began < 5
        assert worker.is_alive()
    finally:
        answers.set()
        worker.join(30)


def test_a_mail_server_dead_for_an_hour_loses_nothing_and_is_tried_once_a_batch(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(session, analysts=5)
    for number in range(20):
        analyst = clinic.roster[number % 5].analyst.public_id
        a_booking(session, clinic, after_minutes=15 * (number // 5), analyst=analyst)
    tried: list[int] = []
    opened = SMTPMailer.open

    def counted(mailer: SMTPMailer) -> object:
        tried.append(1)
        return opened(mailer)

    monkeypatch.setattr(SMTPMailer, "open", counted)
    dead, batches = SMTPMailer(f"smtp://127.0.0.1:{free_port()}"), 0
    for minute in range(60):
        while run(database, dead, NOW + minute * MINUTE):
            batches += 1
    assert len(tried) == batches
    waiting = rows(session)
    assert all(email.sent_at is None and email.failed_at is None and email.attempts > 3 for email in waiting)
    with serving() as mailbox:
        living = SMTPMailer(mailbox.url)
        for minute in range(60, 60 + 73):  # at most an hour and a fifth after the last try
            while run(database, living, NOW + minute * MINUTE):
                pass
        living.close()
        assert len({str(one["Message-ID"]) for one in mailbox.messages}) == len(mailbox.messages) == 20


def test_emails_put_off_together_do_not_come_back_together(database: Database, session: Session) -> None:
    queue(session, 12)
    assert run(database, SMTPMailer(f"smtp://127.0.0.1:{free_port()}")) == 12
    waits = {email.due_at - NOW for email in rows(session)}
    assert len(waits) == 12
    assert all(timedelta(seconds=24) <= wait <= timedelta(seconds=36) for wait in waits)


def test_an_email_that_cannot_be_written_waits_and_holds_up_nobody_else(database: Database, session: Session) -> None:
    queue(session, 1, "no-such-email")
    for facts in ({"booking": "x"}, {"starts_at": None}, {"lines": 7}):
        emails.enqueue(session, "booked", "x@example.org", facts, NOW)
    queue(session, 1)
    mailer = Recording()
    assert run(database, mailer) == 5
    assert len(mailer.ids) == 1
    assert ["cannot be written" in email.last_error for email in rows(session)] == [True] * 4 + [False]


def test_an_email_says_what_was_so_when_it_was_queued(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, a_person(session, "Mia Moss"))
    analyst = booking.analyst.name
    occurrence = session.get_one(Occurrence, clinic.id)
    occurrence.series.title, booking.analyst.name, booking.topic = "Renamed", "Renamed", "Renamed"
    booking.starts_at = CLINIC_AT + timedelta(days=1)
    booking.ends_at = booking.starts_at + timedelta(minutes=15)
    session.commit()
    with serving() as mailbox:
        mailer = SMTPMailer(mailbox.url)
        run(database, mailer)
        mailer.close()
    words = mailbox.messages[0].as_string()
    assert "Renamed" not in words
    assert analyst in words
    assert str(mailbox.messages[0]["Subject"]).startswith("Booked: Mon 4 Dec")


def test_of_two_workers_that_meet_refusals_at_once_one_tells_the_coordinators(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_person(session, "Cora", roles=["coordinator"])
    queue(session, 2)
    monkeypatch.setattr(deliver, "BATCH", 1)
    sending, asking = threading.Barrier(2), threading.Barrier(2)
    has_warned = outbox.has_warned

    def asked(session: Session, since: datetime) -> bool:
        answer = has_warned(session, since)
        with suppress(threading.BrokenBarrierError):
            asking.wait(0.5)
        return answer

    monkeypatch.setattr(outbox, "has_warned", asked)

    def refuse() -> None:
        sending.wait(10)
        raise PermanentFailure("550")

    workers = [threading.Thread(target=run, args=(database, Recording(refuse), NOW, name)) for name in ("one", "two")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    names = [email.name for email in rows(session)]
    assert names == ["test-email", "test-email", "emails-failing"]


def test_who_lost_the_lease_notes_nothing_and_tells_nobody(database: Database, session: Session) -> None:
    a_person(session, "Cora", roles=["coordinator"])
    queue(session, 1)

    def taken_over() -> None:
        with database.sessions() as other:
            assert len(outbox.lease(other, "two", NOW + outbox.LEASE, 10)) == 1
            other.commit()
        raise PermanentFailure("550")

    assert run(database, Recording(taken_over)) == 1
    (email,) = rows(session)
    assert (email.failed_at, email.leased_by, email.attempts) == (None, "two", 2)
