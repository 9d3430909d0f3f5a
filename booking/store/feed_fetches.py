"""When calendars last fetched each address: at most one record an hour for each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, Index, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.base import Base, table_of


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


def forget(session: Session, address: str) -> None:
    """Nobody has fetched it: where a new address takes the place of an old one."""
    session.execute(delete(_fetch).where(_fetch.c.address == address))
