"""Closing an account ends what it opens, and does with its bookings what was chosen; opening it brings it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.domain.people.people_table import read_one
from booking.mail.render import Recipient, render
from booking.services.accounts import tokens
from booking.services.accounts.close_account import LastCoordinator, close, reopen
from booking.services.accounts.import_people import import_people
from booking.services.bookings.book import book
from booking.services.bookings.enrol import enrol
from booking.services.bookings.waitlist import Wish, join
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people import sessions
from booking.store.people.api_tokens import ApiToken
from booking.store.people.people import Person
from booking.store.people.sessions import UserSession
from booking.store.people.time_off import TimeOff
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Roster, SeriesAnalyst
from tests.builders import (
    CLINIC_AT,
    NOW,
    ORGANISATION,
    a_booking,
    a_clinic,
    a_person,
    a_request,
    a_series,
    acting,
    an_occurrence,
    an_organisation,
)

REMINDING = an_organisation(reminder_hours=(24,))


def count(session: Session, column: object, *conditions: object) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(column).where(*conditions)) or 0  # type: ignore[arg-type]


def emails(session: Session, person: Person) -> list[str]:
    session.rollback()
    return list(
        session.scalars(
            select(OutgoingEmail.name).where(OutgoingEmail.person_id == person.id).order_by(OutgoingEmail.id)
        )
    )


def test_sessions_tokens_feeds_reminders_and_waitlist_places_end(session: Session) -> None:
    clinic, other = a_clinic(session), a_clinic(session, starts_at=CLINIC_AT + timedelta(days=1))
    member = a_person(session, "Mia Moss")
    sessions.begin(session, member.id, "Chrome", NOW)
    session.commit()

    book(acting(session, Actor.member(member.id), organisation=REMINDING), a_request(clinic))
    tokens.make(session, member.email, NOW)
    others = [a_booking(session, other, after_minutes=n * 15) for n in range(4)]
    assert len(others) == 4
    join(acting(session, Actor.member(member.id)), other.public_id, Wish(15))
    generation = member.member_feed_generation
    close(acting(session, Actor.system()), member.public_id, cancels=False)
    session.refresh(member)
    assert member.closed_at == NOW
    assert member.member_feed_generation == generation + 1
    assert count(session, UserSession, UserSession.ended_at.is_(None)) == 0
    assert count(session, ApiToken, ApiToken.revoked_at.is_(None)) == 0
    assert count(session, WaitlistEntry, WaitlistEntry.ended_at.is_(None)) == 0
    assert count(session, OutgoingEmail, OutgoingEmail.name == "reminder") == 0
    assert session.scalars(select(Booking.status).where(Booking.member_id == member.id)).all() == ["confirmed"]
    assert "cancelled-by-us" not in emails(session, member)


def test_cancelling_the_bookings_tells_their_member_and_serves_the_waitlist(session: Session) -> None:
    clinic = a_clinic(session)
    member, waiting = a_person(session, "Mia Moss"), a_person(session, "Zoe Wu")
    for n in range(4):
        a_booking(session, clinic, member if n == 0 else None, after_minutes=n * 15)
    join(acting(session, Actor.member(waiting.id)), clinic.public_id, Wish(15))
    lab = an_occurrence(session, a_series(session, kind="lab"))
    session.commit()
    enrol(acting(session, Actor.member(member.id)), lab.public_id)
    close(acting(session, Actor.system()), member.public_id, cancels=True)
    session.rollback()
    booking = session.scalars(select(Booking).where(Booking.member_id == member.id)).one()
    assert (booking.status, booking.cancelled_by, booking.sequence) == ("cancelled", "staff", 1)
    assert emails(session, member)[-1] == "cancelled-by-us"
    assert count(session, Enrolment, Enrolment.left_at.is_(None)) == 0
    offer = session.scalars(select(Offer)).one()
    assert (offer.member_id, offer.starts_at, offer.status) == (waiting.id, booking.starts_at, "open")


def test_an_analysts_bookings_go_through_cover_and_no_roster_has_them(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    ada, ben = (place.analyst for place in clinic.roster)
    booking = a_booking(session, clinic, analyst=ada.public_id)
    later = an_occurrence(session, clinic.series, [ada, ben], CLINIC_AT + timedelta(days=7))
    session.commit()
    close(acting(session, Actor.system()), ada.public_id, cancels=True)
    session.refresh(booking)
    assert (booking.status, booking.analyst_id) == ("confirmed", ben.id)
    assert "moved-by-us" in emails(session, booking.member)
    assert count(session, Claim, Claim.quarter_at == booking.starts_at) >= 1
    assert count(session, SeriesAnalyst, SeriesAnalyst.analyst_id == ada.id) == 0
    assert count(session, Roster, Roster.analyst_id == ada.id, Roster.occurrence_id == later.id) == 0


def test_what_nobody_can_take_waits_for_cover_and_is_not_lost(session: Session) -> None:
    clinic = a_clinic(session)
    ada = clinic.roster[0].analyst
    booking = a_booking(session, clinic)
    close(acting(session, Actor.system()), ada.public_id, cancels=True)
    session.refresh(booking)
    assert booking.status == "confirmed"
    assert emails(session, booking.member)[-1] == "cover-nobody"
    assert session.scalars(select(Roster.is_away).where(Roster.analyst_id == ada.id)).one()


def test_coordinators_read_that_the_account_is_closed_and_not_that_its_analyst_comes_back(session: Session) -> None:
    clinic = a_clinic(session)
    coordinator, analyst = a_person(session, "Cora Coe", ("coordinator",)), clinic.roster[0].analyst
    session.commit()
    close(acting(session, Actor.system()), analyst.public_id, cancels=True)
    written = select(OutgoingEmail).where(
        OutgoingEmail.name == "someone-away", OutgoingEmail.person_id == coordinator.id
    )
    email = session.scalars(written).one()
    said = render(email.name, email.facts, Recipient(email.to_email), {"site": "", "coordinator": ""}, ORGANISATION)
    assert said.subject == f"{analyst.name}'s account is closed"
    assert "Back on" not in said.text


def test_reopening_brings_roles_and_history_back_and_ends_the_time_off(session: Session) -> None:
    clinic = a_clinic(session)
    ada = clinic.roster[0].analyst
    close(acting(session, Actor.system()), ada.public_id, cancels=True)
    later = NOW + timedelta(days=3)
    close(acting(session, Actor.system(), later), ada.public_id, cancels=True)  # idempotent
    assert reopen(acting(session, Actor.system(), later), ada.public_id).closed_at is None
    assert ada.role_names == {"analyst"}
    assert count(session, TimeOff, TimeOff.ended_at.is_(None)) == 0
    assert count(session, UserSession, UserSession.ended_at.is_(None)) == 0


def test_the_only_coordinator_cannot_be_closed(session: Session) -> None:
    only = a_person(session, roles=["coordinator"])
    session.commit()
    with pytest.raises(LastCoordinator):
        close(acting(session, Actor.system()), only.public_id, cancels=True)
    a_person(session, roles=["coordinator"])
    session.commit()
    assert close(acting(session, Actor.system()), only.public_id, cancels=True).closed_at == NOW


def test_an_import_says_that_an_account_is_closed_and_leaves_it_so(session: Session) -> None:
    member = a_person(session, "Mia Moss")
    session.commit()
    close(acting(session, Actor.system()), member.public_id, cancels=True)
    listed, _ = read_one(member.email, "Mia M.", "", "", "")
    assert import_people(acting(session, Actor.system()), [listed]).closed == [member.email]
    session.refresh(member)
    assert member.closed_at == NOW
