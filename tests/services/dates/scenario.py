"""One full lab and what its coordinator does for its people: every email that comes of it, for tests of emails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from booking.domain.enums.emails import DateGroup
from booking.domain.people.actor import Actor
from booking.domain.people.messages import DateMessage
from booking.services.bookings.enrol import enrol
from booking.services.dates import enrolments
from booking.services.dates.email_everyone import email_everyone, fingerprint
from booking.services.enrolling import place_waitlist
from booking.store.people.people import Person
from booking.store.queries.programme import date_people
from tests.builders import CLINIC_AT, NOW, a_series, acting, an_occurrence, an_organisation

ONE_PLACE = an_organisation(capacity=1)
LATER = NOW + timedelta(hours=6)


def a_full_lab(session: Session, cora_id: int, members: Sequence[Person]) -> None:
    """Of three members one is taken out, the place is held for the second, who lets it lapse, and then for the third,
    who is taken off the waitlist; the first enrols again and is sent a message."""
    ann, bea, cat = members
    series = a_series(session, kind="lab", title="Full Lab")
    lab = an_occurrence(session, series, starts_at=CLINIC_AT + timedelta(days=9))
    session.commit()
    staff = acting(session, Actor.staff(cora_id), organisation=ONE_PLACE)
    place = enrol(acting(session, Actor.member(ann.id), organisation=ONE_PLACE), lab.public_id)
    for number, one in enumerate((bea, cat)):
        by_them = acting(session, Actor.member(one.id), NOW + timedelta(minutes=number), ONE_PLACE)
        place_waitlist.join(by_them, lab.public_id)
    enrolments.remove(staff, place.public_id, "They asked.")
    place_waitlist.offer_free_places(acting(session, Actor.system(), LATER, ONE_PLACE), lab.id)
    held = place_waitlist.join(acting(session, Actor.member(cat.id), LATER, ONE_PLACE), lab.public_id)  # their place
    later = acting(session, Actor.staff(cora_id), LATER, ONE_PLACE)
    place_waitlist.remove(later, held.public_id, "They called.")
    enrol(acting(session, Actor.member(ann.id), LATER, ONE_PLACE), lab.public_id)
    session.commit()
    groups = (DateGroup.ENROLLED,)
    seen = fingerprint(date_people.recipients(session, lab, groups))
    assert email_everyone(later, lab.public_id, DateMessage("Bring data", "Yours.", groups), seen=seen, key="k") == 1
