"""Every deed called with what it must refuse: the right refusal, and nothing written."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.services.bookings import attend, on_behalf, waitlist
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.edit_topic import edit_brief
from booking.services.bookings.enrol import enrol, leave
from booking.services.bookings.mark_attendance import mark
from booking.services.bookings.move import move
from booking.services.bookings.notes import write_note
from booking.services.bookings.start_visit import begin
from booking.services.bookings.waitlist import Taking, Wish
from booking.store.bookings.bookings import Booking
from booking.store.db.tables import Base
from booking.store.people.people import Person
from booking.store.programme.programme import CANCELLED, Occurrence, Roster
from tests.builders import (
    CLINIC_AT,
    NOW,
    a_booking,
    a_clinic,
    a_person,
    a_place,
    a_request,
    a_series,
    acting,
    an_occurrence,
)

AFTER = CLINIC_AT + timedelta(days=1)
LONG = "x" * 100_000
NOBODY = uuid.UUID(int=7)


@dataclass
class House:
    """A clinic with a booking, one more clinic, a lab with a place, a place on a waitlist, and people of every kind."""

    clinic: Occurrence
    other: Occurrence
    lab: Occurrence
    booking: Booking
    place: uuid.UUID
    enrolment: uuid.UUID
    member: Person
    stranger: Person
    analyst: Person
    second: Person
    coordinator: Person
    former: Person


@pytest.fixture
def house(session: Session) -> House:
    clinic, other = a_clinic(session, analysts=2), a_clinic(session, starts_at=CLINIC_AT + timedelta(hours=2))
    analyst, second = (place.analyst for place in clinic.roster)
    lab_at = CLINIC_AT + timedelta(days=1)
    lab = an_occurrence(session, a_series(session, [analyst], kind="lab", title="Lab"), [analyst], lab_at)
    member, stranger = a_person(session, "Member"), a_person(session, "Stranger")
    coordinator = a_person(session, "Cora", roles=["coordinator"])
    former = a_person(session, "Former", member_until=date(2023, 12, 3))
    session.commit()
    booking = a_booking(session, clinic, member, analyst=analyst.public_id)
    place = a_place(session, other, stranger)
    enrolment = enrol(acting(session, Actor.member(member.id)), lab.public_id)
    return House(
        clinic,
        other,
        lab,
        booking,
        place.public_id,
        enrolment.public_id,
        member,
        stranger,
        analyst,
        second,
        coordinator,
        former,
    )


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    session.rollback()
    return {
        table.name: sorted(tuple(map(str, row)) for row in session.execute(select(table)))
        for table in Base.metadata.sorted_tables
    }


def cancelled(session: Session, house: House) -> None:
    for row in (house.clinic, house.other, house.lab):
        row.status = CANCELLED
    session.commit()


def off_the_roster(session: Session, house: House) -> None:
    for row in session.scalars(select(Roster).where(Roster.occurrence_id == house.clinic.id)):
        row.is_away = row.analyst_id == house.second.id
    session.commit()


def request(house: House, clinic: Occurrence | None = None, after: int = 15, **fields: object) -> BookingRequest:
    return a_request(clinic or house.clinic, after, **fields)


Deed = Callable[[Session, House], object]


def booking(now: datetime = NOW, who: str = "stranger", **fields: object) -> Deed:
    return lambda s, h: book(acting(s, Actor.member(getattr(h, who).id), now), request(h, **fields)).booking  # type: ignore[arg-type]


def with_second(s: Session, h: House) -> object:
    return book(acting(s, Actor.member(h.stranger.id)), request(h, analyst=h.second.public_id)).booking


def forged(occurrence: uuid.UUID = NOBODY) -> BookingRequest:
    return BookingRequest(occurrence, CLINIC_AT, 15)


def booked(h: House) -> uuid.UUID:
    return h.booking.public_id


#: what is asked, what is prepared first, and the refusal
CASES: dict[str, tuple[Deed, Callable[[Session, House], None] | None, type[errors.Refusal]]] = {
    # book
    "book, a forged clinic": (
        lambda s, h: book(acting(s, Actor.member(h.stranger.id)), forged()).booking,
        None,
        errors.NotFound,
    ),
    "book, a forged analyst": (booking(analyst=NOBODY), None, errors.NotOnRoster),
    "book, a forged member": (
        lambda s, h: book(acting(s, Actor.member(999_999)), request(h)).booking,
        None,
        errors.NotFound,
    ),
    "book, past": (booking(AFTER), None, errors.TooLate),
    "book, cancelled": (booking(), cancelled, errors.OccurrenceCancelled),
    "book, off the roster": (with_second, off_the_roster, errors.NotOnRoster),
    "book, 100 kB": (booking(topic=LONG), None, errors.TextNotAccepted),
    "book, a link that is none": (booking(link="javascript:alert(1)"), None, errors.TextNotAccepted),
    "book, a lab": (
        lambda s, h: book(acting(s, Actor.member(h.stranger.id)), request(h, h.lab)).booking,
        None,
        errors.NotBookable,
    ),
    "book, staff who are no members": (booking(who="analyst"), None, errors.NotAMember),
    "book, after the membership": (booking(who="former"), None, errors.MembershipEnded),
    "book, no such length": (booking(minutes=20), None, errors.LengthNotOffered),
    "book, between quarters": (booking(after=7), None, errors.OutsideHours),
    "book, over the end": (booking(after=45, minutes=30), None, errors.OutsideHours),
    # move
    "move, another's": (
        lambda s, h: move(acting(s, Actor.member(h.stranger.id)), booked(h), request(h)),
        None,
        errors.NotFound,
    ),
    "move, forged": (
        lambda s, h: move(acting(s, Actor.link()), NOBODY, request(h)),
        None,
        errors.NotFound,
    ),
    "move, to a forged clinic": (
        lambda s, h: move(acting(s, Actor.link()), booked(h), forged()),
        None,
        errors.NotFound,
    ),
    "move, past": (
        lambda s, h: move(acting(s, Actor.link(), AFTER), booked(h), request(h)),
        None,
        errors.AlreadyStarted,
    ),
    "move, into a cancelled one": (
        lambda s, h: move(acting(s, Actor.link()), booked(h), request(h, h.other)),
        cancelled,
        errors.OccurrenceCancelled,
    ),
    "move, to who is off the roster": (
        lambda s, h: move(acting(s, Actor.link()), booked(h), request(h, analyst=h.second.public_id)),
        off_the_roster,
        errors.NotOnRoster,
    ),
    # cancel, brief
    "cancel, another's": (
        lambda s, h: cancel(acting(s, Actor.member(h.stranger.id)), booked(h)),
        None,
        errors.NotFound,
    ),
    "cancel, forged": (lambda s, h: cancel(acting(s, Actor.link()), NOBODY), None, errors.NotFound),
    "cancel, past": (
        lambda s, h: cancel(acting(s, Actor.link(), AFTER), booked(h)),
        None,
        errors.AlreadyStarted,
    ),
    "brief, another's": (
        lambda s, h: edit_brief(acting(s, Actor.member(h.stranger.id)), booked(h), topic="x"),
        None,
        errors.NotFound,
    ),
    "brief, forged": (lambda s, h: edit_brief(acting(s, Actor.link()), NOBODY, topic="x"), None, errors.NotFound),
    "brief, past": (
        lambda s, h: edit_brief(acting(s, Actor.link(), AFTER), booked(h), topic="x"),
        None,
        errors.AlreadyStarted,
    ),
    "brief, 100 kB": (
        lambda s, h: edit_brief(acting(s, Actor.link()), booked(h), topic=LONG),
        None,
        errors.TextNotAccepted,
    ),
    # waitlist
    "wait, forged": (
        lambda s, h: waitlist.join(acting(s, Actor.member(h.stranger.id)), NOBODY, Wish(15)),
        None,
        errors.NotFound,
    ),
    "wait, past": (
        lambda s, h: waitlist.join(acting(s, Actor.member(h.stranger.id), AFTER), h.clinic.public_id, Wish(15)),
        None,
        errors.TooLate,
    ),
    "wait, cancelled": (
        lambda s, h: waitlist.join(acting(s, Actor.member(h.stranger.id)), h.clinic.public_id, Wish(15)),
        cancelled,
        errors.OccurrenceCancelled,
    ),
    "wait, for who is off the roster": (
        lambda s, h: waitlist.join(
            acting(s, Actor.member(h.stranger.id)), h.clinic.public_id, Wish(15, h.second.public_id)
        ),
        off_the_roster,
        errors.NotOnRoster,
    ),
    "wait, 100 kB": (
        lambda s, h: waitlist.join(acting(s, Actor.member(h.stranger.id)), h.clinic.public_id, Wish(15, None, LONG)),
        None,
        errors.TextNotAccepted,
    ),
    "wait, in a lab": (
        lambda s, h: waitlist.join(acting(s, Actor.member(h.stranger.id)), h.lab.public_id, Wish(15)),
        None,
        errors.NotBookable,
    ),
    "accept, another's": (
        lambda s, h: waitlist.accept(acting(s, Actor.member(h.member.id)), h.place),
        None,
        errors.NotFound,
    ),
    "accept, for another's booking": (
        lambda s, h: waitlist.accept(acting(s, Actor.link()), h.place, taking=Taking(replaces=booked(h))),
        None,
        errors.NotFound,
    ),
    "accept, nothing offered": (
        lambda s, h: waitlist.accept(acting(s, Actor.link()), h.place),
        None,
        errors.OfferLapsed,
    ),
    "accept, past": (
        lambda s, h: waitlist.accept(acting(s, Actor.link(), AFTER), h.place, taking=Taking(h.other.starts_at)),
        None,
        errors.TooLate,
    ),
    "decline, another's": (
        lambda s, h: waitlist.decline(acting(s, Actor.member(h.member.id)), h.place),
        None,
        errors.NotFound,
    ),
    "leave the waitlist, forged": (
        lambda s, h: waitlist.leave(acting(s, Actor.link()), NOBODY),
        None,
        errors.NotFound,
    ),
    # enrolment
    "enrol, forged": (
        lambda s, h: enrol(acting(s, Actor.member(h.stranger.id)), NOBODY),
        None,
        errors.NotFound,
    ),
    "enrol, past": (
        lambda s, h: enrol(acting(s, Actor.member(h.stranger.id), AFTER + timedelta(days=1)), h.lab.public_id),
        None,
        errors.AlreadyOver,
    ),
    "enrol, cancelled": (
        lambda s, h: enrol(acting(s, Actor.member(h.stranger.id)), h.lab.public_id),
        cancelled,
        errors.OccurrenceCancelled,
    ),
    "enrol, in a clinic": (
        lambda s, h: enrol(acting(s, Actor.member(h.stranger.id)), h.clinic.public_id),
        None,
        errors.NotEnrollable,
    ),
    "leave, another's": (
        lambda s, h: leave(acting(s, Actor.member(h.stranger.id)), h.enrolment),
        None,
        errors.NotFound,
    ),
    "leave, forged": (lambda s, h: leave(acting(s, Actor.member(h.member.id)), NOBODY), None, errors.NotFound),
    "join, cancelled": (
        lambda s, h: attend.join(acting(s, Actor.member(h.stranger.id), CLINIC_AT), h.lab.public_id),
        cancelled,
        errors.OccurrenceCancelled,
    ),
    "attendance, by a stranger": (
        lambda s, h: attend.mark(acting(s, Actor.staff(h.second.id), CLINIC_AT), h.lab.public_id, set()),
        None,
        errors.NotFound,
    ),
    # analysts
    "mark, another's": (
        lambda s, h: mark(acting(s, Actor.staff(h.second.id), AFTER), booked(h), "came"),
        None,
        errors.NotFound,
    ),
    "mark, by the member": (
        lambda s, h: mark(acting(s, Actor.staff(h.member.id), AFTER), booked(h), "came"),
        None,
        errors.NotFound,
    ),
    "mark, before": (
        lambda s, h: mark(acting(s, Actor.staff(h.analyst.id)), booked(h), "came"),
        None,
        errors.NotBegun,
    ),
    "start, another's": (
        lambda s, h: begin(acting(s, Actor.staff(h.second.id), CLINIC_AT), booked(h)),
        None,
        errors.NotFound,
    ),
    "start, forged": (
        lambda s, h: begin(acting(s, Actor.staff(h.analyst.id), CLINIC_AT), NOBODY),
        None,
        errors.NotFound,
    ),
    "start, past": (
        lambda s, h: begin(acting(s, Actor.staff(h.analyst.id), AFTER), booked(h)),
        None,
        errors.AlreadyOver,
    ),
    "note, another's": (
        lambda s, h: write_note(acting(s, Actor.staff(h.second.id), AFTER), booked(h), "x", "y"),
        None,
        errors.NotFound,
    ),
    "note, 100 kB": (
        lambda s, h: write_note(acting(s, Actor.staff(h.analyst.id), AFTER), booked(h), LONG, "y"),
        None,
        errors.TextNotAccepted,
    ),
    # staff
    "staff cancel, forged": (
        lambda s, h: on_behalf.cancel_for(acting(s, Actor.staff(h.coordinator.id)), NOBODY, ""),
        None,
        errors.NotFound,
    ),
    "staff cancel, 100 kB": (
        lambda s, h: on_behalf.cancel_for(acting(s, Actor.staff(h.coordinator.id)), booked(h), LONG),
        None,
        errors.TextNotAccepted,
    ),
    "hand over, off the roster": (
        lambda s, h: on_behalf.hand_over(acting(s, Actor.staff(h.coordinator.id)), booked(h), h.second.public_id, ""),
        off_the_roster,
        errors.NotOnRoster,
    ),
    "hand over, forged": (
        lambda s, h: on_behalf.hand_over(acting(s, Actor.staff(h.coordinator.id)), booked(h), NOBODY, ""),
        None,
        errors.NotOnRoster,
    ),
    "staff move, past": (
        lambda s, h: on_behalf.move_for(acting(s, Actor.staff(h.coordinator.id), AFTER), booked(h), request(h), ""),
        None,
        errors.AlreadyOver,
    ),
    "staff move, into a cancelled one": (
        lambda s, h: on_behalf.move_for(acting(s, Actor.staff(h.coordinator.id)), booked(h), request(h, h.other), ""),
        cancelled,
        errors.OccurrenceCancelled,
    ),
    "lengthen, past": (
        lambda s, h: on_behalf.lengthen(acting(s, Actor.staff(h.analyst.id), AFTER), booked(h)),
        None,
        errors.AlreadyOver,
    ),
    "cover, nothing offered": (
        lambda s, h: cover.accept(acting(s, Actor.link()), booked(h)),
        None,
        errors.OfferLapsed,
    ),
    "cover, another's": (
        lambda s, h: cover.accept(acting(s, Actor.member(h.stranger.id)), booked(h)),
        None,
        errors.NotFound,
    ),
    "cover, not asked for": (
        lambda s, h: cover.take(acting(s, Actor.staff(h.second.id)), h.clinic.public_id),
        None,
        cover.AlreadyCovered,
    ),
    "cover, by a member": (
        lambda s, h: cover.take(acting(s, Actor.staff(h.member.id)), h.clinic.public_id),
        None,
        errors.NotAllowed,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_done_is_refused_and_writes_nothing(session: Session, house: House, case: str) -> None:
    deed, prepare, refusal = CASES[case]
    if prepare is not None:
        prepare(session, house)
    before = everything(session)
    with pytest.raises(errors.Refusal) as refused:
        deed(session, house)
    assert type(refused.value) is refusal
    assert everything(session) == before


def test_control_characters_are_left_out_of_what_is_kept(session: Session, house: House) -> None:
    made = book(
        acting(session, Actor.member(house.stranger.id)),
        request(house, topic="\x00Tags\x07\x1b[31m\x85\u2028\ufeff on\r\ntwo lines\x9f"),
    ).booking
    assert made.topic == "Tags[31m on\ntwo lines"
