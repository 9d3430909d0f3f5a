"""Rate limits: recent actions counted under a lock, a row for each thing that is counted.

The row of a key is locked from the first look until the transaction ends, so that of many requests at once no more
pass than may. The window slides: what was done stops counting when it is `window` old.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import JSON, bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.store.db.base import Base, table_of


class RateLimit(Base):
    """The count for one key of one limit: `hits` are Unix times in seconds, oldest first.

    `over_at` is when the newest of them stops counting, and the row may go.
    """

    __tablename__ = "rate_limit"

    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    hits: Mapped[list[float]] = mapped_column(JSON)
    over_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class RateLimitRule:
    """At most `most` within any `window`, for each key."""

    name: str
    most: int
    window: timedelta


_limit = table_of(RateLimit)
#: An update that changes nothing locks a row that is there already.
_LOCK = {
    name: dialect.insert(_limit)
    .on_conflict_do_update(index_elements=["name", "key"], set_={"name": _limit.c.name})
    .returning(_limit.c.hits)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_SET = (
    update(_limit)
    .where(_limit.c.name == bindparam("limit_name"), _limit.c.key == bindparam("limit_key"))
    .values(hits=bindparam("counted"), over_at=bindparam("until"))
)


def lock(session: Session, limit: RateLimitRule, key: str, now: datetime) -> list[float]:
    """Lock the key until the transaction ends; returns what counts now, for `free_at` and `hit`.

    Whoever locks several limits locks them in the same order as everybody else.
    """
    values = {"name": limit.name, "key": key, "hits": [], "over_at": now + limit.window}
    hits = session.connection().execute(_LOCK[session.get_bind().dialect.name], values).scalar_one()
    since = (now - limit.window).timestamp()
    return [at for at in hits if at > since]


def free_at(limit: RateLimitRule, hits: Sequence[float]) -> datetime | None:
    """Returns when the next one is allowed; None where it is now."""
    if len(hits) < limit.most:
        return None
    return datetime.fromtimestamp(hits[-limit.most], UTC) + limit.window


def hit(session: Session, limit: RateLimitRule, key: str, hits: Sequence[float], now: datetime) -> None:
    """Count one more for a key that is locked; `hits` is what `lock` returned."""
    counted = [*hits, now.timestamp()][-limit.most :]
    values = {"limit_name": limit.name, "limit_key": key, "counted": counted, "until": now + limit.window}
    session.connection().execute(_SET, values)


_FORGET = delete(_limit).where(_limit.c.over_at <= bindparam("now"))


def forget(session: Session, now: datetime) -> None:
    """Delete rows that no longer count."""
    session.connection().execute(_FORGET, {"now": now})
