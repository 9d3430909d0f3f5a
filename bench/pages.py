"""A store to measure pages on: the year's programme, a member with past and upcoming bookings, an analyst's day."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, insert, select

from bench import fill
from booking.domain import zones
from booking.store.bookings.bookings import Booking
from booking.store.bookings.claims import Claim
from booking.store.db import engines
from booking.store.db.base import table_of
from booking.store.people.people import Role
from booking.store.programme.programme import Occurrence, Series

WEEKS_PAST = 6
UPCOMING = 2  # of the member who has bookings, as many as the policy allows
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Filled:
    """What is asked for: a clinic that nobody has booked, who looks at it, and whose pages have something on them."""

    clinic: uuid.UUID
    newcomer: int
    regular: int
    analyst: int
    day: date


def filled(url: str, now: datetime) -> Filled:
    """A year that began last week, with clinics before it; the day is the next clinic's on a Tuesday, fully booked."""
    now = now.replace(microsecond=0)
    _, newcomer = fill.year(url, now - timedelta(days=7))
    engine = engines.make(url)
    with engine.begin() as connection:
        guests = [int(str(row["id"])) for row in fill.people(connection, 3, "member", now, first=1)]
        regular = int(str(fill.people(connection, 1, "member", now, first=9)[0]["id"]))
        of_analyst = table_of(Role).c.role == "analyst"
        analysts = list(connection.scalars(select(Role.person_id).where(of_analyst).order_by(Role.person_id)))
        series_id = connection.scalar(select(Series.id).where(Series.slug == "clinic-tuesday"))
        assert series_id is not None
        starts = list(
            connection.scalars(
                select(Occurrence.starts_at).where(Occurrence.series_id == series_id).order_by(Occurrence.starts_at)
            )
        )
        starts = [at for at in starts if at > now]
        before = [starts[0] - timedelta(weeks=weeks) for weeks in range(WEEKS_PAST + 2, 2, -1)]
        fill.occurrences(connection, series_id, before, analysts, now, modular=False)
        for at in (*before, *starts[:UPCOMING]):
            _book(connection, series_id, at, analysts[0], regular, now)
        for number, guest in enumerate(guests, 1):
            _book(connection, series_id, starts[0] + number * QUARTER, analysts[0], guest, now)
        clinic = connection.scalar(
            select(Occurrence.public_id)
            .join(Series, Series.id == Occurrence.series_id)
            .where(Series.slug == "clinic-monday", Occurrence.starts_at > now)
            .order_by(Occurrence.starts_at)
            .limit(1)
        )
    engine.dispose()
    assert clinic is not None
    return Filled(clinic, int(str(newcomer["id"])), regular, analysts[0], zones.today(starts[0], "Australia/Sydney"))


def _book(connection: Connection, series_id: int, at: datetime, analyst: int, member: int, now: datetime) -> None:
    """A quarter of that analyst for that member, in the occurrence of the series that is on then."""
    occurrence_id = connection.scalar(
        select(Occurrence.id).where(
            Occurrence.series_id == series_id, Occurrence.starts_at <= at, Occurrence.ends_at > at
        )
    )
    row = {
        "public_id": uuid.uuid4(),
        "occurrence_id": occurrence_id,
        "analyst_id": analyst,
        "member_id": member,
        "starts_at": at,
        "ends_at": at + QUARTER,
        "minutes": 15,
        "chose_analyst": False,
        "topic": "GA4 events, and what of them a report needs",
        "is_invited": False,
        "revised_at": now,
        "created_at": now,
    }
    booking_id = connection.scalar(insert(table_of(Booking)).values(row).returning(Booking.id))
    claims = [{"person_id": who, "quarter_at": at, "booking_id": booking_id} for who in (analyst, member)]
    connection.execute(insert(table_of(Claim)), claims)
