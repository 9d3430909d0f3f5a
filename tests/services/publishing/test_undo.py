"""Undo brings nothing back that its owner has given up in the meantime."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.domain.planning import edits
from booking.services.bookings import waitlist
from booking.services.bookings.cancel import cancel
from booking.services.bookings.on_behalf import cancel_for
from booking.services.publishing import planning, undo
from booking.services.publishing.publish import publish
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Programme
from tests.builders import NOW, ORGANISATION, a_booking, a_person, a_series, acting, an_occurrence

MINUTE = timedelta(minutes=1)


def a_date(session: Session) -> Occurrence:
    """The one date of a clinic with one analyst."""
    ada = a_person(session, "Ada", roles=["analyst"])
    row = an_occurrence(session, a_series(session, [ada], slug="clinic"), [ada])
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    return row


def without(session: Session, row: Occurrence) -> uuid.UUID:
    """Publish that the date is cancelled."""
    asking = planning.page("clinic", lambda asked: edits.one(asked, row.key, cancelled="Flood"))
    plan = planning.read_plan(session, asking, ORGANISATION, NOW)
    done = publish(acting(session, Actor.system()), asking, uid_domain="x.example.org", fingerprint=plan.fingerprint)
    assert done.change is not None
    return done.change


def by_member(session: Session, booking: Booking, _cora: Person) -> None:
    cancel(acting(session, Actor.member(booking.member_id), NOW + MINUTE), booking.public_id)


def by_staff(session: Session, booking: Booking, cora: Person) -> None:
    cancel_for(acting(session, Actor.staff(cora.id), NOW + MINUTE), booking.public_id, "Rang us.")


@pytest.mark.parametrize("again", [by_member, by_staff])
def test_a_booking_whose_member_cancels_what_a_publish_had_cancelled_does_not_come_back(
    session: Session, again: Callable[[Session, Booking, Person], None]
) -> None:
    row, cora = a_date(session), a_person(session, "Cora", roles=["coordinator"])
    booking = a_booking(session, row)
    change = without(session, row)
    again(session, booking, cora)
    with pytest.raises(undo.CannotUndo, match="has changed since"):
        undo.undo(acting(session, Actor.system(), NOW + 2 * MINUTE), change)
    session.expire_all()
    assert booking.is_cancelled


def test_a_member_who_leaves_the_waitlist_that_a_publish_had_ended_is_not_put_back_on_it(session: Session) -> None:
    row = a_date(session)
    for quarter in range(4):
        a_booking(session, row, after_minutes=15 * quarter)
    members = [a_person(session, name) for name in ("Lee", "Kim")]
    session.commit()
    wish = waitlist.Wish(15)
    places = [waitlist.join(acting(session, Actor.member(one.id)), row.public_id, wish) for one in members]
    change = without(session, row)
    waitlist.leave(acting(session, Actor.member(places[0].member_id), NOW + MINUTE), places[0].public_id)
    undo.undo(acting(session, Actor.system(), NOW + 2 * MINUTE), change)
    session.expire_all()
    assert [session.get_one(WaitlistEntry, place.id).outcome for place in places] == ["left", None]
