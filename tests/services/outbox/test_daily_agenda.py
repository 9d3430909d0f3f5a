"""The analyst's morning email: at their hour, on their clock, once, and only if there is something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.services.accounts import profile
from booking.services.bookings.notes import write_note
from booking.services.outbox import daily_agenda
from booking.store.outbox.emails import OutgoingEmail
from tests.builders import CLINIC_AT, ORGANISATION, a_booking, a_clinic, a_person, acting

HOUR = timedelta(hours=1)
PERTH_7_AM = datetime(2023, 12, 3, 23, 0, tzinfo=UTC)


def sheets(session: Session) -> list[OutgoingEmail]:
    session.rollback()
    return list(
        session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "daily-agenda").order_by(OutgoingEmail.id))
    )


def run(session: Session, now: datetime) -> int:
    return sum(
        daily_agenda.write(acting(session, Actor.system(), now), person_id)
        for person_id in daily_agenda.due(session, ORGANISATION, now)
    )


def test_it_comes_at_their_own_seven_once_with_the_day_s_bookings(session: Session) -> None:
    clinic = a_clinic(session)
    analyst = clinic.roster[0].analyst
    analyst.time_zone = "Australia/Perth"
    member = a_person(session, "Mia Moss")
    earlier = a_booking(session, a_clinic(session, starts_at=CLINIC_AT - 24 * HOUR), member)
    write_note(
        acting(session, Actor.staff(earlier.analyst_id), CLINIC_AT - 23 * HOUR), earlier.public_id, "Shy.", "Rename."
    )
    a_booking(session, clinic, member, topic="Tags")
    a_booking(session, clinic, after_minutes=30, minutes=30)
    assert run(session, PERTH_7_AM - timedelta(seconds=1)) == 0
    assert run(session, PERTH_7_AM) == 1
    assert run(session, PERTH_7_AM + HOUR) == 0
    (email,) = sheets(session)
    assert (email.person_id, email.facts["count"]) == (analyst.id, 2)
    lines = email.facts["lines"]
    assert [(one["topic"], one["is_new"], one["agreed"]) for one in lines] == [
        ("Tags", False, "Rename."),
        ("", True, ""),
    ]
    assert "Shy" not in str(email.facts), "the private note stays on the page"


def test_nothing_to_tell_no_email_and_switched_off_none_at_all(session: Session) -> None:
    clinic = a_clinic(session)
    analyst = clinic.roster[0].analyst
    analyst.time_zone = "Australia/Perth"
    session.commit()
    assert run(session, PERTH_7_AM) == 0
    a_booking(session, clinic)
    assert run(session, PERTH_7_AM + HOUR) == 0, "this morning's has been thought of"
    profile.unsubscribe(session, analyst.public_id, "daily-agenda", ORGANISATION, PERTH_7_AM)
    analyst.agenda_sent_on = None
    session.commit()
    assert run(session, PERTH_7_AM + HOUR) == 0
    values = {"name": "Ada", "time_zone": "Australia/Perth", "invitations": "never"}
    wanted = profile.ProfileChange(**values, daily_agenda="9")
    profile.change(session, analyst.id, wanted, ORGANISATION, PERTH_7_AM)
    assert run(session, PERTH_7_AM + HOUR) == 0
    assert run(session, PERTH_7_AM + 2 * HOUR) == 1


def test_a_worker_that_was_down_all_morning_writes_none(session: Session) -> None:
    clinic = a_clinic(session)
    clinic.roster[0].analyst.time_zone = "Australia/Perth"
    a_booking(session, clinic)
    assert run(session, PERTH_7_AM + 6 * HOUR) == 0
