"""Fetches of each address by calendars: at most one record an hour for each, whatever the number of processes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.db.base import Base, UTCDateTime, table_of

APART = timedelta(hours=1)


class FeedFetch(Base):
    """`address` is a public feed's key ("clinics"), or what `private` makes of a private one.

    `fetched_before_at` is the fetch that was kept before the last one, None as long as there was one only.
    """

    __tablename__ = "feed_fetch"
    __table_args__ = (Index("ix_feed_fetch_fetched_at", "fetched_at"),)

    address: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    fetched_at: Mapped[datetime]
    fetched_before_at: Mapped[datetime | None]


_fetch = table_of(FeedFetch)


def record(session: Session, fetched: Mapping[str, tuple[int | None, datetime]]) -> None:
    """Keep when each address was fetched and when before that, in one statement.

    A fetch within an hour of the one that is kept, as another process may have kept it, changes nothing. In the order
    of the addresses, so that two processes that write at once do not wait for each other in a circle.
    """
    rows = [
        {"address": address, "person_id": person_id, "fetched_at": at, "an_hour_before": at - APART}
        for address, (person_id, at) in sorted(fetched.items())
    ]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(_fetch)
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=[_fetch.c.address],
            set_={"fetched_at": statement.excluded.fetched_at, "fetched_before_at": _fetch.c.fetched_at},
            where=_fetch.c.fetched_at <= bindparam("an_hour_before", type_=UTCDateTime()),
        ),
        rows,
    )


def private(role: str, person_id: int, generation: int) -> str:
    """Returns the name of a private address here: role, person, and which of their addresses it is ("member/12/0")."""
    return f"{role}/{person_id}/{generation}"


_FORGET = delete(_fetch).where(
    _fetch.c.person_id == bindparam("owner_id"), _fetch.c.address.startswith(bindparam("prefix"))
)


def forget(session: Session, role: str, person_id: int) -> None:
    """Nobody fetches the person's addresses for that role any more: a new one takes their place."""
    session.execute(_FORGET, {"owner_id": person_id, "prefix": f"{role}/"})
