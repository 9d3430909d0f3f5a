"""Places in labs and masterclasses: all of it or one date, as many as there are, given up again."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.organisation import Policy
from booking.domain.people.actor import Actor
from booking.services.bookings.enrol import enrol, leave
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import CANCELLED, Module, Occurrence
from booking.store.queries.programme import enrolled
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_clinic, a_person, a_series, acting, an_occurrence
from tests.databases import Database

SMALL = replace(ORGANISATION, policy=Policy(capacity=2))


def a_course(session: Session, dates: int = 3) -> list[Occurrence]:
    series = a_series(session, kind="masterclass", slug="course", title="Course")
    series.modules = [Module(number=n + 1, title=f"Part {n + 1}") for n in range(dates)]
    rows = [
        an_occurrence(session, series, (), CLINIC_AT + timedelta(weeks=n), key=str(n + 1), module_number=n + 1)
        for n in range(dates)
    ]
    session.commit()
    return rows


def a_member(session: Session, **fields: object) -> Person:
    person = a_person(session, **fields)  # type: ignore[arg-type]
    session.commit()
    return person


def places(session: Session, member: Person) -> list[int | None]:
    session.rollback()
    return [one.module for one in enrolled.of_member(session, member.id, NOW)]


def test_one_date_or_all_of_them_and_an_email_says_which(session: Session) -> None:
    course, member = a_course(session), a_member(session)
    enrol(acting(session, Actor.member(member.id)), course[1].public_id)
    assert places(session, member) == [2]
    enrol(acting(session, Actor.member(member.id)), course[1].public_id, whole=True)
    assert places(session, member) == [1, 2, 3]
    emails = session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)).all()
    assert [(email.name, email.facts["count"]) for email in emails] == [("enrolled", 1), ("enrolled", 3)]
    assert session.scalar(select(func.count()).select_from(Enrolment).where(Enrolment.left_at.is_(None))) == 1


def test_twice_is_once_and_a_place_in_all_takes_in_each(session: Session) -> None:
    course, member = a_course(session), a_member(session)
    first = enrol(acting(session, Actor.member(member.id)), course[0].public_id, whole=True)
    for whole in (True, False):
        assert enrol(acting(session, Actor.member(member.id)), course[2].public_id, whole=whole).id == first.id
    assert session.scalar(select(func.count()).select_from(OutgoingEmail)) == 1


def test_a_place_is_given_up_and_taken_again(session: Session) -> None:
    course, member = a_course(session), a_member(session)
    place = enrol(acting(session, Actor.member(member.id)), course[0].public_id)
    for _ in range(2):
        leave(acting(session, Actor.member(member.id)), place.public_id)
    assert (place.sequence, places(session, member)) == (1, [])
    enrol(acting(session, Actor.member(member.id)), course[0].public_id)
    assert places(session, member) == [1]
    with pytest.raises(errors.NotFound):
        leave(acting(session, Actor.member(a_member(session).id)), place.public_id)


def test_no_more_than_there_are_places_counting_those_in_all(session: Session) -> None:
    course = a_course(session)
    enrol(acting(session, Actor.member(a_member(session).id), organisation=SMALL), course[0].public_id, whole=True)
    enrol(acting(session, Actor.member(a_member(session).id), organisation=SMALL), course[0].public_id)
    with pytest.raises(errors.Full) as full:
        enrol(acting(session, Actor.member(a_member(session).id), organisation=SMALL), course[0].public_id)
    assert full.value.limit == 2
    with pytest.raises(errors.Full):
        enrol(acting(session, Actor.member(a_member(session).id), organisation=SMALL), course[1].public_id, whole=True)
    enrol(acting(session, Actor.member(a_member(session).id), organisation=SMALL), course[1].public_id)
    taken = enrolled.taken(session, course[0].series_id, [row.id for row in course])
    assert list(taken.values()) == [2, 2, 1]


def test_of_many_who_want_the_last_place_one_has_it(database: Database, session: Session) -> None:
    course = a_course(session)
    enrol(acting(session, Actor.member(a_member(session).id), organisation=SMALL), course[0].public_id)
    wanted, members = course[0].public_id, [a_member(session).id for _ in range(6)]
    start, outcomes = threading.Barrier(len(members)), []

    def take(member_id: int) -> None:
        with database.sessions() as own:
            start.wait()
            try:
                enrol(acting(own, Actor.member(member_id), organisation=SMALL), wanted)
                outcomes.append("place")
            except errors.Full:
                outcomes.append("full")

    threads = [threading.Thread(target=take, args=(one,)) for one in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["full"] * 5 + ["place"]


def test_who_cannot_have_a_place_is_told_why(session: Session) -> None:
    course = a_course(session)
    clinic = a_clinic(session)
    off = an_occurrence(session, course[0].series, (), CLINIC_AT + timedelta(weeks=9), key="9", status=CANCELLED)
    session.commit()
    member = a_member(session)
    with pytest.raises(errors.NotEnrollable):
        enrol(acting(session, Actor.member(member.id)), clinic.public_id)
    with pytest.raises(errors.OccurrenceCancelled):
        enrol(acting(session, Actor.member(member.id)), off.public_id)
    with pytest.raises(errors.AlreadyOver):
        enrol(acting(session, Actor.member(member.id), CLINIC_AT + timedelta(hours=2)), course[0].public_id)
    with pytest.raises(errors.NotAMember):
        enrol(acting(session, Actor.member(a_member(session, roles=["analyst"]).id)), course[0].public_id)
    ended = a_member(session, member_until=date(2023, 12, 3))
    with pytest.raises(errors.MembershipEnded):
        enrol(acting(session, Actor.member(ended.id)), course[0].public_id)
    assert session.scalar(select(func.count()).select_from(Enrolment)) == 0


def test_a_membership_that_ends_in_the_middle_keeps_its_place(session: Session) -> None:
    course, member = a_course(session), a_member(session, member_until=date(2023, 12, 11))
    enrol(acting(session, Actor.member(member.id)), course[0].public_id, whole=True)
    assert places(session, member) == [1, 2, 3]
