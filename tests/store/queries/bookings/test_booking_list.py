"""The list of everybody's bookings: what each filter finds, in which order, page by page, and by which index."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from booking.domain.enums.bookings import BookingStatus, VisitOutcome
from booking.store.bookings.bookings import Booking
from booking.store.db.base import new_public_id, table_of
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import booking_list
from booking.store.queries.bookings.booking_list import BookingFilter, ListedBooking
from tests.builders import CLINIC_AT, NOW, a_clinic, a_person
from tests.databases import Database
from tests.store.plans import plan, statements

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
MANY = 6000


def rows(session: Session, occurrence: Occurrence, member: Person, *several: dict[str, Any]) -> None:
    """Bookings stored as they are, 15 minutes at the occurrence's start unless they say otherwise."""
    common = {
        "occurrence_id": occurrence.id, "member_id": member.id, "analyst_id": occurrence.roster[0].analyst_id,
        "starts_at": occurrence.starts_at, "minutes": 15, "chose_analyst": False, "is_invited": False, "topic": "",
        "link": "", "status": "confirmed", "cancelled_at": None, "cancelled_by": None, "outcome": None, "sequence": 0,
        "revised_at": NOW, "created_at": NOW, "is_late": False, "reason": "",
    }  # fmt: skip
    filled = [{**common, "public_id": new_public_id(), **one} for one in several]
    values = [{"ends_at": one["starts_at"] + timedelta(minutes=one["minutes"]), **one} for one in filled]
    session.connection().execute(insert(table_of(Booking)), values)
    session.commit()


def everything(session: Session, **narrowed: Any) -> list[ListedBooking]:
    return booking_list.page(session, BookingFilter(**narrowed), None, 100)


def starts(session: Session, **narrowed: Any) -> list[int]:
    """The days after the clinic's on which the found bookings start, in the order of the list."""
    return [(one.starts_at - CLINIC_AT).days for one in everything(session, **narrowed)]


def days(*several: int, **values: Any) -> list[dict[str, Any]]:
    return [{"starts_at": CLINIC_AT + day * DAY, **values} for day in several]


def test_a_line_says_everything_of_its_booking(session: Session) -> None:
    clinic = a_clinic(session, title="Open day")
    mia = a_person(session, "Mia Moss")
    cancelled = {"status": "cancelled", "cancelled_by": "staff", "cancelled_at": NOW, "minutes": 30}
    rows(session, clinic, mia, cancelled)
    (found,) = everything(session)
    assert found == ListedBooking(
        id=found.id,
        public_id=found.public_id,
        starts_at=CLINIC_AT,
        ends_at=CLINIC_AT + timedelta(minutes=30),
        minutes=30,
        zone="Australia/Brisbane",
        occurrence_public_id=clinic.public_id,
        title="Open day",
        analyst=clinic.roster[0].analyst.name,
        member="Mia Moss",
        member_email="mia.moss@example.org",
        member_public_id=mia.public_id,
        status="cancelled",
        cancelled_by="staff",
        outcome=None,
    )


def test_the_earliest_come_first_from_a_day_on_and_else_the_latest(session: Session) -> None:
    rows(session, a_clinic(session), a_person(session), *days(2, 0, 1))
    assert starts(session, since=CLINIC_AT) == [0, 1, 2]
    assert starts(session) == [2, 1, 0]
    assert starts(session, until=CLINIC_AT + 2 * DAY) == [1, 0]
    assert starts(session, since=CLINIC_AT + DAY, until=CLINIC_AT + 2 * DAY) == [1]


def test_each_filter_narrows_and_all_of_them_together(session: Session) -> None:
    clinic, other = a_clinic(session), a_clinic(session)
    mia, max_ = a_person(session, "Mia"), a_person(session, "Max")
    cancelled = {"status": "cancelled", "cancelled_by": "member", "cancelled_at": NOW}
    rows(session, clinic, mia, *days(0, outcome="came"), *days(1, outcome="no-show"), *days(2), *days(3, **cancelled))
    rows(session, other, max_, *days(4), *days(5, outcome="came"))
    of_clinic = {"since": CLINIC_AT, "series_id": clinic.series_id}
    assert starts(session, **of_clinic) == [0, 1, 2, 3]
    assert starts(session, since=CLINIC_AT, analyst_id=other.roster[0].analyst_id) == [4, 5]
    assert starts(session, since=CLINIC_AT, member_ids=(mia.id,)) == [0, 1, 2, 3]
    assert starts(session, since=CLINIC_AT, member_ids=(max_.id, mia.id)) == [0, 1, 2, 3, 4, 5]
    assert starts(session, member_ids=()) == []
    assert starts(session, status=BookingStatus.CANCELLED) == [3]
    assert starts(session, since=CLINIC_AT, outcome=VisitOutcome.CAME) == [0, 5]
    assert starts(session, outcome=VisitOutcome.NO_SHOW) == [1]
    assert starts(session, not_marked_at=CLINIC_AT + 3 * DAY) == [2]
    all_of = {"analyst_id": clinic.roster[0].analyst_id, "member_ids": (mia.id,), "outcome": VisitOutcome.CAME}
    assert starts(session, until=CLINIC_AT + DAY, status=BookingStatus.CONFIRMED, **of_clinic, **all_of) == [0]


@pytest.mark.parametrize("since", [CLINIC_AT, None])
def test_pages_follow_each_other_without_a_gap_where_many_start_at_once(session: Session, since: Any) -> None:
    rows(session, a_clinic(session), a_person(session), *days(*[0] * 5, *[1] * 5))
    narrowed, found, after = BookingFilter(since=since), [], None
    while part := booking_list.page(session, narrowed, after, 3):
        found += part
        after = part[-1].place
    assert found == everything(session, since=since)
    assert len({one.id for one in found}) == 10
    order = [one.place for one in found]
    assert all(one < other if since else one > other for one, other in pairwise(order))


def test_staff_can_change_what_is_neither_cancelled_nor_marked_nor_over(session: Session) -> None:
    clinic = a_clinic(session)
    cancelled = {"status": "cancelled", "cancelled_by": "staff", "cancelled_at": NOW}
    rows(session, clinic, a_person(session), *days(0), *days(1, outcome="came"), *days(2, **cancelled), *days(3))
    found = everything(session, since=CLINIC_AT)
    assert [one.may_change(CLINIC_AT + QUARTER) for one in found] == [False, False, False, True]
    assert found[0].may_change(CLINIC_AT + QUARTER - timedelta(seconds=1))


def test_choices_are_bookable_series_and_everybody_whom_a_booking_was_with(session: Session) -> None:
    assert booking_list.analysts(session) == []
    clinics = [a_clinic(session, title=title) for title in ("B", "A")]
    a_clinic(session)  # nobody has booked with its analyst
    for clinic in clinics:
        rows(session, clinic, a_person(session), *days(0, 1))
    staffed = sorted((clinic.roster[0].analyst for clinic in clinics), key=lambda analyst: (analyst.name, analyst.id))
    assert [one.id for one in booking_list.analysts(session)] == [analyst.id for analyst in staffed]
    assert {one.id for one in booking_list.series(session, {"clinic"})} >= {clinic.series_id for clinic in clinics}
    assert booking_list.series(session, {"lab"}) == []


def many(session: Session) -> Occurrence:
    """A quarter of an hour booked after another, of many members with a few analysts."""
    clinics = [a_clinic(session) for _ in range(6)]
    members = [a_person(session) for _ in range(200)]
    of_clinic = [(clinic.id, clinic.roster[0].analyst_id) for clinic in clinics]
    several = []
    for n in range(MANY):
        occurrence_id, analyst_id = of_clinic[n % len(of_clinic)]
        more = {"occurrence_id": occurrence_id, "analyst_id": analyst_id, "member_id": members[n % len(members)].id}
        outcome = ("came", "came", "no-show", None)[n % 4]
        several.append({"starts_at": CLINIC_AT + n * QUARTER, "outcome": outcome, **more})
    rows(session, clinics[0], members[0], *several)
    if session.get_bind().dialect.name == "postgresql":
        for name in ("booking", "occurrence", "person"):
            session.execute(text(f"ANALYZE {name}"))  # as it does by itself; nobody does on SQLite
        session.commit()
    return clinics[0]


def test_no_filter_reads_or_sorts_all_bookings(database: Database, session: Session) -> None:
    clinic = many(session)
    analyst_id, member = clinic.roster[0].analyst_id, everything(session)[0]
    later = {"since": CLINIC_AT + 20 * DAY}
    with statements(database) as asked:
        for narrowed in (
            {},
            later,
            {"until": CLINIC_AT + 20 * DAY},
            {**later, "until": CLINIC_AT + 22 * DAY},
            {"status": BookingStatus.CANCELLED},
            {"outcome": VisitOutcome.NO_SHOW, **later},
            {"not_marked_at": CLINIC_AT + 30 * DAY, **later},
            {"series_id": clinic.series_id, **later},
            {"analyst_id": analyst_id},
            {"analyst_id": analyst_id, "series_id": clinic.series_id, "status": BookingStatus.CONFIRMED},
            {"member_ids": (member.id, member.id + 1), **later},
        ):
            wanted = BookingFilter(**narrowed)
            booking_list.page(session, wanted, None, 61)
            booking_list.page(session, wanted, (CLINIC_AT + 21 * DAY, 5), 61)
        booking_list.analysts(session)
    assert len(asked) == 23
    whole = r"SCAN booking\b(?! USING)" if database.name == "sqlite" else r"Seq Scan on booking"
    plans = [plan(database, *one) for one in asked]
    assert [one for one in plans if re.search(whole, one)] == []
    by_start = r"booking USING (COVERING )?INDEX ix_booking_starts_at|Index (Only )?Scan.* using ix_booking_starts_at"
    assert all(re.search(by_start, one) for one in plans[:16])
