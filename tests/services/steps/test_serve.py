"""Whatever frees a slot, the waitlist is served before anybody else can book it (promise 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.services.accounts.close_account import close as close_account
from booking.services.action_context import ActionContext
from booking.services.bookings import on_behalf, waitlist
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.cancel import cancel
from booking.services.bookings.enrol import enrol, leave
from booking.services.bookings.move import move
from booking.services.bookings.waitlist import Taking, Wish
from booking.services.publishing import undo
from booking.store.bookings import claims
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.people.people import Person
from booking.store.programme.changes import Change
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence, Roster
from tests.builders import CLINIC_AT, NOW, a_person, a_request, a_series, an_occurrence, an_organisation

ORGANISATION = an_organisation(upcoming=0, per_occurrence=0, horizon_days=1000)
SOON = NOW + timedelta(minutes=1)
END = CLINIC_AT + timedelta(hours=1)


def acting(session: Session, actor: Actor, now: datetime = NOW) -> ActionContext:
    """The context of what somebody does in this organisation."""
    return ActionContext(session, ORGANISATION, now, actor)


class Full:
    """Ada's hour is full; Mia waits for it. Ben is an analyst elsewhere at that time, and nobody has booked him."""

    def __init__(self, session: Session) -> None:
        self.ada, self.ben = (a_person(session, roles=["analyst", "member"]) for _ in range(2))
        self.chief = a_person(session, roles=["coordinator"])
        self.mia, self.stranger = a_person(session), a_person(session)
        self.members = [a_person(session) for _ in range(4)]
        self.clinic = an_occurrence(session, a_series(session), [self.ada])
        self.elsewhere = an_occurrence(session, a_series(session), [self.ben])
        session.commit()
        self.bookings = [self.book(session, 15 * n, member) for n, member in enumerate(self.members)]

    def book(self, session: Session, after: int, member: Person, clinic: Occurrence | None = None) -> Booking:
        return book(acting(session, Actor.member(member.id)), a_request(clinic or self.clinic, after)).booking

    def wait(self, session: Session, member: Person | None = None, clinic: Occurrence | None = None) -> WaitlistEntry:
        where = (clinic or self.clinic).public_id
        return waitlist.join(acting(session, Actor.member((member or self.mia).id)), where, Wish(15))


@pytest.fixture
def full(session: Session) -> Full:
    return Full(session)


def by_its_member(session: Session, full: Full) -> None:
    cancel(acting(session, Actor.link(), SOON), full.bookings[0].public_id)


def by_staff(session: Session, full: Full) -> None:
    on_behalf.cancel_for(acting(session, Actor.staff(full.chief.id), SOON), full.bookings[0].public_id, "ill")


def by_moving(session: Session, full: Full) -> None:
    wanted = BookingRequest(full.elsewhere.public_id, CLINIC_AT, 15)
    move(acting(session, Actor.link(), SOON), full.bookings[0].public_id, wanted)


def by_being_moved(session: Session, full: Full) -> None:
    wanted = BookingRequest(full.elsewhere.public_id, CLINIC_AT, 15)
    on_behalf.move_for(acting(session, Actor.staff(full.chief.id), SOON), full.bookings[0].public_id, wanted, "")


def by_replacing_it_from_another_waitlist(session: Session, full: Full) -> None:
    first = full.book(session, 45, a_member(session), full.elsewhere)
    others = [full.book(session, 15 * n, a_member(session), full.elsewhere) for n in range(3)]
    place = full.wait(session, full.members[0], full.elsewhere)
    cancel(acting(session, Actor.link(), SOON), first.public_id)
    taking = Taking(replaces=full.bookings[0].public_id)
    waitlist.accept(acting(session, Actor.link(), SOON), place.public_id, taking=taking)
    assert others


def by_closing_the_account(session: Session, full: Full) -> None:
    close_account(acting(session, Actor.system(), SOON), full.members[0].public_id, cancels=True)


def by_a_closed_publish(session: Session, full: Full) -> None:
    """What a publish holds so that it can be undone is let go of when its time is over."""
    change = Change(
        fingerprint="x",
        plan={},
        before={"occurrence": [{"id": full.clinic.id}]},
        published_at=NOW,
        due_at=SOON,
        actor_id=full.chief.id,
    )
    session.add(change)
    session.flush()
    gone = full.bookings[0]
    held = update(Claim).where(Claim.booking_id == gone.id).values(booking_id=None, change_id=change.id)
    session.execute(held)
    session.execute(
        update(Booking).where(Booking.id == gone.id).values(status="cancelled", cancelled_at=NOW, cancelled_by="staff")
    )
    session.commit()
    undo.close(acting(session, Actor.system(), SOON))


def a_member(session: Session) -> Person:
    person = a_person(session)
    session.commit()
    return person


IN_ONE_TRANSACTION: list[Callable[[Session, Full], None]] = [
    by_its_member,
    by_staff,
    by_moving,
    by_being_moved,
    by_replacing_it_from_another_waitlist,
    by_closing_the_account,
    by_a_closed_publish,
]


def offer_to(session: Session, member: Person) -> Offer | None:
    session.rollback()
    return session.scalars(select(Offer).where(Offer.member_id == member.id, Offer.status == "open")).one_or_none()


def nobody_passes(session: Session, full: Full, clinic: Occurrence | None = None) -> None:
    """A stranger can book no quarter of it: whatever is free is Mia's."""
    for after in range(0, 60, 15):
        with pytest.raises(errors.SlotTaken):
            full.book(session, after, full.stranger, clinic)


@pytest.mark.parametrize("free", IN_ONE_TRANSACTION, ids=lambda free: free.__name__)
def test_whoever_waits_is_offered_the_slot_in_the_transaction_that_frees_it(
    session: Session, full: Full, free: Callable[[Session, Full], None]
) -> None:
    full.wait(session)
    free(session, full)
    offer = offer_to(session, full.mia)
    assert offer is not None
    assert (offer.starts_at, offer.analyst_id, offer.occurrence_id) == (CLINIC_AT, full.ada.id, full.clinic.id)
    nobody_passes(session, full)


@pytest.mark.parametrize("how", ["declined", "left", "lapsed", "another booked"])
def test_an_offer_that_ends_goes_to_the_next_in_line(session: Session, full: Full, how: str) -> None:
    first = a_member(session)
    place = full.wait(session, first)
    full.wait(session)
    by_its_member(session, full)
    assert offer_to(session, first) is not None
    if how == "declined":
        waitlist.decline(acting(session, Actor.link(), SOON), place.public_id)
    elif how == "left":
        waitlist.leave(acting(session, Actor.link(), SOON), place.public_id)
    elif how == "lapsed":
        waitlist.offer_free_slots(acting(session, Actor.system(), CLINIC_AT - timedelta(hours=2)), full.clinic.id)
    else:
        full.book(session, 0, first)
        cancel(acting(session, Actor.link(), SOON), full.bookings[1].public_id)
    offer = offer_to(session, full.mia)
    assert offer is not None
    assert offer.starts_at == (CLINIC_AT if how != "another booked" else CLINIC_AT + timedelta(minutes=15))
    if how != "lapsed":
        nobody_passes(session, full)


def test_whoever_would_rather_wait_frees_the_slot_for_the_waitlist(session: Session, full: Full) -> None:
    other = an_occurrence(session, a_series(session), [full.ben, cara := a_person(session, roles=["analyst"])])
    session.commit()
    wanted = a_request(other, analyst=full.ben.public_id)
    booking = book(acting(session, Actor.member(full.stranger.id)), wanted).booking
    span = (CLINIC_AT, END)
    shown = cover.show(session, full.ben.public_id, span, ORGANISATION, NOW)
    cover.report(acting(session, Actor.system()), full.ben.public_id, span, fingerprint=shown.fingerprint)
    assert booking.analyst_id == cara.id
    for after in (15, 30, 45):
        full.book(session, after, a_member(session), other)
    full.wait(session, clinic=other)
    cover.rather_wait(acting(session, Actor.link(), SOON), booking.public_id)
    offer = offer_to(session, full.mia)
    assert offer is not None
    assert (offer.analyst_id, offer.starts_at) == (cara.id, CLINIC_AT)
    nobody_passes(session, full, other)


def test_an_analyst_who_comes_after_all_is_offered_to_who_waits_first(session: Session, full: Full) -> None:
    span = (CLINIC_AT, END)
    shown = cover.show(session, full.ben.public_id, span, ORGANISATION, NOW)
    away = cover.report(acting(session, Actor.system()), full.ben.public_id, span, fingerprint=shown.fingerprint)
    waiting = WaitlistEntry(occurrence_id=full.elsewhere.id, member_id=full.mia.id, minutes=15, joined_at=NOW)
    session.add(waiting)
    session.commit()
    cover.back(acting(session, Actor.system(), SOON), away.public_id)
    assert offer_to(session, full.mia) is not None


def by_leaving_a_lab(session: Session, full: Full) -> None:
    leave(acting(session, Actor.member(full.ben.id), SOON), session.scalars(select(Enrolment)).one().public_id)


def by_cancelling_as_a_member(session: Session, full: Full) -> None:
    cancel(
        acting(session, Actor.link(), SOON),
        session.scalars(select(Booking).order_by(Booking.id.desc())).first().public_id,
    )


def by_joining_the_roster(session: Session, full: Full) -> None:
    session.execute(delete(Roster).where(Roster.occurrence_id == full.elsewhere.id))
    session.add(Roster(occurrence_id=full.elsewhere.id, analyst_id=full.ben.id, position=0))
    session.commit()


def by_anything_else(session: Session, full: Full) -> None:
    """Somebody at the database: no transaction of ours."""
    claims.release(session, [full.bookings[0].id])
    session.execute(
        update(Booking)
        .where(Booking.id == full.bookings[0].id)
        .values(status="cancelled", cancelled_at=NOW, cancelled_by="staff")
    )
    session.commit()


@pytest.mark.parametrize(
    "free", [by_leaving_a_lab, by_cancelling_as_a_member, by_joining_the_roster], ids=lambda free: free.__name__
)
def test_whatever_frees_an_analyst_nobody_passes_those_who_wait(
    session: Session, full: Full, free: Callable[[Session, Full], None]
) -> None:
    """An analyst comes free in an hour that the transaction has not locked: whoever books there asks the waitlist."""
    if free is by_leaving_a_lab:
        lab = an_occurrence(session, a_series(session, kind="lab"), [])
        session.commit()
        enrol(acting(session, Actor.member(full.ben.id)), lab.public_id)
    elif free is by_cancelling_as_a_member:
        hers = an_occurrence(session, a_series(session), [a_person(session, roles=["analyst"])])
        session.commit()
        for after in (15, 30, 45):
            full.book(session, after, a_member(session), full.elsewhere)
        full.book(session, 0, full.ben, hers)
    else:
        session.execute(delete(Roster).where(Roster.occurrence_id == full.elsewhere.id))
        session.commit()
    waiting = WaitlistEntry(occurrence_id=full.elsewhere.id, member_id=full.mia.id, minutes=15, joined_at=NOW)
    session.add(waiting)
    session.commit()
    free(session, full)
    with pytest.raises(errors.SlotTaken):
        full.book(session, 0, full.stranger, full.elsewhere)


def test_nobody_passes_those_who_wait_even_where_nothing_told_the_waitlist(session: Session, full: Full) -> None:
    full.wait(session)
    by_anything_else(session, full)
    nobody_passes(session, full)
    full.book(session, 0, full.mia)


def test_a_booking_given_up_ends_what_is_offered_instead_of_it(session: Session, full: Full) -> None:
    clinic = an_occurrence(session, a_series(session), [full.ben, cara := a_person(session, roles=["analyst"])])
    session.commit()
    busy = book(acting(session, Actor.member(a_member(session).id)), a_request(clinic, analyst=cara.public_id)).booking
    booking = book(
        acting(session, Actor.member(full.stranger.id)), a_request(clinic, analyst=full.ben.public_id)
    ).booking
    span = (CLINIC_AT, END)
    shown = cover.show(session, full.ben.public_id, span, ORGANISATION, NOW)
    cover.report(acting(session, Actor.system()), full.ben.public_id, span, fingerprint=shown.fingerprint)
    assert offer_to(session, full.stranger) is not None
    cancel(acting(session, Actor.link(), SOON), booking.public_id)
    assert offer_to(session, full.stranger) is None
    assert session.scalars(select(Claim).where(Claim.offer_id.is_not(None))).all() == []
    assert busy.analyst_id == cara.id
