"""Every look-up of the outbox has an index, however many emails have left."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from booking.services.outbox import deliver
from booking.store.db.base import new_public_id, table_of
from booking.store.outbox import emails, outbox
from booking.store.outbox.emails import OutgoingEmail
from booking.store.queries.outbox import email_log
from booking.store.queries.programme import coordinator_overview
from tests.builders import NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.store.plans import plan, statements

SENT = 30_000
AGO = NOW - timedelta(days=30)


def fill(session: Session) -> int:
    """A month of emails that have left, one in a thousand refused; some that are due and many for later; a booking."""
    person = a_person(session, "Cora", roles=["coordinator"]).id
    booking = a_booking(session, a_clinic(session)).id
    common = {"name": "reminder", "to_email": "x@example.org", "facts": {}, "person_id": person, "attempts": 1}
    ended = {"booking_id": None, "sent_at": None, "failed_at": None, "last_error": "", "change_id": None}

    def row(at: datetime, **more: object) -> dict[str, object]:
        return {**common, **ended, "public_id": new_public_id(), "due_at": at, "created_at": at, **more}

    step = timedelta(days=30) / SENT
    over = [row(at := AGO + n * step, **{"sent_at" if n % 1000 else "failed_at": at}) for n in range(SENT)]
    later = [row(NOW + timedelta(hours=1 + n), attempts=0) for n in range(3000)]
    due = [row(NOW, attempts=0, booking_id=booking) for _ in range(3)]
    for rows in (over, later, due):
        session.connection().execute(insert(table_of(OutgoingEmail)), rows)
    session.commit()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ANALYZE outgoing_email"))  # as it does by itself; nobody does on SQLite
        session.commit()
    return booking


def test_no_look_up_reads_or_sorts_the_emails_that_have_left(database: Database, session: Session) -> None:
    booking = fill(session)
    place = (NOW - timedelta(days=3), 5)
    asked: dict[str, Callable[[], object]] = {
        "whether any is due": lambda: outbox.is_waiting(session, NOW),
        "what is due": lambda: outbox.lease(session, "one", NOW, deliver.BATCH),
        "note what left": lambda: outbox.sent(session, [1, 2], "one", NOW),
        "put off": lambda: outbox.put_off(session, {1: NOW, 2: NOW}, "one", ""),
        "note what failed": lambda: outbox.failed(session, 1, "one", NOW, ""),
        "forget": lambda: outbox.forget(session, 1, "one"),
        "give back": lambda: outbox.give_back(session, [1, 2], "one"),
        "whether coordinators were told": lambda: outbox.has_warned(session, AGO),
        "how many failed": lambda: outbox.failed_since(session, NOW - timedelta(days=1)),
        "what is stuck": lambda: coordinator_overview.stuck_emails(session, NOW - timedelta(days=1), NOW),
        "what has had its time": lambda: outbox.tidy(session, AGO + outbox.KEPT + timedelta(hours=1)),
        "counts": lambda: email_log.counts(session, NOW),
        "an email about a booking": lambda: emails.enqueue(session, "moved", "", {}, NOW, booking_id=booking),
        **{f"the first page, {one}": lambda one=one: email_log.page(session, one) for one in email_log.STATES},  # type: ignore[misc]
        **{f"a later page, {one}": lambda one=one: email_log.page(session, one, place) for one in email_log.STATES},  # type: ignore[misc]
    }
    whole = (
        r"SCAN outgoing_email\b(?! USING)|TEMP B-TREE"
        if database.name == "sqlite"
        else r"Seq Scan on outgoing_email|Sort"
    )
    found = []
    for name, run in asked.items():
        with statements(database) as seen:
            run()
            session.rollback()
        plans = [plan(database, *one) for one in seen if re.search(r"\boutgoing_email\b", one[0])]
        assert plans, name
        found += [f"{name}: {one}" for one in plans if re.search(whole, one)]
    assert found == []
