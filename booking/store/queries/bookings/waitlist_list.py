"""Everybody who waits, as staff look through them: by date, one page after another."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, literal, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from booking.domain.enums.bookings import AwaitedKind, OfferStatus
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import Id, UTCDateTime
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence, Series

PAGE = 50


@dataclass(frozen=True, slots=True)
class ListedWait:
    """One entry of a waitlist, for a slot of a clinic or a place in a lab or masterclass (`awaited`).

    `number` tells entries of one start apart. `lapses_at`: until when a slot or place is held for them, None where none
    is. `minutes` is 0 and `analyst` empty for a place.
    """

    awaited: str
    number: int
    public_id: uuid.UUID
    occurrence: uuid.UUID
    starts_at: datetime
    zone: str
    kind: str
    title: str
    person: uuid.UUID
    name: str
    minutes: int
    analyst: str
    joined_at: datetime
    lapses_at: datetime | None

    @property
    def place(self) -> tuple[datetime, int]:
        """Returns its place in the list."""
        return self.starts_at, self.number


@dataclass(frozen=True, slots=True)
class WaitlistFilter:
    """Whom to list; None does not narrow it. Dates start in [`since`, `until`)."""

    slug: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def values(self) -> dict[str, Any]:
        """Returns what narrows the list, by field."""
        given = {"slug": self.slug, "since": self.since, "until": self.until}
        return {name: value for name, value in given.items() if value is not None}


_wished = aliased(Person)
_OF_THE_DATE = {
    "occurrence": Occurrence.public_id.label("occurrence"),
    "starts_at": Occurrence.starts_at.label("starts_at"),
    "zone": Series.zone.label("zone"),
    "kind": Series.kind.label("kind"),
    "title": func.coalesce(Occurrence.title, Series.title).label("title"),
    "person": Person.public_id.label("person"),
    "name": Person.name.label("name"),
}
#: The first says nothing more than the second, and is found in an index.
_NOT_OVER = (Occurrence.starts_at > bindparam("begun_since"), Occurrence.ends_at > bindparam("now"))
_SLOT_NUMBER, _PLACE_NUMBER = 2 * WaitlistEntry.id, 2 * PlaceWait.id + 1
_SLOTS = (
    select(
        *in_field_order(
            ListedWait,
            {
                **_OF_THE_DATE,
                "awaited": literal(AwaitedKind.SLOT.value).label("awaited"),
                "number": _SLOT_NUMBER.label("number"),
                "public_id": WaitlistEntry.public_id.label("public_id"),
                "minutes": WaitlistEntry.minutes.label("minutes"),
                "analyst": func.coalesce(_wished.name, "").label("analyst"),
                "joined_at": WaitlistEntry.joined_at.label("joined_at"),
                "lapses_at": Offer.lapses_at.label("lapses_at"),
            },
        )
    )
    .select_from(WaitlistEntry)
    .join(Occurrence, Occurrence.id == WaitlistEntry.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .join(Person, Person.id == WaitlistEntry.member_id)
    .outerjoin(_wished, _wished.id == WaitlistEntry.analyst_id)
    .outerjoin(Offer, and_(Offer.waiting_id == WaitlistEntry.id, Offer.status == OfferStatus.OPEN))
    .where(WaitlistEntry.ended_at.is_(None), *_NOT_OVER)
    .order_by(Occurrence.starts_at, WaitlistEntry.id)
    .limit(bindparam("most"))
)
_PLACES = (
    select(
        *in_field_order(
            ListedWait,
            {
                **_OF_THE_DATE,
                "awaited": literal(AwaitedKind.PLACE.value).label("awaited"),
                "number": _PLACE_NUMBER.label("number"),
                "public_id": PlaceWait.public_id.label("public_id"),
                "minutes": literal(0).label("minutes"),
                "analyst": literal("").label("analyst"),
                "joined_at": PlaceWait.joined_at.label("joined_at"),
                "lapses_at": PlaceWait.lapses_at.label("lapses_at"),
            },
        )
    )
    .select_from(PlaceWait)
    .join(Occurrence, Occurrence.id == PlaceWait.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .join(Person, Person.id == PlaceWait.member_id)
    .where(PlaceWait.ended_at.is_(None), *_NOT_OVER)
    .order_by(Occurrence.starts_at, PlaceWait.id)
    .limit(bindparam("most"))
)
_AFTER = tuple_(bindparam("after_at", type_=UTCDateTime()), bindparam("after_number", type_=Id))
_CONDITIONS = {
    "slug": Series.slug == bindparam("slug"),
    "since": Occurrence.starts_at >= bindparam("since"),
    "until": Occurrence.starts_at < bindparam("until"),
}


@cache
def _statement(names: frozenset[str]) -> Select[Any]:
    parts = []
    for one, number in ((_SLOTS, _SLOT_NUMBER), (_PLACES, _PLACE_NUMBER)):
        narrowed = one.where(*(_CONDITIONS[name] for name in sorted(names - {"after"})))
        if "after" in names:
            narrowed = narrowed.where(tuple_(Occurrence.starts_at, number) > _AFTER)
        parts.append(select(narrowed.subquery()))
    both = union_all(*parts).subquery()
    return select(both).order_by(both.c.starts_at, both.c.number).limit(bindparam("most"))


def page(
    session: Session, narrowed: WaitlistFilter, after: tuple[datetime, int] | None, now: datetime
) -> list[ListedWait]:
    """Who waits for a date that is not over, beyond that place: one page and one more, in one statement."""
    values = narrowed.values()
    names = set(values)
    if after is not None:
        values["after_at"], values["after_number"] = after
        names.add("after")
    values |= {"begun_since": now - MAX_DURATION, "now": now, "most": PAGE + 1}
    rows = session.execute(_statement(frozenset(names)), values)
    return [ListedWait(*row) for row in rows]
