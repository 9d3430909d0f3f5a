"""The figures of the reports: what the database counts of a week that happened."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.domain.reports.figures import AnalystWeek, BadPeriod, ReportFigures, ReportPeriod, WaitlistWeek
from booking.services.bookings.cancel import cancel
from booking.services.bookings.mark_attendance import mark
from booking.services.bookings.on_behalf import cancel_for
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import Offer
from booking.store.feed_fetches import FeedFetch
from booking.store.people.people import Person
from booking.store.programme.attendance import Attendance
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Module, Roster
from booking.store.queries.reports import report_figures
from tests.builders import (
    BRISBANE,
    CLINIC_AT,
    NOW,
    ORGANISATION,
    a_booking,
    a_clinic,
    a_person,
    a_place,
    a_series,
    acting,
    an_occurrence,
)
from tests.databases import Database
from tests.store.plans import plan, statements

DAY, WEEK, MINUTE = timedelta(days=1), timedelta(weeks=1), timedelta(minutes=1)
LATER = CLINIC_AT + 30 * DAY


def figures(session: Session, first: date = date(2023, 12, 4), last: date = date(2023, 12, 17)) -> ReportFigures:
    session.commit()
    return report_figures.figures(session, ReportPeriod(first, last, BRISBANE), ORGANISATION.bookable, LATER)


def test_quarters_offered_and_booked_by_week_and_analyst(session: Session) -> None:
    first = a_clinic(session, analysts=2)
    second = a_clinic(session, starts_at=CLINIC_AT + WEEK)
    a_clinic(session, starts_at=CLINIC_AT + 2 * WEEK)  # after the period
    cancelled = a_clinic(session, starts_at=CLINIC_AT + DAY, status="cancelled", reason="Holiday")
    ada, ben = (one.analyst for one in first.roster)
    ada.name, ben.name = "Ada", "Ben"
    second.roster[0].analyst.name = "Caz"
    a_booking(session, first, minutes=30, analyst=ada.public_id)
    gone = a_booking(session, first, after_minutes=30, analyst=ada.public_id)
    cancel(acting(session, Actor.member(gone.member_id)), gone.public_id)
    off = an_occurrence(session, a_series(session), [ben], CLINIC_AT + 2 * DAY)
    session.get_one(Roster, (off.id, ben.id)).is_away = True
    assert cancelled.id
    found = figures(session).weeks
    assert [(one.week, one.analyst, one.offered, one.booked, one.bookings) for one in found] == [
        (0, "Ada", 4, 2, 1),
        (0, "Ben", 4, 0, 0),
        (1, "Caz", 4, 0, 0),
    ]
    assert [one.cancelled_by_member for one in found] == [1, 0, 0]


def test_a_day_belongs_to_the_week_of_the_programmes_clock(session: Session) -> None:
    a_clinic(session, starts_at=CLINIC_AT.replace(hour=13, minute=30) - DAY)  # 11:30 pm on Sunday in Brisbane
    a_clinic(session, starts_at=CLINIC_AT.replace(hour=14, minute=0) - DAY)  # midnight
    assert [one.week for one in figures(session, date(2023, 11, 27)).weeks] == [0, 1]
    assert [one.week for one in figures(session).weeks] == [0]
    assert figures(session, last=date(2023, 12, 4)).weeks != []
    assert figures(session, date(2023, 12, 5)).weeks == []


def test_how_visits_went_and_how_late_they_began(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    ada = clinic.roster[0].analyst
    came, missed, late, early = (
        a_booking(session, clinic, after_minutes=15 * n, analyst=ada.public_id) for n in range(4)
    )
    other = a_booking(session, clinic, analyst=clinic.roster[1].analyst.public_id)
    cancel_for(acting(session, Actor.staff(ada.id)), other.public_id, "Ill.")
    staff = acting(session, Actor.staff(ada.id), CLINIC_AT + 59 * MINUTE)
    mark(staff, came.public_id, "came")
    mark(staff, missed.public_id, "no-show")
    for booking, minutes in ((came, 2), (late, 5), (early, -3)):
        session.get_one(Booking, booking.id).began_at = booking.starts_at + minutes * MINUTE
    session.commit()
    weeks = {one.analyst_id: one for one in figures(session).weeks}
    seconds = 7 * 60
    assert weeks.pop(ada.id) == AnalystWeek(0, ada.id, ada.name, 4, 4, 4, 1, 1, 0, 0, 0, 3, 1, seconds, 2)
    assert [(one.bookings, one.cancelled_by_us) for one in weeks.values()] == [(0, 1)]


def test_lead_times_fall_into_their_buckets(session: Session) -> None:
    clinic = a_clinic(session, analysts=2)
    hours = (0.5, 1, 23, 24, 100, 168, 400)
    analysts = [one.analyst.public_id for one in clinic.roster]
    for n, ahead in enumerate(hours):
        booking = a_booking(session, clinic, after_minutes=15 * (n % 4), analyst=analysts[n // 4])
        session.get_one(Booking, booking.id).created_at = booking.starts_at - timedelta(hours=ahead)
    assert figures(session).lead == [1, 2, 1, 1, 1, 1]


def test_who_joined_the_waitlist_and_what_became_of_offers(session: Session) -> None:
    clinic = a_clinic(session)
    analyst = clinic.roster[0].analyst_id
    for status in ("accepted", "declined", "lapsed", "lapsed", "gone"):
        place = a_place(session, clinic, a_person(session))
        values = {"minutes": 15, "lapses_at": NOW, "created_at": NOW, "ended_at": NOW, "starts_at": CLINIC_AT}
        session.add(
            Offer(
                member_id=place.member_id,
                waiting_id=place.id,
                occurrence_id=clinic.id,
                analyst_id=analyst,
                status=status,
                **values,
            )
        )
    a_place(session, a_clinic(session, starts_at=CLINIC_AT + WEEK), a_person(session))
    assert figures(session).waitlist == [WaitlistWeek(0, 5, 5, 1, 1, 2), WaitlistWeek(1, joined=1)]


def test_enrolment_and_attendance_by_module(session: Session) -> None:
    series = a_series(session, kind="masterclass", title="Search", modules=[Module(number=1, title="Accounts")])
    lab = a_series(session, kind="lab", title="A lab")
    first, second = (
        an_occurrence(session, series, (), CLINIC_AT + n * WEEK, module_number=n + 1, key=f"m{n}") for n in range(2)
    )
    date_of_lab = an_occurrence(session, lab)
    an_occurrence(session, lab, (), LATER, key="not over")
    people = [a_person(session) for _ in range(4)]

    def enrolled(person: Person, series_id: int, occurrence_id: int | None = None, *, has_left: bool = False) -> None:
        values = {"revised_at": NOW, "created_at": NOW, "left_at": NOW if has_left else None}
        session.add(Enrolment(member_id=person.id, series_id=series_id, occurrence_id=occurrence_id, **values))

    enrolled(people[0], series.id)
    enrolled(people[1], series.id)
    enrolled(people[2], series.id, second.id)
    enrolled(people[3], series.id, has_left=True)
    enrolled(people[3], lab.id, date_of_lab.id)
    for occurrence, person in ((first, people[0]), (second, people[0]), (second, people[2])):
        session.add(Attendance(occurrence_id=occurrence.id, member_id=person.id, marked_at=NOW))
    found = figures(session, last=date(2024, 1, 31)).modules
    assert [(one.series, one.module, one.module_title, one.dates, one.enrolled, one.came) for one in found] == [
        ("A lab", None, "", 1, 1, 0),
        ("Search", 1, "Accounts", 1, 2, 1),
        ("Search", 2, "", 1, 3, 2),
    ]


def test_calendars_in_use_are_counted_by_sort(session: Session) -> None:
    mia = a_person(session)
    for address, days, person_id in (
        ("clinics", 1, None),
        ("labs", 20, None),
        (f"member/{mia.id}/0", 0, mia.id),
        ("member/2/0", 2, None),
        (f"analyst/{mia.id}/0", 3, mia.id),
    ):
        session.add(FeedFetch(address=address, person_id=person_id, fetched_at=LATER - days * DAY))
    found = [(one.calendar, one.count) for one in figures(session).calendars]
    assert found == [("Analysts’ own calendars", 1), ("clinics", 1), ("Members’ own calendars", 2)]


def test_nothing_at_all_is_reported_on_too_and_a_wrong_period_is_refused(session: Session) -> None:
    found = figures(session)
    assert (found.weeks, sum(found.lead), found.modules, found.calendars) == ([], 0, [], [])
    with pytest.raises(BadPeriod):
        figures(session, date(2023, 1, 1), date(2024, 6, 1))


def test_a_year_takes_as_many_statements_as_a_day_each_from_an_index(database: Database, session: Session) -> None:
    a_booking(session, a_clinic(session))
    counts = []
    for first, last in ((date(2023, 12, 4), date(2023, 12, 4)), (date(2023, 1, 2), date(2023, 12, 31))):
        with statements(database) as seen:
            figures(session, first, last)
        counts.append(len(seen))
    session.commit()
    assert counts == [9, 9]
    for statement, parameters in seen:
        if "booking" in statement and "offer" not in statement:
            shown = plan(database, statement, parameters)
            # which index PostgreSQL prefers depends on what it still knows of the rows of other tests
            wanted = "ix_booking_starts_at" if database.name == "sqlite" else "ix_booking_"
            assert wanted in shown, statement
