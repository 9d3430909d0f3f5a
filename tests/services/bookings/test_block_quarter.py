"""A quarter that an analyst keeps free of bookings, and opens again."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings.slots import QUARTER
from booking.domain.people.actor import Actor
from booking.services.accounts import merge_accounts
from booking.services.bookings import block_quarter, waitlist
from booking.services.bookings.block_quarter import AnalystQuarter, NotBlockable
from booking.services.bookings.book import book
from booking.store.audit_log import AuditEntry
from booking.store.bookings import claims
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer
from booking.store.db import engines
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, a_place, a_request, acting
from tests.databases import Database


def quarter(clinic: Occurrence, number: int = 0, analyst: Person | None = None) -> AnalystQuarter:
    who = analyst or clinic.roster[0].analyst
    return AnalystQuarter(clinic.public_id, who.public_id, clinic.starts_at + number * QUARTER)


def staff(clinic: Occurrence) -> Actor:
    return Actor.staff(clinic.roster[0].analyst_id)


def blocked(session: Session) -> int:
    session.rollback()
    return len(session.scalars(select(Claim).where(Claim.blocked_at.is_not(None))).all())


def test_a_blocked_quarter_is_not_booked_and_an_open_one_is(session: Session) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia Moss")
    session.commit()
    context = acting(session, staff(clinic))
    assert block_quarter.block(context, quarter(clinic, 1))
    for after, minutes in ((15, 15), (0, 30)):
        with pytest.raises(errors.SlotTaken):
            book(acting(session, Actor.member(mia.id)), a_request(clinic, after, minutes))
    assert block_quarter.unblock(context, quarter(clinic, 1))
    assert book(acting(session, Actor.member(mia.id)), a_request(clinic, 0, 30)).booking.minutes == 30


def test_pressed_twice_it_is_blocked_once_and_opened_once(session: Session) -> None:
    clinic = a_clinic(session)
    context = acting(session, staff(clinic))
    assert [block_quarter.block(context, quarter(clinic)) for _ in range(2)] == [True, False]
    assert blocked(session) == 1
    assert [block_quarter.unblock(context, quarter(clinic)) for _ in range(2)] == [True, False]
    assert blocked(session) == 0
    wanted = select(AuditEntry).where(AuditEntry.action.in_(["blocked", "unblocked"])).order_by(AuditEntry.id)
    assert [(one.action, one.actor_id, one.details["analyst"]) for one in session.scalars(wanted)] == [
        (action, clinic.roster[0].analyst_id, clinic.roster[0].analyst.name) for action in ("blocked", "unblocked")
    ]


def test_what_is_booked_stays_booked(session: Session) -> None:
    clinic = a_clinic(session)
    a_booking(session, clinic)
    with pytest.raises(NotBlockable):
        block_quarter.block(acting(session, staff(clinic)), quarter(clinic))
    assert not block_quarter.unblock(acting(session, staff(clinic)), quarter(clinic))
    session.rollback()
    assert len(session.scalars(select(Claim)).all()) == 2


def test_a_colleague_and_a_coordinator_may_and_a_member_may_not(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    cora, mia = a_person(session, "Cora", roles=["coordinator"]), a_person(session, "Mia Moss")
    session.commit()
    theirs = quarter(clinic, 0, clinic.roster[1].analyst)
    assert block_quarter.block(acting(session, staff(clinic)), theirs)
    assert block_quarter.unblock(acting(session, Actor.staff(cora.id)), theirs)
    for actor in (Actor.member(mia.id), Actor.link(), Actor.system()):
        with pytest.raises((errors.NotFound, PermissionError)):
            block_quarter.block(acting(session, actor), theirs)
    assert blocked(session) == 0


def test_only_a_quarter_of_the_hours_of_who_staffs_them_that_is_not_over(session: Session) -> None:
    clinic, stranger = a_clinic(session), a_person(session, "Ben", roles=["analyst"])
    session.commit()
    mine, context = quarter(clinic), acting(session, staff(clinic))
    for wrong, refusal in (
        (AnalystQuarter(uuid.uuid4(), mine.analyst, mine.starts_at), errors.NotFound),
        (AnalystQuarter(mine.occurrence, stranger.public_id, mine.starts_at), errors.NotFound),
        (AnalystQuarter(mine.occurrence, mine.analyst, mine.starts_at - QUARTER), errors.OutsideHours),
        (AnalystQuarter(mine.occurrence, mine.analyst, clinic.ends_at), errors.OutsideHours),
        (AnalystQuarter(mine.occurrence, mine.analyst, mine.starts_at + timedelta(minutes=5)), errors.OutsideHours),
    ):
        with pytest.raises(refusal):
            block_quarter.block(context, wrong)
    with pytest.raises(errors.AlreadyOver):
        block_quarter.block(acting(session, staff(clinic), CLINIC_AT + QUARTER), mine)
    assert blocked(session) == 0


def test_who_waits_gets_what_is_opened_and_is_not_offered_what_is_blocked(session: Session) -> None:
    clinic, mia = a_clinic(session), a_person(session, "Mia Moss")
    for number in range(3):
        a_booking(session, clinic, after_minutes=15 * number)
    context = acting(session, staff(clinic))
    block_quarter.block(context, quarter(clinic, 3))
    a_place(session, clinic, mia)
    waitlist.offer_free_slots(acting(session, Actor.system()), clinic.id)
    assert session.scalars(select(Offer)).all() == []
    block_quarter.unblock(context, quarter(clinic, 3))
    session.rollback()
    offer = session.scalars(select(Offer)).one()
    assert (offer.member_id, offer.starts_at) == (mia.id, clinic.starts_at + 3 * QUARTER)
    with pytest.raises(NotBlockable):
        block_quarter.block(context, quarter(clinic, 3))


def race(database: Database, clinic: Occurrence, mia: Person) -> list[str]:
    """What came through of a block and a booking of the same quarter at the same instant."""
    found: list[str] = []
    both = threading.Barrier(2)

    def run(what: str, act: Any, actor: Actor, value: object) -> None:
        with engines.sessions(database.engine)() as own:
            both.wait()
            try:
                act(acting(own, actor), value)
            except (errors.SlotTaken, NotBlockable):
                return
            found.append(what)

    threads = [
        threading.Thread(target=run, args=("blocked", block_quarter.block, staff(clinic), quarter(clinic))),
        threading.Thread(target=run, args=("booked", book, Actor.member(mia.id), a_request(clinic))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_a_booking_and_a_block_at_the_same_instant_one_wins(database: Database, session: Session) -> None:
    for number in range(4):
        clinic, mia = a_clinic(session, starts_at=CLINIC_AT + number * timedelta(days=1)), a_person(session)
        session.commit()
        analyst_id, hours = clinic.roster[0].analyst_id, (clinic.starts_at, clinic.ends_at)
        found = race(database, clinic, mia)
        session.rollback()
        assert found == (["blocked"] if claims.blocked(session, [analyst_id], *hours) else ["booked"])


def test_a_blocked_quarter_does_not_keep_two_accounts_from_being_merged(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (one.analyst for one in clinic.roster)
    cora = a_person(session, "Cora", roles=["coordinator"])
    session.commit()
    block_quarter.block(acting(session, staff(clinic)), quarter(clinic, 0, first))
    for who in (first, second):
        block_quarter.block(acting(session, staff(clinic)), quarter(clinic, 1, who))
    a_booking(session, clinic, analyst=second.public_id)
    merge_accounts.merge(acting(session, Actor.staff(cora.id)), first.public_id, second.public_id)
    session.rollback()
    rows = session.scalars(select(Claim).where(Claim.person_id == first.id).order_by(Claim.quarter_at)).all()
    assert [(one.quarter_at, one.blocked_at is not None) for one in rows] == [
        (clinic.starts_at, False),
        (clinic.starts_at + QUARTER, True),
    ]
