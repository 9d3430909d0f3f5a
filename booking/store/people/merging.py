"""Steps that make two accounts one: every row that refers to a person, found in the tables themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Table, bindparam, delete, exists, select, update
from sqlalchemy.orm import Session

from booking.domain.enums.bookings import OfferStatus, WaitlistOutcome
from booking.store.bookings.claims import Claim
from booking.store.bookings.departures import Departure
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import table_of
from booking.store.db.tables import Base
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Roster

#: What ends with an account instead of passing to the other one: whatever opens something, and what is asked for.
ENDING = frozenset({"role", "user_session", "api_token", "sign_in", "feed_fetch", "idempotency_key", "address_change"})


def references() -> list[Column[int]]:
    """Every column that refers to a person and passes to the account that is kept, by table."""
    person = table_of(Person)
    return [
        column
        for table in Base.metadata.sorted_tables
        if table.name not in ENDING
        for column in table.columns
        if any(key.column.table is person for key in column.foreign_keys)
    ]


def shared_quarters(session: Session, kept_id: int, gone_id: int) -> list[datetime]:
    """The quarter hours that both own, earliest first; of a booking between the two too; blocked ones apart."""
    claim = table_of(Claim)

    def owned(person_id: int) -> set[datetime]:
        wanted = select(claim.c.quarter_at).where(claim.c.person_id == person_id, claim.c.blocked_at.is_(None))
        return set(session.scalars(wanted))

    return sorted(owned(kept_id) & owned(gone_id))


def have_open_offers(session: Session, kept_id: int, gone_id: int) -> bool:
    """Whether both have an offer that waits for an answer."""
    wanted = select(Offer.member_id).where(Offer.status == OfferStatus.OPEN, Offer.member_id.in_([kept_id, gone_id]))
    return len(set(session.scalars(wanted))) > 1


def waiting_twice(session: Session, kept_id: int, gone_id: int) -> list[int]:
    """Of two open places on one waitlist: the id of the later one."""
    own, other = WaitlistEntry.__table__.alias(), WaitlistEntry.__table__.alias()
    pairs = session.execute(
        select(own.c.id, own.c.joined_at, other.c.id, other.c.joined_at)
        .join(other, own.c.occurrence_id == other.c.occurrence_id)
        .where(own.c.member_id == kept_id, other.c.member_id == gone_id)
        .where(own.c.ended_at.is_(None), other.c.ended_at.is_(None))
    )
    return [gone if kept_at <= gone_at else kept for kept, kept_at, gone, gone_at in pairs]


def give_to(session: Session, kept_id: int, gone_id: int, now: datetime) -> None:
    """Make every row of the one the other's, and delete the person.

    What both have once is dropped where it is the same (a roster, an attendance, an enrolment). Quarters that both own
    must lie in the past.
    """
    _drop_shared_claims(session, kept_id, gone_id)
    _leave_twice_enrolled(session, kept_id, gone_id, now)
    _wait_once(session, kept_id, gone_id, now)
    _stay_present(session, kept_id, gone_id)
    _add_departures(session, kept_id, gone_id)
    for column in references():
        _drop_twins(session, column, kept_id, gone_id)
        session.execute(update(column.table).where(column == gone_id).values({column.name: kept_id}))
    session.execute(delete(table_of(Person)).where(table_of(Person).c.id == gone_id))


def _drop_shared_claims(session: Session, kept_id: int, gone_id: int) -> None:
    claim, other, shared = table_of(Claim), table_of(Claim).alias(), shared_quarters(session, kept_id, gone_id)
    if shared:
        session.execute(delete(claim).where(claim.c.person_id == gone_id, claim.c.quarter_at.in_(shared)))
    for person_id, other_id in (
        (gone_id, kept_id),
        (kept_id, gone_id),
    ):  # a blocked quarter gives way to whatever is there
        has_twin = exists().where(other.c.person_id == other_id, other.c.quarter_at == claim.c.quarter_at)
        blocked = (claim.c.person_id == person_id, claim.c.blocked_at.is_not(None))
        session.execute(delete(claim).where(*blocked, has_twin))


def _leave_twice_enrolled(session: Session, kept_id: int, gone_id: int, now: datetime) -> None:
    """End places that another one takes in: the same one, or a single date of a series that is enrolled in whole."""
    own, other = table_of(Enrolment), table_of(Enrolment).alias()
    for ends, stays in ((gone_id, kept_id), (kept_id, gone_id)):
        same = own.c.occurrence_id.is_not_distinct_from(other.c.occurrence_id)
        is_wider = other.c.occurrence_id.is_(None) & own.c.occurrence_id.is_not(None)
        there = exists().where(
            other.c.member_id == stays,
            other.c.left_at.is_(None),
            other.c.series_id == own.c.series_id,
            (same | is_wider) if ends == gone_id else is_wider,
        )
        session.execute(
            update(own)
            .where(own.c.member_id == ends, own.c.left_at.is_(None), there)
            .values(left_at=now, sequence=own.c.sequence + 1, revised_at=now.replace(microsecond=0))
        )


_wait, _kept_wait = table_of(PlaceWait), table_of(PlaceWait).alias()
_ENDS_WAIT = (
    update(_wait)
    .where(
        _wait.c.member_id == bindparam("gone_id"),
        _wait.c.ended_at.is_(None),
        exists().where(
            _kept_wait.c.member_id == bindparam("kept_id"),
            _kept_wait.c.ended_at.is_(None),
            _kept_wait.c.occurrence_id == _wait.c.occurrence_id,
        ),
    )
    .values(ended_at=bindparam("now"), outcome=WaitlistOutcome.LEFT, lapses_at=None)
)


def _wait_once(session: Session, kept_id: int, gone_id: int, now: datetime) -> None:
    """End the place on the waitlist of a lab that the account which is kept has too."""
    session.connection().execute(_ENDS_WAIT, {"kept_id": kept_id, "gone_id": gone_id, "now": now})


def _stay_present(session: Session, kept_id: int, gone_id: int) -> None:
    """Keep an analyst on a roster where both accounts are on it and one of them is not away."""
    roster = table_of(Roster)
    present = select(roster.c.occurrence_id).where(roster.c.analyst_id == gone_id, roster.c.is_away.is_(False))
    session.execute(
        update(roster)
        .where(roster.c.analyst_id == kept_id, roster.c.occurrence_id.in_(present.scalar_subquery()))
        .values(is_away=False)
    )


def _add_departures(session: Session, kept_id: int, gone_id: int) -> None:
    """The SEQUENCE of an hour of both never falls: what left either counts."""
    departure = table_of(Departure)
    for occurrence_id, sequence in session.execute(
        select(departure.c.occurrence_id, departure.c.sequence).where(departure.c.analyst_id == gone_id)
    ).all():
        here = (departure.c.occurrence_id == occurrence_id) & (departure.c.analyst_id == kept_id)
        session.execute(update(departure).where(here).values(sequence=departure.c.sequence + sequence))


def _drop_twins(session: Session, column: Column[int], kept_id: int, gone_id: int) -> None:
    """Delete the row that would get the key of an existing one, where the column is part of the key."""
    table = column.table
    if not isinstance(table, Table) or not column.primary_key:
        return
    twin = table.alias()
    rest = [key for key in table.primary_key.columns if key is not column]
    same = [twin.c[key.name] == key for key in rest]
    there = exists().where(twin.c[column.name] == kept_id, *same)
    session.execute(delete(table).where(column == gone_id, there))
