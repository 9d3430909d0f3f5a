"""Two accounts of one person become one: everything passes over, and what collides is refused with its reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.accounts.close_account import close
from booking.services.accounts.merge_accounts import CannotMerge, merge
from booking.services.bookings.enrol import enrol
from booking.services.bookings.waitlist import Wish, join
from booking.store.audit_log import AuditEntry
from booking.store.bookings import departures
from booking.store.bookings.bookings import Booking
from booking.store.bookings.departures import Departure
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.db.base import table_of
from booking.store.db.tables import Base
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people import api_tokens, merging, sessions
from booking.store.people.people import Person
from booking.store.programme.attendance import Attendance
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Roster
from tests.builders import (
    CLINIC_AT,
    NOW,
    a_booking,
    a_clinic,
    a_person,
    a_series,
    acting,
    an_occurrence,
)

DAY = timedelta(days=1)


@pytest.fixture
def pair(session: Session) -> tuple[Person, Person]:
    """The account that is kept, and the one that goes."""
    kept, gone = a_person(session, "Mia Moss"), a_person(session, "M. Moss", ["member", "analyst"])
    session.commit()
    return kept, gone


def merged(session: Session, pair: tuple[Person, Person]) -> Person:
    kept, gone = pair
    return merge(acting(session, Actor.system()), kept.public_id, gone.public_id)


def test_every_column_that_refers_to_a_person_passes_over_or_ends_with_the_account() -> None:
    person = table_of(Person)
    referring = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table is person for key in column.foreign_keys)
    }
    passing = {f"{column.table.name}.{column.name}" for column in merging.references()}
    ending = {name for name in referring if name.partition(".")[0] in merging.ENDING}
    assert passing | ending == referring
    assert {f"{name}.person_id" for name in merging.ENDING} == ending
    for name in merging.ENDING:
        (key,) = Base.metadata.tables[name].c.person_id.foreign_keys
        assert key.ondelete == "CASCADE", f"{name} ends with its person"


def test_bookings_enrolments_places_and_history_pass_over(session: Session, pair: tuple[Person, Person]) -> None:
    kept, gone = pair
    clinic, full = a_clinic(session), a_clinic(session, starts_at=CLINIC_AT + DAY)
    lab = an_occurrence(session, a_series(session, kind="lab"))
    session.commit()
    booking = a_booking(session, clinic, gone)
    for n in range(4):
        a_booking(session, full, after_minutes=15 * n)
    join(acting(session, Actor.member(gone.id)), full.public_id, Wish(15))
    enrol(acting(session, Actor.member(gone.id)), lab.public_id)
    sessions.begin(session, gone.id, "Chrome", NOW)
    api_tokens.make(session, gone.id, NOW)
    session.commit()
    gone_id, old = gone.id, gone.email
    found = merged(session, pair)
    session.rollback()
    assert found.role_names == {"member", "analyst"}
    assert session.get(Person, gone_id) is None
    moved = session.scalars(select(Booking).where(Booking.public_id == booking.public_id)).one()
    assert (moved.member_id, moved.sequence) == (kept.id, 1)
    for column in (Enrolment.member_id, WaitlistEntry.member_id):
        assert session.scalars(select(column)).all() == [kept.id]
    assert gone_id not in session.scalars(select(AuditEntry.actor_id)).all()
    emails = session.execute(
        select(OutgoingEmail.name, OutgoingEmail.to_email).where(OutgoingEmail.person_id == kept.id)
    ).all()
    assert ("booked", kept.email) in emails
    assert ("invitation", kept.email) in emails
    assert session.execute(
        select(OutgoingEmail.name, OutgoingEmail.person_id).where(OutgoingEmail.to_email == old)
    ).all() == [("accounts-merged", None)]


def test_two_bookings_at_once_are_refused_with_their_time(session: Session, pair: tuple[Person, Person]) -> None:
    clinic = a_clinic(session, analysts=2)
    for person in pair:
        a_booking(session, clinic, person, after_minutes=15)
    with pytest.raises(
        CannotMerge, match=r"Both accounts have something on Mon.4.Dec.1:15.pm AEST\. Cancel or move one first"
    ):
        merged(session, pair)
    assert session.scalar(select(func.count()).select_from(Person).where(Person.id.in_([p.id for p in pair]))) == 2


def test_a_booking_between_the_two_is_refused_while_it_is_upcoming(session: Session) -> None:
    clinic = a_clinic(session)
    member, analyst = a_person(session, "Mia Moss"), clinic.roster[0].analyst
    a_booking(session, clinic, member)
    with pytest.raises(CannotMerge, match="Both accounts have something on"):
        merged(session, (member, analyst))
    found = merge(acting(session, Actor.system(), CLINIC_AT + DAY), member.public_id, analyst.public_id)
    session.rollback()
    assert session.execute(select(Booking.member_id, Booking.analyst_id)).all() == [(found.id, found.id)]


def test_the_same_account_and_a_closed_one_are_refused(session: Session, pair: tuple[Person, Person]) -> None:
    kept, gone = pair
    with pytest.raises(CannotMerge, match="the same account"):
        merged(session, (kept, kept))
    close(acting(session, Actor.system()), kept.public_id, cancels=True)
    with pytest.raises(CannotMerge, match="reopen it first"):
        merged(session, pair)
    assert merged(session, (gone, kept)).id == gone.id


def test_of_two_places_on_one_waitlist_the_earlier_stays(session: Session, pair: tuple[Person, Person]) -> None:
    kept, gone = pair
    full = a_clinic(session)
    for n in range(4):
        a_booking(session, full, after_minutes=15 * n)
    join(acting(session, Actor.member(gone.id), NOW - DAY), full.public_id, Wish(15))
    join(acting(session, Actor.member(kept.id)), full.public_id, Wish(15))
    merged(session, pair)
    session.rollback()
    places = session.execute(
        select(WaitlistEntry.joined_at, WaitlistEntry.outcome).order_by(WaitlistEntry.joined_at)
    ).all()
    assert places == [(NOW - DAY, None), (NOW, "left")]


def test_what_both_have_once_stays_once(session: Session, pair: tuple[Person, Person]) -> None:
    kept, gone = pair
    series = a_series(session, kind="lab")
    lab = an_occurrence(session, series)
    clinic = a_clinic(session)
    session.add_all([Roster(occurrence_id=clinic.id, analyst_id=kept.id, position=1, is_away=True)])
    session.add_all([Roster(occurrence_id=clinic.id, analyst_id=gone.id, position=2)])
    for person in pair:
        session.add(Attendance(occurrence_id=lab.id, member_id=person.id, marked_at=NOW))
    departures.note(session, [(clinic.id, kept.id, 0), (clinic.id, gone.id, 3)], NOW)
    session.commit()
    enrol(acting(session, Actor.member(kept.id)), lab.public_id)
    enrol(acting(session, Actor.member(gone.id)), lab.public_id, whole=True)
    merged(session, pair)
    session.rollback()
    assert session.execute(select(Roster.analyst_id, Roster.is_away).where(Roster.analyst_id == kept.id)).all() == [
        (kept.id, False)
    ]
    assert session.scalars(select(Attendance.member_id)).all() == [kept.id]
    assert session.scalars(select(Departure.sequence)).all() == [7]
    assert session.execute(
        select(Enrolment.occurrence_id, Enrolment.member_id).where(Enrolment.left_at.is_(None))
    ).all() == [(None, kept.id)]


@pytest.mark.parametrize(
    ("kept_until", "gone_until", "until"),
    [
        (date(2023, 12, 31), date(2024, 6, 30), date(2024, 6, 30)),
        (date(2023, 12, 31), None, None),
        (None, date(2024, 6, 30), None),
    ],
)
def test_the_longer_membership_counts(
    session: Session, pair: tuple[Person, Person], kept_until: date | None, gone_until: date | None, until: date | None
) -> None:
    pair[0].member_until, pair[1].member_until = kept_until, gone_until
    session.commit()
    assert merged(session, pair).member_until == until


def test_past_quarters_that_both_own_do_not_hinder(session: Session, pair: tuple[Person, Person]) -> None:
    clinic = a_clinic(session, analysts=2)
    for person in pair:
        a_booking(session, clinic, person)
    kept, gone = pair
    merge(acting(session, Actor.system(), CLINIC_AT + DAY), kept.public_id, gone.public_id)
    session.rollback()
    assert session.scalars(select(Booking.member_id)).all() == [kept.id, kept.id]
