"""When calendars last fetched each address: at most one record an hour for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.base import Base, table_of

#: Who has not fetched for so long is no subscriber any more.
ALIVE = timedelta(days=14)


class FeedFetch(Base):
    """`address` is a public feed's key ("clinics"), or "member/12" and "analyst/12" for those of person 12."""

    __tablename__ = "feed_fetch"
    __table_args__ = (Index("ix_feed_fetch_fetched_at", "fetched_at"),)

    address: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    fetched_at: Mapped[datetime]


_fetch = table_of(FeedFetch)


def record(session: Session, fetched: Mapping[str, tuple[int | None, datetime]]) -> None:
    """Keep when each address was fetched, whatever stood there before, in one statement."""
    rows = [
        {"address": address, "person_id": person_id, "fetched_at": at} for address, (person_id, at) in fetched.items()
    ]
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(_fetch)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[_fetch.c.address], set_={"fetched_at": statement.excluded.fetched_at}
        ),
        rows,
    )


def last(session: Session, addresses: Iterable[str]) -> dict[str, datetime]:
    """When each of those addresses was last fetched, where it ever was."""
    found = select(_fetch.c.address, _fetch.c.fetched_at).where(_fetch.c.address.in_(list(addresses)))
    return {address: at for address, at in session.execute(found)}


@dataclass(frozen=True, slots=True)
class Fetched:
    """How many calendars are subscribed (fetched within a fortnight), and how many of them have fetched since then."""

    alive: int
    since: int


def since(session: Session, then: datetime, now: datetime) -> Fetched:
    """How many calendars have seen what changed at `then`."""
    count = select(func.count()).select_from(_fetch)
    alive = session.execute(count.where(_fetch.c.fetched_at >= now - ALIVE)).scalar_one()
    return Fetched(alive, session.execute(count.where(_fetch.c.fetched_at >= max(then, now - ALIVE))).scalar_one())
