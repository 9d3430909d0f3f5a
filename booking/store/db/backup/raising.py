"""Raise a restored database above what calendars may have seen: later versions of what it holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, inspect, update

from booking.store.bookings.bookings import Booking
from booking.store.bookings.departures import Departure
from booking.store.db.base import Base, table_of
from booking.store.people.sessions import UserSession
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence, Programme

MARGIN = 1000
REVISED: tuple[type[Base], ...] = (Occurrence, Booking, Enrolment, Departure)


def raise_sequences(connection: Connection, made_at: datetime, now: datetime) -> int:
    """Raise every SEQUENCE and the programme's version past what was given out after the backup; by how much.

    The step is the seconds since the backup was made, and a thousand: nothing is changed more often than once a second
    for long, and the same backup restored again later is ahead of its first restore. DTSTAMP becomes `now`. Sessions
    end, because those that were signed out after the backup would be open again. The tables may be older than this
    version's.
    """
    step = MARGIN + max(0, int((now - made_at).total_seconds()))
    present = set(inspect(connection).get_table_names())
    for row in REVISED:
        table = table_of(row)
        if table.name in present:
            values: dict[Any, Any] = {table.c.sequence: table.c.sequence + step}
            connection.execute(update(table).values({**values, table.c.revised_at: now.replace(microsecond=0)}))
    programme = table_of(Programme)
    connection.execute(update(programme).values({programme.c.version: programme.c.version + step}))
    if table_of(UserSession).name in present:
        connection.execute(table_of(UserSession).delete())
    return step
