"""Whom a change of the rules affects, counted from the bookings that there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from booking.domain.enums.bookings import VisitOutcome
from booking.domain.organisation import Policy
from booking.domain.rules import effects
from booking.domain.rules.effects import Effect
from booking.store.audit_log import AuditEntry
from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from booking.store.queries.records import rule_effects
from tests.builders import BRISBANE, NOW, a_clinic, a_person
from tests.databases import Database
from tests.store.plans import statements

DAY, WEEK, QUARTER = timedelta(days=1), timedelta(weeks=1), timedelta(minutes=15)
BEFORE = Policy(
    slot_minutes=(15, 30), horizon_days=60, notice_minutes=0, per_occurrence=0, upcoming=0, per_week=0, no_shows=0,
    audit_days=0,
)  # fmt: skip


def counted(session: Session, **changed: object) -> dict[Effect, int]:
    session.commit()
    after = replace(BEFORE, **changed)  # type: ignore[arg-type]
    return rule_effects.counts(session, effects.affected(BEFORE, after), after, BRISBANE, NOW)


def booked(session: Session, member: Person, at_days: float, minutes: int = 15, **fields: object) -> Booking:
    """A booking so many days after now, each in a clinic of its own."""
    at = NOW + at_days * DAY
    clinic = a_clinic(session, starts_at=at)
    values: dict[str, object] = {"created_at": at - 10 * DAY, **fields}
    booking = Booking(
        occurrence_id=clinic.id,
        analyst_id=clinic.roster[0].analyst_id,
        member_id=member.id,
        starts_at=at,
        ends_at=at + timedelta(minutes=minutes),
        minutes=minutes,
        chose_analyst=False,
        is_invited=False,
        revised_at=NOW,
        **values,
    )
    session.add(booking)
    session.commit()
    return booking


def test_members_with_more_bookings_than_a_lower_limit(session: Session) -> None:
    mia, pat = a_person(session), a_person(session)
    for days in (-1, 8, 8.1, 22):
        booked(session, mia, days)
    booked(session, pat, 8)
    booked(session, pat, 9, status="cancelled", cancelled_at=NOW, cancelled_by="member")
    assert counted(session, upcoming=2) == {Effect.UPCOMING: 1}
    assert counted(session, upcoming=3) == {Effect.UPCOMING: 0}
    assert counted(session, per_week=1) == {Effect.PER_WEEK: 1}
    assert counted(session, per_week=2) == {Effect.PER_WEEK: 0}
    assert counted(session, per_occurrence=1) == {Effect.PER_OCCURRENCE: 0}


def test_members_with_several_bookings_in_one_date(session: Session) -> None:
    mia = a_person(session)
    first, second = booked(session, mia, 8), booked(session, mia, 9)
    second.occurrence_id = first.occurrence_id
    assert counted(session, per_occurrence=1) == {Effect.PER_OCCURRENCE: 1}


def test_bookings_that_newer_rules_would_not_have_allowed(session: Session) -> None:
    mia = a_person(session)
    booked(session, mia, -3, created_at=NOW - 3 * DAY - 20 * timedelta(minutes=1))
    booked(session, mia, -4, created_at=NOW - 4 * DAY - 30 * timedelta(minutes=1))
    booked(session, mia, -40, created_at=NOW - 40 * DAY)
    assert counted(session, notice_minutes=30) == {Effect.NOTICE: 1}
    booked(session, mia, 30, minutes=30)
    assert counted(session, horizon_days=14) == {Effect.HORIZON: 1}
    assert counted(session, slot_minutes=(15, 45)) == {Effect.LENGTHS: 1}


def test_members_who_missed_visits(session: Session) -> None:
    mia, pat = a_person(session), a_person(session)
    for member, days in ((mia, -3), (mia, -5), (mia, -50), (pat, -3)):
        booked(session, member, days, outcome=VisitOutcome.NO_SHOW)
    assert counted(session, no_shows=2, no_show_days=30) == {Effect.MISSED: 1}
    assert counted(session, no_shows=3, no_show_days=30) == {Effect.MISSED: 0}
    assert counted(session, no_shows=3, no_show_days=60) == {Effect.MISSED: 1}


def test_lines_of_the_audit_log_that_would_be_deleted(session: Session) -> None:
    for days in (10, 90, 100):
        session.add(AuditEntry(at=NOW - days * DAY, action="booked", subject="booking", details={}))
    assert counted(session, audit_days=60) == {Effect.AUDIT: 2}


def test_wider_rules_are_not_counted(session: Session) -> None:
    assert effects.affected(replace(BEFORE, upcoming=2, per_week=3), replace(BEFORE, upcoming=3)) == []
    assert counted(session, horizon_days=90, slot_minutes=(15, 30, 45), join_minutes=3) == {}


def test_each_count_is_one_statement(database: Database, session: Session) -> None:
    session.commit()
    with statements(database) as seen:
        found = counted(
            session, upcoming=1, per_week=1, per_occurrence=1, notice_minutes=9, horizon_days=9, slot_minutes=(15,),
            no_shows=1, audit_days=60,
        )  # fmt: skip
    assert set(found) == set(Effect)
    assert len(seen) == len(Effect)


@pytest.mark.parametrize(
    ("effect", "count", "said"),
    [
        (Effect.UPCOMING, 0, "No members have more than 1 upcoming booking now."),
        (Effect.UPCOMING, 1, "1 member has more than 1 upcoming booking now. They keep them."),
        (Effect.PER_WEEK, 1200, "1,200 members have more than 2 bookings in one week now. They keep them."),
        (Effect.AUDIT, 10_001, "More than 10,000 lines of the audit log are older than that. The worker starts to"),
        (Effect.NOTICE, 1, "1 booking was made in the last 28 days too late for the new rule."),
    ],
)
def test_an_effect_in_words(effect: Effect, count: int, said: str) -> None:
    (found,) = effects.in_words(replace(BEFORE, upcoming=1, per_week=2), {effect: count})
    assert found.sentence.startswith(said)
    assert said.endswith("to") or found.sentence == said
