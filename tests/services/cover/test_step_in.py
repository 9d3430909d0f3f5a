"""Who is asked to take over, and what happens when somebody does, or nobody can; bookings and what has no slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.enums.planning import CoverFate
from booking.domain.people.actor import Actor
from booking.domain.planning import edits
from booking.domain.planning.adjustments import Definition
from booking.services import cover
from booking.services.publishing import planning
from booking.services.publishing.publish import publish
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Occurrence, Programme, Roster, Series
from booking.store.queries.programme import meeting_rows
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_person, a_series, acting, an_occurrence

HOUR = timedelta(hours=1)
KEY, ON, ENDS = "2023-12-04", date(2023, 12, 4), date(2023, 12, 18)


@dataclass
class Team:
    """Ada staffs a clinic and presents a lab two hours later; Ben and Dan are analysts, Cora coordinates."""

    ada: Person
    ben: Person
    dan: Person
    cora: Person
    clinic: Occurrence
    lab: Occurrence


def a_team(session: Session) -> Team:
    ada, ben, dan = (a_person(session, name, roles=["analyst"]) for name in ("Ada", "Ben", "Dan"))
    cora = a_person(session, "Cora", roles=["coordinator"])
    series = a_series(session, [ada], slug="clinic", ends_on=ENDS)
    hours = {"start_wall": time(15), "end_wall": time(16), "ends_on": ENDS}
    labs = a_series(session, [ada], slug="lab", kind="lab", title="Tech Lab", **hours)
    clinic = an_occurrence(session, series, [ada])
    lab = an_occurrence(session, labs, [ada], CLINIC_AT + 2 * HOUR)
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    session.commit()
    return Team(ada, ben, dan, cora, clinic, lab)


def off(session: Session, who: Person, row: Occurrence) -> cover.CoverPreview:
    """Time off for all of that occurrence; what was shown before."""
    span = (row.starts_at, row.ends_at)
    shown = cover.show(session, who.public_id, span, ORGANISATION, NOW)
    cover.report(acting(session, Actor.system()), who.public_id, span, fingerprint=shown.fingerprint)
    return shown


def emails(session: Session, name: str) -> list[OutgoingEmail]:
    session.expire_all()
    return list(session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == name).order_by(OutgoingEmail.id)))


def to(found: list[OutgoingEmail]) -> list[str]:
    return [one.to_email.partition("@")[0] for one in found]


def is_off_then(session: Session, who: Person, row: Occurrence) -> None:
    session.add(TimeOff(analyst_id=who.id, starts_at=row.starts_at, ends_at=row.ends_at, created_at=NOW))


def presents_elsewhere(session: Session, who: Person, row: Occurrence) -> None:
    an_occurrence(session, a_series(session, [who], kind="lab"), [who], row.starts_at)


def is_booked_with(session: Session, who: Person, row: Occurrence) -> None:
    a_booking(session, an_occurrence(session, a_series(session, [who]), [who], row.starts_at), analyst=who.public_id)


def books_as_a_member(session: Session, who: Person, row: Occurrence) -> None:
    other = a_person(session, "Eve", roles=["analyst", "member"])
    clinic = an_occurrence(session, a_series(session, [other]), [other], row.starts_at)
    who.roles.append(type(who.roles[0])(role="member"))
    session.flush()
    a_booking(session, clinic, who)


@pytest.mark.parametrize("keeps", [is_off_then, presents_elsewhere, is_booked_with, books_as_a_member])
def test_only_analysts_who_are_free_then_are_asked_and_see_it(
    session: Session, keeps: Callable[[Session, Person, Occurrence], None]
) -> None:
    team = a_team(session)
    a_booking(session, team.clinic)
    keeps(session, team.ben, team.clinic)
    session.commit()
    off(session, team.ada, team.clinic)
    assert "ben" not in to(emails(session, "cover-wanted"))
    assert "dan" in to(emails(session, "cover-wanted"))
    assert cover.wanted(session, team.ben.id, ORGANISATION, NOW) == []
    with pytest.raises(cover.NothingToTake):
        cover.take(acting(session, Actor.staff(team.ben.id)), team.clinic.public_id)
    assert session.get(Roster, (team.clinic.id, team.ben.id)) is None
    assert cover.take(acting(session, Actor.staff(team.dan.id)), team.clinic.public_id) == 1


def test_where_nobody_can_take_it_members_are_offered_other_times_and_coordinators_hear_of_it(session: Session) -> None:
    team = a_team(session)
    next_week = an_occurrence(session, team.clinic.series, [team.ada], CLINIC_AT + timedelta(weeks=1))
    booking = a_booking(session, team.clinic)
    for person in (team.ben, team.dan):
        presents_elsewhere(session, person, team.clinic)
    session.commit()
    shown = off(session, team.ada, team.clinic)
    assert [one.what for one in shown.cover.covered] == [CoverFate.NOBODY]
    assert emails(session, "cover-wanted") == []
    [email] = emails(session, "cover-nobody")
    assert email.booking_id == booking.id
    assert [one["starts_at"] for one in email.facts["others"]] == [next_week.starts_at.isoformat()]
    [told] = emails(session, "someone-away")
    assert (told.facts["nobody"], told.facts["asked"]) == (1, 0)
    assert session.get_one(Booking, booking.id).status == CONFIRMED


def test_a_coordinator_who_could_take_it_gets_one_email_that_says_so(session: Session) -> None:
    team = a_team(session)
    a_booking(session, team.clinic)
    team.cora.roles.append(type(team.cora.roles[0])(role="analyst"))
    session.commit()
    off(session, team.ada, team.clinic)
    mine = [one for one in session.scalars(select(OutgoingEmail)) if one.person_id == team.cora.id]
    assert [(one.name, one.facts["may_take"]) for one in mine] == [("someone-away", True)]


def test_two_bookings_of_one_member_are_told_in_one_email(session: Session) -> None:
    team = a_team(session)
    member = a_person(session, "Mia")
    first = a_booking(session, team.clinic, member)
    again = an_occurrence(session, a_series(session, [team.ada]), [team.ada], CLINIC_AT + HOUR)
    second = a_booking(session, again, member)
    span = (team.clinic.starts_at, again.ends_at)
    shown = cover.show(session, team.ada.public_id, span, ORGANISATION, NOW)
    cover.report(acting(session, Actor.system()), team.ada.public_id, span, fingerprint=shown.fingerprint)
    [email] = [
        one for one in session.scalars(select(OutgoingEmail)) if one.person_id == member.id and one.name != "booked"
    ]
    assert [line["booking"] for line in email.facts["lines"]] == [str(first.public_id), str(second.public_id)]


def test_a_lab_whose_presenter_is_off_asks_the_others_and_whoever_takes_it_presents_it(session: Session) -> None:
    team = a_team(session)
    presents_elsewhere(session, team.ben, team.lab)
    session.commit()
    shown = off(session, team.ada, team.lab)
    assert [one.occurrence_id for one in shown.cover.presented] == [team.lab.id]
    [asked] = emails(session, "cover-wanted")
    assert (to([asked]), asked.facts["lines"][0]["count"]) == (["dan"], 0)
    [told] = emails(session, "someone-away")
    assert [(one["is_presented"], one["has_nobody"]) for one in told.facts["meetings"]] == [(True, False)]
    assert meeting_rows.presenters(session, team.lab.public_id) == []
    assert [one.count for one in cover.wanted(session, team.dan.id, ORGANISATION, NOW)] == [0]
    assert cover.take(acting(session, Actor.staff(team.dan.id)), team.lab.public_id) == 0
    assert meeting_rows.presenters(session, team.lab.public_id) == ["Dan"]
    with pytest.raises(cover.AlreadyCovered):
        cover.take(acting(session, Actor.staff(team.ben.id)), team.lab.public_id)


def test_a_lab_that_somebody_else_presents_too_asks_nobody(session: Session) -> None:
    team = a_team(session)
    session.add(Roster(occurrence_id=team.lab.id, analyst_id=team.ben.id, position=1))
    session.commit()
    assert off(session, team.ada, team.lab).cover.presented == []
    assert emails(session, "cover-wanted") == []


def renamed(asked: Definition) -> Definition:
    return replace(asked, title="Another name")


def later_that_day(asked: Definition) -> Definition:
    start, end = (time(asked.rule.start_wall.hour + 1), time(asked.rule.end_wall.hour + 1))
    return edits.move(asked, KEY, ON, (start, end))


@pytest.mark.parametrize("edit", [renamed, later_that_day])
def test_whoever_has_taken_over_stays_when_the_programme_changes(
    session: Session, edit: Callable[[Definition], Definition]
) -> None:
    team = a_team(session)
    booking = a_booking(session, team.clinic)
    off(session, team.ada, team.clinic)
    cover.take(acting(session, Actor.staff(team.dan.id)), team.clinic.public_id)
    asking = planning.page("clinic", edit)
    plan = planning.read_plan(session, asking, ORGANISATION, NOW)
    publish(acting(session, Actor.system()), asking, uid_domain="x.example.org", fingerprint=plan.fingerprint)
    session.refresh(booking)
    assert (booking.status, booking.analyst_id) == (CONFIRMED, team.dan.id)
    assert session.scalars(select(Series.slug).where(Series.slug == "clinic")).one() == "clinic"
