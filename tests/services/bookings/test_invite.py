"""An invitation asked for by hand: for a booking that was born without one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.services.bookings.invite import invite
from booking.services.bookings.move import move
from booking.services.publishing import undo
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, a_request, acting
from tests.services.publishing.test_plan import LATER, of, put, rows, team
from tests.services.publishing.test_publish import stated


def fed(session: Session, clinic: object = None) -> Booking:
    """A booking whose member's calendar fetches their own address."""
    member = a_person(session, member_feed_fetched_at=NOW - timedelta(days=1))
    return a_booking(session, clinic or a_clinic(session), member)  # type: ignore[arg-type]


def emails(session: Session, booking: Booking) -> list[tuple[str, bool, int]]:
    session.rollback()
    found = session.scalars(
        select(OutgoingEmail).where(OutgoingEmail.booking_id == booking.id).order_by(OutgoingEmail.id)
    )
    return [(email.name, email.facts["is_invited"], email.facts["sequence"]) for email in found]


def test_it_is_sent_once_at_the_present_sequence_and_the_audit_log_says_so(session: Session) -> None:
    booking = fed(session)
    for _ in range(2):
        invite(acting(session, Actor.member(booking.member_id)), booking.public_id)
    assert emails(session, booking) == [("booked", False, 0), ("invitation", True, 0)]
    assert (booking.is_invited, booking.sequence) == (True, 0)
    written = session.scalars(select(AuditEntry).where(AuditEntry.action == "invited")).all()
    assert [(entry.subject_id, entry.actor_id) for entry in written] == [(booking.public_id, booking.member_id)]


def test_what_becomes_of_the_booking_afterwards_is_an_invitation_too(session: Session) -> None:
    clinic = a_clinic(session)
    booking = fed(session, clinic)
    move(acting(session, Actor.link()), booking.public_id, a_request(clinic, 15))
    invite(acting(session, Actor.link()), booking.public_id)
    move(acting(session, Actor.link()), booking.public_id, a_request(clinic, 30))
    cancel(acting(session, Actor.link()), booking.public_id)
    assert emails(session, booking) == [
        ("booked", False, 0),
        ("moved", False, 1),
        ("invitation", True, 1),
        ("moved", True, 2),
        ("cancelled", True, 3),
    ]


def test_it_is_refused_for_somebody_elses_booking_one_that_is_cancelled_and_one_that_has_begun(
    session: Session,
) -> None:
    booking, other = fed(session), a_person(session)
    session.commit()
    with pytest.raises(errors.NotFound):
        invite(acting(session, Actor.member(other.id)), booking.public_id)
    with pytest.raises(errors.AlreadyStarted):
        invite(acting(session, Actor.link(), CLINIC_AT), booking.public_id)
    cancel(acting(session, Actor.link()), booking.public_id)
    with pytest.raises(errors.NotConfirmed):
        invite(acting(session, Actor.link()), booking.public_id)
    assert [name for name, *_ in emails(session, booking)] == ["booked", "cancelled"]


def test_who_was_moved_by_a_publish_and_asks_for_it_hears_of_the_move_first_and_it_is_not_undone_unheard(
    session: Session,
) -> None:
    staff = team(session, "Ada")
    put(session, of(stated(staff)))
    booking = fed(session, rows(session)[0])
    done = put(session, of(stated(staff, **LATER)))
    later = NOW + timedelta(minutes=3)
    invite(acting(session, Actor.link(), later), booking.public_id)
    session.expire_all()
    about_it = session.scalars(
        select(OutgoingEmail).where(OutgoingEmail.booking_id == booking.id).order_by(OutgoingEmail.id)
    ).all()
    assert [(one.name, one.due_at) for one in about_it[1:]] == [("moved-by-us", later), ("invitation", later)]
    assert done.change is not None
    with pytest.raises(undo.CannotUndo):
        undo.undo(acting(session, Actor.system(), later), done.change)
