"""Rows to Meeting and Appointment: what each field says, which window, and in how many statements."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.store.bookings.bookings import Booking
from booking.store.people.people import Person
from booking.store.programme.programme import Module, Occurrence, Roster, Series
from booking.store.queries.programme import meeting_rows

START = datetime(2026, 11, 30, 3, tzinfo=UTC)  # Monday 1 pm in Brisbane
MADE = datetime(2026, 11, 1, tzinfo=UTC)
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))


def a_series(session: Session, slug: str = "live-member-clinics", *, modules: tuple[str, ...] = (), **given) -> Series:
    series = Series(
        **{
            "slug": slug,
            "kind": "clinic",
            "title": "Live Member Clinic",
            "summary": "Live help.",
            "zone": "Australia/Brisbane",
            "rrule": "FREQ=WEEKLY",
            "starts_on": date(2026, 11, 30),
            "start_wall": time(13),
            "end_wall": time(14),
            "created_at": MADE,
        }
        | given
    )
    series.modules = [Module(number=number, title=title) for number, title in enumerate(modules, 1)]
    session.add(series)
    session.flush()
    return series


def an_occurrence(session: Session, series: Series, starts_at: datetime = START, **given) -> Occurrence:
    occurrence = Occurrence(
        **{
            "series_id": series.id,
            "key": str(given.get("module_number") or starts_at.date()),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=1),
            "revised_at": MADE,
            "created_at": MADE,
        }
        | given
    )
    session.add(occurrence)
    session.flush()
    return occurrence


def a_person(session: Session, name: str) -> Person:
    person = Person(email=f"{name.lower()}@example.org", name=name, created_at=MADE)
    session.add(person)
    session.flush()
    return person


def a_booking(session: Session, occurrence: Occurrence, member: Person, analyst: Person, **given) -> Booking:
    booking = Booking(
        **{
            "occurrence_id": occurrence.id,
            "member_id": member.id,
            "analyst_id": analyst.id,
            "starts_at": occurrence.starts_at,
            "ends_at": occurrence.starts_at + timedelta(minutes=30),
            "minutes": 30,
            "chose_analyst": True,
            "is_invited": True,
            "revised_at": MADE,
            "created_at": MADE,
        }
        | given
    )
    session.add(booking)
    session.flush()
    return booking


def test_a_meeting_says_its_module_and_how_many_there_are(session):
    series = a_series(session, modules=("Trends", "Organic", "Paid"), kind="masterclass", title="Influencers")
    an_occurrence(session, series, module_number=2)
    (found,) = meeting_rows.meetings(session, *YEAR)
    assert (found.module, found.modules, found.module_title) == (2, 3, "Organic")
    assert found.heading == "Influencers, 2 of 3: Organic"


def test_a_meeting_of_a_series_without_modules_has_none(session):
    an_occurrence(session, a_series(session))
    (found,) = meeting_rows.meetings(session, *YEAR)
    assert (found.module, found.modules, found.module_title) == (None, 0, "")
    assert (found.starts_at, found.ends_at, found.zone) == (START, START + timedelta(hours=1), "Australia/Brisbane")
    assert found.is_cancelled is False


def test_the_occurrences_own_title_and_state_come_before_the_series(session):
    was = START - timedelta(days=1)
    row = an_occurrence(
        session,
        a_series(session),
        title="Open day",
        status="cancelled",
        reason="The host is ill",
        moved_from_at=was,
        sequence=3,
    )
    found = meeting_rows.meeting(session, row.public_id)
    assert found is not None
    assert (found.title, found.series_title) == ("Open day", "Live Member Clinic")
    assert (found.is_cancelled, found.reason, found.moved_from_at) == (True, "The host is ill", was)
    assert (found.sequence, found.revised_at) == (3, MADE)


def test_an_id_that_nothing_has_finds_nothing(session):
    row = an_occurrence(session, a_series(session))
    assert meeting_rows.appointment(session, row.public_id) is None
    assert meeting_rows.meeting(session, a_series(session, "other").public_id) is None


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (START, START + timedelta(seconds=1), 1),
        (START - timedelta(seconds=1), START, 0),
        (START + timedelta(seconds=1), START + timedelta(hours=2), 0),
    ],
)
def test_the_window_is_half_open_and_looks_at_the_start(session, start, end, found):
    an_occurrence(session, a_series(session))
    assert len(meeting_rows.meetings(session, start, end)) == found


def test_meetings_come_by_start_and_then_by_id(session):
    first, second = a_series(session, "a"), a_series(session, "b")
    for series in (second, first):
        for day in (2, 1, 0):
            an_occurrence(session, series, START + timedelta(days=day))
    found = meeting_rows.meetings(session, *YEAR)
    assert len(found) == 6
    assert found == sorted(found, key=lambda meeting: (meeting.starts_at, str(meeting.public_id)))


def test_kinds_series_and_roster_narrow(session):
    clinic, lab = a_series(session, "clinics"), a_series(session, "labs", kind="lab")
    hers, _ = an_occurrence(session, clinic), an_occurrence(session, lab)
    analyst = a_person(session, "Ada")
    session.add(Roster(occurrence_id=hers.id, analyst_id=analyst.id, position=0))
    session.flush()

    def slugs(**narrowed):
        return sorted(meeting.series_slug for meeting in meeting_rows.meetings(session, *YEAR, **narrowed))

    assert slugs() == ["clinics", "labs"]
    assert slugs(kinds=["lab"]) == ["labs"]
    assert slugs(kinds=["lab", "clinic"]) == ["clinics", "labs"]
    assert slugs(kinds=[]) == []
    assert slugs(series_slug="clinics") == ["clinics"]
    assert slugs(analyst_id=analyst.id) == ["clinics"]


def test_an_appointment_has_names_and_its_meeting(session):
    occurrence = an_occurrence(session, a_series(session), title="Open day")
    member, analyst = a_person(session, "Mia"), a_person(session, "Ada")
    row = a_booking(
        session, occurrence, member, analyst, topic="GA4", link="https://example.org/x", sequence=2, outcome="came"
    )
    found = meeting_rows.appointment(session, row.public_id)
    assert found is not None
    assert found.meeting == meeting_rows.meeting(session, occurrence.public_id)
    assert (found.member, found.member_public_id) == ("Mia", member.public_id)
    assert (found.analyst, found.analyst_public_id) == ("Ada", analyst.public_id)
    assert (found.starts_at, found.ends_at, found.minutes) == (START, START + timedelta(minutes=30), 30)
    assert (found.topic, found.link, found.sequence, found.outcome) == ("GA4", "https://example.org/x", 2, "came")
    assert (found.is_cancelled, found.cancelled_by, found.chose_analyst, found.is_invited) == (False, None, True, True)


def test_a_cancelled_appointment_says_who_cancelled_it_and_why(session):
    occurrence = an_occurrence(session, a_series(session))
    row = a_booking(
        session,
        occurrence,
        a_person(session, "Mia"),
        a_person(session, "Ada"),
        status="cancelled",
        cancelled_at=MADE,
        cancelled_by="staff",
        reason="Ill",
        is_late=True,
    )
    (found,) = meeting_rows.appointments(session, occurrence_id=occurrence.id)
    assert found.public_id == row.public_id
    assert (found.is_cancelled, found.cancelled_by, found.reason, found.is_late) == (True, "staff", "Ill", True)


def test_appointments_narrow_by_person_occurrence_and_window(session):
    series = a_series(session)
    monday, tuesday = an_occurrence(session, series), an_occurrence(session, series, START + timedelta(days=1))
    mia, mo, ada = a_person(session, "Mia"), a_person(session, "Mo"), a_person(session, "Ada")
    a_booking(session, tuesday, mia, ada)
    a_booking(session, monday, mo, ada)

    def members(**narrowed):
        return [found.member for found in meeting_rows.appointments(session, **narrowed)]

    assert members() == ["Mo", "Mia"]
    assert members(member_id=mia.id) == ["Mia"]
    assert members(analyst_id=ada.id, start=START, end=START + timedelta(days=1)) == ["Mo"]
    assert members(analyst_id=mia.id) == []
    assert members(occurrence_id=tuesday.id) == ["Mia"]


def test_a_year_is_read_in_one_statement_however_many_rows_it_has(session):
    series = a_series(session, modules=("One", "Two"))
    member, analyst = a_person(session, "Mia"), a_person(session, "Ada")
    for week in range(20):
        row = an_occurrence(session, series, START + timedelta(weeks=week), module_number=1, key=f"k{week}")
        a_booking(session, row, member, analyst)
    statements = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert len(meeting_rows.meetings(session, *YEAR)) == 20
    assert len(statements) == 1
    assert len(meeting_rows.appointments(session, analyst_id=analyst.id)) == 20
    assert len(statements) == 2
