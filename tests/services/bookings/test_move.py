"""Moving a booking: same id, same UID, new claims, and it never counts against its own limits."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings.book import book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.move import move
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.outbox.emails import OutgoingEmail
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, a_request, acting
from tests.databases import Database


def quarters(session: Session, booking: Booking) -> list[int]:
    """The booking's claims, in minutes after CLINIC_AT."""
    owned = session.scalars(
        select(Claim.quarter_at).where(Claim.booking_id == booking.id).order_by(Claim.quarter_at).distinct()
    )
    return [int((quarter - CLINIC_AT).total_seconds() // 60) for quarter in owned]


@pytest.mark.parametrize(
    ("after_minutes", "minutes", "owned"), [(30, 15, [30]), (0, 30, [0, 15]), (15, 30, [15, 30]), (45, 15, [45])]
)
def test_it_keeps_its_id_and_owns_exactly_its_new_quarters(
    session: Session, after_minutes: int, minutes: int, owned: list[int]
) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, topic="kept")
    moved = move(acting(session, Actor.link()), booking.public_id, a_request(clinic, after_minutes, minutes))
    assert quarters(session, moved) == owned
    assert (moved.id, moved.sequence, moved.topic) == (booking.id, 1, "kept")
    email = session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id.desc())).first()
    assert email is not None
    assert (email.name, email.facts["was_at"]) == ("moved", "2023-12-04T03:00:00+00:00")


def test_to_another_clinic_and_analyst_while_at_the_limit(session: Session) -> None:
    member = a_person(session)
    first, second, third = (a_clinic(session, starts_at=CLINIC_AT + timedelta(days=day)) for day in range(3))
    booking = a_booking(session, first, member)
    a_booking(session, second, member)
    wanted = third.roster[0].analyst.public_id
    moved = move(acting(session, Actor.member(member.id)), booking.public_id, a_request(third, 15, analyst=wanted))
    assert (moved.occurrence_id, moved.analyst.public_id, moved.chose_analyst) == (third.id, wanted, True)
    assert moved.starts_at == third.starts_at + timedelta(minutes=15)


def test_into_a_clinic_where_the_member_has_one_already_is_refused(session: Session) -> None:
    member = a_person(session)
    first, second = (a_clinic(session, starts_at=CLINIC_AT + timedelta(days=day)) for day in range(2))
    booking = a_booking(session, first, member)
    a_booking(session, second, member)
    with pytest.raises(errors.LimitReached):
        move(acting(session, Actor.link()), booking.public_id, a_request(second, 30))
    assert quarters(session, booking) == [0]


def test_to_a_taken_slot_leaves_it_where_it_was(session: Session) -> None:
    clinic = a_clinic(session)
    a_booking(session, clinic, after_minutes=30)
    booking = a_booking(session, clinic)
    with pytest.raises(errors.SlotTaken):
        move(acting(session, Actor.link()), booking.public_id, a_request(clinic, 15, 30))
    session.refresh(booking)
    assert (quarters(session, booking), booking.sequence, booking.minutes) == ([0], 0, 15)


def test_to_where_it_is_changes_nothing(session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    moved = move(acting(session, Actor.link()), booking.public_id, a_request(clinic))
    assert moved.sequence == 0
    assert session.scalars(select(OutgoingEmail.name)).all() == ["booked"]


def test_not_once_it_has_started_nor_once_it_is_cancelled(session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    with pytest.raises(errors.AlreadyStarted):
        move(acting(session, Actor.link(), CLINIC_AT), booking.public_id, a_request(clinic, 30))
    cancel(acting(session, Actor.link()), booking.public_id)
    with pytest.raises(errors.NotConfirmed):
        move(acting(session, Actor.link()), booking.public_id, a_request(clinic, 30))


def test_another_members_booking_is_not_there_for_them(session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic)
    other = a_person(session)
    session.commit()
    with pytest.raises(errors.NotFound):
        move(acting(session, Actor.member(other.id)), booking.public_id, a_request(clinic, 30))


def test_members_who_swap_move_and_cancel_at_once_leave_every_quarter_with_one_owner(database: Database) -> None:
    """Random deeds from eight threads over two clinics; afterwards claims and bookings agree to the quarter."""
    with database.sessions() as session:
        clinics = [a_clinic(session, analysts=2, starts_at=CLINIC_AT + timedelta(days=day)) for day in range(2)]
        members = [a_person(session).id for _ in range(8)]
        session.commit()
        requests = [a_request(c, start, minutes) for c in clinics for start in (0, 15, 30) for minutes in (15, 30)]

    def live(number: int) -> None:
        mine = None
        with database.sessions() as session:
            for turn in range(10):
                request = requests[(number * 5 + turn * 7) % len(requests)]
                try:
                    if mine is None:
                        mine = book(acting(session, Actor.member(members[number])), request).booking.public_id
                    elif turn % 4 == 3:
                        cancel(acting(session, Actor.link()), mine)
                        mine = None
                    else:
                        move(acting(session, Actor.link()), mine, request)
                except errors.SlotTaken:
                    continue

    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            live(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.sessions() as session:
        confirmed = session.scalars(select(Booking).where(Booking.status == "confirmed")).all()
        owned = [(b, person_id) for b in confirmed for person_id in (b.analyst_id, b.member_id)]
        expected = sorted((person_id, quarter, b.id) for b, person_id in owned for quarter in b.slot.quarters)
        claimed = sorted(session.execute(select(Claim.person_id, Claim.quarter_at, Claim.booking_id)).all())
    assert claimed == expected
    assert confirmed
