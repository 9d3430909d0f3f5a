"""Importing people: all or nothing, updates, what people set themselves wins, nobody's booking orphaned in silence."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.domain.people.people_table import read
from booking.services.accounts.close_account import LastCoordinator
from booking.services.accounts.import_people import import_people
from booking.services.accounts.put_people import Imported, WouldOrphan
from booking.services.cover.steps import pending_of
from booking.store.audit_log import AuditEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Roster, SeriesAnalyst
from tests.builders import NOW, a_booking, a_clinic, a_person, acting
from tests.databases import Database


def run(session: Session, lines: str, *, force: bool = False) -> Imported:
    people, mistakes = read(f"email,name,role,time_zone,member_until\n{lines}".encode())
    assert mistakes == []
    return import_people(acting(session, Actor.system()), people, force=force)


def stored(session: Session, email: str) -> Person:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Person).where(Person.email == email)).one()


def test_people_are_added_and_importing_again_changes_nothing(session: Session) -> None:
    lines = "ann@x.org,Ann,analyst coordinator,Perth,\nmax@x.org,Max,member,NSW,2026-12-31\n"
    assert run(session, lines).added == 2
    ann, found = stored(session, "ann@x.org"), stored(session, "max@x.org")
    assert (ann.role_names, ann.time_zone) == ({"analyst", "coordinator"}, "Australia/Perth")
    assert (found.role_names, found.member_until) == ({"member"}, date(2026, 12, 31))
    again = run(session, lines)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)


def test_an_empty_cell_leaves_what_is_stored(session: Session) -> None:
    run(session, "max@x.org,Max,member,NSW,2026-12-31\n")
    assert run(session, "max@x.org,,,,\n").unchanged == 1
    assert run(session, "max@x.org,Maxim,,Perth,2027-01-31\n").changed == 1
    found = stored(session, "max@x.org")
    assert (found.name, found.time_zone, found.member_until) == ("Maxim", "Australia/Perth", date(2027, 1, 31))
    assert found.role_names == {"member"}


def test_what_people_set_themselves_wins(session: Session) -> None:
    a_person(session, "Max", email="max@x.org", name_is_own=True, time_zone="Asia/Tokyo", time_zone_is_own=True)
    session.commit()
    done = run(session, "max@x.org,Maxim,,Perth,2027-01-31\n")
    found = stored(session, "max@x.org")
    assert (found.name, found.time_zone, found.member_until) == ("Max", "Asia/Tokyo", date(2027, 1, 31))
    assert (done.own_kept, done.changed) == (2, 1)


@pytest.mark.parametrize(
    ("cells", "refused"),
    [(",,,,2023-12-03", True), (",,,,2023-12-04", False), (",,analyst,,", True), (",,member,,", False)],
)
def test_a_coming_booking_is_not_orphaned_unless_forced(session: Session, cells: str, refused: bool) -> None:
    booking = a_booking(session, a_clinic(session), a_person(session, "Max Lee", email="max@x.org"))
    line = f"max@x.org{cells}\n"
    if not refused:
        assert run(session, line).orphaned == []
        return
    with pytest.raises(WouldOrphan) as refusal:
        run(session, "new@x.org,New,,,\n" + line)
    assert refusal.value.problems == [
        "Max Lee has a booking on Mon\u00a04\u00a0Dec 1:00\u00a0pm AEST, when they'd no longer be a member"
    ]
    assert session.scalar(select(func.count()).where(Person.email == "new@x.org")) == 0
    assert len(run(session, line, force=True).orphaned) == 1
    session.refresh(booking)
    assert booking.status == "confirmed"


def test_what_somebody_staffs_who_loses_the_analyst_role_goes_through_cover(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    ada, ben = (place.analyst for place in clinic.roster)
    cora = a_person(session, "Cora", roles=["coordinator"])
    other = a_clinic(session, analysts=0, starts_at=clinic.starts_at + timedelta(days=1))
    session.add(Roster(occurrence_id=other.id, analyst_id=ada.id, position=0))
    session.commit()
    taken_over = a_booking(session, clinic, analyst=ada.public_id)
    alone = a_booking(session, other, analyst=ada.public_id)
    stood_in_for = a_booking(session, clinic, analyst=ben.public_id, after_minutes=30)
    stood_in_for.asked_for_id = ada.id
    session.commit()
    done = run(session, f"{ada.email},,member,,\n")
    session.expire_all()
    assert done.left == [(ada.name, 2)]
    assert (taken_over.analyst_id, taken_over.asked_for_id) == (ben.id, None), "nobody waits for somebody who has left"
    assert stood_in_for.asked_for_id is None
    assert (alone.analyst_id, alone.status) == (ada.id, "confirmed")
    assert pending_of(session, [other.id], NOW) == [alone]
    assert session.scalars(select(SeriesAnalyst).where(SeriesAnalyst.analyst_id == ada.id)).all() == []
    [told] = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "someone-away"))
    assert (told.person_id, told.facts["has_left"], told.facts["is_closed"]) == (cora.id, True, False)
    [moved] = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "moved-by-us"))
    assert (moved.facts["reason"], moved.facts["may_wait"]) == (f"{ada.name} no longer sees members.", False)
    names = set(session.scalars(select(OutgoingEmail.name))) - {"booked", "reminder"}
    assert names == {"someone-away", "moved-by-us", "handed-over", "cover-wanted", "cover-sought"}


def test_an_analyst_who_gets_the_role_back_is_not_off_any_more(session: Session) -> None:
    ada = a_clinic(session).roster[0].analyst
    off = select(TimeOff).where(TimeOff.analyst_id == ada.id, TimeOff.ended_at.is_(None))
    run(session, f"{ada.email},,member,,\n")
    assert len(session.scalars(off).all()) == 1
    run(session, f"{ada.email},,member analyst,,\n")
    assert session.scalars(off).all() == []


def test_the_number_of_statements_grows_by_the_chunk_and_not_by_the_person(
    database: Database, session: Session
) -> None:
    statements: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    lines = "".join(f"person{n}@x.org,Person {n},member,,2027-01-01\n" for n in range(3_000))
    event.listen(database.engine, "before_cursor_execute", count)
    try:
        assert run(session, lines).added == 3_000
        assert run(session, lines.replace("2027-", "2028-")).changed == 3_000
    finally:
        event.remove(database.engine, "before_cursor_execute", count)
    assert len(statements) < 120


def test_two_analysts_who_leave_at_once_cause_one_email_to_a_member_of_both(session: Session) -> None:
    first = a_clinic(session, analysts=2)
    ada, ben = (place.analyst for place in first.roster)
    second = a_clinic(session, starts_at=first.starts_at + timedelta(days=1))
    cleo = second.roster[0].analyst
    session.add(Roster(occurrence_id=second.id, analyst_id=ben.id, position=1))
    mia = a_person(session, "Mia")
    session.commit()
    with_ada = a_booking(session, first, mia, analyst=ada.public_id)
    with_ben = a_booking(session, second, mia, analyst=ben.public_id)
    session.execute(delete(OutgoingEmail))
    session.commit()
    done = run(session, f"{ada.email},,member,,\n{ben.email},,member,,\n")
    session.expire_all()
    assert sorted(done.left) == sorted([(ada.name, 1), (ben.name, 1)])
    assert with_ben.analyst_id == cleo.id
    assert with_ada.analyst_id == ada.id, "nobody is left to whom it could go, least of all somebody who leaves too"
    [told] = session.scalars(select(OutgoingEmail).where(OutgoingEmail.person_id == mia.id))
    assert (told.name, len(told.facts["lines"])) == ("programme-changed", 2)


def test_the_last_coordinator_stays_one(session: Session) -> None:
    for name in ("Caz", "Cora"):
        a_person(session, name, ["coordinator"], email=f"{name.lower()}@x.org")
    a_person(session, "Closed", ["coordinator"], closed_at=NOW)
    session.commit()
    with pytest.raises(LastCoordinator):
        run(session, "caz@x.org,,member,,\ncora@x.org,,member,,\n", force=True)
    assert stored(session, "caz@x.org").role_names == {"coordinator"}
    assert run(session, "caz@x.org,,member,,\n").changed == 1
    with pytest.raises(LastCoordinator):
        run(session, "cora@x.org,,member,,\n")
    assert run(session, "cora@x.org,,member,,\nnew@x.org,New,coordinator,,\n").added == 1


def test_the_audit_log_has_a_line_about_each_person_and_one_about_the_import(session: Session) -> None:
    run(session, "ann@x.org,Ann,,,\nmax@x.org,Max,,,\n")
    run(session, "ann@x.org,Anna,analyst,,\nmax@x.org,Max,,,\n")
    ann = stored(session, "ann@x.org")
    of_ann = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == ann.public_id).order_by(AuditEntry.id))
    assert [(one.action, one.details) for one in of_ann] == [
        ("added", {}),
        ("changed", {"columns": ["name", "role"]}),
    ]
    imports = session.scalars(select(AuditEntry).where(AuditEntry.action == "imported"))
    assert [one.details for one in imports] == [{"added": 2, "changed": 0, "orphaned": 0}]
