"""Preview what an analyst's time off would mean before it is set: read, never written."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.bookings import cover_rules
from booking.domain.bookings.cover_rules import AffectedOccurrence, Candidate, Cover, UncoveredWork
from booking.domain.enums.bookings import OfferStatus
from booking.domain.enums.people import RoleName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.organisation import Organisation
from booking.domain.planning.consequences import TouchedBooking
from booking.domain.recurrence import MAX_DURATION
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer
from booking.store.people.people import Person, Role
from booking.store.programme import plan_people
from booking.store.programme.programme import SCHEDULED, Occurrence, Roster
from booking.store.queries.bookings import cover_candidates
from booking.store.queries.people import commitments

MAX_TIME_OFF = timedelta(days=366)


class SpanNotAccepted(errors.Refusal):
    """Time away ends after it begins, lies ahead, and lasts a year at the most."""

    code = RefusalCode.SPAN_NOT_ACCEPTED


@dataclass(frozen=True, slots=True)
class PlannedAbsence:
    """An analyst who is away in [starts_at, ends_at), and the occurrences that they staff then."""

    analyst: Person
    starts_at: datetime
    ends_at: datetime
    rows: list[Occurrence]


@dataclass(frozen=True, slots=True)
class CoverPreview:
    """A cover plan as people read it: with everybody's name, and the fingerprint that stands for it."""

    analyst: Person
    starts_at: datetime
    ends_at: datetime
    cover: Cover
    names: dict[int, str]
    titles: dict[int, str]
    left: list[UncoveredWork]
    analysts: list[Candidate]
    rows: list[Occurrence]

    def has_taker(self, left: UncoveredWork) -> bool:
        """Whether any other analyst could take it over."""
        return any(analyst.can_take(left) for analyst in self.analysts)

    @property
    def fingerprint(self) -> str:
        parts = [self.analyst.id, self.starts_at.isoformat(), self.ends_at.isoformat()]
        text = json.dumps([*parts, *cover_rules.fingerprint_of(self.cover)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_ANALYST = (
    select(Person)
    .join(Role, Role.person_id == Person.id)
    .where(Person.public_id == bindparam("analyst"), Role.role == RoleName.ANALYST)
)


def show(
    session: Session, analyst: uuid.UUID, span: tuple[datetime, datetime], organisation: Organisation, now: datetime
) -> CoverPreview:
    """Preview the analyst's time off from the first instant of `span` until the second.

    Raises NotFound, SpanNotAccepted.
    """
    starts_at, ends_at = span
    person = session.scalars(_ANALYST, {"analyst": analyst}).one_or_none()
    if person is None:
        raise errors.NotFound()
    if not starts_at < ends_at <= starts_at + MAX_TIME_OFF or ends_at <= now:
        raise SpanNotAccepted("the last day must be on or after the first, not in the past, and within a year")
    rows = occurrences(session, person.id, max(starts_at, now), ends_at)
    return shown_of(session, PlannedAbsence(person, starts_at, ends_at, rows), organisation, now)


_OCCURRENCES = (
    select(Occurrence)
    .join(Roster, Roster.occurrence_id == Occurrence.id)
    .where(
        Roster.analyst_id == bindparam("analyst_id"),
        Roster.is_away.is_(False),
        Occurrence.starts_at < bindparam("end"),
        Occurrence.starts_at > bindparam("since"),
        Occurrence.ends_at > bindparam("start"),
        Occurrence.status == SCHEDULED,
    )
    .order_by(Occurrence.id)
)


def occurrences(session: Session, analyst_id: int, start: datetime, end: datetime) -> list[Occurrence]:
    """Returns occurrences with the analyst on their roster that end after `start` and begin before `end`."""
    return list(
        session.scalars(
            _OCCURRENCES, {"analyst_id": analyst_id, "end": end, "since": start - MAX_DURATION, "start": start}
        )
    )


def shown_of(session: Session, away: PlannedAbsence, organisation: Organisation, now: datetime) -> CoverPreview:
    """Work out what the time off means for these occurrences, as they are now."""
    person, rows = away.analyst, away.rows
    ids = [row.id for row in rows]
    held = [booking for booking in plan_people.held(session, ids, now) if booking.analyst_id == person.id]
    rosters = _rosters_without(session, person.id, ids)
    places = [_affected(row, rosters.get(row.id, ()), held) for row in rows]
    presented = [
        UncoveredWork(row.id, person.id, row.starts_at, row.ends_at, (row.starts_at, row.ends_at))
        for row in rows
        if row.starts_at > now and row.series.kind in organisation.without_slots and row.id not in rosters
    ]
    left = presented + [left_of(booking, place.meeting) for place in places for booking in place.bookings]
    could = cover_candidates.analysts(session, left, organisation)
    takers = {one.booking_id for one in left if one.booking_id and any(other.can_take(one) for other in could)}
    taken = _taken(session, places, held, organisation)
    cover = cover_rules.plan(places, taken, _with_open_offer(session, held), takers, now)
    cover.presented = presented
    names = _names(session, {person.id, *(analyst_id for others in rosters.values() for analyst_id in others)})
    titles = {row.id: row.title or row.series.title for row in rows}
    return CoverPreview(person, away.starts_at, away.ends_at, cover, names, titles, left, could, rows)


def _affected(row: Occurrence, others: Sequence[int], held: list[TouchedBooking]) -> AffectedOccurrence:
    """The occurrence with the other analysts who staff it, and those of the bookings that are its own."""
    own = tuple(booking for booking in held if booking.occurrence_id == row.id)
    return AffectedOccurrence(row.id, row.starts_at, row.ends_at, tuple(others), own)


_ROSTERS_WITHOUT = (
    select(Roster.occurrence_id, Roster.analyst_id)
    .where(
        Roster.occurrence_id.in_(bindparam("occurrence_ids", expanding=True)),
        Roster.analyst_id != bindparam("analyst_id"),
        Roster.is_away.is_(False),
    )
    .order_by(Roster.occurrence_id, Roster.position)
)


def _rosters_without(session: Session, analyst_id: int, occurrence_ids: list[int]) -> dict[int, list[int]]:
    """The other analysts who staff each occurrence, by its id and in order; one with nobody else is missing."""
    rosters: dict[int, list[int]] = {}
    for occurrence_id, other_id in session.execute(
        _ROSTERS_WITHOUT, {"occurrence_ids": list(occurrence_ids), "analyst_id": analyst_id}
    ):
        rosters.setdefault(occurrence_id, []).append(other_id)
    return rosters


_WITH_OPEN_OFFER = select(Offer.member_id).where(
    Offer.status == OfferStatus.OPEN, Offer.member_id.in_(bindparam("members", expanding=True))
)


def _with_open_offer(session: Session, held: list[TouchedBooking]) -> set[int]:
    """The members of these bookings who have an open offer."""
    members = {booking.member_id for booking in held}
    return set(session.scalars(_WITH_OPEN_OFFER, {"members": list(members)}))


_NAMES = select(Person.id, Person.name).where(Person.id.in_(bindparam("person_ids", expanding=True)))


def _names(session: Session, person_ids: set[int]) -> dict[int, str]:
    found = session.execute(_NAMES, {"person_ids": list(person_ids)})
    return {person_id: name for person_id, name in found}


def left_of(booking: TouchedBooking, meeting: tuple[datetime, datetime]) -> UncoveredWork:
    """The booking as something to be taken over."""
    slot = booking.slot
    return UncoveredWork(booking.occurrence_id, booking.analyst_id, slot.starts_at, slot.ends_at, meeting, booking.id)


_TAKEN = select(Claim.person_id, Claim.quarter_at, Claim.booking_id).where(
    Claim.quarter_at >= bindparam("start"),
    Claim.quarter_at < bindparam("end"),
    Claim.person_id.in_(bindparam("until", expanding=True)),
)


def _taken(
    session: Session, places: list[AffectedOccurrence], held: list[TouchedBooking], organisation: Organisation
) -> set[tuple[int, datetime]]:
    """(person, quarter) that the others and the members have during these places, these bookings apart."""
    if not places:
        return set()
    own = {booking.id for booking in held}
    others = {analyst_id for place in places for analyst_id in place.others}
    start, end = min(place.starts_at for place in places), max(place.ends_at for place in places)
    found = session.execute(
        _TAKEN, {"start": start, "end": end, "until": list(others | {booking.member_id for booking in held})}
    )
    claimed = {(row.person_id, row.quarter_at) for row in found if row.booking_id not in own}
    engaged = commitments.engaged(session, others, organisation, start, end)
    return claimed | commitments.touched(engaged, {quarter for place in places for quarter in place.quarters})


@dataclass(frozen=True, slots=True)
class TypedSpan:
    """Time off as it is typed: days as 2026-12-07, and times of the first and of the last day as 13:00, where given."""

    first: str
    last: str = ""
    start: str = ""
    end: str = ""


def span_of(typed: TypedSpan, zone: str) -> tuple[datetime, datetime]:
    """[start of the first day, end of the last) in that zone, or from and until the times; raises ValueError."""
    first, last = date.fromisoformat(typed.first), date.fromisoformat(typed.last or typed.first)
    start, end = zones.day_starts_at(first, zone), zones.day_starts_at(last + timedelta(days=1), zone)
    if typed.start:
        start = _at(first, typed.start, zone)
    if typed.end:
        end = _at(last, typed.end, zone)
    return start, end


def _at(day: date, clock: str, zone: str) -> datetime:
    found = zones.localize_first(datetime.combine(day, time.fromisoformat(clock).replace(tzinfo=None)), zone)
    if found is None:
        raise ValueError(f"{clock} is skipped by the clocks on {day}")
    return found
