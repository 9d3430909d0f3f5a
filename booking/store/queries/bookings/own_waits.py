"""Everything that one member waits for: slots of clinics and places in labs and masterclasses, in one statement."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, and_, bindparam, cast, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from booking.domain.enums.bookings import AwaitedKind, OfferStatus
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence, Series

MOST = 50  # of each


@dataclass(frozen=True, slots=True)
class OwnWait:
    """One entry as its member reads it in a list; `id` and `occurrence_id` are internal.

    What is held for them is at `offered_at` with `offered_with` until `lapses_at`, None where nothing is. `analyst` is
    empty for any, `minutes` 0 for a place. `ahead`: how many wait before them for a place, None for a slot, where a
    wish decides as well (waitlist_rules.ahead).
    """

    awaited: str
    id: int
    public_id: uuid.UUID
    occurrence_id: int
    occurrence: uuid.UUID
    series: str
    title: str
    kind: str
    zone: str
    starts_at: datetime
    minutes: int
    analyst: str
    offered_at: datetime | None
    offered_with: str
    lapses_at: datetime | None
    ahead: int | None


_analyst, _giver, _other = aliased(Person), aliased(Person), aliased(PlaceWait)
_OF_THE_DATE = {
    "occurrence_id": Occurrence.id.label("occurrence_id"),
    "occurrence": Occurrence.public_id.label("occurrence"),
    "series": Series.slug.label("series"),
    "title": func.coalesce(Occurrence.title, Series.title).label("title"),
    "kind": Series.kind.label("kind"),
    "zone": Series.zone.label("zone"),
    "starts_at": Occurrence.starts_at.label("starts_at"),
}
_SLOTS = (
    select(
        *in_field_order(
            OwnWait,
            {
                **_OF_THE_DATE,
                "awaited": literal(AwaitedKind.SLOT.value).label("awaited"),
                "id": WaitlistEntry.id.label("id"),
                "public_id": WaitlistEntry.public_id.label("public_id"),
                "minutes": WaitlistEntry.minutes.label("minutes"),
                "analyst": func.coalesce(_analyst.name, "").label("analyst"),
                "offered_at": Offer.starts_at.label("offered_at"),
                "offered_with": func.coalesce(_giver.name, "").label("offered_with"),
                "lapses_at": Offer.lapses_at.label("lapses_at"),
                "ahead": cast(null(), BigInteger).label("ahead"),
            },
        )
    )
    .select_from(WaitlistEntry)
    .join(Occurrence, Occurrence.id == WaitlistEntry.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .outerjoin(_analyst, _analyst.id == WaitlistEntry.analyst_id)
    .outerjoin(Offer, (Offer.waiting_id == WaitlistEntry.id) & (Offer.status == OfferStatus.OPEN))
    .outerjoin(_giver, _giver.id == Offer.analyst_id)
    .where(WaitlistEntry.member_id == bindparam("member_id"), WaitlistEntry.ended_at.is_(None))
    .order_by(Occurrence.starts_at, WaitlistEntry.id)
    .limit(MOST)
)
_BEFORE = (
    select(func.count())
    .where(
        _other.occurrence_id == PlaceWait.occurrence_id,
        _other.ended_at.is_(None),
        or_(
            _other.joined_at < PlaceWait.joined_at,
            and_(_other.joined_at == PlaceWait.joined_at, _other.id < PlaceWait.id),
        ),
    )
    .correlate(PlaceWait)
    .scalar_subquery()
)
_PLACES = (
    select(
        *in_field_order(
            OwnWait,
            {
                **_OF_THE_DATE,
                "awaited": literal(AwaitedKind.PLACE.value).label("awaited"),
                "id": PlaceWait.id.label("id"),
                "public_id": PlaceWait.public_id.label("public_id"),
                "minutes": literal(0).label("minutes"),
                "analyst": literal("").label("analyst"),
                "offered_at": Occurrence.starts_at.label("offered_at"),
                "offered_with": literal("").label("offered_with"),
                "lapses_at": PlaceWait.lapses_at.label("lapses_at"),
                "ahead": _BEFORE.label("ahead"),
            },
        )
    )
    .select_from(PlaceWait)
    .join(Occurrence, Occurrence.id == PlaceWait.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .where(PlaceWait.member_id == bindparam("member_id"), PlaceWait.ended_at.is_(None))
    .order_by(Occurrence.starts_at, PlaceWait.id)
    .limit(MOST)
)
_slots, _places = _SLOTS.subquery(), _PLACES.subquery()
_BOTH = union_all(select(_places), select(_slots)).order_by("starts_at", "awaited", "id")


def of_member(session: Session, member_id: int) -> list[OwnWait]:
    """The member's entries, by the start of their dates."""
    return [OwnWait(*row) for row in session.connection().execute(_BOTH, {"member_id": member_id})]
