"""Calendar fetches: for the owner of an address, and for a coordinator who has changed something."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, bindparam, cast, func, select
from sqlalchemy.orm import Session

from booking.domain.enums.people import InvitationPreference
from booking.domain.fetching import Fetching
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.db.base import table_of
from booking.store.feed_fetches import FeedFetch
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence, Series

#: Who has not fetched for so long is no subscriber any more.
ALIVE = timedelta(days=14)
_fetch = table_of(FeedFetch)


_LAST = select(_fetch.c.address, _fetch.c.fetched_at).where(
    _fetch.c.address.in_(bindparam("addresses", expanding=True))
)


def last(session: Session, addresses: Iterable[str]) -> dict[str, datetime]:
    """Returns when each of those addresses was last fetched, where it ever was."""
    return {address: at for address, at in session.execute(_LAST, {"addresses": list(addresses)})}


_ADDRESS = "member/" + cast(Person.id, String) + "/" + cast(Person.member_feed_generation, String)
_OF_MEMBER = (
    select(Person.member_feed_fetched_at, _fetch.c.fetched_at, _fetch.c.fetched_before_at)
    .outerjoin(_fetch, _fetch.c.address == _ADDRESS)
    .where(
        Person.public_id == bindparam("member"),
        Person.invitations != InvitationPreference.NEVER,
        Person.member_feed_fetched_at.is_not(None),
    )
)


def of_member(session: Session, member: uuid.UUID) -> Fetching | None:
    """Returns how that member's calendar fetches; None where none does, or the member wants no invitation at all."""
    row = session.execute(_OF_MEMBER, {"member": member}).one_or_none()
    return None if row is None else Fetching(row.fetched_at or row.member_feed_fetched_at, row.fetched_before_at)


@dataclass(frozen=True, slots=True)
class Invited:
    """An upcoming booking that came to its member's calendar as an invitation; their private feed holds it as well."""

    public_id: uuid.UUID
    starts_at: datetime
    title: str
    zone: str


_INVITED = (
    select(Booking.public_id, Booking.starts_at, Occurrence.title, Series.title, Series.zone)
    .join(Occurrence, Occurrence.id == Booking.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .where(Booking.member_id == bindparam("member_id"), Booking.status == CONFIRMED)
    .where(Booking.ends_at > bindparam("now"), Booking.is_invited)
    .order_by(Booking.starts_at)
)


def invited(session: Session, member_id: int, now: datetime) -> list[Invited]:
    """The member's upcoming bookings that were emailed as invitations, earliest first."""
    rows = session.execute(_INVITED, {"member_id": member_id, "now": now})
    return [Invited(found, at, title or series, zone) for found, at, title, series, zone in rows]


@dataclass(frozen=True, slots=True)
class Fetched:
    """Returns how many calendars are subscribed (fetched within a fortnight), and how many have fetched since then."""

    alive: int
    since: int


_ALIVE = select(func.count()).select_from(_fetch).where(_fetch.c.fetched_at >= bindparam("since"))


def since(session: Session, then: datetime, now: datetime) -> Fetched:
    """Returns how many calendars have seen what changed at `then`."""
    alive, fetched = (
        session.execute(_ALIVE, {"since": at}).scalar_one() for at in (now - ALIVE, max(then, now - ALIVE))
    )
    return Fetched(alive, fetched)
