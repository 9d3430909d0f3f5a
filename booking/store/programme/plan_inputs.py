"""The stored programme as the values that a plan is made of, in a number of statements that never grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import QUARTER
from booking.domain.enums.bookings import OfferStatus
from booking.domain.enums.people import RoleName
from booking.domain.enums.planning import PlaceKind
from booking.domain.organisation import Kind
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import AffectedPerson, Claimed, Offered, TouchedBooking
from booking.domain.planning.notices import SeriesEnrolment
from booking.domain.planning.occurrences import Setting, Span, StoredOccurrence
from booking.domain.planning.plan import Changes, StoredProgramme
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db.base import table_of
from booking.store.people.people import Person, Role
from booking.store.people.time_off import TimeOff
from booking.store.programme import adjustments_json, closures
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import CANCELLED, Module, Occurrence, Roster, Series, SeriesAnalyst

_series, _module, _staff = table_of(Series), table_of(Module), table_of(SeriesAnalyst)
_occurrence, _roster, _person = table_of(Occurrence), table_of(Roster), table_of(Person)
_booking, _claim, _enrolment, _waiting = (
    table_of(Booking),
    table_of(Claim),
    table_of(Enrolment),
    table_of(WaitlistEntry),
)
_away, _role, _offer = table_of(TimeOff), table_of(Role), table_of(Offer)


def analyst_ids(session: Session) -> dict[str, int]:
    """The ids of everybody who is an analyst with an open account, by what their addresses are compared by."""
    found = session.execute(
        select(_person.c.email_key, _person.c.id)
        .join(_role, _role.c.person_id == _person.c.id)
        .where(_role.c.role == RoleName.ANALYST, _person.c.closed_at.is_(None))
    )
    return {email: person_id for email, person_id in found}


def meeting_links(session: Session) -> dict[int, str]:
    """The analysts' own meeting links, by their internal ids; of those who have one."""
    found = session.execute(
        select(_person.c.id, _person.c.meeting_url)
        .join(_role, _role.c.person_id == _person.c.id)
        .where(_role.c.role == RoleName.ANALYST, _person.c.meeting_url.is_not(None))
    )
    return {person_id: link for person_id, link in found}


def definitions(session: Session, among: Sequence[int] | None = None) -> dict[str, Definition]:
    """Every series, by slug; with `among` those of these internal ids."""
    of_modules = select(_module.c.series_id, _module.c.title).order_by(_module.c.series_id, _module.c.number)
    of_staff = select(_staff.c.series_id, _staff.c.analyst_id).order_by(_staff.c.series_id, _staff.c.position)
    of_series = select(_series).order_by(_series.c.slug)
    if among is not None:
        of_modules = of_modules.where(_module.c.series_id.in_(among))
        of_staff = of_staff.where(_staff.c.series_id.in_(among))
        of_series = of_series.where(_series.c.id.in_(among))
    modules: dict[int, list[str]] = {}
    for series_id, title in session.execute(of_modules):
        modules.setdefault(series_id, []).append(title)
    staff: dict[int, list[int]] = {}
    for series_id, analyst_id in session.execute(of_staff):
        staff.setdefault(series_id, []).append(analyst_id)
    found: dict[str, Definition] = {}
    for row in session.execute(of_series).mappings():
        series_id = row["id"]
        found[row["slug"]] = adjustments_json.definition(
            series_id, dict(row), tuple(modules.get(series_id, ())), tuple(staff.get(series_id, ()))
        )
    return found


_COLUMNS = (
    _occurrence.c.id,
    _occurrence.c.key,
    _occurrence.c.series_id,
    _occurrence.c.rule_on,
    _occurrence.c.starts_at,
    _occurrence.c.ends_at,
    _occurrence.c.module_number,
    _occurrence.c.title,
    _occurrence.c.meeting_url,
    _occurrence.c.status,
    _occurrence.c.reason,
    _occurrence.c.recording_url,
    _occurrence.c.slides_url,
)


_NOBODY: frozenset[int] = frozenset()


def rows(session: Session, slugs: Mapping[int, str], since: datetime) -> dict[str, list[StoredOccurrence]]:
    """The occurrences that count for a plan, by slug: those that start from `since` on, and every module."""
    counted = or_(_occurrence.c.starts_at >= since, _occurrence.c.module_number.is_not(None))
    staff: dict[int, list[int]] = {}
    gone: dict[int, frozenset[int]] = {}
    for occurrence_id, analyst_id, is_away in session.execute(
        select(_roster.c.occurrence_id, _roster.c.analyst_id, _roster.c.is_away)
        .join(_occurrence, _occurrence.c.id == _roster.c.occurrence_id)
        .where(_occurrence.c.starts_at >= since)
        .order_by(_roster.c.occurrence_id, _roster.c.position, _roster.c.analyst_id)
    ):
        if is_away:
            gone[occurrence_id] = gone.get(occurrence_id, _NOBODY) | {analyst_id}
        else:
            staff.setdefault(occurrence_id, []).append(analyst_id)
    found: dict[str, list[StoredOccurrence]] = {}
    for row in session.execute(select(*_COLUMNS).where(counted).order_by(_occurrence.c.starts_at, _occurrence.c.id)):
        setting = Setting(
            row.rule_on,
            row.starts_at,
            row.ends_at,
            row.module_number,
            row.title,
            row.meeting_url,
            tuple(staff.get(row.id, ())),
            row.reason if row.status == CANCELLED else None,
            row.recording_url,
            row.slides_url,
        )
        one = StoredOccurrence(row.id, row.key, setting, gone.get(row.id, _NOBODY))
        found.setdefault(slugs[row.series_id], []).append(one)
    return found


def away(session: Session, now: datetime) -> dict[int, list[Span]]:
    """The times when analysts cannot come, from `now` on."""
    found: dict[int, list[Span]] = {}
    for analyst_id, start, end in session.execute(
        select(_away.c.analyst_id, _away.c.starts_at, _away.c.ends_at)
        .where(_away.c.ended_at.is_(None), _away.c.ends_at > now)
        .order_by(_away.c.analyst_id, _away.c.starts_at)
    ):
        found.setdefault(analyst_id, []).append((start, end))
    return found


def world(session: Session, kinds: Mapping[str, Kind], now: datetime, *, with_past: bool = False) -> StoredProgramme:
    """The stored programme: eight statements, whatever its size; what began over 33 days ago only `with_past`."""
    since = datetime.min.replace(tzinfo=UTC) if with_past else now - timedelta(days=33)
    known = definitions(session)
    slugs = {definition.id: slug for slug, definition in known.items() if definition.id is not None}
    names = {
        person_id: name
        for person_id, name in session.execute(
            select(_person.c.id, _person.c.name)
            .join(_role, _role.c.person_id == _person.c.id)
            .where(_role.c.role == RoleName.ANALYST)
        )
    }
    closed = closures.in_force(session, since.date())
    return StoredProgramme(known, rows(session, slugs, since), kinds, away(session, now), names, closed)


def held(session: Session, occurrence_ids: Iterable[int], now: datetime) -> list[TouchedBooking]:
    """The confirmed bookings of those occurrences that have not started."""
    ids = list(occurrence_ids)
    found: list[TouchedBooking] = []
    for part in _parts(ids):
        rows = session.execute(
            select(
                _booking.c.id,
                _booking.c.public_id,
                _booking.c.occurrence_id,
                _booking.c.analyst_id,
                _booking.c.member_id,
                _person.c.name,
                _booking.c.starts_at,
                _booking.c.minutes,
                _booking.c.chose_analyst,
                func.coalesce(_roster.c.is_away, False),
            )
            .join(_person, _person.c.id == _booking.c.member_id)
            .outerjoin(
                _roster,
                (_roster.c.occurrence_id == _booking.c.occurrence_id) & (_roster.c.analyst_id == _booking.c.analyst_id),
            )
            .where(_booking.c.occurrence_id.in_(part), _booking.c.status == CONFIRMED, _booking.c.starts_at > now)
        )
        found += [TouchedBooking(booking_id, str(public_id), *rest) for booking_id, public_id, *rest in rows]
    return found


def offers(session: Session, occurrence_ids: Iterable[int]) -> list[Offered]:
    """The open offers in those occurrences."""
    found: list[Offered] = []
    for part in _parts(list(occurrence_ids)):
        rows = session.execute(
            select(
                *(_offer.c.id, _offer.c.occurrence_id, _offer.c.analyst_id, _offer.c.member_id),
                *(_offer.c.starts_at, _offer.c.minutes, _offer.c.booking_id, _person.c.name),
            )
            .join(_person, _person.c.id == _offer.c.member_id)
            .where(_offer.c.occurrence_id.in_(part), _offer.c.status == OfferStatus.OPEN)
            .order_by(_offer.c.id)
        )
        found += [Offered(*row) for row in rows]
    return found


def places(session: Session, changes: Changes) -> list[AffectedPerson]:
    """The people enrolled in, or waiting for, the occurrences that a plan touches."""
    ids = changes.touched_ids
    found: list[AffectedPerson] = []
    for part in _parts(ids):
        enrolled = session.execute(
            select(_enrolment.c.id, _occurrence.c.id, _enrolment.c.member_id, _person.c.name)
            .join(
                _occurrence,
                or_(
                    _occurrence.c.id == _enrolment.c.occurrence_id,
                    (_enrolment.c.occurrence_id.is_(None)) & (_occurrence.c.series_id == _enrolment.c.series_id),
                ),
            )
            .join(_person, _person.c.id == _enrolment.c.member_id)
            .where(
                _occurrence.c.id.in_(part),
                _enrolment.c.series_id.in_(select(_occurrence.c.series_id).where(_occurrence.c.id.in_(part))),
                _enrolment.c.left_at.is_(None),
            )
            .order_by(_enrolment.c.id, _occurrence.c.id)
        )
        found += [AffectedPerson(PlaceKind.ENROLLED, *row) for row in enrolled]
        waiting = session.execute(
            select(_waiting.c.id, _waiting.c.occurrence_id, _waiting.c.member_id, _person.c.name)
            .join(_person, _person.c.id == _waiting.c.member_id)
            .where(_waiting.c.occurrence_id.in_(part), _waiting.c.ended_at.is_(None))
            .order_by(_waiting.c.id)
        )
        found += [AffectedPerson(PlaceKind.WAITING, *row) for row in waiting]
    return found


def enrolled(session: Session, slugs: Mapping[int, str]) -> list[SeriesEnrolment]:
    """The people enrolled in all dates of those series, given as short names by id."""
    if not slugs:
        return []
    rows = session.execute(
        select(_enrolment.c.series_id, _enrolment.c.member_id, _person.c.name)
        .join(_person, _person.c.id == _enrolment.c.member_id)
        .where(_enrolment.c.series_id.in_(slugs), _enrolment.c.occurrence_id.is_(None), _enrolment.c.left_at.is_(None))
        .order_by(_enrolment.c.id)
    )
    return [SeriesEnrolment(slugs[series_id], member_id, member) for series_id, member_id, member in rows]


def claimed(
    session: Session,
    changes: Changes,
    held: Sequence[TouchedBooking],
    places: Sequence[AffectedPerson],
    lost: Sequence[Offered] = (),
) -> Claimed:
    """The quarters of the analysts and members concerned that something else owns while the changed occurrences last.

    `held` and `lost` are the bookings and open offers that cannot stay where they are: their own quarters are not
    counted. Nor is what an offer holds of the time of the person it is made to: a booking of theirs comes first.
    """
    steps = [step for step in changes.steps if step.occurrence_id is not None and step.after.reason is None]
    if not steps or not (held or places):
        return Claimed()
    start = min(step.after.starts_at for step in steps)
    end = max(step.after.ends_at for step in steps)
    own, own_offers = {booking.id for booking in held}, {one.id for one in lost}
    members = {booking.member_id for booking in held} | {place.member_id for place in places}
    people = members | {analyst_id for step in steps for analyst_id in step.after.analysts}
    people |= {booking.analyst_id for booking in held}  # one of them may wait for cover at its new time
    taken: set[tuple[int, datetime]] = set()
    for part in _parts(sorted(people)):
        rows = session.execute(
            select(_claim.c.person_id, _claim.c.quarter_at, _claim.c.booking_id, _claim.c.offer_id)
            .outerjoin(_offer, _offer.c.id == _claim.c.offer_id)
            .where(
                _claim.c.person_id.in_(part),
                _claim.c.quarter_at >= start,
                _claim.c.quarter_at < end,
                # what an earlier publish holds to be undone is free for this one: it has to be undone first
                _claim.c.change_id.is_(None),
                _offer.c.id.is_(None) | (_offer.c.member_id != _claim.c.person_id),
            )
        )
        taken |= {
            (row.person_id, row.quarter_at)
            for row in rows
            if row.booking_id not in own and row.offer_id not in own_offers
        }
    enrolled = _enrolled_quarters(session, {place.member_id for place in places}, start, end, changes)
    return Claimed(
        frozenset(taken),
        frozenset(enrolled),
        _with_offer(session, members, own_offers),
        frozenset(one.booking_id for one in lost if one.booking_id is not None),
    )


def _with_offer(session: Session, members: set[int], lost: set[int]) -> frozenset[int]:
    """Returns those who have an open offer that stays."""
    found: set[int] = set()
    for part in _parts(sorted(members)):
        rows = session.execute(
            select(_offer.c.member_id, _offer.c.id).where(
                _offer.c.member_id.in_(part), _offer.c.status == OfferStatus.OPEN
            )
        )
        found |= {member_id for member_id, offer_id in rows if offer_id not in lost}
    return frozenset(found)


def _enrolled_quarters(
    session: Session, members: set[int], start: datetime, end: datetime, changes: Changes
) -> set[tuple[int, datetime]]:
    touched = set(changes.touched_ids)
    found: set[tuple[int, datetime]] = set()
    for part in _parts(sorted(members)):
        for member_id, occurrence_id, starts_at, ends_at in session.execute(
            select(_enrolment.c.member_id, _occurrence.c.id, _occurrence.c.starts_at, _occurrence.c.ends_at)
            .join(_occurrence, _occurrence.c.series_id == _enrolment.c.series_id)
            .where(
                _enrolment.c.member_id.in_(part),
                _enrolment.c.left_at.is_(None),
                or_(_enrolment.c.occurrence_id.is_(None), _enrolment.c.occurrence_id == _occurrence.c.id),
                _occurrence.c.starts_at < end,
                _occurrence.c.ends_at > start,
                _occurrence.c.status != CANCELLED,
            )
        ):
            if occurrence_id not in touched:
                count = int((ends_at - starts_at) / QUARTER)
                found |= {(member_id, starts_at + n * QUARTER) for n in range(count)}
    return found


def _parts(ids: Sequence[int], size: int = 5000) -> Iterable[Sequence[int]]:
    """SQLite takes 32,766 values a statement."""
    for first in range(0, len(ids), size):
        yield ids[first : first + size]
