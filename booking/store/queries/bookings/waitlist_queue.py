"""The queue of the waitlist: everything that decides whose turn it is, in a fixed number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.domain import zones
from booking.domain.bookings import slots
from booking.domain.bookings.waitlist_rules import WaitlistPlace
from booking.domain.enums.bookings import OfferStatus
from booking.domain.organisation import Organisation
from booking.store.bookings.bookings import CAME, CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.field_columns import in_field_order
from booking.store.people.people import Person
from booking.store.programme.programme import SCHEDULED, Occurrence, Series
from booking.store.queries.bookings import holdings
from booking.store.queries.people import commitments

MAX_ENTRIES = 1000  # places of one clinic that count: nobody's turn comes behind them


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An open offer: `waiting_id` is the place it is for."""

    id: int
    waiting_id: int
    analyst_id: int
    starts_at: datetime
    minutes: int
    lapses_at: datetime


_seen = aliased(Booking)
_next = aliased(Occurrence)
_open = aliased(Offer)


_SEEN = exists().where(
    _seen.member_id == WaitlistEntry.member_id,
    _seen.status == CONFIRMED,
    _seen.starts_at < bindparam("now"),
    or_(_seen.outcome.is_(None), _seen.outcome == CAME),
)
_NEXT_AT = (
    select(func.min(_next.starts_at))
    .where(
        _next.series_id == Occurrence.series_id,
        _next.starts_at > Occurrence.starts_at,
        _next.status == SCHEDULED,
    )
    .scalar_subquery()
)
_PLACES = (
    select(
        WaitlistEntry.id,
        WaitlistEntry.member_id,
        WaitlistEntry.occurrence_id,
        Occurrence.starts_at.label("clinic_at"),
        WaitlistEntry.minutes,
        WaitlistEntry.analyst_id,
        WaitlistEntry.joined_at,
        WaitlistEntry.earliest_at,
        WaitlistEntry.latest_at,
        WaitlistEntry.replaces_id,
        WaitlistEntry.called_for,
        _SEEN.label("was_seen"),
        _NEXT_AT.label("next_at"),
        exists().where(_open.member_id == WaitlistEntry.member_id, _open.status == OfferStatus.OPEN).label("has_offer"),
    )
    .join(Occurrence, Occurrence.id == WaitlistEntry.occurrence_id)
    .where(WaitlistEntry.occurrence_id.in_(bindparam("ids", expanding=True)), WaitlistEntry.ended_at.is_(None))
    .order_by(WaitlistEntry.occurrence_id, WaitlistEntry.joined_at, WaitlistEntry.id)
    .limit(bindparam("most"))
)
_HOURS = select(Occurrence.starts_at, Occurrence.ends_at).where(Occurrence.id.in_(bindparam("ids", expanding=True)))
_CLAIMED = select(Claim.person_id, Claim.quarter_at).where(
    Claim.person_id.in_(bindparam("member_ids", expanding=True)),
    Claim.quarter_at >= bindparam("start"),
    Claim.quarter_at < bindparam("end"),
    Claim.offer_id.is_(None),
)
_PASSED = select(
    Offer.member_id,
    Offer.occurrence_id,
    Offer.waiting_id,
    Offer.analyst_id,
    Offer.starts_at,
    Offer.minutes,
    Offer.status,
).where(
    Offer.occurrence_id.in_(bindparam("ids", expanding=True)),
    Offer.waiting_id.is_not(None),
    Offer.status.in_((OfferStatus.DECLINED, OfferStatus.LAPSED)),
)


def places(
    session: Session, occurrence_ids: Collection[int], organisation: Organisation, now: datetime
) -> dict[int, list[WaitlistPlace]]:
    """The places on the waitlists of those occurrences, by occurrence id, in no order; a fixed number of statements."""
    if not occurrence_ids:
        return {}
    ids = sorted(set(occurrence_ids))
    rows = session.execute(_PLACES, {"ids": ids, "now": now, "most": MAX_ENTRIES * len(ids)}).all()
    if not rows:
        return {}
    members = {row.member_id for row in rows}
    own = _own(session, members, ids, organisation)
    held = holdings.of_members(session, members, organisation, now)
    declined, lapsed = _passed(session, ids)
    found: dict[int, list[WaitlistPlace]] = {}
    for row in rows:
        mine = held[row.member_id]
        place = WaitlistPlace(
            id=row.id,
            member_id=row.member_id,
            occurrence_id=row.occurrence_id,
            clinic_at=row.clinic_at,
            minutes=row.minutes,
            analyst_id=row.analyst_id,
            joined_at=row.joined_at,
            holdings=mine,
            earliest_at=row.earliest_at,
            latest_at=row.latest_at,
            replaces_id=row.replaces_id,
            is_last_chance=not row.was_seen and _ends_before(mine.member_until, row.next_at, organisation.zone),
            has_offer=bool(row.has_offer),
            own=own.get(row.member_id, frozenset()),
            declined=frozenset(declined.get((row.member_id, row.occurrence_id), ())),
            lapsed=frozenset(lapsed.get(row.id, ())),
            called_for=None if row.called_for is None else tuple(row.called_for),
        )
        found.setdefault(row.occurrence_id, []).append(place)
    return found


def _ends_before(member_until: date | None, next_at: datetime | None, zone: str) -> bool:
    return member_until is not None and next_at is not None and member_until < zones.today(next_at, zone)


def _own(
    session: Session, member_ids: Collection[int], occurrence_ids: Collection[int], organisation: Organisation
) -> dict[int, frozenset[datetime]]:
    """The quarters that the members have while those occurrences last, in whatever role; an offer's are not counted."""
    hours = session.execute(_HOURS, {"ids": list(occurrence_ids)}).all()
    start, end = min(row.starts_at for row in hours), max(row.ends_at for row in hours)
    claimed = session.execute(_CLAIMED, {"member_ids": list(member_ids), "start": start, "end": end})
    quarters = {at for row in hours for at in slots.Hours(row.starts_at, row.ends_at, (), frozenset()).quarters}
    presented = commitments.engaged(session, member_ids, organisation, start, end, only_presented=True)
    found: dict[int, set[datetime]] = {}
    for member_id, quarter_at in [*claimed, *commitments.touched(presented, quarters)]:
        found.setdefault(member_id, set()).add(quarter_at)
    return {member_id: frozenset(mine) for member_id, mine in found.items()}


def _passed(
    session: Session, occurrence_ids: Collection[int]
) -> tuple[dict[tuple[int, int], set[tuple[datetime, int]]], dict[int, set[tuple[int, datetime]]]]:
    """Returns what was not accepted there: declined (start, minutes) by (member, occurrence), for whichever place of
    theirs; lapsed (analyst, start) by place.
    """
    declined: dict[tuple[int, int], set[tuple[datetime, int]]] = {}
    lapsed: dict[int, set[tuple[int, datetime]]] = {}
    for row in session.execute(_PASSED, {"ids": list(occurrence_ids)}):
        if row.status == OfferStatus.DECLINED:
            declined.setdefault((row.member_id, row.occurrence_id), set()).add((row.starts_at, row.minutes))
        elif row.waiting_id is not None:
            lapsed.setdefault(row.waiting_id, set()).add((row.analyst_id, row.starts_at))
    return declined, lapsed


@dataclass(frozen=True, slots=True)
class Waits:
    """One place as its member sees it, with the offer that is open for it. `zone` is the series' own.

    `replaces` is the booking (a public id) that a slot would replace while the member is at a limit.
    """

    id: int
    public_id: uuid.UUID
    member_id: int
    occurrence_id: int
    occurrence: uuid.UUID
    series: str
    title: str
    kind: str
    zone: str
    clinic_at: datetime
    clinic_ends_at: datetime
    minutes: int
    analyst_id: int | None
    analyst: str
    topic: str
    link: str
    joined_at: datetime
    called_for: list[str] | None
    ended_at: datetime | None
    outcome: str | None
    offered_at: datetime | None
    offered_with: str
    lapses_at: datetime | None
    offered_analyst_id: int | None
    earliest_at: datetime | None
    latest_at: datetime | None
    replaces: uuid.UUID | None


_analyst = aliased(Person)
_giver = aliased(Person)
_replaced = aliased(Booking)
_WAITS = (
    select(
        *in_field_order(
            Waits,
            {
                "id": WaitlistEntry.id,
                "public_id": WaitlistEntry.public_id,
                "member_id": WaitlistEntry.member_id,
                "occurrence_id": WaitlistEntry.occurrence_id,
                "occurrence": Occurrence.public_id.label("occurrence"),
                "series": Series.slug,
                "title": func.coalesce(Occurrence.title, Series.title).label("title"),
                "kind": Series.kind,
                "zone": Series.zone,
                "clinic_at": Occurrence.starts_at.label("clinic_at"),
                "clinic_ends_at": Occurrence.ends_at.label("clinic_ends_at"),
                "minutes": WaitlistEntry.minutes,
                "analyst_id": WaitlistEntry.analyst_id,
                "analyst": func.coalesce(_analyst.name, "").label("analyst"),
                "topic": WaitlistEntry.topic,
                "link": WaitlistEntry.link,
                "joined_at": WaitlistEntry.joined_at,
                "called_for": WaitlistEntry.called_for,
                "ended_at": WaitlistEntry.ended_at,
                "outcome": WaitlistEntry.outcome,
                "offered_at": Offer.starts_at.label("offered_at"),
                "offered_with": func.coalesce(_giver.name, "").label("offered_with"),
                "lapses_at": Offer.lapses_at,
                "offered_analyst_id": Offer.analyst_id.label("offered_analyst_id"),
                "earliest_at": WaitlistEntry.earliest_at,
                "latest_at": WaitlistEntry.latest_at,
                "replaces": _replaced.public_id.label("replaces"),
            },
        )
    )
    .select_from(WaitlistEntry)
    .join(Occurrence, Occurrence.id == WaitlistEntry.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .outerjoin(_analyst, _analyst.id == WaitlistEntry.analyst_id)
    .outerjoin(Offer, (Offer.waiting_id == WaitlistEntry.id) & (Offer.status == OfferStatus.OPEN))
    .outerjoin(_giver, _giver.id == Offer.analyst_id)
    .outerjoin(_replaced, _replaced.id == WaitlistEntry.replaces_id)
)


_ONE = _WAITS.where(WaitlistEntry.public_id == bindparam("public_id"))
_OF_MEMBER = (
    _WAITS.where(WaitlistEntry.member_id == bindparam("member_id"), WaitlistEntry.ended_at.is_(None))
    .order_by(Occurrence.starts_at, WaitlistEntry.id)
    .limit(50)
)
_IN_OCCURRENCE = _OF_MEMBER.where(Occurrence.public_id == bindparam("occurrence"))
_COUNT = select(func.count()).where(
    WaitlistEntry.occurrence_id == bindparam("occurrence_id"), WaitlistEntry.ended_at.is_(None)
)
_OPEN_OFFERS = (
    select(Offer.id, Offer.waiting_id, Offer.analyst_id, Offer.starts_at, Offer.minutes, Offer.lapses_at)
    .where(
        Offer.occurrence_id == bindparam("occurrence_id"),
        Offer.status == OfferStatus.OPEN,
        Offer.waiting_id.is_not(None),
    )
    .order_by(Offer.id)
)
_LAPSED = (
    select(Offer.occurrence_id)
    .where(Offer.status == OfferStatus.OPEN, Offer.waiting_id.is_not(None), Offer.lapses_at <= bindparam("now"))
    .distinct()
)
_AWAITED = select(WaitlistEntry.occurrence_id).where(WaitlistEntry.ended_at.is_(None)).distinct()


def one(session: Session, public_id: uuid.UUID) -> Waits | None:
    """The place of that id, ended or not; None if there is none."""
    row = session.connection().execute(_ONE, {"public_id": public_id}).one_or_none()
    return None if row is None else Waits(*row)


def of_member(session: Session, member_id: int, occurrence: uuid.UUID | None = None) -> list[Waits]:
    """Returns a member's waitlist entries, by the clinic's start; in one occurrence only, if that is named."""
    if occurrence is None:
        rows = session.connection().execute(_OF_MEMBER, {"member_id": member_id})
    else:
        rows = session.connection().execute(_IN_OCCURRENCE, {"member_id": member_id, "occurrence": occurrence})
    return [Waits(*row) for row in rows]


def count(session: Session, occurrence_id: int) -> int:
    """Returns how many wait for that occurrence."""
    return session.execute(_COUNT, {"occurrence_id": occurrence_id}).scalar_one()


def open_offers(session: Session, occurrence_id: int) -> list[OpenOffer]:
    """The offers that are open for places on the waitlist of that occurrence, by id."""
    return [
        OpenOffer(row.id, row.waiting_id or 0, row.analyst_id, row.starts_at, row.minutes, row.lapses_at)
        for row in session.execute(_OPEN_OFFERS, {"occurrence_id": occurrence_id})
    ]


def lapsed(session: Session, now: datetime) -> list[int]:
    """The occurrences in which an offer has lapsed and nobody has passed it on; one read, for the worker."""
    return list(session.scalars(_LAPSED, {"now": now}))


def awaited(session: Session) -> list[int]:
    """Every occurrence that somebody waits for; for the worker."""
    return list(session.scalars(_AWAITED))
