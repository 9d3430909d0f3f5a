"""Reminders for those enrolled: written when their hour comes, once to each, and looked at again when they leave."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session

from booking import clock
from booking.calendars.addresses import Addresses
from booking.cli.server import worker
from booking.domain.organisation import Organisation, Policy
from booking.domain.people.actor import Actor
from booking.mail.mailer import LocalMailer
from booking.mail.smtp import SMTPMailer
from booking.services.accounts import profile
from booking.services.bookings.enrol import enrol, leave
from booking.services.outbox import deliver, remind
from booking.services.outbox.deliver import EmailWorker
from booking.store.db.base import new_public_id, table_of
from booking.store.outbox import emails, reminder_progress
from booking.store.outbox.emails import OutgoingEmail
from booking.store.outbox.reminder_progress import ReminderProgress
from booking.store.people.people import Person, Role
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import CANCELLED, Module, Occurrence
from tests.builders import (
    CLINIC_AT,
    NOW,
    a_booking,
    a_clinic,
    a_person,
    a_series,
    acting,
    an_occurrence,
    an_organisation,
)
from tests.databases import Database
from tests.mail.server import Mailbox, serving
from tests.services.publishing.test_plan import of, put
from tests.services.publishing.test_publish import stated
from tests.web.client import settings

REMINDING = an_organisation(reminder_hours=(24, 1))
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
DAY_BEFORE, HOUR_BEFORE = CLINIC_AT - 24 * HOUR, CLINIC_AT - HOUR


def a_course(session: Session, dates: int = 2, **fields: object) -> list[Occurrence]:
    series = a_series(session, kind="masterclass", slug="course", title="Course", **fields)
    series.modules = [Module(number=n + 1, title=f"Part {n + 1}") for n in range(dates)]
    rows = [
        an_occurrence(session, series, (), CLINIC_AT + timedelta(weeks=n), key=str(n + 1), module_number=n + 1)
        for n in range(dates)
    ]
    session.commit()
    return rows


def enrolled(session: Session, one: Occurrence, now: datetime = NOW, whole: bool = True, **fields: object) -> Person:
    member = a_person(session, **fields)  # type: ignore[arg-type]
    session.commit()
    enrol(acting(session, Actor.member(member.id), now, REMINDING), one.public_id, whole=whole)
    return member


def keep_house(database: Database, now: datetime, organisation: Organisation = REMINDING) -> None:
    """One round of a worker, the far end of the programme apart."""
    sender = EmailWorker(database.sessions, LocalMailer(), settings(database), organisation, "worker")
    worker._keep_house(sender, now, clock.monotonic())


def written(session: Session) -> list[tuple[str, int]]:
    """(address before the @, hours) of each reminder, in the order in which they were written."""
    session.rollback()
    rows = session.scalars(
        select(OutgoingEmail).where(OutgoingEmail.name == "reminder-enrolled").order_by(OutgoingEmail.id)
    )
    return [(row.to_email.partition("@")[0], row.facts["hours"]) for row in rows.all()]


def deliver_at(database: Database, mailbox: Mailbox, now: datetime) -> None:
    found = settings(database, BOOKING_MAIL_FROM="booking@example.org")
    mailer = SMTPMailer(mailbox.url)
    while deliver.deliver_once(EmailWorker(database.sessions, mailer, found, REMINDING, "worker"), now):
        pass
    mailer.close()


def subjects(mailbox: Mailbox) -> list[str]:
    """The subjects of the reminders that have arrived, unfolded."""
    found = [str(message["Subject"]).strip() for message in mailbox.messages]
    return [one for one in found if not one.startswith("Enrolled")]


def test_nothing_is_written_before_its_hour_and_then_once_for_each(database: Database, session: Session) -> None:
    first, second = a_course(session)
    enrolled(session, first, name="All")
    enrolled(session, first, name="One", whole=False)
    enrolled(session, second, name="Other", whole=False)
    enrolled(session, second, name="Gone", whole=False, now=NOW + HOUR)
    keep_house(database, DAY_BEFORE - SECOND)
    assert written(session) == []
    for late in range(3):
        keep_house(database, DAY_BEFORE + late * MINUTE)
    assert written(session) == [("all", 24), ("one", 24)]
    keep_house(database, HOUR_BEFORE)
    keep_house(database, HOUR_BEFORE + MINUTE)
    assert written(session)[2:] == [("all", 1), ("one", 1)]
    keep_house(database, second.starts_at - 24 * HOUR)
    assert written(session)[4:] == [("all", 24), ("other", 24), ("gone", 24)]


@pytest.mark.parametrize(
    ("before", "hours"),
    [(25 * HOUR, [24, 1]), (24 * HOUR, [1]), (2 * HOUR, [1]), (HOUR, []), (HOUR / 2, [])],
)
def test_whoever_enrols_when_an_hour_is_past_is_not_reminded_of_it(
    database: Database, session: Session, before: timedelta, hours: list[int]
) -> None:
    (only,) = a_course(session, 1)
    enrolled(session, only, CLINIC_AT - before)
    for now in (DAY_BEFORE, HOUR_BEFORE, HOUR_BEFORE + MINUTE):
        keep_house(database, now)
    assert [n for _, n in written(session)] == hours


def test_each_series_has_its_own_hours_and_none_where_its_policy_says_so(database: Database, session: Session) -> None:
    (course,) = a_course(session, 1)
    lab = an_occurrence(session, a_series(session, kind="lab", slug="lab", title="Lab"), ())
    session.commit()
    enrolled(session, course, name="Course")
    enrolled(session, lab, name="Lab")
    own = replace(REMINDING, series_policies={"course": Policy(reminder_hours=()), "lab": Policy(reminder_hours=(48,))})
    keep_house(database, CLINIC_AT - 48 * HOUR, own)
    keep_house(database, DAY_BEFORE, own)
    assert written(session) == [("lab", 48)]


def test_only_those_are_reminded_who_want_it_and_could_come(database: Database, session: Session) -> None:
    (only,) = a_course(session, 1)
    last_day = date(2023, 12, 4)  # of the course, in Brisbane
    enrolled(session, only, name="Until then", member_until=last_day)
    wants_none, left = enrolled(session, only, name="Wants none"), enrolled(session, only, name="Left")
    lapsed, closed, gone = (enrolled(session, only, name=name) for name in ("Lapsed", "Closed", "Analyst now"))
    profile.unsubscribe(session, wants_none.public_id, "reminders", REMINDING, NOW)
    give_up(session, left)
    lapsed.member_until, closed.closed_at = date(2023, 12, 3), NOW
    gone.roles = [Role(role="analyst")]
    session.commit()
    keep_house(database, DAY_BEFORE)
    assert written(session) == [("until.then", 24)]


def give_up(session: Session, member: Person) -> None:
    for place in session.scalars(select(Enrolment).where(Enrolment.member_id == member.id)).all():
        leave(acting(session, Actor.member(member.id)), place.public_id)


def test_bookings_have_their_own_reminders_and_no_second_one(database: Database, session: Session) -> None:
    a_booking(session, a_clinic(session))
    keep_house(database, DAY_BEFORE)
    assert written(session) == []
    assert session.scalars(select(ReminderProgress)).all() == []


def test_what_is_cancelled_or_has_begun_is_not_reminded_of(database: Database, session: Session) -> None:
    first, second = a_course(session)
    enrolled(session, first)
    (one,) = reminder_progress.due(session, REMINDING, DAY_BEFORE)
    first.status = CANCELLED
    session.commit()
    assert reminder_progress.due(session, REMINDING, DAY_BEFORE) == []
    assert remind.write(acting(session, Actor.system(), DAY_BEFORE), one) == 0, "a worker that had seen it before"
    keep_house(database, DAY_BEFORE)
    keep_house(database, second.starts_at)
    assert written(session) == []


def test_what_moves_is_reminded_of_anew_unless_its_hour_was_past_by_then(database: Database, session: Session) -> None:
    (only,) = a_course(session, 1)
    enrolled(session, only, name="Mia")
    keep_house(database, DAY_BEFORE)
    move(session, only, CLINIC_AT + 20 * HOUR, now=DAY_BEFORE + HOUR)
    keep_house(database, CLINIC_AT - 5 * HOUR)
    assert written(session) == [("mia", 24)]
    keep_house(database, CLINIC_AT - 4 * HOUR)
    assert written(session) == [("mia", 24), ("mia", 24)]
    move(session, only, CLINIC_AT + 19 * HOUR, now=CLINIC_AT - 3 * HOUR)
    keep_house(database, CLINIC_AT - 2 * HOUR)
    assert written(session) == [("mia", 24), ("mia", 24)], "the email about the move has just said it"
    keep_house(database, CLINIC_AT + 18 * HOUR)
    assert written(session)[2:] == [("mia", 1)]


def move(session: Session, one: Occurrence, starts_at: datetime, now: datetime) -> None:
    """As a publish does it."""
    one.starts_at, one.ends_at = starts_at, starts_at + HOUR
    one.sequence, one.revised_at = one.sequence + 1, now
    session.commit()


def test_a_publish_close_to_the_start_is_told_by_its_own_email_alone(database: Database, session: Session) -> None:
    lab = {"kind": "lab", "slug": "lab", "title": "Lab"}
    put(session, of(stated(**lab)))
    first = session.scalars(select(Occurrence).order_by(Occurrence.starts_at)).first()
    assert first is not None
    enrolled(session, first)
    put(session, of(stated(**lab, start_wall=time(12, 30), end_wall=time(13, 30))), DAY_BEFORE - MINUTE)
    keep_house(database, DAY_BEFORE + MINUTE)
    assert written(session) == []
    told = session.scalars(select(OutgoingEmail.name).where(OutgoingEmail.name != "enrolled")).all()
    assert told == ["programme-changed"]


def test_a_worker_that_was_down_says_nothing_of_the_one_that_was_missed(database: Database, session: Session) -> None:
    (only,) = a_course(session, 1)
    enrolled(session, only, name="Mia")
    keep_house(database, HOUR_BEFORE + MINUTE)
    keep_house(database, HOUR_BEFORE + 2 * MINUTE)
    assert written(session) == [("mia", 1)]


def test_one_that_is_a_little_late_still_comes(database: Database, session: Session) -> None:
    (only,) = a_course(session, 1)
    enrolled(session, only, name="Mia")
    keep_house(database, DAY_BEFORE + 5 * HOUR)
    assert written(session) == [("mia", 24)]


def test_the_emails_say_when_what_and_where_and_the_last_one_the_meeting_link(
    database: Database, session: Session
) -> None:
    _, second = a_course(session, meeting_url="https://zoom.example.com/j/1")
    member = enrolled(session, second, time_zone="Australia/Perth")
    with serving() as mailbox:
        for hours in (24, 1):
            keep_house(database, second.starts_at - hours * HOUR)
            deliver_at(database, mailbox, second.starts_at - hours * HOUR)
        day, last = mailbox.messages[1:]
    when = "Mon 11 Dec 11:00 am Perth (1:00 pm AEST), Course, module 2: Part 2"
    assert subjects(mailbox) == [f"Reminder: {when}", f"Starting soon: {when}"]
    texts = [one.get_body(("plain",)).get_content() for one in (day, last)]  # type: ignore[union-attr]
    assert ["zoom.example.com" in text for text in texts] == [False, True]
    assert all(f"/occurrences/{second.public_id}" in text for text in texts)
    found = settings(database)
    assert all(Addresses(found.base_url, found.secret_key).join_url(second.public_id) in text for text in texts)
    for one in (day, last):
        assert "/unsubscribe/reminders/" in str(one["List-Unsubscribe"])
        assert str(one["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    stored = session.scalars(select(OutgoingEmail.facts).where(OutgoingEmail.person_id == member.id)).all()
    assert "zoom" not in str(stored)


def test_what_is_true_no_more_when_an_email_leaves_is_not_said(database: Database, session: Session) -> None:
    course = a_course(session, 1)[0]
    stays = enrolled(session, course, name="Stays", whole=False)
    left, wants_none, lapsed = (enrolled(session, course, name=name) for name in ("Left", "Wants none", "Lapsed"))
    closed, gone = enrolled(session, course, name="Closed"), enrolled(session, course, name="Analyst now")
    with serving() as mailbox:
        deliver_at(database, mailbox, NOW)
        mailbox.messages.clear()
        keep_house(database, DAY_BEFORE)
        assert len(written(session)) == 6
        give_up(session, left)
        profile.unsubscribe(session, wants_none.public_id, "reminders", REMINDING, NOW)
        session.get_one(Person, lapsed.id).member_until = date(2023, 12, 3)
        session.get_one(Person, closed.id).closed_at = NOW
        session.get_one(Person, gone.id).roles = [Role(role="analyst")]
        session.get_one(Person, stays.id).member_until = date(2023, 12, 4)
        session.commit()
        deliver_at(database, mailbox, DAY_BEFORE)
        assert [str(one["To"]) for one in mailbox.messages] == ["Stays <stays@example.org>"]
    assert written(session) == [("stays", 24)], "what says nothing is forgotten"


def cancelled(session: Session, one: Occurrence) -> None:
    one.status = CANCELLED


def moved(session: Session, one: Occurrence) -> None:
    one.starts_at, one.ends_at = CLINIC_AT + HOUR, CLINIC_AT + 2 * HOUR


def untouched(session: Session, one: Occurrence) -> None:
    pass


@pytest.mark.parametrize(
    ("change", "leaves_at", "said"),
    [
        (untouched, HOUR_BEFORE - SECOND, ["Reminder"]),
        (untouched, HOUR_BEFORE, []),
        (untouched, CLINIC_AT, []),
        (cancelled, DAY_BEFORE, []),
        (moved, DAY_BEFORE, []),
    ],
)
def test_one_that_leaves_too_late_or_of_what_is_not_on_says_nothing(
    database: Database, session: Session, change: object, leaves_at: datetime, said: Sequence[str]
) -> None:
    (only,) = a_course(session, 1)
    enrolled(session, only)
    keep_house(database, DAY_BEFORE)
    change(session, only)  # type: ignore[operator]
    session.commit()
    with serving() as mailbox:
        deliver_at(database, mailbox, leaves_at)
        assert [one.partition(":")[0] for one in subjects(mailbox)] == said


def test_the_last_one_does_not_leave_after_the_start(database: Database, session: Session) -> None:
    (only,) = a_course(session, 1)
    enrolled(session, only)
    keep_house(database, HOUR_BEFORE)
    with serving() as mailbox:
        deliver_at(database, mailbox, CLINIC_AT)
        assert subjects(mailbox) == []


def test_several_workers_at_once_write_each_of_them_once(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remind, "BATCH_SIZE", 2)
    (only,) = a_course(session, 1)
    for _ in range(7):
        enrolled(session, only)
    (one,) = reminder_progress.due(session, REMINDING, DAY_BEFORE)
    session.rollback()
    start = threading.Barrier(4)
    counts: list[int] = []

    def work() -> None:
        with database.sessions() as own:
            start.wait()
            while found := remind.write(acting(own, Actor.system(), DAY_BEFORE), one):
                counts.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [1, 2, 2, 2]
    assert len(written(session)) == len(set(written(session))) == 7


def test_a_worker_that_ends_in_the_middle_leaves_nothing_half_done(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remind, "BATCH_SIZE", 2)
    (only,) = a_course(session, 1)
    members = [enrolled(session, only).email.partition("@")[0] for _ in range(5)]
    keep_house(database, DAY_BEFORE)
    add = emails.add

    def add_and_end(session: Session, rows: list[dict[str, object]]) -> None:
        add(session, rows)
        raise KeyboardInterrupt

    monkeypatch.setattr(emails, "add", add_and_end)
    with pytest.raises(KeyboardInterrupt):
        keep_house(database, DAY_BEFORE + MINUTE)
    assert [name for name, _ in written(session)] == members[:2]
    monkeypatch.setattr(emails, "add", add)
    for late in range(2, 5):
        keep_house(database, DAY_BEFORE + late * MINUTE)
    assert [name for name, _ in written(session)] == members


def test_what_is_begun_goes_on_though_something_new_is_published(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remind, "BATCH_SIZE", 2)
    (only,) = a_course(session, 1)
    for _ in range(3):
        enrolled(session, only)
    keep_house(database, DAY_BEFORE)
    only.title, only.revised_at = "Another", DAY_BEFORE + SECOND
    session.commit()
    keep_house(database, DAY_BEFORE + MINUTE)
    assert len(written(session)) == 3


def many(session: Session, one: Occurrence, count: int) -> None:
    """So many members enrolled in all of the series, half of them by a place in this date alone."""
    people = [
        {"name": f"Person {n}", "email": f"many{n}@example.org", "public_id": new_public_id(), "created_at": NOW}
        for n in range(count)
    ]
    ids = session.scalars(insert(Person).returning(Person.id), people).all()
    session.execute(insert(table_of(Role)), [{"person_id": i, "role": "member"} for i in ids])
    places = [
        {
            "public_id": new_public_id(),
            "member_id": i,
            "series_id": one.series_id,
            "occurrence_id": one.id if i % 2 else None,
            "revised_at": NOW,
            "created_at": NOW,
        }
        for i in ids
    ]
    session.execute(insert(table_of(Enrolment)), places)
    session.commit()


def test_a_thousand_are_written_in_bounded_parts_by_as_many_statements_as_for_one(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remind, "BATCH_SIZE", 200)
    (only,) = a_course(session, 1)
    many(session, only, 1_000)
    statements: list[str] = []

    def note(_c: object, _k: object, sql: str, *_: object) -> None:
        statements.append(sql)

    counts, parts = [], []
    for minute in range(6):
        event.listen(database.engine, "before_cursor_execute", note)
        keep_house(database, DAY_BEFORE + minute * MINUTE)
        event.remove(database.engine, "before_cursor_execute", note)
        parts.append(len(written(session)))
        counts.append(len(statements))
        statements.clear()
    assert parts == [200, 400, 600, 800, 1_000, 1_000]
    assert max(counts) < 40  # of a round of the worker, however many are written
    assert len({name for name, _ in written(session)}) == 1_000
    each_second = select(func.count()).where(OutgoingEmail.name == "reminder-enrolled").group_by(OutgoingEmail.due_at)
    assert max(session.scalars(each_second)) == remind.A_SECOND
    assert session.scalar(select(func.max(OutgoingEmail.due_at))) < DAY_BEFORE + 5 * MINUTE


def test_the_marks_are_forgotten_with_the_start(database: Database, session: Session) -> None:
    a_course(session, 1)
    keep_house(database, DAY_BEFORE)
    keep_house(database, HOUR_BEFORE)
    assert sorted(session.scalars(select(ReminderProgress.hours))) == [1, 24]
    keep_house(database, CLINIC_AT)
    session.rollback()
    assert session.scalars(select(ReminderProgress.hours)).all() == []


def test_a_local_mailer_takes_them_too(database: Database, session: Session) -> None:
    (only,) = a_course(session, 1)
    enrolled(session, only)
    keep_house(database, DAY_BEFORE)
    deliver.deliver_once(
        EmailWorker(database.sessions, LocalMailer(), settings(database), REMINDING, "worker"), DAY_BEFORE
    )
    session.rollback()
    assert (
        session.scalar(
            select(func.count()).where(OutgoingEmail.name == "reminder-enrolled", OutgoingEmail.sent_at.is_(None))
        )
        == 0
    )


def test_no_reminder_leaves_within_an_hour_of_the_email_about_the_enrolment(
    database: Database, session: Session
) -> None:
    first, _ = a_course(session)
    enrolled(session, first, now=DAY_BEFORE - HOUR)
    enrolled(session, first, now=DAY_BEFORE - 2 * MINUTE)
    with serving() as mailbox:
        for now in (DAY_BEFORE - HOUR, DAY_BEFORE - 2 * MINUTE):
            deliver_at(database, mailbox, now)
        for now in (DAY_BEFORE, HOUR_BEFORE):
            keep_house(database, now)
            deliver_at(database, mailbox, now + MINUTE)
        assert [one.split(":")[0] for one in subjects(mailbox)] == ["Reminder", "Starting soon", "Starting soon"]
