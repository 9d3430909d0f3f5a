"""What one may wait for, what is offered to book instead, and what is not offered again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings import waitlist
from booking.services.bookings.book import book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.waitlist import Taking
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.outbox.emails import OutgoingEmail
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_request, acting
from tests.services.bookings.test_waitlist import QUARTER, a_full_clinic, emails_to, open_offer, waits

pytestmark = pytest.mark.one_database  # wishes do not hang on it; races are tried on both in test_waitlist


def test_what_is_free_and_suits_is_offered_to_book_instead_and_blocks_nothing(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (place.analyst for place in clinic.roster)
    for after in (0, 15, 30):
        a_booking(session, clinic, after_minutes=after, analyst=first.public_id)
    member = a_person(session)
    with pytest.raises(errors.StillFree) as free:
        waits(session, clinic, member=member, analyst=first.public_id)
    assert [(slot.analyst_id, slot.starts_at) for slot in free.value.slots] == [(first.id, CLINIC_AT + 3 * QUARTER)]
    session.rollback()
    assert session.scalar(select(func.count()).select_from(WaitlistEntry)) == 0
    assert session.scalar(select(func.count()).select_from(Offer)) == 0, "nothing is held"
    booked = book(acting(session, Actor.member(member.id)), a_request(clinic, 45, analyst=first.public_id)).booking
    assert booked.analyst_id == first.id, "and what is offered instead books"
    other = a_person(session)
    waits(session, clinic, member=other, analyst=first.public_id)
    with pytest.raises(errors.StillFree):
        waits(session, clinic, member=a_person(session), analyst=second.public_id)


@pytest.mark.parametrize(
    ("wish", "is_free"),
    [
        ({}, True),
        ({"minutes": 30}, False),
        ({"earliest_at": CLINIC_AT + 3 * QUARTER}, True),
        ({"latest_at": CLINIC_AT + 2 * QUARTER}, False),
        ({"earliest_at": CLINIC_AT + QUARTER, "latest_at": CLINIC_AT + 2 * QUARTER}, False),
        ({"earliest_at": CLINIC_AT + QUARTER, "latest_at": CLINIC_AT + 3 * QUARTER}, True),
    ],
)
def test_one_waits_by_length_and_acceptable_starts(session: Session, wish: dict[str, Any], is_free: bool) -> None:
    clinic, booked = a_full_clinic(session)
    cancel(acting(session, Actor.link()), booked[3].public_id)
    if is_free:
        with pytest.raises(errors.StillFree):
            waits(session, clinic, **wish)
        return
    place = waits(session, clinic, **wish)
    assert (place.earliest_at, place.latest_at) == (wish.get("earliest_at"), wish.get("latest_at"))


def test_only_an_acceptable_start_is_offered(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    place = waits(session, clinic, earliest_at=CLINIC_AT + 2 * QUARTER, latest_at=CLINIC_AT + 2 * QUARTER)
    for unsuitable in (0, 1, 3):
        cancel(acting(session, Actor.link()), booked[unsuitable].public_id)
        assert open_offer(session, place) is None
        a_booking(session, clinic, after_minutes=15 * unsuitable)
    cancel(acting(session, Actor.link()), booked[2].public_id)
    offer = open_offer(session, place)
    assert offer is not None
    assert offer.starts_at == CLINIC_AT + 2 * QUARTER


@pytest.mark.parametrize(
    "wish",
    [
        {"earliest_at": CLINIC_AT + timedelta(hours=1)},
        {"latest_at": CLINIC_AT - timedelta(minutes=1)},
        {"earliest_at": CLINIC_AT + 2 * QUARTER, "latest_at": CLINIC_AT + QUARTER},
        {"minutes": 30, "earliest_at": CLINIC_AT + 3 * QUARTER},
    ],
)
def test_a_window_without_a_start_is_refused(session: Session, wish: dict[str, Any]) -> None:
    clinic, _ = a_full_clinic(session)
    with pytest.raises(errors.OutsideHours):
        waits(session, clinic, **wish)


def test_a_declined_time_is_not_offered_again_with_anybody_nor_after_joining_anew(session: Session) -> None:
    clinic, booked = a_full_clinic(session, analysts=2)
    member = a_person(session)
    place = waits(session, clinic, member=member)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    waitlist.decline(acting(session, Actor.link()), place.public_id)
    for row in (booked[4], booked[5]):  # 1:00 with the other analyst, then 1:15
        cancel(acting(session, Actor.link()), row.public_id)
    offer = open_offer(session, place)
    assert offer is not None
    assert offer.starts_at == CLINIC_AT + QUARTER
    waitlist.leave(acting(session, Actor.link()), place.public_id)
    with pytest.raises(errors.StillFree) as free:
        waits(session, clinic, member=member)
    assert {slot.starts_at for slot in free.value.slots} == {CLINIC_AT + QUARTER}
    a_booking(session, clinic, after_minutes=15)
    again = waits(session, clinic, NOW + QUARTER, member)
    waitlist.offer_free_slots(acting(session, Actor.system(), NOW + QUARTER), clinic.id)
    assert open_offer(session, again) is None, "1:00 is free with both, and declined"
    assert emails_to(session, again) == ["offer", "offer"]
    late = CLINIC_AT - timedelta(minutes=30)
    waitlist.offer_free_slots(acting(session, Actor.system(), late), clinic.id)
    assert emails_to(session, again) == ["offer", "offer"], "nor told of in the last hour"


def test_the_email_names_the_booking_that_accepting_replaces(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    held = [a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=n)), member) for n in (1, 2)]
    place = waits(session, clinic, member=member, replaces=held[1].public_id)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    session.rollback()
    email = session.scalars(
        select(OutgoingEmail).where(OutgoingEmail.person_id == member.id, OutgoingEmail.name == "offer")
    ).one()
    assert (email.facts["replaces"], email.facts["was_with"]) == (True, held[1].analyst.name)
    assert email.facts["was_at"] == held[1].starts_at.isoformat()
    made = waitlist.accept(acting(session, Actor.link()), place.public_id, taking=Taking(replaces=held[1].public_id))
    assert made.public_id == held[1].public_id


def test_at_a_limit_that_came_later_no_slot_is_blocked_until_one_says_which_booking_it_replaces(
    session: Session,
) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    place = waits(session, clinic, member=member)
    held = [a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=n)), member) for n in (1, 2)]
    behind = waits(session, clinic, NOW + QUARTER)
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[0].public_id)
    assert open_offer(session, place) is None
    assert open_offer(session, behind) is not None, "it goes to the next"
    cancel(acting(session, Actor.link(), NOW + QUARTER), booked[1].public_id)
    assert open_offer(session, place) is None
    assert emails_to(session, place) == ["booked", "booked", "free-to-book"], "what is free they may still book"
    with pytest.raises(errors.NotFound):
        waitlist.choose_replaced(acting(session, Actor.link(), NOW + QUARTER), place.public_id, booked[2].public_id)
    waitlist.choose_replaced(acting(session, Actor.link(), NOW + QUARTER), place.public_id, held[0].public_id)
    offer = open_offer(session, place)
    assert offer is not None
    assert offer.starts_at == CLINIC_AT + QUARTER


def test_a_named_booking_that_is_cancelled_is_named_no_longer(session: Session) -> None:
    clinic, booked = a_full_clinic(session)
    member = a_person(session)
    held = [a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=n)), member) for n in (1, 2)]
    place = waits(session, clinic, member=member, replaces=held[0].public_id)
    cancel(acting(session, Actor.link()), held[0].public_id)
    a_booking(session, a_clinic(session, starts_at=CLINIC_AT + timedelta(days=3)), member)
    cancel(acting(session, Actor.link()), booked[0].public_id)
    assert open_offer(session, place) is None
    assert session.scalar(select(func.count()).select_from(Booking).where(Booking.status == "confirmed")) == 5
