"""Giving up a booking: until its start, late within two hours, its quarters free at once."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.store.audit_log import AuditEntry
from booking.store.bookings.claims import Claim
from booking.store.outbox.emails import OutgoingEmail
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, acting


def emails(session: Session) -> list[str]:
    return list(session.scalars(select(OutgoingEmail.name).order_by(OutgoingEmail.id)))


def test_the_quarters_are_free_the_email_is_queued_and_calendars_see_a_change(session: Session) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, minutes=30)
    cancelled = cancel(acting(session, Actor.member(booking.member_id), NOW + timedelta(hours=1)), booking.public_id)
    assert (cancelled.status, cancelled.cancelled_by, cancelled.is_late) == ("cancelled", "member", False)
    assert (cancelled.sequence, cancelled.revised_at) == (1, NOW + timedelta(hours=1))
    assert session.scalars(select(Claim)).all() == []
    assert emails(session) == ["booked", "cancelled"]
    assert a_booking(session, clinic, minutes=30).starts_at == CLINIC_AT


@pytest.mark.parametrize(("seconds_before", "late"), [(7201, False), (7200, False), (7199, True), (1, True)])
def test_within_two_hours_it_is_marked_late(session: Session, seconds_before: int, late: bool) -> None:
    booking = a_booking(session, a_clinic(session))
    at = CLINIC_AT - timedelta(seconds=seconds_before)
    assert cancel(acting(session, Actor.link(), at), booking.public_id).is_late is late


@pytest.mark.parametrize("seconds_after", [0, 60])
def test_once_it_has_started_it_is_not_given_up(session: Session, seconds_after: int) -> None:
    booking = a_booking(session, a_clinic(session))
    with pytest.raises(errors.AlreadyStarted) as refused:
        cancel(acting(session, Actor.link(), CLINIC_AT + timedelta(seconds=seconds_after)), booking.public_id)
    assert refused.value.started_at == CLINIC_AT
    assert len(session.scalars(select(Claim)).all()) == 2
    assert emails(session) == ["booked"]


def test_twice_is_once(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    for minute in (1, 2):
        cancelled = cancel(acting(session, Actor.link(), NOW + timedelta(minutes=minute)), booking.public_id)
    assert (cancelled.sequence, cancelled.cancelled_at) == (1, NOW + timedelta(minutes=1))
    assert emails(session) == ["booked", "cancelled"]
    assert [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))] == [
        "booked",
        "cancelled",
    ]


def test_another_members_booking_is_not_there_for_them(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    other = a_person(session)
    session.commit()
    for public_id, member_id in ((booking.public_id, other.id), (uuid.uuid4(), booking.member_id)):
        with pytest.raises(errors.NotFound):
            cancel(acting(session, Actor.member(member_id)), public_id)
    assert emails(session) == ["booked"]
