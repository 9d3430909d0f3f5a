"""Who waits for what: everything that decides whose turn it is, in a fixed number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.domain import slots, zones
from booking.domain.organisation import Organisation
from booking.domain.policy import Standing
from booking.domain.waitlist import Place
from booking.store.bookings import CAME, CONFIRMED, NO_SHOW, Booking
from booking.store.claims import Claim
from booking.store.people import Person, Role
from booking.store.programme import SCHEDULED, Occurrence, Series
from booking.store.queries import calendar
from booking.store.waiting import Offer, Waiting

MOST = 1000  # places of one clinic that count: nobody's turn comes behind them


@dataclass(frozen=True, slots=True)
class Held:
    """An open offer: `waiting_id` is the place it is for."""

    id: int
    waiting_id: int
    analyst_id: int
    starts_at: datetime
    minutes: int
    lapses_at: datetime


_seen = aliased(Booking)
_missed = aliased(Booking)
_next = aliased(Occurrence)
_open = aliased(Offer)


def places(
    session: Session,
    occurrence_ids: Collection[int],
    organisation: Organisation,
    now: datetime,
    no_shows_since: datetime,
) -> dict[int, list[Place]]:
    """The places on the waitlists of those occurrences, by occurrence id, in no order; five statements.

    Memberships end at the end of a day in the programme's zone.
    """
    if not occurrence_ids:
        return {}
    is_member = exists().where(Role.person_id == Person.id, Role.role == "member")
    was_seen = exists().where(
        _seen.member_id == Waiting.member_id,
        _seen.status == CONFIRMED,
        _seen.starts_at < now,
        or_(_seen.outcome.is_(None), _seen.outcome == CAME),
    )
    missed = (
        select(func.count())
        .select_from(_missed)
        .where(
            _missed.member_id == Waiting.member_id,
            _missed.status == CONFIRMED,
            _missed.outcome == NO_SHOW,
            _missed.starts_at >= no_shows_since,
        )
        .scalar_subquery()
    )
    next_at = (
        select(func.min(_next.starts_at))
        .where(
            _next.series_id == Occurrence.series_id,
            _next.starts_at > Occurrence.starts_at,
            _next.status == SCHEDULED,
        )
        .scalar_subquery()
    )
    has_offer = exists().where(_open.member_id == Waiting.member_id, _open.status == "open")
    rows = session.execute(
        select(
            Waiting.id,
            Waiting.occurrence_id,
            Waiting.member_id,
            Waiting.minutes,
            Waiting.analyst_id,
            Waiting.joined_at,
            Waiting.called_for,
            is_member,
            Person.closed_at,
            Person.member_until,
            missed,
            was_seen,
            next_at,
            has_offer,
        )
        .join(Person, Person.id == Waiting.member_id)
        .join(Occurrence, Occurrence.id == Waiting.occurrence_id)
        .where(Waiting.occurrence_id.in_(occurrence_ids), Waiting.ended_at.is_(None))
        .order_by(Waiting.occurrence_id, Waiting.joined_at, Waiting.id)
        .limit(MOST * len(occurrence_ids))
    ).all()
    if not rows:
        return {}
    own = _own(session, {row[2] for row in rows}, occurrence_ids, organisation)
    passed = _passed(session, [row[0] for row in rows])
    found: dict[int, list[Place]] = {}
    for row in rows:
        standing = Standing(bool(row[7]) and row[8] is None, row[9], 0, 0, 0, row[10])
        place = Place(
            row[0],
            row[2],
            row[3],
            row[4],
            row[5],
            standing,
            not row[11] and _ends_before(row[9], row[12], organisation.zone),
            bool(row[13]),
            own.get(row[2], frozenset()),
            passed.get(row[0], frozenset()),
            None if row[6] is None else tuple(row[6]),
        )
        found.setdefault(row[1], []).append(place)
    return found


def _ends_before(member_until: date | None, next_at: datetime | None, zone: str) -> bool:
    return member_until is not None and next_at is not None and member_until < zones.today(next_at, zone)


def _own(
    session: Session, member_ids: Collection[int], occurrence_ids: Collection[int], organisation: Organisation
) -> dict[int, frozenset[datetime]]:
    """The quarters that the members have while those occurrences last, in whatever role; an offer's are not counted."""
    hours = session.execute(
        select(Occurrence.starts_at, Occurrence.ends_at).where(Occurrence.id.in_(occurrence_ids))
    ).all()
    start, end = min(row.starts_at for row in hours), max(row.ends_at for row in hours)
    claimed = session.execute(
        select(Claim.person_id, Claim.quarter_at).where(
            Claim.person_id.in_(member_ids),
            Claim.quarter_at >= start,
            Claim.quarter_at < end,
            Claim.offer_id.is_(None),
        )
    )
    quarters = {at for row in hours for at in slots.Hours(row.starts_at, row.ends_at, (), frozenset()).quarters}
    presented = calendar.engaged(session, member_ids, organisation, start, end, only_presented=True)
    found: dict[int, set[datetime]] = {}
    for member_id, quarter_at in [*claimed, *calendar.touched(presented, quarters)]:
        found.setdefault(member_id, set()).add(quarter_at)
    return {member_id: frozenset(mine) for member_id, mine in found.items()}


def _passed(session: Session, waiting_ids: Collection[int]) -> dict[int, frozenset[tuple[int, datetime]]]:
    found: dict[int, set[tuple[int, datetime]]] = {}
    for waiting_id, analyst_id, starts_at in session.execute(
        select(Offer.waiting_id, Offer.analyst_id, Offer.starts_at).where(
            Offer.waiting_id.in_(waiting_ids), Offer.status.in_(("declined", "lapsed"))
        )
    ):
        if waiting_id is not None:
            found.setdefault(waiting_id, set()).add((analyst_id, starts_at))
    return {waiting_id: frozenset(slots) for waiting_id, slots in found.items()}


@dataclass(frozen=True, slots=True)
class Waits:
    """One place as its member sees it, with the offer that is open for it. `zone` is the series' own."""

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


_analyst = aliased(Person)
_giver = aliased(Person)
_WAITS = (
    select(
        Waiting.id,
        Waiting.public_id,
        Waiting.member_id,
        Waiting.occurrence_id,
        Occurrence.public_id,
        Series.slug,
        func.coalesce(Occurrence.title, Series.title),
        Series.kind,
        Series.zone,
        Occurrence.starts_at,
        Occurrence.ends_at,
        Waiting.minutes,
        Waiting.analyst_id,
        func.coalesce(_analyst.name, ""),
        Waiting.topic,
        Waiting.link,
        Waiting.joined_at,
        Waiting.called_for,
        Waiting.ended_at,
        Waiting.outcome,
        Offer.starts_at,
        func.coalesce(_giver.name, ""),
        Offer.lapses_at,
        Offer.analyst_id,
    )
    .select_from(Waiting)
    .join(Occurrence, Occurrence.id == Waiting.occurrence_id)
    .join(Series, Series.id == Occurrence.series_id)
    .outerjoin(_analyst, _analyst.id == Waiting.analyst_id)
    .outerjoin(Offer, (Offer.waiting_id == Waiting.id) & (Offer.status == "open"))
    .outerjoin(_giver, _giver.id == Offer.analyst_id)
)


def one(session: Session, public_id: uuid.UUID) -> Waits | None:
    """The place of that id, ended or not; None if there is none."""
    row = session.execute(_WAITS.where(Waiting.public_id == public_id)).one_or_none()
    return None if row is None else Waits(*tuple(row))


def of_member(session: Session, member_id: int, occurrence: uuid.UUID | None = None) -> list[Waits]:
    """Where a member waits, by the clinic's start; in one occurrence only, if that is named."""
    wanted = _WAITS.where(Waiting.member_id == member_id, Waiting.ended_at.is_(None))
    if occurrence is not None:
        wanted = wanted.where(Occurrence.public_id == occurrence)
    return [Waits(*tuple(row)) for row in session.execute(wanted.order_by(Occurrence.starts_at, Waiting.id).limit(50))]


def count(session: Session, occurrence_id: int) -> int:
    """How many wait for that occurrence."""
    waits = select(func.count()).where(Waiting.occurrence_id == occurrence_id, Waiting.ended_at.is_(None))
    return session.execute(waits).scalar_one()


def open_offers(session: Session, occurrence_id: int) -> list[Held]:
    """The offers that are open for places on the waitlist of that occurrence, by id."""
    rows = session.execute(
        select(Offer.id, Offer.waiting_id, Offer.analyst_id, Offer.starts_at, Offer.minutes, Offer.lapses_at)
        .where(Offer.occurrence_id == occurrence_id, Offer.status == "open", Offer.waiting_id.is_not(None))
        .order_by(Offer.id)
    )
    return [Held(row[0], row[1] or 0, row[2], row[3], row[4], row[5]) for row in rows]


def lapsed(session: Session, now: datetime) -> list[int]:
    """The occurrences in which an offer has lapsed and nobody has passed it on; one read, for the worker."""
    return list(
        session.scalars(
            select(Offer.occurrence_id)
            .where(Offer.status == "open", Offer.waiting_id.is_not(None), Offer.lapses_at <= now)
            .distinct()
        )
    )


def awaited(session: Session) -> list[int]:
    """Every occurrence that somebody waits for; for the worker."""
    return list(session.scalars(select(Waiting.occurrence_id).where(Waiting.ended_at.is_(None)).distinct()))


def since(now: datetime, days: int) -> datetime:
    """From when times of not coming count."""
    return now - timedelta(days=days)
