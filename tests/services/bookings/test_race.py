"""Eight processes try every slot at the same moment: each slot has one winner (promises 1 to 3)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from multiprocessing.synchronize import Barrier

import pytest
from sqlalchemy import func, select

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings.book import BookingRequest, book
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.db import engines
from booking.store.outbox.emails import OutgoingEmail
from tests import processes as race
from tests.builders import CLINIC_AT, a_clinic, a_person, a_request, acting, an_organisation
from tests.databases import Database

PROCESSES = 8
ATTEMPTS = 50
#: Limits out of the way, so that only the race for the slot decides.
ORGANISATION = an_organisation(upcoming=0, per_occurrence=0, per_week=0, horizon_days=1000)


def attempt(url: str, member_id: int, requests: list[BookingRequest], together: Barrier) -> list[str]:
    """Book every slot in turn, each at the same moment as the others; what each attempt came to."""
    engine = engines.make(url)
    outcomes = []
    with engines.sessions(engine)() as session:
        session.connection()
        session.rollback()
        for request in requests:
            together.wait(timeout=60)
            try:
                book(acting(session, Actor.member(member_id), organisation=ORGANISATION), request)
                outcomes.append("won")
            except errors.SlotTaken as lost:
                outcomes.append(lost.code)
    engine.dispose()
    return outcomes


def run(url: str, member_id: int, requests: list[BookingRequest], together: Barrier, answers: object) -> None:
    answers.put(attempt(url, member_id, requests, together))  # type: ignore[attr-defined]


@pytest.mark.timeout(200)
def test_each_slot_that_eight_processes_try_at_once_is_won_once(database: Database) -> None:
    with database.sessions() as session:
        members = [a_person(session).id for _ in range(PROCESSES)]
        clinics = [a_clinic(session, starts_at=CLINIC_AT + timedelta(weeks=week)) for week in range(-(-ATTEMPTS // 4))]
        requests = [a_request(clinic, quarter * 15) for clinic in clinics for quarter in range(4)][:ATTEMPTS]
    started = race.context()
    together, answers = started.Barrier(PROCESSES), started.Queue()
    processes = [
        started.Process(target=run, args=(database.url, member_id, requests, together, answers))
        for member_id in members
    ]
    for process in processes:
        process.start()
    outcomes = [answers.get(timeout=150) for _ in processes]
    for process in processes:
        process.join(timeout=30)
    by_slot = [Counter(outcome[number] for outcome in outcomes) for number in range(ATTEMPTS)]
    assert by_slot == [Counter({"won": 1, "slot-taken": PROCESSES - 1})] * ATTEMPTS
    with database.sessions() as session:
        rows = {
            table: session.scalar(select(func.count()).select_from(table))
            for table in (Booking, Claim, OutgoingEmail, AuditEntry)
        }
        owned = session.execute(select(Claim.booking_id, func.count()).group_by(Claim.booking_id)).all()
    assert rows == {Booking: ATTEMPTS, Claim: 2 * ATTEMPTS, OutgoingEmail: ATTEMPTS, AuditEntry: ATTEMPTS}
    assert {count for _, count in owned} == {2}
