"""What staff do for members: at any time, with a reason, past a member's own limits, and always told."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings import on_behalf
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.mark_attendance import mark
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, a_request, acting

DURING = CLINIC_AT + timedelta(minutes=5)


def actor(session: Session) -> int:
    person = a_person(session, roles=["coordinator"])
    session.commit()
    return person.id


def quarters(session: Session, booking: Booking) -> list[int]:
    found = session.scalars(
        select(Claim.quarter_at).where(Claim.booking_id == booking.id).order_by(Claim.quarter_at).distinct()
    )
    return [int((at - CLINIC_AT) / timedelta(minutes=15)) for at in found]


def last_email(session: Session) -> OutgoingEmail:
    return session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id.desc()).limit(1)).one()


def test_a_booking_is_cancelled_at_any_time_with_a_reason(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    who = actor(session)
    for _ in range(2):
        on_behalf.cancel_for(acting(session, Actor.staff(who), DURING), booking.public_id, "The analyst\nis ill.")
    assert (booking.status, booking.cancelled_by, booking.reason) == ("cancelled", "staff", "The analyst is ill.")
    assert (booking.sequence, booking.is_late, quarters(session, booking)) == (1, False, [])
    email = last_email(session)
    assert (email.name, email.facts["reason"]) == ("cancelled-by-us", "The analyst is ill.")
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.action, entry.actor_id) == ("cancelled", who)
    with pytest.raises(errors.TextNotAccepted):
        on_behalf.cancel_for(acting(session, Actor.staff(who), DURING), booking.public_id, "x" * 501)


def test_whoever_takes_a_booking_over_themselves_is_not_emailed_about_it(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (place.analyst for place in clinic.roster)
    booking = a_booking(session, clinic, analyst=first.public_id)
    on_behalf.hand_over(acting(session, Actor.staff(second.id), DURING), booking.public_id, second.public_id, "")
    assert booking.analyst_id == second.id
    assert session.scalars(select(OutgoingEmail.id).where(OutgoingEmail.name == "handed-over")).all() == []


def test_a_booking_goes_to_a_colleague_who_is_free_and_on_the_roster(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (place.analyst for place in clinic.roster)
    booking = a_booking(session, clinic, analyst=first.public_id, minutes=30)
    who = actor(session)
    on_behalf.hand_over(
        acting(session, Actor.staff(who), DURING), booking.public_id, second.public_id, "I know less of it."
    )
    assert (booking.analyst_id, booking.starts_at, quarters(session, booking)) == (second.id, CLINIC_AT, [0, 1])
    of_member, of_colleague = session.scalars(
        select(OutgoingEmail).where(OutgoingEmail.name.in_(["moved-by-us", "handed-over"])).order_by(OutgoingEmail.id)
    )
    told = of_member.facts
    assert (told["was_with"], told["analyst"], told["reason"]) == (first.name, second.name, "I know less of it.")
    assert (of_colleague.person_id, of_colleague.facts["analyst"]) == (second.id, first.name)
    assert [one["member"] for one in of_colleague.facts["handed_over"]] == [booking.member.name]
    assert str(booking.public_id) not in str(of_colleague.facts)
    back = on_behalf.hand_over(acting(session, Actor.staff(who), DURING), booking.public_id, second.public_id, "")
    assert back.sequence == 1
    a_booking(session, clinic, analyst=first.public_id)
    with pytest.raises(errors.SlotTaken):
        on_behalf.hand_over(acting(session, Actor.staff(who), DURING), booking.public_id, first.public_id, "")
    for stranger in (uuid.uuid4(), a_person(session, roles=["analyst"]).public_id):
        session.commit()
        with pytest.raises(errors.NotOnRoster):
            on_behalf.hand_over(acting(session, Actor.staff(who), DURING), booking.public_id, stranger, "")
    assert quarters(session, booking) == [0, 1]


def test_the_next_quarter_is_taken_too_where_it_is_free_and_inside_the_hour(session: Session) -> None:
    clinic = a_clinic(session)
    booking, who = a_booking(session, clinic, after_minutes=15), actor(session)
    on_behalf.lengthen(acting(session, Actor.staff(who), DURING), booking.public_id)
    assert (booking.minutes, quarters(session, booking), booking.sequence) == (30, [1, 2], 1)
    a_booking(session, clinic, after_minutes=45)
    with pytest.raises(errors.SlotTaken):
        on_behalf.lengthen(acting(session, Actor.staff(who), DURING), booking.public_id)
    last = session.scalars(select(Booking).order_by(Booking.id.desc()).limit(1)).one()
    with pytest.raises(errors.OutsideHours):
        on_behalf.lengthen(acting(session, Actor.staff(who), DURING), last.public_id)
    assert (booking.minutes, last.minutes) == (30, 15)


def test_what_is_over_or_cancelled_is_neither_handed_over_nor_lengthened(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    booking, who = a_booking(session, clinic), actor(session)
    other = clinic.roster[1].analyst.public_id
    with pytest.raises(errors.AlreadyOver):
        on_behalf.lengthen(acting(session, Actor.staff(who), CLINIC_AT + timedelta(minutes=15)), booking.public_id)
    on_behalf.cancel_for(acting(session, Actor.staff(who)), booking.public_id, "")
    with pytest.raises(errors.NotConfirmed):
        on_behalf.hand_over(acting(session, Actor.staff(who)), booking.public_id, other, "")


def test_staff_book_for_a_member_past_their_limits_and_the_audit_log_says_so(session: Session) -> None:
    clinic = a_clinic(session)
    first, who = a_booking(session, clinic), actor(session)
    wanted = a_request(clinic, 30)
    with pytest.raises(errors.LimitReached):
        book(acting(session, Actor.member(first.member_id)), wanted)
    made = book(acting(session, Actor.staff(who, for_member=first.member_id)), wanted).booking
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.actor_id, entry.details["limit_passed"]) == (who, "occurrence")
    assert session.get_one(Person, made.member_id).email == last_email(session).to_email
    with pytest.raises(errors.NotAMember):
        book(acting(session, Actor.staff(who, for_member=who)), a_request(clinic, 45))


def test_staff_move_at_any_time_with_a_reason_past_notice_and_limits(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    first, second = (place.analyst for place in clinic.roster)
    booking = a_booking(session, clinic, analyst=first.public_id)
    who = a_person(session, roles=["coordinator"]).id
    session.commit()
    now = CLINIC_AT + timedelta(minutes=14)  # it runs, and the next quarter begins in a minute
    wanted = BookingRequest(clinic.public_id, CLINIC_AT + timedelta(minutes=15), 15, second.public_id)
    moved = on_behalf.move_for(acting(session, Actor.staff(who), now), booking.public_id, wanted, "The room\nis cold.")
    assert (moved.starts_at, moved.analyst_id, moved.sequence) == (wanted.starts_at, second.id, 1)
    assert [claim.quarter_at for claim in session.scalars(select(Claim))] == [wanted.starts_at] * 2
    email = session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id.desc())).first()
    assert email is not None
    assert (email.name, email.facts["reason"], email.facts["was_with"]) == (
        "moved-by-us",
        "The room is cold.",
        first.name,
    )
    assert email.facts["was_at"] == CLINIC_AT.isoformat()
    again = on_behalf.move_for(acting(session, Actor.staff(who), now), booking.public_id, wanted, "")
    assert again.sequence == 1, "a form sent twice"
    over = CLINIC_AT + timedelta(minutes=30)
    back = BookingRequest(clinic.public_id, CLINIC_AT + timedelta(minutes=45), 15)
    with pytest.raises(errors.AlreadyOver):
        on_behalf.move_for(acting(session, Actor.staff(who), over), booking.public_id, back, "")
    past = BookingRequest(clinic.public_id, CLINIC_AT, 15, first.public_id)
    with pytest.raises(errors.TooLate):
        on_behalf.move_for(acting(session, Actor.staff(who), now), booking.public_id, past, "")
    other = a_booking(session, clinic, after_minutes=45, analyst=first.public_id)
    taken = BookingRequest(clinic.public_id, other.starts_at, 15, first.public_id)
    with pytest.raises(errors.SlotTaken):
        on_behalf.move_for(acting(session, Actor.staff(who), now), booking.public_id, taken, "")


def test_a_move_past_a_members_limit_is_told_in_the_audit_log(session: Session) -> None:
    here, there = a_clinic(session), a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1))
    member = a_person(session)
    booking = a_booking(session, here, member)
    a_booking(session, there, member)
    who = a_person(session, roles=["coordinator"]).id
    session.commit()
    wanted = BookingRequest(there.public_id, there.starts_at + timedelta(minutes=30), 15)
    on_behalf.move_for(acting(session, Actor.staff(who)), booking.public_id, wanted, "")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "moved")).one()
    assert (entry.actor_id, entry.details["limit_passed"]) == (who, "occurrence")


@pytest.mark.parametrize("state", ["over", "came", "no-show"])
def test_what_is_over_or_marked_is_neither_cancelled_nor_moved_nor_handed_over(session: Session, state: str) -> None:
    clinic = a_clinic(session, analysts=2)
    other = a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1))
    first, second = (place.analyst for place in clinic.roster)
    booking = a_booking(session, clinic, analyst=first.public_id)
    who = actor(session)
    now = CLINIC_AT + timedelta(minutes=15 if state == "over" else 5)
    refusal: type[errors.Refusal] = errors.AlreadyOver
    if state != "over":
        mark(acting(session, Actor.staff(who), now), booking.public_id, state)
        refusal = errors.AlreadyMarked
    wanted = BookingRequest(other.public_id, other.starts_at, 15)
    for attempt in (
        lambda: on_behalf.cancel_for(acting(session, Actor.staff(who), now), booking.public_id, ""),
        lambda: on_behalf.move_for(acting(session, Actor.staff(who), now), booking.public_id, wanted, ""),
        lambda: on_behalf.hand_over(acting(session, Actor.staff(who), now), booking.public_id, second.public_id, ""),
    ):
        with pytest.raises(refusal):
            attempt()
    session.refresh(booking)
    assert (booking.status, booking.sequence, booking.analyst_id) == ("confirmed", 0, first.id)
    if state != "over":  # the mark is taken back, and it can be
        mark(acting(session, Actor.staff(who), now), booking.public_id, None)
        on_behalf.cancel_for(acting(session, Actor.staff(who), now), booking.public_id, "A mistake.")
        assert booking.status == "cancelled"
