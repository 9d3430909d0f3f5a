"""Every suggestion, when asked for, books: whatever the member holds, whatever the policy, whatever the hour."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings.timetable import Timetable
from booking.domain.organisation import Organisation
from booking.domain.people.actor import Actor
from booking.services.bookings import book, move
from booking.services.bookings.book import BookingRequest
from booking.store.bookings.bookings import NO_SHOW, Booking
from booking.store.programme.programme import Occurrence
from booking.store.queries.bookings import slot_search
from booking.store.queries.bookings.slot_search import Search
from tests.builders import CLINIC_AT, NOW, a_booking, a_clinic, a_person, acting, an_organisation
from tests.databases import migrated

LIMITS = st.sampled_from([0, 1, 2])
POLICIES = st.fixed_dictionaries(
    {
        "per_occurrence": LIMITS,
        "upcoming": LIMITS,
        "per_week": LIMITS,
        "no_shows": LIMITS,
        "last_hour_minutes": st.sampled_from([0, 60, 24 * 60]),
        "notice_minutes": st.sampled_from([0, 10, 60]),
        "horizon_days": st.sampled_from([1, 8, 28]),
    }
)
#: Nine clinics: on the same day, in the same week, the week after, and later.
DAYS = (0, 0, 1, 3, 6, 7, 8, 14, 21)
SLOTS = st.tuples(st.integers(0, len(DAYS) - 1), st.integers(0, 3))
NOWS = st.sampled_from([NOW, CLINIC_AT - timedelta(minutes=90), CLINIC_AT - timedelta(minutes=30), CLINIC_AT])


def clinics(session: Session) -> list[Occurrence]:
    found = []
    for number, days in enumerate(DAYS):
        starts_at = CLINIC_AT + timedelta(days=days, minutes=30 * (number % 2))
        found.append(a_clinic(session, 1 + number % 2, starts_at))
    return found


def state(session: Session, own: set[tuple[int, int]], others: set[tuple[int, int]], missed: int, **fields: Any) -> int:
    """A member with these bookings among everybody else's; their id."""
    where = clinics(session)
    member = a_person(session, **fields)
    for n in range(missed):
        at = NOW - timedelta(days=n + 1)
        row = a_booking(session, a_clinic(session, starts_at=at), member, now=at - timedelta(days=1))
        row.outcome = NO_SHOW
    free_for_all = an_organisation(upcoming=0, per_occurrence=0, per_week=0, no_shows=0)
    session.commit()
    for people, wanted in (((member,), own), (None, others)):
        for clinic, quarter in sorted(wanted):
            who = people[0] if people else a_person(session)
            session.commit()
            at = where[clinic].starts_at + timedelta(minutes=15 * quarter)
            try:
                book.book(
                    acting(session, Actor.member(who.id), organisation=free_for_all),
                    BookingRequest(where[clinic].public_id, at, 15),
                )
            except errors.Refusal:
                continue
    return member.id


def suggested(search: Search, occurrence: Occurrence, minutes: int) -> list[tuple[Timetable, Any]]:
    near = search.nearest(occurrence.public_id, minutes, CLINIC_AT + timedelta(minutes=15))
    here = [(near[0], slot) for slot in near[1]] if near is not None else []
    return here + search.elsewhere(occurrence.public_id, minutes)


def would_book(session: Session, request: BookingRequest, member_id: int, rules: Organisation, now: datetime) -> None:
    """Book for real, and take it back: the service without its commit."""
    book.book.__wrapped__(acting(session, Actor.member(member_id), now, rules), request)  # type: ignore[attr-defined]
    session.rollback()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    policy=POLICIES,
    own=st.sets(SLOTS, max_size=3),
    others=st.sets(SLOTS, max_size=8),
    missed=st.integers(0, 2),
    until=st.sampled_from([None, date(2023, 12, 4), date(2023, 12, 12)]),
    minutes=st.sampled_from([15, 30]),
    now=NOWS,
)
def test_every_suggestion_books_when_it_is_asked_for(
    policy: dict[str, Any],
    own: set[tuple[int, int]],
    others: set[tuple[int, int]],
    missed: int,
    until: date | None,
    minutes: int,
    now: datetime,
) -> None:
    database, organisation = migrated("sqlite"), an_organisation(**policy)
    database.empty()
    with database.sessions() as session:
        member_id = state(session, own, others, missed, member_until=until)
        wanted = session.query(Occurrence).filter(Occurrence.starts_at >= CLINIC_AT).order_by(Occurrence.id).first()
        assert wanted is not None
        session.commit()
        search = slot_search.for_member(session, member_id, organisation, now)
        for found, slot in suggested(search, wanted, minutes):
            request = BookingRequest(found.public_id, slot.starts_at, minutes)
            would_book(session, request, member_id, organisation, now)
        booking = session.query(Booking).filter(Booking.member_id == member_id, Booking.starts_at > now).first()
        if booking is None:
            return
        search = slot_search.for_member(session, member_id, organisation, now, booking.id)
        for found, slot in suggested(search, wanted, minutes):
            request = BookingRequest(found.public_id, slot.starts_at, minutes)
            public_id = booking.public_id
            context = acting(session, Actor.link(), now, organisation)
            move.move.__wrapped__(context, public_id, request)  # type: ignore[attr-defined]
            session.rollback()


def test_a_lapsed_membership_a_weekly_limit_and_ones_own_time_leave_nothing_that_would_be_refused() -> None:
    database = migrated("sqlite")
    database.empty()
    with database.sessions() as session:
        first, same_time, same_week, next_week, too_late = (
            a_clinic(session, starts_at=CLINIC_AT + timedelta(days=days)) for days in (0, 0, 2, 7, 14)
        )
        member = a_person(session, member_until=date(2023, 12, 12))
        a_booking(session, first, member, minutes=30)
        rules = an_organisation(per_week=1)
        found = slot_search.for_member(session, member.id, rules, NOW).elsewhere(first.public_id, 15)
        assert [one.public_id for one, _ in found] == [next_week.public_id]
        no_week = slot_search.for_member(session, member.id, an_organisation(), NOW).elsewhere(first.public_id, 15)
        assert [(one.public_id, slot.starts_at) for one, slot in no_week] == [
            (same_time.public_id, CLINIC_AT + timedelta(minutes=30)),
            (same_week.public_id, same_week.starts_at),
            (next_week.public_id, next_week.starts_at),
        ]
        assert too_late.public_id not in {one.public_id for one, _ in no_week}
