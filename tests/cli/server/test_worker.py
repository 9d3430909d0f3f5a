"""The worker as a process of its own, killed in the middle of its work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import clock
from booking.cli.server import worker as worker_command
from booking.mail.smtp import SMTPMailer
from booking.services.outbox import deliver
from booking.services.outbox.deliver import EmailWorker
from booking.store.outbox import outbox
from booking.store.outbox.emails import OutgoingEmail
from booking.store.programme.programme import Programme
from tests.builders import NOW, ORGANISATION, a_booking, a_clinic
from tests.databases import Database
from tests.mail.server import Mailbox, serving
from tests.web.client import BASE_URL, FEED_KEY, SECRET_KEY, settings

ROOT = Path(__file__).resolve().parents[3]


def worker(database: Database, mailbox: Mailbox) -> subprocess.Popen[bytes]:
    """`booking worker` on that database and that mail server."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BOOKING_")}
    set_up = {
        "BOOKING_DATABASE_URL": database.url,
        "BOOKING_SMTP_URL": mailbox.url,
        "BOOKING_MAIL_FROM": "clinics@example.org",
        "BOOKING_BASE_URL": BASE_URL,
        "BOOKING_SECRET_KEY": SECRET_KEY,
        "BOOKING_FEED_KEY": FEED_KEY,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "booking", "worker"],
        cwd=ROOT,
        env={**clean, **set_up},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def until(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    raise TimeoutError("it has not happened within half a minute")


@pytest.mark.parametrize("has_left", [False, True], ids=["between lease and send", "between send and note"])
def test_a_worker_that_is_killed_loses_no_email(database: Database, session: Session, has_left: bool) -> None:
    """What it had taken goes by another when the lease is over, what had left already once more as the same email."""
    clinic = a_clinic(session, analysts=3)
    for place in clinic.roster:
        a_booking(session, clinic, analyst=place.analyst.public_id)
    with serving() as mailbox:
        mailbox.seconds, mailbox.seconds_after = (0.0, 60.0) if has_left else (60.0, 0.0)
        process = worker(database, mailbox)
        try:
            until(lambda: len(mailbox.messages) == 1 if has_left else "DATA" in mailbox.commands)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        session.rollback()
        session.expire_all()
        found = session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)).all()
        assert [(one.sent_at, one.attempts) for one in found] == [(None, 1)] * 3
        session.rollback()
        mailbox.seconds = mailbox.seconds_after = 0.0
        mailer = SMTPMailer(mailbox.url)
        now = clock.now()

        def deliver_at(later: timedelta) -> int:
            set_up = settings(database, BOOKING_MAIL_FROM="clinics@example.org")
            return deliver.deliver_once(
                EmailWorker(database.sessions, mailer, set_up, ORGANISATION, "other"), now + later
            )

        assert deliver_at(timedelta()) == 0, "they are in its hands still"
        assert deliver_at(outbox.LEASE) == 3
        mailer.close()
        ids = [str(one["Message-ID"]) for one in mailbox.messages]
    expected = [f"<email-{one.public_id}@booking.example.org>" for one in found]
    assert sorted(ids) == sorted(expected + [ids[0]] * has_left)


def test_a_clock_set_back_does_not_keep_the_worker_from_its_housekeeping(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, hours, kept, rounds = count(0, 61), count(), [], count()
    stop = threading.Event()

    def keep_house(*arguments: Any) -> float:
        kept.append(arguments[1])
        return 0.0

    def batch() -> int:
        if len(kept) == 3 or next(rounds) > 10:
            stop.set()
        return 1

    monkeypatch.setattr(clock, "monotonic", lambda: float(next(seconds)))
    monkeypatch.setattr(clock, "now", lambda: NOW - timedelta(hours=next(hours)))
    monkeypatch.setattr(worker_command, "_keep_house", keep_house)
    monkeypatch.setattr(worker_command, "_close", lambda *_arguments: None)
    monkeypatch.setattr(worker_command, "_now", lambda _sender: clock.now())
    worker_command._run(None, batch, stop)  # type: ignore[arg-type]
    assert kept == [NOW, NOW - timedelta(hours=1), NOW - timedelta(hours=2)]


def test_the_worker_of_a_demo_goes_by_its_clock_and_any_other_by_the_real_one(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = session.get_one(Programme, 1)
    programme.is_demo, programme.demo_seconds = True, 3600
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    mailer = SMTPMailer("smtp://127.0.0.1:1")
    both = (settings(database, BOOKING_IS_DEMO="1"), settings(database))
    workers = [EmailWorker(database.sessions, mailer, found, ORGANISATION, "w") for found in both]
    assert [worker_command._now(one) for one in workers] == [NOW + timedelta(hours=1), NOW]
