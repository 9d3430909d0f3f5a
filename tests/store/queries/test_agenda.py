"""What an analyst's days are made of, read in a number of statements that does not grow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.domain.bookings import day_agenda
from booking.domain.bookings.day_agenda import AgendaVisit, Staffed
from booking.domain.people.actor import Actor
from booking.services.bookings.cancel import cancel
from booking.services.bookings.mark_attendance import mark
from booking.store.people.people import Person
from booking.store.programme.programme import CANCELLED, Programme
from booking.store.queries.bookings import agenda_rows
from tests.builders import CLINIC_AT, NOW, ORGANISATION, a_booking, a_person, a_series, acting, an_occurrence

SYDNEY = "Australia/Sydney"
WEEK = timedelta(days=7)


def read(session: Session, analyst: Person, day: date = date(2023, 12, 4), now: datetime = NOW) -> list[Staffed]:
    start, end = day_agenda.bounds(day, day, analyst.time_zone or "Australia/Brisbane")
    return agenda_rows.staffed(session, analyst.id, (start, end), ORGANISATION, now)


def a_team(session: Session, count: int = 2) -> list[Person]:
    session.get_one(Programme, 1).uid_domain = "booking.example.org"
    return [a_person(session, roles=["analyst"]) for _ in range(count)]


def rows(found: Staffed) -> list[str]:
    return [row.member if isinstance(row, AgendaVisit) else "free" for row in found.rows]


def test_the_day_holds_the_analysts_bookings_and_gaps_and_whether_colleagues_are_free(session: Session) -> None:
    ana, ben = a_team(session)
    clinic = an_occurrence(session, a_series(session, [ana, ben]), [ana, ben])
    kim, ros = a_person(session, "Kim Lee"), a_person(session, "Ros Diaz")
    a_booking(session, clinic, kim, after_minutes=15, minutes=30, analyst=ana.public_id, topic="GA4")
    a_booking(session, clinic, ros, after_minutes=30, analyst=ben.public_id, topic="private to Ben")
    found = read(session, ana)
    assert [rows(one) for one in found] == [["free", "Kim Lee", "free"]]
    assert found[0].visits[0].topic == "GA4"
    assert [(other.name, [taken for _, taken in other.quarters]) for other in found[0].colleagues] == [
        (ben.name, [False, False, True, False])
    ]
    assert "private to Ben" not in repr(found)


def test_cancelled_bookings_leave_their_quarters_free_and_a_cancelled_occurrence_has_no_rows(session: Session) -> None:
    (ana,) = a_team(session, 1)
    series = a_series(session, [ana])
    clinic = an_occurrence(session, series, [ana])
    off = an_occurrence(session, series, [ana], CLINIC_AT + timedelta(hours=2), key="off", status=CANCELLED)
    booking = a_booking(session, clinic)
    cancel(acting(session, Actor.link()), booking.public_id)
    found = read(session, ana)
    assert [one.meeting.public_id for one in found] == [clinic.public_id, off.public_id]
    assert [rows(one) for one in found] == [["free"] * 4, []]


def test_what_has_no_slots_is_shown_without_rows_and_others_occurrences_are_not(session: Session) -> None:
    ana, ben = a_team(session)
    lab = an_occurrence(session, a_series(session, [ana], kind="lab"), [ana])
    an_occurrence(session, a_series(session, [ben]), [ben])
    found = read(session, ana)
    assert [(one.meeting.public_id, one.rows) for one in found] == [(lab.public_id, ())]


def test_a_quarter_booked_in_another_occurrence_at_the_same_time_is_not_free(session: Session) -> None:
    (ana,) = a_team(session, 1)
    one = an_occurrence(session, a_series(session, [ana]), [ana])
    an_occurrence(session, a_series(session, [ana]), [ana])
    a_booking(session, one, a_person(session, "Kim Lee"))
    assert sorted(map(rows, read(session, ana))) == [["Kim Lee", "free", "free", "free"], ["free", "free", "free"]]


def test_whoever_is_off_the_roster_still_sees_who_is_booked_and_nothing_is_free(session: Session) -> None:
    ana, ben = a_team(session)
    clinic = an_occurrence(session, a_series(session, [ana, ben]), [ana, ben])
    a_booking(session, clinic, a_person(session, "Kim Lee"), analyst=ana.public_id)
    clinic.roster = clinic.roster[1:]
    session.commit()
    assert [rows(one) for one in read(session, ana)] == [["Kim Lee"]]


def test_a_slot_after_midnight_belongs_to_the_day_on_which_its_occurrence_began(session: Session) -> None:
    (ana,) = a_team(session, 1)
    starts_at = datetime(2023, 12, 4, 13, 30, tzinfo=UTC)  # 23:30 in Brisbane
    clinic = an_occurrence(session, a_series(session, [ana]), [ana], starts_at)
    a_booking(session, clinic, a_person(session, "Kim Lee"), after_minutes=45, now=starts_at - timedelta(days=2))
    assert [rows(one) for one in read(session, ana)] == [["free", "free", "free", "Kim Lee"]]
    assert read(session, ana, date(2023, 12, 5)) == []


def test_a_day_across_a_clock_change_holds_its_own_hours_and_no_others(session: Session) -> None:
    (ana,) = a_team(session, 1)
    ana.time_zone = SYDNEY
    series = a_series(session, [ana])
    # 4 October 2026 in Sydney runs from 14:00 to 13:00 UTC.
    for hour, key in ((13, "before"), (14, "first"), (36, "last"), (37, "after")):
        at = datetime(2026, 10, 3, tzinfo=UTC) + timedelta(hours=hour)
        an_occurrence(session, series, [ana], at, key=key)
    found = read(session, ana, date(2026, 10, 4))
    assert [one.meeting.starts_at.hour for one in found] == [14, 12]


def test_the_last_time_is_the_latest_slot_before_to_which_the_member_came(session: Session) -> None:
    ana, ben = a_team(session)
    series = a_series(session, [ana, ben])
    kim = a_person(session, "Kim Lee")
    for weeks, outcome in ((-4, "came"), (-3, None), (-2, "no-show"), (-1, "cancelled")):
        starts_at = CLINIC_AT + weeks * WEEK
        clinic = an_occurrence(session, series, [ana, ben], starts_at)
        booking = a_booking(session, clinic, kim, now=starts_at - timedelta(days=1), analyst=ben.public_id)
        if outcome == "cancelled":
            cancel(acting(session, Actor.link(), starts_at - timedelta(hours=3)), booking.public_id)
        elif outcome is not None:
            mark(acting(session, Actor.staff(ben.id), starts_at), booking.public_id, outcome)
    today = an_occurrence(session, series, [ana, ben])
    a_booking(session, today, kim, analyst=ana.public_id)
    a_booking(session, today, a_person(session, "New Member"), after_minutes=15, analyst=ana.public_id)
    seen, new = read(session, ana)[0].visits
    assert seen.last is not None
    assert (seen.last.starts_at, seen.last.analyst) == (CLINIC_AT - 3 * WEEK, ben.name)
    assert new.last is None


def test_a_slot_that_is_still_to_come_is_not_a_last_time(session: Session) -> None:
    (ana,) = a_team(session, 1)
    series = a_series(session, [ana])
    kim = a_person(session)
    for starts_at in (CLINIC_AT, CLINIC_AT + WEEK):
        a_booking(session, an_occurrence(session, series, [ana], starts_at), kim)
    later = date(2023, 12, 11)
    assert read(session, ana, later)[0].visits[0].last is None
    known = read(session, ana, later, now=CLINIC_AT + timedelta(hours=1))[0].visits[0].last
    assert known is not None
    assert known.starts_at == CLINIC_AT


def test_the_next_day_that_has_something_is_one_that_takes_place(session: Session) -> None:
    ana, ben = a_team(session)
    series = a_series(session, [ana, ben])
    an_occurrence(session, series, [ben], CLINIC_AT)
    an_occurrence(session, series, [ana], CLINIC_AT + WEEK, status=CANCELLED)
    an_occurrence(session, series, [ana], CLINIC_AT + 2 * WEEK)
    assert agenda_rows.next_at(session, ana.id, NOW) == CLINIC_AT + 2 * WEEK
    assert agenda_rows.next_at(session, ana.id, CLINIC_AT + 2 * WEEK) == CLINIC_AT + 2 * WEEK
    assert agenda_rows.next_at(session, ana.id, CLINIC_AT + 3 * WEEK) is None


def test_a_full_week_takes_no_more_statements_than_one_booking(session: Session) -> None:
    (ana,) = a_team(session, 1)
    series = a_series(session, [ana])

    def statements() -> int:
        session.commit()
        analyst_id = ana.id
        seen: list[str] = []

        def note(_connection, _cursor, statement: str, *_: object) -> None:
            seen.extend([statement] if "SELECT" in statement else [])

        event.listen(session.get_bind(), "before_cursor_execute", note)
        agenda_rows.staffed(session, analyst_id, (NOW, NOW + 2 * WEEK), ORGANISATION, NOW)
        event.remove(session.get_bind(), "before_cursor_execute", note)
        return len(seen)

    a_booking(session, an_occurrence(session, series, [ana]))
    few = statements()
    for day in range(1, 5):
        clinic = an_occurrence(session, series, [ana], CLINIC_AT + timedelta(days=day))
        for quarter in range(4):
            a_booking(session, clinic, after_minutes=15 * quarter)
    assert statements() == few <= 6
