"""Who came to a lab: marked by its staff, or by pressing "Join now"."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.bookings import attend
from booking.services.bookings.enrol import enrol
from booking.store.programme.attendance import Attendance
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import enrolled
from tests.builders import CLINIC_AT, a_clinic, a_person, a_series, acting, an_occurrence

MINUTE = timedelta(minutes=1)


def a_lab(session: Session) -> Occurrence:
    analyst = a_person(session, roles=["analyst"])
    lab = an_occurrence(session, a_series(session, [analyst], kind="lab", title="Lab"), [analyst])
    session.commit()
    return lab


def test_its_staff_mark_who_came_and_change_their_mind(session: Session) -> None:
    lab = a_lab(session)
    ada, ben = a_person(session, "Ada"), a_person(session, "Ben")
    session.commit()
    for member in (ada, ben):
        enrol(acting(session, Actor.member(member.id)), lab.public_id)
    who = lab.roster[0].analyst_id
    assert attend.mark(acting(session, Actor.staff(who), CLINIC_AT), lab.public_id, {ada.public_id, ben.public_id}) == 2
    assert attend.mark(acting(session, Actor.staff(who), CLINIC_AT), lab.public_id, {ben.public_id}) == 1
    found = enrolled.enrolled(session, lab.series_id, lab.id)
    assert [(one.name, one.came) for one in found] == [("Ada", False), ("Ben", True)]


def test_others_cannot_and_nobody_can_before_it_begins(session: Session) -> None:
    lab, member = a_lab(session), a_person(session)
    other = a_person(session, roles=["analyst"])
    session.commit()
    enrol(acting(session, Actor.member(member.id)), lab.public_id)
    cases = [
        (other.id, CLINIC_AT, {member.public_id}, errors.NotFound),
        (member.id, CLINIC_AT, {member.public_id}, errors.NotFound),
        (lab.roster[0].analyst_id, CLINIC_AT - MINUTE, {member.public_id}, errors.NotBegun),
        (lab.roster[0].analyst_id, CLINIC_AT, {other.public_id}, errors.NotFound),
        (lab.roster[0].analyst_id, CLINIC_AT, {uuid.uuid4()}, errors.NotFound),
    ]
    for who, now, came, refusal in cases:
        with pytest.raises(refusal):
            attend.mark(acting(session, Actor.staff(who), now), lab.public_id, came)
    assert session.scalars(select(Attendance)).all() == []


@pytest.mark.parametrize(
    ("minutes", "refusal"), [(-11, errors.NotBegun), (-10, None), (59, None), (60, errors.AlreadyOver)]
)
def test_join_now_takes_a_place_and_marks_from_ten_minutes_before_until_the_end(
    session: Session, minutes: int, refusal: type[errors.Refusal] | None
) -> None:
    lab, member = a_lab(session), a_person(session)
    session.commit()
    now = CLINIC_AT + minutes * MINUTE
    for _ in range(2):
        if refusal is None:
            attend.join(acting(session, Actor.member(member.id), now), lab.public_id)
        else:
            with pytest.raises(refusal):
                attend.join(acting(session, Actor.member(member.id), now), lab.public_id)
    count = 0 if refusal else 1
    assert len(session.scalars(select(Enrolment)).all()) == count
    assert [row.marked_by_id for row in session.scalars(select(Attendance))] == [member.id] * count


def test_nobody_joins_a_clinic_so(session: Session) -> None:
    clinic, member = a_clinic(session), a_person(session)
    session.commit()
    with pytest.raises(errors.NotEnrollable):
        attend.join(acting(session, Actor.member(member.id), CLINIC_AT), clinic.public_id)
