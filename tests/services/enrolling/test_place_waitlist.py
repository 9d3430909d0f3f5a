"""The waitlist of a full lab: join, a place held with a deadline, accept, lapse, leave; never too many people."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.emails import EmailName
from booking.domain.organisation import Policy
from booking.domain.people.actor import Actor
from booking.services.accounts.close_account import close
from booking.services.action_context import ActionContext
from booking.services.bookings.enrol import enrol, leave
from booking.services.dates import enrolments
from booking.services.enrolling import place_waitlist
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import CANCELLED, Occurrence
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_person, a_series, acting, an_occurrence
from tests.databases import Database

SMALL = replace(ORGANISATION, policy=Policy(capacity=1))
HOUR = timedelta(hours=1)


def a_lab(session: Session, times: int = 1) -> list[Occurrence]:
    series = a_series(session, kind="lab", slug="lab", title="Tech Lab")
    rows = [an_occurrence(session, series, starts_at=CLINIC_AT + timedelta(weeks=n)) for n in range(times)]
    session.commit()
    return rows


def by(session: Session, person: Person, now: datetime = NOW) -> ActionContext:
    session.commit()
    return acting(session, Actor.member(person.id), now, SMALL)


def system(session: Session, now: datetime = NOW) -> ActionContext:
    return acting(session, Actor.system(), now, SMALL)


def people(session: Session, *names: str) -> list[Person]:
    made = [a_person(session, name) for name in names]
    session.commit()
    return made


def told(session: Session, name: EmailName) -> list[int | None]:
    wanted = select(OutgoingEmail.person_id).where(OutgoingEmail.name == name).order_by(OutgoingEmail.id)
    return list(session.scalars(wanted))


def held_for(session: Session) -> list[int]:
    wanted = select(PlaceWait.member_id).where(PlaceWait.ended_at.is_(None), PlaceWait.lapses_at.is_not(None))
    return list(session.scalars(wanted))


def test_a_place_that_comes_free_is_held_for_who_joined_first_and_becomes_an_enrolment(session: Session) -> None:
    (lab,) = a_lab(session)
    ann, bea, cat = people(session, "Ann", "Bea", "Cat")
    place = enrol(by(session, ann), lab.public_id)
    first = place_waitlist.join(by(session, bea), lab.public_id)
    place_waitlist.join(by(session, cat, NOW + HOUR), lab.public_id)
    assert place_waitlist.join(by(session, bea, NOW + HOUR), lab.public_id).id == first.id  # twice is once
    leave(by(session, ann, NOW + HOUR), place.public_id)
    assert held_for(session) == [bea.id]
    assert told(session, EmailName.PLACE_OFFERED) == [bea.id]
    with pytest.raises(errors.Full):  # what is held is nobody else's
        enrol(by(session, ann, NOW + HOUR), lab.public_id)
    for _ in range(2):
        made = place_waitlist.accept(by(session, bea, NOW + 2 * HOUR), first.public_id)
    assert (made.member_id, made.occurrence_id) == (bea.id, lab.id)
    assert told(session, EmailName.ENROLLED) == [ann.id, bea.id]


def test_what_is_not_accepted_in_time_goes_to_the_next_and_the_member_hears(session: Session) -> None:
    (lab,) = a_lab(session)
    ann, bea, cat = people(session, "Ann", "Bea", "Cat")
    place = enrol(by(session, ann), lab.public_id)
    first = place_waitlist.join(by(session, bea), lab.public_id)
    place_waitlist.join(by(session, cat, NOW + HOUR), lab.public_id)
    leave(by(session, ann, NOW + HOUR), place.public_id)
    late = NOW + 6 * HOUR
    with pytest.raises(errors.OfferLapsed):
        place_waitlist.accept(by(session, bea, late), first.public_id)
    assert place_waitlist.lapsed(session, late) == [lab.id]
    place_waitlist.offer_free_places(system(session, late), lab.id)
    assert held_for(session) == [cat.id]
    assert told(session, EmailName.PLACE_LAPSED) == [bea.id]
    assert became(session) == ["offered"]
    assert place_waitlist.lapsed(session, late) == []
    assert waiting(session) == [cat.id, bea.id]  # who let it pass waits on, behind the others


def became(session: Session) -> list[str]:
    wanted = select(OutgoingEmail).where(OutgoingEmail.name == EmailName.PLACE_LAPSED).order_by(OutgoingEmail.id)
    return [one.facts["became"] for one in session.scalars(wanted)]


def waiting(session: Session) -> list[int]:
    wanted = select(PlaceWait.member_id).where(PlaceWait.ended_at.is_(None)).order_by(PlaceWait.joined_at, PlaceWait.id)
    return list(session.scalars(wanted))


def test_who_declines_waits_on_and_is_not_asked_again_before_the_date_was_full_again(session: Session) -> None:
    (lab,) = a_lab(session)
    ann, bea, cat = people(session, "Ann", "Bea", "Cat")
    place = enrol(by(session, ann), lab.public_id)
    first = place_waitlist.join(by(session, bea), lab.public_id)
    leave(by(session, ann, NOW + HOUR), place.public_id)
    for _ in range(2):  # twice is once
        place_waitlist.decline(by(session, bea, NOW + HOUR), first.public_id)
    assert (held_for(session), waiting(session)) == ([], [bea.id])
    place_waitlist.offer_free_places(system(session, NOW + 2 * HOUR), lab.id)
    assert told(session, EmailName.PLACE_OFFERED) == [bea.id]  # once, and not again
    theirs = enrol(by(session, cat, NOW + 2 * HOUR), lab.public_id)  # it is held for nobody, so anybody has it
    place_waitlist.offer_free_places(system(session, NOW + 3 * HOUR), lab.id)
    leave(by(session, cat, NOW + 3 * HOUR), theirs.public_id)
    assert held_for(session) == [bea.id]
    assert told(session, EmailName.PLACE_OFFERED) == [bea.id, bea.id]


def test_who_let_a_place_lapse_that_nobody_else_waits_for_hears_that_it_is_free_and_may_enrol(session: Session) -> None:
    (lab,) = a_lab(session)
    ann, bea = people(session, "Ann", "Bea")
    place = enrol(by(session, ann), lab.public_id)
    place_waitlist.join(by(session, bea), lab.public_id)
    leave(by(session, ann, NOW + HOUR), place.public_id)
    late = NOW + 6 * HOUR
    place_waitlist.offer_free_places(system(session, late), lab.id)
    assert (held_for(session), waiting(session), became(session)) == ([], [bea.id], ["free"])
    enrol(by(session, bea, late), lab.public_id)
    assert waiting(session) == []


@pytest.mark.parametrize("how", ["leaves the waitlist", "is taken off", "closes the account"])
def test_a_held_place_that_is_given_up_goes_to_the_next(session: Session, how: str) -> None:
    (lab,) = a_lab(session)
    ann, bea, cat = people(session, "Ann", "Bea", "Cat")
    cora = a_person(session, "Cora", roles=["coordinator"])
    place = enrol(by(session, ann), lab.public_id)
    first = place_waitlist.join(by(session, bea), lab.public_id)
    place_waitlist.join(by(session, cat, NOW + HOUR), lab.public_id)
    staff = acting(session, Actor.staff(cora.id), NOW + HOUR, SMALL)
    enrolments.remove(staff, place.public_id, "They asked.")
    assert held_for(session) == [bea.id]
    if how == "leaves the waitlist":
        place_waitlist.leave(by(session, bea, NOW + HOUR), first.public_id)
    elif how == "is taken off":
        place_waitlist.remove(staff, first.public_id, "They called.")
        assert told(session, EmailName.WAITLIST_REMOVED) == [bea.id]
    else:
        close(staff, bea.public_id, cancels=True)
        place_waitlist.offer_free_places(system(session, NOW + HOUR), lab.id)  # the worker, within a minute
    assert held_for(session) == [cat.id]


def test_leaving_all_dates_serves_each_date_that_is_waited_for(session: Session) -> None:
    labs = a_lab(session, 3)
    ann, bea = people(session, "Ann", "Bea")
    place = enrol(by(session, ann), labs[0].public_id, whole=True)
    for lab in labs[1:]:
        place_waitlist.join(by(session, bea), lab.public_id)
    leave(by(session, ann, NOW + HOUR), place.public_id)
    assert held_for(session) == [bea.id, bea.id]


def test_nobody_waits_for_what_has_a_place_or_where_they_may_not_enrol(session: Session) -> None:
    (lab,) = a_lab(session)
    ann, bea = people(session, "Ann", "Bea")
    with pytest.raises(errors.StillFree):
        place_waitlist.join(by(session, ann), lab.public_id)
    enrol(by(session, ann), lab.public_id)
    with pytest.raises(errors.StillFree):  # enrolled already
        place_waitlist.join(by(session, ann), lab.public_id)
    ada = a_person(session, "Ada", roles=["analyst"])
    with pytest.raises(errors.NotAMember):
        place_waitlist.join(by(session, ada), lab.public_id)
    with pytest.raises(errors.AlreadyOver):
        place_waitlist.join(by(session, bea, CLINIC_AT + HOUR), lab.public_id)


def test_a_waitlist_ends_with_its_date(session: Session) -> None:
    lab, cancelled = a_lab(session, 2)
    ann, bea = people(session, "Ann", "Bea")
    enrol(by(session, ann), lab.public_id, whole=True)
    for one in (lab, cancelled):
        place_waitlist.join(by(session, bea), one.public_id)
    session.get_one(Occurrence, cancelled.id).status = CANCELLED
    session.commit()
    for occurrence_id in place_waitlist.awaited(session):
        place_waitlist.offer_free_places(system(session, CLINIC_AT + HOUR), occurrence_id)
    assert place_waitlist.awaited(session) == []


@pytest.mark.parametrize("act", [place_waitlist.accept, place_waitlist.leave], ids=lambda one: one.__name__)
def test_a_place_on_the_waitlist_is_its_members_alone(session: Session, act: Callable[..., Any]) -> None:
    (lab,) = a_lab(session)
    ann, bea, cat = people(session, "Ann", "Bea", "Cat")
    enrol(by(session, ann), lab.public_id)
    place = place_waitlist.join(by(session, bea), lab.public_id)
    with pytest.raises(errors.NotFound):
        act(by(session, cat), place.public_id)


def test_however_many_try_at_once_no_date_has_more_people_than_places(database: Database, session: Session) -> None:
    """Eight members enrol, wait, accept and leave at random at the same time, and the worker passes places on."""
    (lab,) = a_lab(session)
    two = replace(ORGANISATION, policy=Policy(capacity=2))
    members = [a_person(session).id for _ in range(8)]
    lab_id, public_id = lab.id, lab.public_id
    session.commit()
    start, broken = threading.Barrier(len(members)), []
    refusals = (errors.Full, errors.StillFree, errors.OfferLapsed, errors.NotFound)

    def one(opened: Session, member_id: int, roll: random.Random) -> None:
        context = acting(opened, Actor.member(member_id), NOW, two)
        mine = select(PlaceWait.public_id).where(PlaceWait.member_id == member_id, PlaceWait.ended_at.is_(None))
        own = select(Enrolment.public_id).where(Enrolment.member_id == member_id, Enrolment.left_at.is_(None))
        waits, place = opened.scalars(mine).first(), opened.scalars(own).first()
        try:
            if place is not None:
                leave(context, place)
            elif waits is not None:
                (place_waitlist.accept if roll.random() < 0.8 else place_waitlist.leave)(context, waits)
            elif roll.random() < 0.5:
                enrol(context, public_id)
            else:
                place_waitlist.join(context, public_id)
        except refusals:
            pass

    def act(member_id: int) -> None:
        roll = random.Random(member_id)
        with database.sessions() as opened:
            start.wait(timeout=60)
            for _ in range(12):
                one(opened, member_id, roll)
                enrolled = set(opened.scalars(select(Enrolment.member_id).where(Enrolment.left_at.is_(None))))
                opened.rollback()
                if len(enrolled) > 2:
                    broken.append(enrolled)

    threads = [threading.Thread(target=act, args=(member_id,)) for member_id in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    session.rollback()
    place_waitlist.offer_free_places(acting(session, Actor.system(), NOW, two), lab_id)
    enrolled = session.scalars(select(Enrolment.member_id).where(Enrolment.left_at.is_(None))).all()
    assert len(enrolled) + len(held_for(session)) <= 2
    waiting = session.scalars(select(PlaceWait.member_id).where(PlaceWait.ended_at.is_(None))).all()
    assert len(enrolled) + len(held_for(session)) == 2 or len(waiting) == len(held_for(session))
