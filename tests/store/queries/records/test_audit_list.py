"""The audit log as it is read and pruned: what each filter finds, page by page, and by which index."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.services.records.prune_audit import BATCH_SIZE, prune_audit
from booking.store import audit_log
from booking.store.audit_log import AuditEntry
from booking.store.db.base import new_public_id, table_of
from booking.store.queries.records import audit_list, audit_subjects
from booking.store.queries.records.audit_list import AuditFilter, LoggedAction
from tests.builders import NOW, a_booking, a_clinic, a_person, acting, an_organisation
from tests.databases import Database
from tests.store.plans import plan, statements

DAY = timedelta(days=1)
MANY = 4000


def found(session: Session, **narrowed: Any) -> list[LoggedAction]:
    return audit_list.page(session, AuditFilter(**narrowed), None, 100)


def actions(session: Session, **narrowed: Any) -> list[str]:
    return [one.action for one in found(session, **narrowed)]


def test_each_filter_finds_what_it_says_latest_first(session: Session) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Mia"))
    other = a_booking(session, a_clinic(session), a_person(session, "Max"))
    cancel(acting(session, Actor.link(), NOW + DAY), booking.public_id)
    audit_log.write(session, AuditAction.RESTORED, AuditSubject.DATABASE, None, NOW + 2 * DAY)
    session.commit()
    assert actions(session) == ["restored", "cancelled", "booked", "booked"]
    assert actions(session, since=NOW + DAY, until=NOW + 2 * DAY) == ["cancelled"]
    assert actions(session, actor_ids=(booking.member_id,)) == ["cancelled", "booked"]
    assert actions(session, about_ids=(other.member_id,)) == ["booked"]
    assert actions(session, about_ids=(booking.member_id, other.member_id)) == ["cancelled", "booked", "booked"]
    assert actions(session, about_ids=()) == actions(session, actor_ids=()) == []
    assert actions(session, action=AuditAction.RESTORED) == ["restored"]
    assert actions(session, subject=AuditSubject.BOOKING) == ["cancelled", "booked", "booked"]
    assert actions(session, subject_id=booking.public_id) == ["cancelled", "booked"]
    assert actions(session, about_ids=(booking.member_id,), action=AuditAction.BOOKED, until=NOW + DAY) == ["booked"]


def test_what_a_link_did_is_recorded_as_such_and_as_its_owners(session: Session) -> None:
    mia = a_person(session, "Mia Moss")
    booking = a_booking(session, a_clinic(session), mia)
    cancel(acting(session, Actor.link(), NOW + DAY), booking.public_id)
    cancelled, booked = found(session)
    assert (cancelled.actor, cancelled.is_by_link) == ("Mia Moss", True)
    assert (booked.actor, booked.is_by_link) == ("Mia Moss", False)
    about = audit_subjects.of(session, [cancelled])[booking.public_id]
    assert (about.person, about.title, about.starts_at) == ("Mia Moss", "Live Member Clinic", booking.starts_at)


def test_pages_follow_each_other_without_a_gap_where_several_have_one_time(session: Session) -> None:
    rows(session, 25, at=NOW)
    seen, after = [], None
    while page := audit_list.page(session, AuditFilter(), after, 10):
        seen += [one.id for one in page]
        after = page[-1].place
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 25


def rows(session: Session, count: int, **values: Any) -> None:
    common = {"action": "booked", "subject": "booking", "details": {}, "actor_id": None}
    several = [
        {"at": NOW - n * timedelta(minutes=1), "subject_id": new_public_id(), **common, **values} for n in range(count)
    ]
    session.connection().execute(insert(table_of(AuditEntry)), several)
    session.commit()


@pytest.mark.parametrize(
    ("narrowed", "index"),
    [
        ({}, "ix_audit_log_at"),
        ({"since": NOW - DAY, "until": NOW}, "ix_audit_log_at"),
        ({"actor_ids": (1,)}, "ix_audit_log_actor_id"),
        ({"action": AuditAction.RESTORED}, "ix_audit_log_action"),
        ({"subject": AuditSubject.DATABASE}, "ix_audit_log_subject"),
        ({"subject_id": uuid.UUID(int=7)}, "ix_audit_log_subject_id"),
        ({"about_ids": (1,)}, "ix_audit_log_subject_id"),
    ],
)
def test_each_filter_is_answered_from_an_index(
    database: Database, session: Session, narrowed: dict[str, Any], index: str
) -> None:
    person = a_person(session)
    rows(session, MANY, actor_id=person.id)
    if database.name == "postgresql":
        session.execute(text("ANALYZE audit_log"))
        session.commit()
    with statements(database) as seen:
        found(session, **narrowed)
    session.commit()
    ((statement, parameters),) = [one for one in seen if "audit_log" in one[0]]
    shown = plan(database, statement, parameters)
    assert index in shown
    assert "Seq Scan on audit_log" not in shown
    assert "SCAN audit_log\n" not in f"{shown}\n"


def test_old_lines_are_deleted_by_policy_the_oldest_first_and_a_part_at_a_time(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert BATCH_SIZE > 100
    monkeypatch.setattr("booking.services.records.prune_audit.BATCH_SIZE", 3)
    for days in (28, 29, 30, 31, 32, 33, 34):
        rows(session, 1, at=NOW - days * DAY)

    def prune(audit_days: int, actor: Actor | None = None) -> int:
        return prune_audit(
            acting(session, actor or Actor.system(), organisation=an_organisation(audit_days=audit_days))
        )

    assert prune(0) == 0
    with pytest.raises(PermissionError):
        prune(30, Actor.staff(1))
    assert prune(30) == 3
    assert [(NOW - one.at).days for one in found(session)] == [28, 29, 30, 31]
    assert (prune(30), prune(30)) == (1, 0)
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 3
