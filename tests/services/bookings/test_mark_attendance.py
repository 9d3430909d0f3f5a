"""Whether a member came: from the start, by the analyst or a coordinator, taken back within the day."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.services.bookings.mark_attendance import mark
from booking.store.audit_log import AuditEntry
from booking.store.outbox.emails import OutgoingEmail
from tests.builders import CLINIC_AT, a_booking, a_clinic, a_person, acting

NEXT_DAY = CLINIC_AT + timedelta(hours=11)  # midnight in Brisbane


def marks(session: Session) -> list[tuple[str, object]]:
    found = session.scalars(select(AuditEntry).where(AuditEntry.action != "booked").order_by(AuditEntry.id))
    return [(entry.action, entry.details["before"]) for entry in found]


@pytest.mark.parametrize("outcome", ["came", "no-show"])
def test_from_its_start_it_can_be_marked_and_the_audit_log_says_so(session: Session, outcome: str) -> None:
    booking = a_booking(session, a_clinic(session))
    marked = mark(acting(session, Actor.staff(booking.analyst_id), CLINIC_AT), booking.public_id, outcome)
    assert marked.outcome == outcome
    assert marks(session) == [(outcome, None)]


def test_no_email_goes_out_and_no_calendar_changes(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    before = booking.sequence, booking.revised_at
    marked = mark(acting(session, Actor.staff(booking.analyst_id), CLINIC_AT), booking.public_id, "no-show")
    assert (marked.sequence, marked.revised_at) == before
    assert session.scalars(select(OutgoingEmail.name)).all() == ["booked"]


def test_before_its_start_it_is_refused(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    with pytest.raises(errors.NotBegun):
        mark(
            acting(session, Actor.staff(booking.analyst_id), CLINIC_AT - timedelta(seconds=1)),
            booking.public_id,
            "came",
        )
    session.refresh(booking)
    assert booking.outcome is None


def test_twice_is_once(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    for _ in range(2):
        mark(acting(session, Actor.staff(booking.analyst_id), CLINIC_AT), booking.public_id, "came")
    assert marks(session) == [("came", None)]


def test_on_its_day_a_mark_is_changed_and_taken_back(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    late = NEXT_DAY - timedelta(seconds=1)
    for outcome in ("came", "no-show", None):
        marked = mark(acting(session, Actor.staff(booking.analyst_id), late), booking.public_id, outcome)
    assert marked.outcome is None
    assert marks(session) == [("came", None), ("no-show", "came"), ("unmarked", "no-show")]


def corrections(session: Session) -> list[tuple[object, object]]:
    """Of each mark whether it was a correction, and the reason."""
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == "booking").order_by(AuditEntry.id)).all()
    return [(one.details.get("corrected"), one.details.get("reason")) for one in entries if "before" in one.details]


@pytest.mark.parametrize("who", ["analyst", "coordinator"])
def test_a_mark_of_an_earlier_day_is_corrected_with_a_line_in_the_audit_log(session: Session, who: str) -> None:
    booking = a_booking(session, a_clinic(session))
    coordinator = a_person(session, roles=["coordinator"])
    session.commit()
    staff = Actor.staff(booking.analyst_id if who == "analyst" else coordinator.id)
    mark(acting(session, staff, NEXT_DAY), booking.public_id, "came")
    later = NEXT_DAY + timedelta(days=30)
    assert mark(acting(session, staff, later), booking.public_id, "no-show", "Wrong row.").outcome == "no-show"
    assert mark(acting(session, staff, later), booking.public_id, None).outcome is None
    assert marks(session) == [("came", None), ("no-show", "came"), ("unmarked", "no-show")]
    assert corrections(session) == [(None, None), (True, "Wrong row."), (True, None)]


@pytest.mark.parametrize(("zone", "hours"), [("Australia/Perth", 13), ("Pacific/Auckland", 8)])
def test_the_day_is_that_of_the_analysts_own_zone(session: Session, zone: str, hours: int) -> None:
    booking = a_booking(session, a_clinic(session))
    booking.analyst.time_zone = zone
    session.commit()
    staff, ends_at = Actor.staff(booking.analyst_id), CLINIC_AT + timedelta(hours=hours)
    mark(acting(session, staff, CLINIC_AT), booking.public_id, "came")
    mark(acting(session, staff, ends_at - timedelta(seconds=1)), booking.public_id, "no-show")
    mark(acting(session, staff, ends_at), booking.public_id, "came")
    assert [corrected for corrected, _ in corrections(session)] == [None, None, True]


def test_a_reason_that_is_too_long_is_refused(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    with pytest.raises(errors.TextNotAccepted):
        mark(acting(session, Actor.staff(booking.analyst_id), NEXT_DAY), booking.public_id, "came", "x" * 501)


def _now() -> datetime:
    return CLINIC_AT + timedelta(minutes=5)


@pytest.mark.parametrize("roles", [["analyst"], ["member"], []])
def test_another_analyst_and_a_member_are_told_there_is_no_such_booking(session: Session, roles: list[str]) -> None:
    booking = a_booking(session, a_clinic(session))
    other = a_person(session, roles=roles)
    session.commit()
    with pytest.raises(errors.NotFound):
        mark(acting(session, Actor.staff(other.id), _now()), booking.public_id, "came")
    session.refresh(booking)
    assert booking.outcome is None


def test_a_cancelled_booking_an_unknown_one_and_an_unknown_outcome_are_refused(session: Session) -> None:
    booking = a_booking(session, a_clinic(session))
    cancel(acting(session, Actor.link(), CLINIC_AT - timedelta(hours=5)), booking.public_id)
    with pytest.raises(errors.NotConfirmed):
        mark(acting(session, Actor.staff(booking.analyst_id), _now()), booking.public_id, "came")
    with pytest.raises(errors.NotFound):
        mark(acting(session, Actor.staff(booking.analyst_id), _now()), uuid.uuid4(), "came")
    with pytest.raises(ValueError, match="perhaps"):
        mark(acting(session, Actor.staff(booking.analyst_id), _now()), booking.public_id, "perhaps")
