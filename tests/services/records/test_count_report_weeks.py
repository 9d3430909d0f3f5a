"""Weeks of the reports that are kept: what is read of them is always what a fresh count says."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from booking.domain.people.actor import Actor
from booking.domain.reports.figures import ReportFigures, ReportPeriod
from booking.services.action_context import ActionContext
from booking.services.records.count_report_weeks import SETTLING, count_report_week, prepare_report_weeks
from booking.store import report_weeks
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import Base
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Roster, Series
from booking.store.queries.reports import report_figures
from booking.store.report_weeks import ReportWeek
from tests import long_form
from tests.builders import BRISBANE, CLINIC_AT, NOW, ORGANISATION, a_person, a_series, acting, an_occurrence
from tests.databases import Database

Row = TypeVar("Row", bound=Base)
DAY, WEEK, QUARTER = timedelta(days=1), timedelta(weeks=1), timedelta(minutes=15)
WEEKS = 4
LATER = CLINIC_AT + (WEEKS + 1) * WEEK
PERIOD = ReportPeriod(date(2023, 12, 4), date(2023, 12, 4) + WEEKS * WEEK - DAY, BRISBANE)


def service(session: Session, minutes: int = 0) -> ActionContext:
    return acting(session, Actor.system(), LATER + timedelta(minutes=minutes))


def count_all(session: Session) -> None:
    """What the worker does: prepare, let it settle, count week after week."""
    prepare_report_weeks(service(session))
    for _ in range(20):
        if not count_report_week(service(session, minutes=10)):
            return
    raise AssertionError("there is no end to the weeks that are to be counted")


def kept(session: Session) -> int:
    """How many weeks are counted now."""
    found = session.scalar(select(func.count()).select_from(ReportWeek).where(ReportWeek.figures.is_not(None)))
    session.rollback()
    return found or 0


def read(session: Session, period: ReportPeriod = PERIOD) -> ReportFigures:
    return report_figures.figures(session, period, ORGANISATION.bookable, LATER)


def check(session: Session, period: ReportPeriod = PERIOD) -> ReportFigures:
    """What is read is what is counted where nothing is kept."""
    session.commit()
    found = read(session, period)
    session.execute(delete(ReportWeek))
    assert found == read(session, period)
    session.rollback()
    return found


def one_of(session: Session, rng: random.Random, table: type[Row]) -> Row | None:
    """A row of that table, by chance; None where it is empty."""
    rows = list(session.scalars(select(table)))
    return (
        rng.choice(sorted(rows, key=lambda row: str(row.__mapper__.primary_key_from_instance(row)))) if rows else None
    )


def at_random(rng: random.Random) -> timedelta:
    return rng.randrange(WEEKS) * WEEK + rng.randrange(7) * DAY + rng.randrange(96) * QUARTER


def add_occurrence(session: Session, rng: random.Random) -> None:
    team = list(session.scalars(select(Person).order_by(Person.id)))[:3]
    made = an_occurrence(
        session,
        one_of(session, rng, Series) or a_series(session),
        rng.sample(team, rng.randrange(1, 3)),
        CLINIC_AT - DAY + at_random(rng),
        key=str(rng.random()),
    )
    session.commit()
    for _ in range(rng.randrange(4)):
        add_booking(session, rng, made)


def add_booking(session: Session, rng: random.Random, occurrence: Occurrence | None = None) -> None:
    occurrence = occurrence or one_of(session, rng, Occurrence)
    assert occurrence is not None
    people = list(session.scalars(select(Person.id).order_by(Person.id)))
    starts_at = occurrence.starts_at + rng.randrange(4) * QUARTER
    is_cancelled = rng.random() < 0.3
    session.add(
        Booking(
            occurrence_id=occurrence.id,
            analyst_id=rng.choice(people[:3]),
            member_id=rng.choice(people[3:]),
            starts_at=starts_at,
            ends_at=starts_at + QUARTER,
            minutes=15,
            chose_analyst=False,
            is_invited=False,
            status="cancelled" if is_cancelled else "confirmed",
            cancelled_at=NOW if is_cancelled else None,
            cancelled_by=rng.choice(("member", "staff")) if is_cancelled else None,
            is_late=is_cancelled and rng.random() < 0.5,
            outcome=None if is_cancelled else rng.choice((None, "came", "no-show")),
            began_at=None if is_cancelled else rng.choice((None, starts_at + timedelta(minutes=rng.randrange(-5, 12)))),
            revised_at=NOW,
            created_at=starts_at - rng.randrange(1, 500) * timedelta(hours=1),
        )
    )


def add_wait(session: Session, rng: random.Random) -> None:
    occurrence = one_of(session, rng, Occurrence)
    assert occurrence is not None
    member = a_person(session)
    session.flush()
    place = WaitlistEntry(occurrence_id=occurrence.id, member_id=member.id, minutes=15, joined_at=NOW)
    session.add(place)
    session.flush()
    if rng.random() < 0.7:
        status = rng.choice(("open", "accepted", "declined", "lapsed"))
        session.add(
            Offer(
                member_id=member.id,
                waiting_id=place.id,
                occurrence_id=occurrence.id,
                analyst_id=occurrence.roster[0].analyst_id if occurrence.roster else member.id,
                status=status,
                minutes=15,
                starts_at=occurrence.starts_at,
                lapses_at=NOW,
                created_at=NOW,
                ended_at=None if status == "open" else NOW,
            )
        )


def change_booking(session: Session, rng: random.Random) -> None:
    booking = one_of(session, rng, Booking)
    if booking is None:
        return
    which = rng.randrange(7)
    if which == 0:
        booking.outcome = rng.choice((None, "came", "no-show"))
    elif which == 1:
        booking.began_at = booking.starts_at + timedelta(minutes=rng.randrange(12))
    elif which == 2:
        booking.status, booking.cancelled_at, booking.cancelled_by = "cancelled", NOW, rng.choice(("member", "staff"))
    elif which == 3:
        booking.starts_at += rng.choice((-1, 1)) * WEEK
        booking.ends_at = booking.starts_at + QUARTER
    elif which == 4:
        booking.analyst_id = session.scalars(select(Person.id).order_by(Person.id)).all()[rng.randrange(3)]
    elif which == 5:
        booking.created_at -= timedelta(hours=rng.randrange(400))
    else:
        session.delete(booking)


def change_occurrence(session: Session, rng: random.Random) -> None:
    occurrence = one_of(session, rng, Occurrence)
    assert occurrence is not None
    which = rng.randrange(4)
    if which == 0:
        occurrence.status = rng.choice(("scheduled", "cancelled"))
    elif which == 1:
        shift = rng.choice((-1, 1)) * WEEK
        occurrence.starts_at, occurrence.ends_at = occurrence.starts_at + shift, occurrence.ends_at + shift
    elif which == 2:
        occurrence.ends_at += QUARTER
    else:
        series = one_of(session, rng, Series)
        assert series is not None
        occurrence.series_id = series.id


def change_roster(session: Session, rng: random.Random) -> None:
    place = one_of(session, rng, Roster)
    if place is None:
        return
    if rng.random() < 0.5:
        place.is_away = not place.is_away
    else:
        session.delete(place)


def change_offer(session: Session, rng: random.Random) -> None:
    offer = one_of(session, rng, Offer)
    if offer is None:
        return
    if rng.random() < 0.5:
        offer.status, offer.ended_at = rng.choice(("accepted", "declined", "lapsed")), NOW
    else:
        session.delete(offer)


def delete_occurrence(session: Session, rng: random.Random) -> None:
    occurrence = one_of(session, rng, Occurrence)
    assert occurrence is not None
    for table in (Offer, WaitlistEntry, Booking):
        session.execute(delete(table).where(table.occurrence_id == occurrence.id))
    session.execute(delete(Occurrence).where(Occurrence.id == occurrence.id))  # its roster goes with it
    session.expire_all()
    add_occurrence(session, rng)


def change_series(session: Session, rng: random.Random) -> None:
    series = one_of(session, rng, Series)
    assert series is not None
    series.kind = rng.choice(("clinic", "clinic", "lab"))


CHANGES: tuple[Callable[[Session, random.Random], None], ...] = (
    add_occurrence, add_booking, add_wait, change_booking, change_booking, change_booking, change_occurrence,
    change_roster, change_offer, delete_occurrence, change_series,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(long_form.count(3, 60)))
def test_what_is_kept_is_what_is_counted_afresh_after_any_change(session: Session, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(3):
        a_person(session, roles=["analyst"])
    for _ in range(4):
        a_person(session)
    for _ in range(2):
        a_series(session)
    session.commit()
    for _ in range(8):
        add_occurrence(session, rng)
    for _ in range(5):
        add_wait(session, rng)
    session.commit()
    count_all(session)
    assert kept(session) >= WEEKS - 1
    assert check(session).weeks
    forgotten = 0
    for _ in range(long_form.count(25, 60)):
        before = kept(session)
        rng.choice(CHANGES)(session, rng)
        check(session)
        forgotten += kept(session) < before
        if rng.random() < 0.4:
            count_all(session)
            check(session)
    assert forgotten > 3
    check(session, ReportPeriod(PERIOD.first + 2 * DAY, PERIOD.last - 3 * DAY, BRISBANE))  # parts of weeks at its ends
    check(session, ReportPeriod(PERIOD.first, PERIOD.last, "Australia/Perth"))  # no week of that zone is kept


def a_booked_week(session: Session) -> Booking:
    rng = random.Random(1)
    for _ in range(4):
        a_person(session)
    occurrence = an_occurrence(session, a_series(session), [a_person(session)], CLINIC_AT)
    session.commit()
    add_booking(session, rng, occurrence)
    session.commit()
    return session.scalars(select(Booking)).one()


def test_a_week_that_changes_while_it_is_counted_is_not_kept(session: Session) -> None:
    booking = a_booked_week(session)
    prepare_report_weeks(service(session))
    found = report_weeks.next_to_count(session, ORGANISATION.bookable, LATER)
    assert found is not None
    while found[2][0] > booking.starts_at:
        assert report_weeks.keep(session, found[0], found[1], {})
        found = report_weeks.next_to_count(session, ORGANISATION.bookable, LATER)
        assert found is not None
    booking.minutes = 30
    session.commit()
    assert not report_weeks.keep(session, found[0], found[1], {})
    session.rollback()


def test_a_week_is_counted_only_once_whatever_had_begun_before_its_row_has_ended(session: Session) -> None:
    a_booked_week(session)
    assert prepare_report_weeks(service(session)) == WEEKS + 1
    assert prepare_report_weeks(service(session)) == 0
    assert not count_report_week(service(session, minutes=int(SETTLING / timedelta(minutes=1)) - 1))
    assert count_report_week(service(session, minutes=10))
    assert kept(session) == 1


def test_what_is_ahead_and_this_week_are_never_kept(session: Session) -> None:
    a_booked_week(session)
    assert prepare_report_weeks(acting(session, Actor.system(), CLINIC_AT + 5 * DAY)) == 0
    assert prepare_report_weeks(acting(session, Actor.system(), CLINIC_AT + WEEK)) == 1


def test_weeks_of_other_kinds_are_deleted(session: Session) -> None:
    a_booked_week(session)
    session.add(ReportWeek(starts_at=NOW, ends_at=NOW + WEEK, kinds="seminar", created_at=NOW))
    session.commit()
    prepare_report_weeks(service(session))
    assert set(session.scalars(select(ReportWeek.kinds))) == {",".join(sorted(ORGANISATION.bookable))}


@pytest.mark.parametrize("work", [prepare_report_weeks, count_report_week])
def test_nobody_else_counts(session: Session, work: Callable[[ActionContext], object]) -> None:
    with pytest.raises(PermissionError):
        work(acting(session, Actor.staff(a_person(session).id)))


def test_each_table_that_is_counted_has_its_triggers(database: Database, session: Session) -> None:
    """A migration that builds one of these tables anew on SQLite must make them again."""
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if database.name == "postgresql":
        names = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    expected = {
        f"report_week_{table}_{event}"
        for table in ("booking", "occurrence", "roster", "waitlist_entry", "offer")
        for event in ("insert", "update", "delete")
    }
    assert expected | {"report_week_series_update"} <= set(session.scalars(text(names)))
