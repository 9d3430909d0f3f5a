"""Publishing: safe to repeat, never touches what has begun, never hurts a booking in silence."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.domain.planning.consequences import Step
from booking.domain.planning.words.statement import Named, SourcePlace, Statement
from booking.domain.recurrence import Rule
from booking.services.bookings.cancel import cancel
from booking.services.publishing import planning
from booking.services.publishing.extend import extend
from booking.services.publishing.publish import PublishResult, publish
from booking.store import audit_log
from booking.store.audit_log import AuditEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.programme.programme import Module, Occurrence, Programme, Series
from tests.builders import NOW, ORGANISATION, a_booking, a_person, acting
from tests.databases import Database

PLACE = SourcePlace("p.yaml", 2)


def stated(analysts: tuple[str, ...] = (), **fields: object) -> Statement:
    """The Monday clinic of December 2023, four dates; rule fields and statement fields alike by name."""
    rule = {
        "rrule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": date(2023, 12, 4),
        "start_wall": time(13),
        "end_wall": time(14),
        "zone": "Australia/Brisbane",
        "ends_on": date(2023, 12, 25),
    }
    values = {"slug": "a-clinic", "kind": "clinic", "title": "Clinic", "summary": "", "slot_minutes": ()}
    rule.update({name: value for name, value in fields.items() if name in Rule.__dataclass_fields__})
    values.update({name: value for name, value in fields.items() if name in values})
    named = tuple(Named(email, SourcePlace("p.yaml", 9)) for email in analysts)
    return Statement(**values, rule=Rule(**rule), analysts=named, place=PLACE)  # type: ignore[arg-type]


def run(session: Session, *statements: Statement, now: datetime = NOW, **options: bool) -> PublishResult:
    """Publish, the plan being shown first where it touches bookings."""
    asking = planning.files(statements)
    plan = planning.read_plan(session, asking, ORGANISATION, now, **options)
    options_too = {"uid_domain": "booking.example.org", "fingerprint": plan.fingerprint, **options}
    return publish(acting(session, Actor.system(), now), asking, **options_too)  # type: ignore[arg-type]


def steps(done: PublishResult, what: str) -> list[Step]:
    return [step for step in done.plan.changes.steps if step.what == what]


def stored(session: Session) -> list[Occurrence]:
    session.expire_all()
    return list(session.scalars(select(Occurrence).order_by(Occurrence.starts_at)))


def version(session: Session) -> int:
    return session.scalars(select(Programme.version)).one()


def test_what_is_stated_is_stored_and_the_uid_domain_with_it(session: Session) -> None:
    done = run(session, stated())
    rows = stored(session)
    assert [row.starts_at for row in rows] == [datetime(2023, 12, day, 3, tzinfo=UTC) for day in (4, 11, 18, 25)]
    assert [row.key for row in rows] == ["2023-12-04", "2023-12-11", "2023-12-18", "2023-12-25"]
    assert {row.sequence for row in rows} == {0}
    assert len(steps(done, "appears")) == 4
    programme = session.get_one(Programme, 1)
    assert (programme.uid_domain, programme.version) == ("booking.example.org", 1)
    asking = planning.files([stated(slug="another")])
    publish(acting(session, Actor.system()), asking, uid_domain="moved.example.org")
    assert session.get_one(Programme, 1).uid_domain == "booking.example.org"


def test_publishing_again_changes_nothing(session: Session) -> None:
    a_person(session, "Ada", roles=["analyst"])
    session.commit()
    statement = stated(("ada@example.org",), kind="masterclass", modules=("One", "Two"), ends_on=None)
    run(session, statement)
    before = [(row.public_id, row.sequence, row.revised_at) for row in stored(session)]
    done = run(session, statement, now=NOW + timedelta(hours=1))
    assert not done.changed
    assert [(row.public_id, row.sequence, row.revised_at) for row in stored(session)] == before
    assert version(session) == 1
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 1


def test_a_modular_series_ends_with_its_modules_and_keeps_their_numbers(session: Session) -> None:
    fridays = stated(
        rrule="FREQ=WEEKLY;BYDAY=FR", starts_on=date(2023, 12, 1), ends_on=None, modules=("A", "B", "C", "D")
    )
    run(session, fridays, now=datetime(2023, 12, 9, tzinfo=UTC))
    assert [(row.key, row.module_number) for row in stored(session)] == [("3", 3), ("4", 4)]
    assert session.scalars(select(Module.title).order_by(Module.number)).all() == ["A", "B", "C", "D"]


def test_with_past_stores_what_has_begun(session: Session) -> None:
    run(session, stated(), now=datetime(2024, 2, 1, tzinfo=UTC), with_past=True)
    assert len(stored(session)) == 4
    assert not run(session, stated(), now=datetime(2024, 2, 1, tzinfo=UTC), with_past=True).changed


def test_an_address_that_is_no_analyst_is_refused_by_file_and_line_and_nothing_is_stored(session: Session) -> None:
    a_person(session, "Ada", roles=["analyst"])
    a_person(session, "Max", roles=["member"])
    a_person(session, "Zoe", roles=["analyst"], closed_at=NOW)
    session.commit()
    with pytest.raises(errors.CannotPublish) as refused:
        run(session, stated(("ada@example.org", "max@example.org", "zoe@example.org", "no@example.org")))
    assert refused.value.problems == [
        f"p.yaml:9: {name}@example.org is not an analyst; `booking people add` makes one"
        for name in ("max", "zoe", "no")
    ]
    assert stored(session) == []
    assert session.scalars(select(Series)).all() == []


def test_a_new_time_keeps_the_occurrence_raises_its_sequence_and_says_where_it_was(session: Session) -> None:
    run(session, stated())
    before = {row.key: (row.public_id, row.starts_at) for row in stored(session)}
    later = datetime(2023, 12, 5, tzinfo=UTC)
    done = run(session, stated(start_wall=time(15), end_wall=time(16)), now=later)
    rows = stored(session)
    assert {row.key: row.public_id for row in rows} == {key: value[0] for key, value in before.items()}
    assert [(row.sequence, f"{row.starts_at:%H}") for row in rows] == [(0, "03"), (1, "05"), (1, "05"), (1, "05")]
    assert [row.moved_from_at for row in rows[1:]] == [before[row.key][1] for row in rows[1:]]
    assert {row.revised_at for row in rows[1:]} == {later}
    assert (len(steps(done, "moves")), len(done.plan.changes.begun), version(session)) == (3, 1, 2)


def test_a_change_of_time_and_title_at_once_raises_the_sequence_once(session: Session) -> None:
    run(session, stated())
    run(session, stated(start_wall=time(15), end_wall=time(16), title="Another"))
    assert {row.sequence for row in stored(session)} == {1}


def test_a_new_title_is_a_change_of_each_booking_too(session: Session) -> None:
    a_person(session, "Ada", roles=["analyst"])
    session.commit()
    run(session, stated(("ada@example.org",)))
    booking = a_booking(session, stored(session)[0])
    done = run(session, stated(("ada@example.org",), title="Another"), now=NOW + timedelta(hours=1))
    session.refresh(booking)
    assert (booking.sequence, booking.revised_at) == (1, NOW + timedelta(hours=1))
    assert [step.fields for step in steps(done, "changes")] == [("words",)] * 4


def test_one_modules_new_title_changes_that_occurrence_only(session: Session) -> None:
    run(session, stated(modules=("One", "Two"), ends_on=None))
    run(session, stated(modules=("One", "Zwei"), ends_on=None))
    assert [row.sequence for row in stored(session)] == [0, 1]


def test_an_analyst_who_joins_the_series_joins_what_has_not_begun(session: Session) -> None:
    for name in ("Ada", "Ben"):
        a_person(session, name, roles=["analyst"])
    session.commit()
    run(session, stated(("ben@example.org",)))
    run(session, stated(("ada@example.org", "ben@example.org")), now=datetime(2023, 12, 5, tzinfo=UTC))
    names = [[place.analyst.name for place in row.roster] for row in stored(session)]
    assert names == [["Ben"]] + [["Ada", "Ben"]] * 3
    assert {row.sequence for row in stored(session)} == {0}


def test_a_file_that_states_an_earlier_end_cancels_the_dates_after_it(session: Session) -> None:
    run(session, stated())
    done = run(session, stated(ends_on=date(2023, 12, 11)))
    assert [(step.what, step.key) for step in done.plan.changes.steps] == [
        ("goes", "2023-12-18"),
        ("goes", "2023-12-25"),
    ]
    assert [row.is_cancelled for row in stored(session)] == [False, False, True, True]


def test_publishers_at_once_store_one_programme(database: Database) -> None:
    together = threading.Barrier(4)
    answers: list[bool] = []

    def one() -> None:
        with database.sessions() as session:
            together.wait()
            asking = planning.files([stated()])
            done = publish(acting(session, Actor.system()), asking, uid_domain="booking.example.org")
            answers.append(done.changed)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, False, False, True]
    with database.sessions() as session:
        assert (len(stored(session)), version(session)) == (4, 1)


def test_an_interrupted_publish_leaves_the_store_as_it_was(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit_log, "write", crash)
    with pytest.raises(KeyboardInterrupt):
        run(session, stated())
    assert (stored(session), version(session)) == ([], 0)


def test_extending_adds_the_far_end_with_its_roster_and_announces_nothing(session: Session) -> None:
    a_person(session, "Ada", roles=["analyst"])
    session.commit()
    endless = stated(("ada@example.org",), ends_on=None)
    run(session, endless)
    before = stored(session)
    assert before[-1].key == "2024-12-30"
    a_month_on = NOW + timedelta(days=31)
    assert extend(acting(session, Actor.system(), a_month_on)) == 4
    assert extend(acting(session, Actor.system(), a_month_on)) == 0
    rows = stored(session)
    assert [row.key for row in rows[len(before) :]] == ["2025-01-06", "2025-01-13", "2025-01-20", "2025-01-27"]
    assert all(len(row.roster) == 1 for row in rows)
    assert {row.sequence for row in rows} == {0}
    assert not run(session, endless, now=a_month_on).changed


def test_a_series_with_an_end_is_not_extended(session: Session) -> None:
    run(session, stated(), stated(slug="modular", ends_on=None, modules=("One", "Two")))
    assert extend(acting(session, Actor.system(), NOW + timedelta(days=400))) == 0


def test_who_changes_a_booking_that_was_moved_hears_first_that_it_was_moved(session: Session) -> None:
    """What a publish holds back for its ten minutes is due at once, before the email about what came after it."""
    analyst = a_person(session, "Ada", roles=["analyst"])
    session.commit()
    run(session, stated((analyst.email,)))
    clinic = stored(session)[0]
    booking = a_booking(session, clinic)
    run(session, stated((analyst.email,), start_wall=time(14), end_wall=time(15)))
    moved = session.scalars(select(OutgoingEmail).where(OutgoingEmail.name == "moved-by-us")).one()
    assert moved.due_at == NOW + timedelta(minutes=10)
    later = NOW + timedelta(minutes=3)
    cancel(acting(session, Actor.link(), later), booking.public_id)
    session.expire_all()
    about_it = session.scalars(
        select(OutgoingEmail).where(OutgoingEmail.booking_id == booking.id).order_by(OutgoingEmail.id)
    ).all()
    assert [(one.name, one.due_at) for one in about_it[1:]] == [("moved-by-us", later), ("cancelled", later)]
