"""A change of what begins soon is told by email too; emails and undo end in time for what they are about."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import event as event_api
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.organisation import Organisation, Policy
from booking.domain.people.actor import Actor
from booking.domain.planning.plan import facts
from booking.domain.planning.words import in_words
from booking.domain.planning.words.statement import StatedException, Statement
from booking.services.outbox.render_email import EmailOrigin, message_of
from booking.services.publishing import planning, undo
from booking.services.publishing.publish import PlanChanged, PublishResult, publish
from booking.settings import load
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person
from booking.store.programme import plan_people
from booking.store.programme.changes import Change
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_person, acting
from tests.services.publishing.test_publish import PLACE, stated

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
COURSE = {"slug": "a-course", "kind": "masterclass", "title": "Course", "ends_on": None, "start_wall": time(14)}
SOON = CLINIC_AT - 40 * HOUR
SECRET = "test-secret-key-test-secret-key-0123456789"


def change(session: Session, *statements: Statement, now: datetime, at: Organisation = ORGANISATION) -> PublishResult:
    asking = planning.files(statements)
    fingerprint = planning.read_plan(session, asking, at, now).fingerprint
    return publish(
        acting(session, Actor.system(), now, at), asking, uid_domain="booking.example.org", fingerprint=fingerprint
    )


def clinic(**fields: object) -> Statement:
    return stated(("ada@example.org",), **fields)


def course(*modules: str, **fields: object) -> Statement:
    return stated(modules=modules or ("One", "Two"), **{**COURSE, "end_wall": time(15), **fields})


def begin(session: Session) -> list[Occurrence]:
    """The clinic, and the course straight after it; the clinic's dates."""
    a_person(session, "Ada", roles=["analyst"])
    session.commit()
    change(session, clinic(), course(), now=NOW)
    undo.close(acting(session, Actor.system(), NOW + 10 * MINUTE))
    return dates(session, "a-clinic")


def dates(session: Session, slug: str) -> list[Occurrence]:
    session.expire_all()
    rows = session.scalars(select(Occurrence).order_by(Occurrence.starts_at))
    return [row for row in rows if row.series.slug == slug]


def enrol(session: Session, name: str, number: int | None = None) -> Person:
    """A person with a place in the whole course, or in its date of that number."""
    person = a_person(session, name)
    rows = dates(session, "a-course")
    one = rows[number - 1].id if number else None
    session.add(
        Enrolment(member_id=person.id, series_id=rows[0].series_id, occurrence_id=one, revised_at=NOW, created_at=NOW)
    )
    session.commit()
    return person


def told(session: Session) -> dict[str, list[OutgoingEmail]]:
    """The emails of publishes by reader's name."""
    session.expire_all()
    found: dict[str, list[OutgoingEmail]] = {}
    for message in session.scalars(
        select(OutgoingEmail).where(OutgoingEmail.change_id.is_not(None)).order_by(OutgoingEmail.id)
    ):
        found.setdefault(session.get_one(Person, message.person_id).name, []).append(message)
    return found


def said(message: OutgoingEmail) -> list[tuple[str, str, str, str]]:
    return [
        (line["starts_at"][8:16], one["what"], one["was"], one["now"])
        for line in message.facts["lines"]
        for one in ([_title(line)] if line["what"] == "renamed" else line["differs"])
    ]


def _title(line: dict[str, str]) -> dict[str, str]:
    return {"what": "title", "was": line["was_title"], "now": line["title"]}


def test_a_new_title_of_what_begins_within_48_hours_is_told_once_to_each_who_is_booked_or_enrolled(
    session: Session,
) -> None:
    first, second = begin(session)[:2]
    both = enrol(session, "Bo")
    enrol(session, "Ed")
    enrol(session, "Una", number=1)
    enrol(session, "Later", number=2)
    a_booking(session, first, a_person(session, "Mia"), after_minutes=30)
    a_booking(session, second, a_person(session, "Nia"))
    a_booking(session, first, both, after_minutes=15)
    waits = a_person(session, "Wim")
    session.add(WaitlistEntry(occurrence_id=first.id, member_id=waits.id, minutes=15, joined_at=NOW))
    session.commit()
    done = change(session, clinic(title="Open clinic"), course(title="Long course"), now=SOON)
    emails = told(session)
    assert sorted(emails) == ["Bo", "Ed", "Later", "Mia", "Una"], (
        "not who waits; all who are enrolled hear of a new name"
    )
    assert {len(mine) for mine in emails.values()} == {1}
    assert said(emails["Mia"][0]) == [("04T03:30", "title", "Clinic", "Open clinic")], "at the reader's own time"
    assert said(emails["Ed"][0]) == said(emails["Una"][0]) == [("04T04:00", "title", "Course", "Long course")]
    assert said(emails["Bo"][0]) == [
        ("04T03:15", "title", "Clinic", "Open clinic"),
        ("04T04:00", "title", "Course", "Long course"),
    ]
    assert {message.due_at for mine in emails.values() for message in mine} == {SOON + 10 * MINUTE}
    assert len(done.plan.notices) == len(facts(done.plan)["emails"]) == 5
    assert in_words.emails(done.plan) == ["5 people are emailed everything that changes for them"]


def test_a_plan_is_the_same_whichever_way_the_database_returns_its_rows(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begin(session)[0]
    for quarter in range(3):
        a_booking(session, first, after_minutes=15 * quarter)
    asking = planning.files((clinic(title="Open clinic"),))
    shown = planning.read_plan(session, asking, ORGANISATION, SOON).fingerprint
    held = plan_people.held
    monkeypatch.setattr(plan_people, "held", lambda *read: held(*read)[::-1])
    assert planning.read_plan(session, asking, ORGANISATION, SOON).fingerprint == shown


def test_further_away_calendars_do_it_and_48_hours_are_within(session: Session) -> None:
    clinics = begin(session)
    enrol(session, "Ed")
    a_booking(session, clinics[0])
    three_days = CLINIC_AT - timedelta(days=3)
    done = change(session, clinic(title="Open clinic"), course(summary="A long one"), now=three_days)
    assert (done.plan.notices, told(session), done.due_at) == ([], {}, three_days + 10 * MINUTE)
    change(session, clinic(title="Clinic"), now=CLINIC_AT - 48 * HOUR - timedelta(seconds=1))
    assert told(session) == {}
    change(session, clinic(title="Open clinic"), now=CLINIC_AT - 48 * HOUR)
    assert len(told(session)) == 1


def test_the_policy_says_how_near_is_near_for_each_series(session: Session) -> None:
    clinics = begin(session)
    enrol(session, "Ed")
    a_booking(session, clinics[0], a_person(session, "Mia"))
    never = replace(ORGANISATION, series_policies={"a-course": Policy(near_hours=0, reminder_hours=())})
    change(session, clinic(title="Open clinic"), course(summary="A long one"), now=SOON, at=never)
    assert list(told(session)) == ["Mia"]


def test_who_is_moved_hears_of_the_new_title_in_that_email_and_in_no_other(session: Session) -> None:
    clinics = begin(session)
    a_booking(session, clinics[0], a_person(session, "Mia"))
    done = change(session, clinic(title="Open clinic", start_wall=time(15), end_wall=time(16)), now=SOON)
    (message,) = told(session)["Mia"]
    assert (message.name, message.facts["title"], message.facts["was_title"]) == (
        "moved-by-us",
        "Open clinic",
        "Clinic",
    )
    assert len(done.plan.notices) == 1


def test_who_stays_while_the_hours_grow_hears_of_the_new_title_only(session: Session) -> None:
    clinics = begin(session)
    a_booking(session, clinics[0], a_person(session, "Mia"))
    change(session, clinic(start_wall=time(12), end_wall=time(14)), now=SOON)
    assert told(session) == {}
    change(session, clinic(title="Open clinic", start_wall=time(11), end_wall=time(14)), now=SOON)
    (message,) = told(session)["Mia"]
    assert [line["what"] for line in message.facts["lines"]] == ["changes"]
    assert said(message) == [("04T03:00", "title", "Clinic", "Open clinic")]


@pytest.mark.parametrize(
    ("asked", "difference"),
    [
        (course("Uno", "Two"), [("module", "One", "Uno")]),
        (course("One", "Zwei"), None),
        (course("One", "Two", "Three"), [("modules", "2", "3")]),
        (replace(course(), summary="Bring a question."), [("summary", "", "Bring a question.")]),
        (course(kind="lab"), [("kind", "Masterclass", "Lab")]),
    ],
)
def test_whatever_calendars_show_of_it_is_told_as_it_was_and_as_it_is(
    session: Session, asked: Statement, difference: list[tuple[str, str, str]] | None
) -> None:
    begin(session)
    enrol(session, "Ed")
    change(session, asked, now=SOON)
    emails = told(session)
    if difference is None:
        assert emails == {}, "what begins a week later changed"
    else:
        (message,) = emails["Ed"]
        assert [one[1:] for one in said(message)] == difference


def test_what_keeps_its_own_title_or_changes_its_meeting_link_or_analysts_writes_no_email(session: Session) -> None:
    clinics = begin(session)
    ben = a_person(session, "Ben", roles=["analyst"])
    a_booking(session, clinics[0])
    own = StatedException(PLACE, on=date(2023, 12, 4), title="Special")
    change(session, replace(clinic(), exceptions=(own,)), now=NOW)
    change(session, clinic(title="Open clinic"), now=SOON)
    assert told(session) == {}
    room = replace(own, meeting_url="https://meet.example.org/1")
    roomy = replace(stated(("ada@example.org", ben.email), title="Open clinic"), exceptions=(room,))
    done = change(session, roomy, now=CLINIC_AT - 30 * MINUTE)
    assert {name for step in done.plan.changes.steps for name in step.fields} == {"meeting_url", "analysts"}
    assert (told(session), done.due_at) == ({}, CLINIC_AT - 20 * MINUTE), "nobody hears of it: undo has its ten minutes"


def test_another_reason_for_what_does_not_take_place_is_told_to_the_enrolled(session: Session) -> None:
    begin(session)
    enrol(session, "Ed")

    def off(why: str) -> Statement:
        return replace(course(), exceptions=(StatedException(PLACE, module=1, cancelled=why),))

    change(session, off("Flood."), now=NOW)
    change(session, off("Fire."), now=SOON)
    first, second = told(session)["Ed"]
    assert (second.facts["lines"][0]["what"], second.facts["lines"][0]["reason"]) == ("goes", "Fire.")
    assert [one[1:] for one in said(second)] == [("reason", "Flood.", "Fire.")]
    assert said(first) == []


@pytest.mark.parametrize(
    ("before", "due_after"),
    [(30 * MINUTE, 0), (60 * MINUTE, 0), (65 * MINUTE, 5), (70 * MINUTE, 10), (40 * HOUR, 10)],
)
def test_emails_leave_after_ten_minutes_but_an_hour_before_the_start_and_undo_ends_with_it(
    session: Session, before: timedelta, due_after: int
) -> None:
    clinics = begin(session)
    booking = a_booking(session, clinics[0], a_person(session, "Mia"))
    now = CLINIC_AT - before
    done = change(session, clinic(title="Open clinic"), now=now)
    due_at = now + due_after * MINUTE
    assert done.change is not None
    assert (done.due_at, told(session)["Mia"][0].due_at) == (due_at, due_at)
    with pytest.raises(undo.CannotUndo, match="the time to undo it has passed"):
        undo.undo(acting(session, Actor.system(), due_at), done.change)
    assert "Open clinic" in {row.series.title for row in dates(session, "a-clinic")}
    if due_after:
        assert not undo.is_open(session, due_at - timedelta(seconds=1))
        undo.undo(acting(session, Actor.system(), due_at - timedelta(seconds=1)), done.change)
        assert told(session) == {}
        assert (dates(session, "a-clinic")[0].series.title, session.get_one(Booking, booking.id).sequence) == (
            "Clinic",
            2,
        )


def test_what_moves_to_where_it_is_near_is_told_in_time_for_its_new_start(session: Session) -> None:
    begin(session)
    enrol(session, "Ed")
    now = datetime(2023, 12, 1, 2, 55, tzinfo=UTC)  # a Friday, 12:55 in Brisbane
    moved = StatedException(PLACE, module=1, moved_to=date(2023, 12, 1), hours=(time(14), time(15)))
    done = change(session, replace(course(), exceptions=(moved,)), now=now)
    assert done.due_at == now + 5 * MINUTE


def test_what_cannot_be_undone_holds_nothing_back(session: Session) -> None:
    clinics = begin(session)
    booking = a_booking(session, clinics[0], a_person(session, "Mia"))
    now = CLINIC_AT - 30 * MINUTE
    done = change(session, clinic(start_wall=time(15), end_wall=time(16)), now=now)
    assert done.due_at == now
    assert session.scalars(select(Claim.booking_id)).all() == [booking.id] * 2
    stored = session.scalars(select(Change).order_by(Change.id.desc())).first()
    assert stored is not None
    assert (stored.closed_at, "occurrence" in stored.before) == (now, False)
    assert not undo.is_open(session, now + HOUR)


def test_a_plan_is_shown_again_when_somebody_takes_a_place_who_would_be_told(session: Session) -> None:
    begin(session)
    asking = planning.files([course(title="Long course")])
    shown = planning.read_plan(session, asking, ORGANISATION, SOON)
    enrol(session, "Ed")
    with pytest.raises(PlanChanged) as refused:
        publish(acting(session, Actor.system(), SOON), asking, uid_domain="x.org", fingerprint=shown.fingerprint)
    assert [notice.member for notice in refused.value.plan.notices] == ["Ed"]


def test_the_plan_says_who_is_there_and_when_emails_leave(session: Session) -> None:
    clinics = begin(session)
    enrol(session, "Ed")
    a_booking(session, clinics[0])
    asking = planning.files([clinic(title="Open clinic"), course(title="Long course")])

    def lines(now: datetime) -> list[str]:
        plan = planning.read_plan(session, asking, ORGANISATION, now)
        return [
            line.strip().replace("\N{NO-BREAK SPACE}", " ")
            for line in in_words.as_text(plan, {}, {}, now, ORGANISATION.zone)
        ]

    start = "Pages and calendars change now"
    soon = lines(SOON)
    assert {
        "1 booked",
        "1 enrolled",
        "2 people are emailed everything that changes for them",
        "emails to 2 people:",
    } <= set(soon)
    assert f"{start}; emails go out in ten minutes. Undo before then and nobody gets one." in soon
    at_twelve = "emails go out at 12:00 pm AEST, an hour before the first start. Undo before then and nobody gets one."
    assert f"{start}; {at_twelve}" in lines(CLINIC_AT - 65 * MINUTE)
    at_once = "and emails go out at once: what they are about starts within the hour. There is no undo."
    assert f"{start}, {at_once}" in lines(CLINIC_AT - 30 * MINUTE)


def test_an_invited_booking_gets_its_calendar_entry_anew(session: Session) -> None:
    """What came by invitation changes by invitation: same UID, SEQUENCE one higher, the new words."""
    clinics = begin(session)
    booking = a_booking(session, clinics[0], a_person(session, "Mia"))
    assert booking.is_invited
    change(session, clinic(title="Open clinic"), now=SOON)
    (message,) = told(session)["Mia"]
    settings = load({"BOOKING_SECRET_KEY": SECRET, "BOOKING_BASE_URL": "https://booking.example.org"})
    member = session.get_one(Person, message.person_id)
    sent = message_of(message, member, EmailOrigin(settings, ORGANISATION, "booking.example.org"), NOW).as_bytes()
    message = email.message_from_bytes(sent, policy=email.policy.default)
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert parts
    entry = Calendar.from_ical(parts[0].get_payload(decode=True))
    event = entry.walk("VEVENT")[0]
    assert entry["METHOD"] == "REQUEST"
    assert (event["UID"], event["SEQUENCE"], event["SUMMARY"]) == (
        f"booking-{booking.public_id}@booking.example.org",
        1,
        "Open clinic with Ada",
    )
    assert "/manage/" in str(message.get_body(("plain",)))


def test_the_number_of_statements_does_not_grow_with_the_people_who_are_told(session: Session) -> None:
    clinics = begin(session)
    engine = session.get_bind()
    counts = []
    for n, title in enumerate(("Open clinic", "Shut clinic")):
        for quarter in range(1 + n):
            a_booking(session, clinics[0], a_person(session), after_minutes=15 * (quarter + n))
        undo.close(acting(session, Actor.system(), SOON + 11 * n * MINUTE))
        statements: list[str] = []

        def note(_c: object, _k: object, sql: str, *_: object, into: list[str] = statements) -> None:
            into.append(sql)

        event_api.listen(engine, "before_cursor_execute", note)
        change(session, clinic(title=title), now=SOON + 11 * n * MINUTE)
        event_api.remove(engine, "before_cursor_execute", note)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert (
        session.scalar(select(func.count()).select_from(OutgoingEmail).where(OutgoingEmail.name == "programme-changed"))
        == 4
    )
