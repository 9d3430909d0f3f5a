"""Changing an address: confirmed from the new one, or set by staff; everything else stays with the person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.accounts.change_email import (
    MAX_REQUESTS,
    VALID,
    AddressChangeExpired,
    ask,
    change,
    confirm,
)
from booking.services.accounts.sign_in import ask as ask_to_sign_in
from booking.store.bookings.bookings import Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.people.sign_ins import SignIn
from tests.builders import NOW, a_booking, a_clinic, a_person, acting

NEW = "mia@new.example"


@pytest.fixture
def mia(session: Session) -> Person:
    found = a_person(session, "Mia Moss")
    session.commit()
    return found


def emails(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    return [(one.name, one.to_email) for one in session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id))]


def test_nothing_changes_before_the_new_address_confirms_and_the_old_one_gets_a_notice(
    session: Session, mia: Person
) -> None:
    asked = ask(session, mia.id, " Mia@New.example ", NOW)
    assert emails(session) == [("address-confirm", NEW)]
    assert mia.email == "mia.moss@example.org"
    assert confirm(session, asked.public_id, NOW + timedelta(minutes=5)).email == NEW
    assert emails(session)[1:] == [("address-changed", "mia.moss@example.org")]
    with pytest.raises(AddressChangeExpired):
        confirm(session, asked.public_id, NOW + timedelta(minutes=6))


def test_a_link_is_over_after_an_hour_and_when_a_newer_one_was_asked_for(session: Session, mia: Person) -> None:
    first = ask(session, mia.id, NEW, NOW)
    second = ask(session, mia.id, "mia@third.example", NOW + timedelta(minutes=1))
    with pytest.raises(AddressChangeExpired):
        confirm(session, first.public_id, NOW + timedelta(minutes=2))
    with pytest.raises(AddressChangeExpired):
        confirm(session, second.public_id, NOW + timedelta(minutes=1) + VALID)
    assert confirm(session, second.public_id, NOW + VALID).email == "mia@third.example"


def test_an_address_of_somebody_else_is_told_by_email_only(session: Session, mia: Person) -> None:
    a_person(session, "Max", email="max@müller.example")
    session.commit()
    asked = ask(session, mia.id, "max@xn--mller-kva.example", NOW)
    assert session.scalars(select(OutgoingEmail.facts)).one()["is_taken"] is True
    with pytest.raises(AddressChangeExpired):
        confirm(session, asked.public_id, NOW)
    with pytest.raises(errors.AddressTaken):
        change(acting(session, Actor.system()), mia.public_id, "max@xn--mller-kva.example")
    session.refresh(mia)
    assert mia.email == "mia.moss@example.org"


def test_an_address_that_is_taken_while_the_link_waits_is_refused(session: Session, mia: Person) -> None:
    asked = ask(session, mia.id, NEW, NOW)
    a_person(session, "Other", email=NEW)
    session.commit()
    with pytest.raises(errors.AddressTaken):
        confirm(session, asked.public_id, NOW)


@pytest.mark.parametrize("typed", ["", "x", "mia@", "MIA.moss@example.org"])
def test_what_is_no_address_or_the_same_one_is_refused(session: Session, mia: Person, typed: str) -> None:
    with pytest.raises(errors.TextNotAccepted):
        ask(session, mia.id, typed, NOW)


def test_so_many_requests_an_hour_and_no_more(session: Session, mia: Person) -> None:
    for n in range(MAX_REQUESTS):
        ask(session, mia.id, f"mia{n}@new.example", NOW)
    with pytest.raises(errors.TooManyRequests):
        ask(session, mia.id, NEW, NOW)
    assert ask(session, mia.id, NEW, NOW + VALID).email == NEW


def test_bookings_stay_invitations_go_to_the_new_address_and_so_does_what_is_queued(
    session: Session, mia: Person
) -> None:
    clinic = a_clinic(session)
    booking = a_booking(session, clinic, mia)
    ask_to_sign_in(session, mia.email, "sender", NOW)
    change(acting(session, Actor.system()), mia.public_id, NEW)
    session.rollback()
    found = session.scalars(select(Booking)).one()
    assert (found.member_id, found.public_id, found.sequence) == (mia.id, booking.public_id, 1)
    assert emails(session) == [
        ("booked", NEW),
        ("sign-in", NEW),
        ("invitation", NEW),
        ("address-changed", "mia.moss@example.org"),
        ("address-changed", NEW),
    ]
    assert session.scalars(select(SignIn.expires_at)).one() == NOW, "a link sent to the old address opens nothing"


def test_a_booking_that_is_in_a_subscribed_calendar_gets_no_invitation(session: Session) -> None:
    mia = a_person(session, "Mia Moss", invitations="never")
    a_booking(session, a_clinic(session), mia)
    change(acting(session, Actor.system()), mia.public_id, NEW)
    assert "invitation" not in [name for name, _ in emails(session)]
    assert session.scalars(select(Booking.sequence)).one() == 0


def test_the_same_address_in_other_emails_is_only_written_anew(session: Session) -> None:
    max_ = a_person(session, "Max", email="max@xn--mller-kva.example")
    session.commit()
    assert change(acting(session, Actor.system()), max_.public_id, "max@müller.example").email == "max@müller.example"
    assert max_.email_key == "max@xn--mller-kva.example"
