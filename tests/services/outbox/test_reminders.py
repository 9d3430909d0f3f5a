"""Reminders: rows with a due time that follow their booking, look again when they leave, and can be switched off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.mail.mailer import LocalMailer
from booking.services.accounts import profile
from booking.services.bookings import on_behalf
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.move import move
from booking.services.outbox import deliver
from booking.services.outbox.deliver import EmailWorker
from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, a_clinic, a_person, a_request, acting, an_organisation
from tests.databases import Database
from tests.mail.server import Mailbox, serving
from tests.web.client import settings

REMINDING = an_organisation(reminder_hours=(24, 1))
HOUR = timedelta(hours=1)


def reminders(session: Session) -> list[tuple[int, datetime]]:
    session.rollback()
    rows = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "reminder").order_by(OutgoingEmail.due_at))
    return [(row.facts["hours"], row.due_at) for row in rows.all()]


def booked(
    session: Session, clinic: Occurrence, now: datetime = NOW, member: Person | None = None, after: int = 0
) -> Booking:
    member = member or a_person(session)
    session.commit()
    return book(acting(session, Actor.member(member.id), now, REMINDING), a_request(clinic, after)).booking


@pytest.mark.parametrize(
    ("before", "hours"),
    [(25 * HOUR, [24, 1]), (24 * HOUR, [1]), (23 * HOUR, [1]), (HOUR, []), (HOUR / 2, [])],
)
def test_a_reminder_whose_hour_is_past_is_not_written(session: Session, before: timedelta, hours: list[int]) -> None:
    booked(session, a_clinic(session), CLINIC_AT - before)
    assert reminders(session) == [(n, CLINIC_AT - n * HOUR) for n in hours]


def test_they_move_with_the_booking_and_go_with_it(session: Session) -> None:
    clinic = a_clinic(session)
    booking = booked(session, clinic)
    wanted = BookingRequest(clinic.public_id, CLINIC_AT + HOUR / 2, 15)
    move(acting(session, Actor.link(), organisation=REMINDING), booking.public_id, wanted)
    assert reminders(session) == [(n, CLINIC_AT + HOUR / 2 - n * HOUR) for n in (24, 1)]
    move(
        acting(session, Actor.link(), CLINIC_AT - 2 * HOUR, REMINDING),
        booking.public_id,
        replace(wanted, starts_at=CLINIC_AT),
    )
    assert reminders(session) == [(1, CLINIC_AT - HOUR)]
    cancel(acting(session, Actor.link(), CLINIC_AT - 2 * HOUR, REMINDING), booking.public_id)
    assert reminders(session) == []


def test_staff_move_and_cancel_them_too(session: Session) -> None:
    clinic = a_clinic(session)
    booking, who = booked(session, clinic), a_person(session, roles=["coordinator"]).id
    session.commit()
    wanted = BookingRequest(clinic.public_id, CLINIC_AT + HOUR / 4, 15)
    on_behalf.move_for(acting(session, Actor.staff(who), organisation=REMINDING), booking.public_id, wanted, "")
    assert [at for _, at in reminders(session)] == [CLINIC_AT + HOUR / 4 - n * HOUR for n in (24, 1)]
    on_behalf.cancel_for(acting(session, Actor.staff(who), organisation=REMINDING), booking.public_id, "")
    assert reminders(session) == []


def test_who_wants_none_gets_none_and_may_change_their_mind(session: Session) -> None:
    clinic, member = a_clinic(session), a_person(session)
    booking = booked(session, clinic, member=member)
    profile.unsubscribe(session, member.public_id, "reminders", REMINDING, NOW)
    assert reminders(session) == []
    profile.unsubscribe(session, member.public_id, "reminders", REMINDING, NOW)
    values = {"name": "Mia", "time_zone": "", "invitations": "never", "reminders": "yes"}
    profile.change(session, member.id, profile.ProfileChange(**values), REMINDING, CLINIC_AT - 2 * HOUR)
    assert reminders(session) == [(1, booking.starts_at - HOUR)]


def deliver_at(database: Database, mailbox: Mailbox, now: datetime, organisation: Organisation = REMINDING) -> int:
    from booking.mail.smtp import SMTPMailer

    found = settings(database, BOOKING_MAIL_FROM="booking@example.org")
    mailer = SMTPMailer(mailbox.url)
    try:
        count = 0
        while taken := deliver.deliver_once(EmailWorker(database.sessions, mailer, found, organisation, "worker"), now):
            count += taken
        return count
    finally:
        mailer.close()


def test_it_looks_again_and_the_last_one_carries_the_meeting_link(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    clinic.roster[0].meeting_url = "https://zoom.example.com/j/1"
    booking = booked(session, clinic)
    booking.analyst.name = "Renamed"
    session.commit()
    with serving() as mailbox:
        deliver_at(database, mailbox, NOW)
        deliver_at(database, mailbox, CLINIC_AT - 24 * HOUR)
        deliver_at(database, mailbox, CLINIC_AT - HOUR)
        assert deliver_at(database, mailbox, CLINIC_AT) == 0  # nothing is left
    first, day, last = mailbox.messages
    assert str(first["Subject"]).startswith("Booked")
    assert [str(one["Subject"]).partition(":")[0] for one in (day, last)] == ["Reminder", "Starting soon"]
    texts = [one.get_body(("plain",)).get_content() for one in (day, last)]  # type: ignore[union-attr]
    assert "with Renamed" in texts[0]
    leaves = [one["Date"].datetime for one in mailbox.messages]
    assert leaves == [NOW, CLINIC_AT - 24 * HOUR, CLINIC_AT - HOUR]
    assert ["zoom.example.com" in text for text in texts] == [False, True]
    assert "/unsubscribe/reminders/" in str(last["List-Unsubscribe"])
    assert str(last["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert first["List-Unsubscribe"] is None
    assert not any(part.get_content_type() == "text/calendar" for part in last.walk())
    stored = session.scalars(select(OutgoingEmail.facts).where(OutgoingEmail.name == "reminder")).all()
    assert "zoom" not in str(stored)


def test_one_that_comes_too_late_says_nothing(database: Database, session: Session) -> None:
    booked(session, a_clinic(session))
    with serving() as mailbox:
        deliver_at(database, mailbox, NOW)
        deliver_at(database, mailbox, CLINIC_AT - HOUR)  # the worker was down for a day: one email, not two
        assert [str(one["Subject"]).partition(":")[0] for one in mailbox.messages[1:]] == ["Starting soon"]
    assert [
        row.sent_at is not None
        for row in session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "reminder"))
    ] == [True]


@pytest.mark.parametrize(
    ("before", "subjects"),
    [
        (timedelta(hours=24, minutes=2), ["Booked", "Starti"]),
        (timedelta(hours=24, minutes=59), ["Booked", "Starti"]),
        (timedelta(hours=25), ["Booked", "Remind", "Starti"]),
        (timedelta(hours=1, minutes=30), ["Booked"]),
    ],
)
def test_no_reminder_leaves_within_an_hour_of_the_booking_email(
    database: Database, session: Session, before: timedelta, subjects: list[str]
) -> None:
    booked(session, a_clinic(session), CLINIC_AT - before)
    with serving() as mailbox:
        for now in sorted(
            {CLINIC_AT - before, *(CLINIC_AT - hours * HOUR for hours in (24, 1) if hours * HOUR < before)}
        ):
            deliver_at(database, mailbox, now)
        assert [str(one["Subject"]).split(":")[0][:6] for one in mailbox.messages] == [
            subject.rstrip(":") for subject in subjects
        ]


def test_no_reminder_leaves_within_an_hour_of_the_email_about_a_move(database: Database, session: Session) -> None:
    clinic = a_clinic(session)
    booking = booked(session, clinic)
    later = BookingRequest(clinic.public_id, CLINIC_AT + HOUR / 2, 15)
    with serving() as mailbox:
        deliver_at(database, mailbox, NOW)
        move(acting(session, Actor.link(), CLINIC_AT - 24 * HOUR, REMINDING), booking.public_id, later)
        for now in (CLINIC_AT - 24 * HOUR, CLINIC_AT - 23.5 * HOUR, CLINIC_AT - HOUR / 2):
            deliver_at(database, mailbox, now)
        assert [str(one["Subject"])[:5] for one in mailbox.messages] == ["Booke", "Moved", "Start"]


def test_after_the_start_none_leaves(database: Database, session: Session) -> None:
    booked(session, a_clinic(session))
    with serving() as mailbox:
        deliver_at(database, mailbox, CLINIC_AT)
        assert [str(one["Subject"])[:6] for one in mailbox.messages] == ["Booked"]
    assert reminders(session) == []


def test_a_local_mailer_takes_them_too(database: Database, session: Session) -> None:
    booked(session, a_clinic(session))
    found = settings(database)
    for now in (NOW, CLINIC_AT - 24 * HOUR):
        deliver.deliver_once(EmailWorker(database.sessions, LocalMailer(), found, REMINDING, "worker"), now)
    assert [hours for hours, _ in reminders(session)] == [24, 1]
