"""Bookings that have left an analyst's hour: counted, so that the hour's SEQUENCE never falls in their calendar.

An analyst's calendar has one entry an hour. Its SEQUENCE is the occurrence's, and one more than each booking's that is
with them in it; what a booking had brought must stay when it moves to another hour or another analyst.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.db.base import Base, table_of


class Departure(Base):
    """The SEQUENCE that bookings which left have brought to one analyst's hour, and when the last one left."""

    __tablename__ = "departure"

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id", ondelete="CASCADE"), primary_key=True)
    analyst_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    sequence: Mapped[int]
    revised_at: Mapped[datetime]


_departure = table_of(Departure)


def note(session: Session, left: Iterable[tuple[int, int, int]], now: datetime) -> None:
    """Count bookings that leave, each as (occurrence, analyst, its SEQUENCE until now); one statement.

    Each had brought one more than its SEQUENCE, and that it leaves is a change too.
    """
    brought: Counter[tuple[int, int]] = Counter()
    for occurrence_id, analyst_id, sequence in left:
        brought[occurrence_id, analyst_id] += sequence + 2
    rows = [
        {"occurrence_id": key[0], "analyst_id": key[1], "sequence": count, "revised_at": now.replace(microsecond=0)}
        for key, count in sorted(brought.items())
    ]
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(_departure)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[_departure.c.occurrence_id, _departure.c.analyst_id],
            set_={
                "sequence": _departure.c.sequence + statement.excluded.sequence,
                "revised_at": statement.excluded.revised_at,
            },
        ),
        rows,
    )
