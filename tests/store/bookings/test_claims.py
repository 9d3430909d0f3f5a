"""Taking claims alone: no look before it, nothing but the keys between two takers."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from booking.domain.bookings.slots import Slot
from booking.store.bookings import bookings, claims
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.db import engines, migrate
from booking.store.db.engines import IMMEDIATE
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests import databases
from tests.builders import CLINIC_AT, NOW, a_person, a_series, an_occurrence
from tests.databases import Database


def a_bare_booking(session: Session, occurrence: Occurrence, slot: Slot, member: Person) -> int:
    """A booking row without any claim, as no deed would leave it."""
    booking = Booking(member_id=member.id, chose_analyst=True, is_invited=False, revised_at=NOW, created_at=NOW)
    bookings.place(booking, occurrence.id, slot)
    session.add(booking)
    session.flush()
    return booking.id


def two_occurrences_that_share_an_analyst(session: Session) -> tuple[Person, Occurrence, Occurrence]:
    analyst = a_person(session, roles=["analyst"])
    first = an_occurrence(session, a_series(session), [analyst])
    second = an_occurrence(session, a_series(session), [analyst], CLINIC_AT - timedelta(minutes=30))
    return analyst, first, second


def race(sessions: sessionmaker[Session], takers: list[Callable[[Session], None]]) -> int:
    """Run the takers at once, each in a transaction of its own; how many committed."""
    together = threading.Barrier(len(takers))
    committed: list[int] = []

    def run(number: int) -> None:
        with sessions() as session:
            together.wait()
            session.connection(execution_options={IMMEDIATE: True})
            try:
                takers[number](session)
                session.commit()
            except IntegrityError:
                session.rollback()
            else:
                committed.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(takers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(committed)


def race_for_one_quarter(sessions: sessionmaker[Session]) -> tuple[int, int]:
    """Two members, two occurrences, one analyst, one quarter: how many committed, how many own it."""
    with sessions() as session:
        analyst, first, second = two_occurrences_that_share_an_analyst(session)
        slot = Slot(analyst.id, CLINIC_AT, 15)
        owners = []
        for occurrence in (first, second):
            member = a_person(session, name=f"Member {uuid.uuid4().hex}")
            owners.append((member.id, a_bare_booking(session, occurrence, slot, member)))
        session.commit()
    takers = [
        lambda session, member_id=member_id, booking_id=booking_id: claims.take(session, slot, member_id, booking_id)
        for member_id, booking_id in owners
    ]
    winners = race(sessions, takers)
    with sessions() as session:
        owned = session.scalar(select(func.count()).select_from(Claim).where(Claim.quarter_at == CLINIC_AT))
    return winners, owned or 0


def test_a_quarter_taken_from_two_occurrences_at_once_has_one_owner(database: Database) -> None:
    for _ in range(10):
        database.empty()
        assert race_for_one_quarter(database.sessions) == (1, 2)


@pytest.fixture(params=databases.NAMES)
def engine_without_keys(request: pytest.FixtureRequest) -> Engine:
    """A migrated database whose claim table has lost its key."""
    url = databases.new_url(request.param, f"without_keys_{request.param}")
    migrate.upgrade(url)
    engine = engines.make(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE claim DROP CONSTRAINT pk_claim"))
        else:
            connection.execute(text("CREATE TABLE keyless AS SELECT * FROM claim"))
            connection.execute(text("DROP TABLE claim"))
            connection.execute(text("ALTER TABLE keyless RENAME TO claim"))
    return engine


def test_without_the_keys_the_same_race_doubles_the_quarter(engine_without_keys: Engine) -> None:
    """What the test above would see if the keys were not there: it is they that decide."""
    assert race_for_one_quarter(engines.sessions(engine_without_keys)) == (2, 4)
    engine_without_keys.dispose()


def test_a_member_owns_a_quarter_with_one_analyst_only(database: Database) -> None:
    with database.sessions() as session:
        analysts = [a_person(session, roles=["analyst"]) for _ in range(2)]
        occurrence = an_occurrence(session, a_series(session), analysts)
        member = a_person(session)
        taken = [Slot(analyst.id, CLINIC_AT, 15) for analyst in analysts]
        booked = [a_bare_booking(session, occurrence, slot, member) for slot in taken]
        session.commit()
        member_id = member.id
    takers = [
        lambda session, slot=slot, booking_id=booking_id: claims.take(session, slot, member_id, booking_id)
        for slot, booking_id in zip(taken, booked, strict=True)
    ]
    assert race(database.sessions, takers) == 1


def test_where_one_quarter_of_a_slot_is_owned_none_of_it_is_taken(session: Session) -> None:
    analyst, first, _ = two_occurrences_that_share_an_analyst(session)
    short, long = Slot(analyst.id, CLINIC_AT + timedelta(minutes=15), 15), Slot(analyst.id, CLINIC_AT, 30)
    members = [a_person(session), a_person(session)]
    booked = [a_bare_booking(session, first, slot, m) for slot, m in zip((short, long), members, strict=True)]
    claims.take(session, short, members[0].id, booked[0])
    session.commit()
    with pytest.raises(IntegrityError):
        claims.take(session, long, members[1].id, booked[1])
    session.rollback()
    assert session.scalars(select(Claim.booking_id)).all() == [booked[0]] * 2
