"""Steps that write a plan to the tables: series, occurrences, rosters, and what becomes of bookings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from booking.domain.bookings.slots import Slot
from booking.domain.enums.bookings import BookingStatus, CancelledBy, OfferStatus
from booking.domain.planning.adjustments import Definition
from booking.domain.planning.consequences import Outcome, Step
from booking.domain.planning.plan import SeriesChange
from booking.store.bookings import claims, offers
from booking.store.bookings.bookings import CONFIRMED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer
from booking.store.db.base import new_public_id, table_of
from booking.store.programme import adjustments_json
from booking.store.programme.changes import Change
from booking.store.programme.programme import (
    CANCELLED,
    SCHEDULED,
    Module,
    Occurrence,
    Programme,
    Roster,
    Series,
    SeriesAnalyst,
)

_occurrence, _roster, _claim = table_of(Occurrence), table_of(Roster), table_of(Claim)
_booking, _series, _offer = table_of(Booking), table_of(Series), table_of(Offer)
_module, _staff = table_of(Module), table_of(SeriesAnalyst)
#: Changes of an occurrence that calendars show: SEQUENCE rises with these and no others.
PUBLISHED = frozenset({"when", "title", "words", "reason"})
#: What stays of a closed publish: enough to ask for the series as they were.
KEPT = ("series", "module", "series_analyst", "added_series")
BATCH_SIZE = 5000


def write_series(session: Session, changes: Sequence[SeriesChange], now: datetime) -> dict[str, int]:
    """Add or update the series' own rows, modules and analysts; the internal ids of all of them by slug."""
    ids: dict[str, int] = {}
    new = [change.after for change in changes if change.before is None]
    if new:
        rows = [{**_columns(asked), "public_id": new_public_id(), "created_at": now} for asked in new]
        found = session.execute(insert(_series).returning(_series.c.id, _series.c.slug), rows)
        ids |= {slug: series_id for series_id, slug in found}
    for change in changes:
        if change.before is not None and change.before.id is not None:
            series_id = ids[change.after.slug] = change.before.id
            session.execute(update(_series).where(_series.c.id == series_id).values(**_columns(change.after)))
    for change in changes:
        series_id = ids[change.after.slug]
        before = change.before
        if before is None or before.rule.modules != change.after.rule.modules:
            _rewrite(
                session,
                _module,
                series_id,
                [{"number": n, "title": t} for n, t in enumerate(change.after.rule.modules, 1)],
            )
        if before is None or before.analysts != change.after.analysts:
            _rewrite(
                session,
                _staff,
                series_id,
                [{"analyst_id": a, "position": p} for p, a in enumerate(change.after.analysts)],
            )
        if before is not None and before.title != change.after.title:
            # what has begun keeps the title it had
            session.execute(
                update(_occurrence)
                .where(
                    _occurrence.c.series_id == series_id, _occurrence.c.starts_at <= now, _occurrence.c.title.is_(None)
                )
                .values(title=before.title)
            )
    return ids


def _rewrite(session: Session, table: Any, series_id: int, rows: list[dict[str, Any]]) -> None:
    session.execute(delete(table).where(table.c.series_id == series_id))
    if rows:
        session.execute(insert(table), [{"series_id": series_id, **row} for row in rows])


def _columns(asked: Definition) -> dict[str, Any]:
    rule = asked.rule
    return {
        "slug": asked.slug,
        "kind": asked.kind,
        "title": asked.title,
        "summary": asked.summary,
        "zone": rule.zone,
        "rrule": rule.rrule,
        "starts_on": rule.starts_on,
        "ends_on": rule.ends_on,
        "start_wall": rule.start_wall,
        "end_wall": rule.end_wall,
        "slot_minutes": ",".join(map(str, asked.slot_minutes)),
        "meeting_url": asked.meeting_url,
        "terms": adjustments_json.to_json(asked.terms, rule.turns),
    }


def add_occurrences(
    session: Session, steps: Sequence[Step], series_ids: Mapping[str, int], now: datetime, change_id: int | None
) -> None:
    """Store new occurrences with their rosters: two statements, however many."""
    if not steps:
        return
    stamp = now.replace(microsecond=0)
    rows = [
        {
            "public_id": new_public_id(),
            "series_id": series_ids[step.series],
            "key": step.key,
            "module_number": step.after.module,
            "title": step.after.title,
            "meeting_url": step.after.meeting_url,
            "rule_on": step.after.on,
            "starts_at": step.after.starts_at,
            "ends_at": step.after.ends_at,
            "recording_url": step.after.recording_url,
            "slides_url": step.after.slides_url,
            "status": SCHEDULED,
            "reason": "",
            "sequence": 0,
            "revised_at": stamp,
            "created_at": now,
            "change_id": change_id,
        }
        for step in steps
    ]
    if not any(step.after.analysts for step in steps):
        session.execute(insert(_occurrence), rows)
        return
    ids = {
        public_id: occurrence_id
        for occurrence_id, public_id in session.execute(
            insert(_occurrence).returning(_occurrence.c.id, _occurrence.c.public_id), rows
        )
    }
    roster = [
        {"occurrence_id": ids[row["public_id"]], "analyst_id": analyst_id, "position": position, "is_away": False}
        for row, step in zip(rows, steps, strict=True)
        for position, analyst_id in enumerate(step.after.analysts)
    ]
    session.execute(insert(_roster), roster)


def change_occurrence(session: Session, step: Step, now: datetime, uncovered: Collection[int] = ()) -> None:
    """Bring one stored occurrence to how it is to be; SEQUENCE rises if a calendar shows the difference.

    `uncovered` are the analysts who cannot come and whose bookings there wait for cover.
    """
    before, after = step.before, step.after
    if before is None or step.occurrence_id is None:
        return
    values: dict[str, Any] = {
        "rule_on": after.on,
        "starts_at": after.starts_at,
        "ends_at": after.ends_at,
        "title": after.title,
        "meeting_url": after.meeting_url,
        "recording_url": after.recording_url,
        "slides_url": after.slides_url,
        "status": SCHEDULED if after.reason is None else CANCELLED,
        "reason": after.reason or "",
    }
    if before.starts_at != after.starts_at:
        values["moved_from_at"] = before.starts_at
    if PUBLISHED & set(step.fields):
        values |= {"sequence": _occurrence.c.sequence + 1, "revised_at": now.replace(microsecond=0)}
    session.execute(update(_occurrence).where(_occurrence.c.id == step.occurrence_id).values(**values))
    if before.analysts != after.analysts or uncovered:
        write_roster(session, step.occurrence_id, after.analysts, uncovered)


def write_roster(
    session: Session, occurrence_id: int, analysts: Sequence[int], uncovered: Collection[int] = ()
) -> None:
    """Give the occurrence that roster; meeting links set for one analyst stay, those marked as away stay marked.

    Analysts whose bookings wait for cover stay on it, marked as away.
    """
    here = _roster.c.occurrence_id == occurrence_id
    session.execute(update(_roster).where(here, _roster.c.analyst_id.in_(uncovered)).values(is_away=True))
    session.execute(delete(_roster).where(here, _roster.c.analyst_id.not_in(analysts), _roster.c.is_away.is_(False)))
    there = {row[0] for row in session.execute(select(_roster.c.analyst_id).where(here))}
    for position, analyst_id in enumerate(analysts):
        if analyst_id in there:
            session.execute(
                update(_roster).where(here, _roster.c.analyst_id == analyst_id).values(position=position, is_away=False)
            )
        else:
            row = {"occurrence_id": occurrence_id, "analyst_id": analyst_id, "position": position, "is_away": False}
            session.execute(insert(_roster), row)


_HOLD = (
    update(_claim)
    .where(_claim.c.booking_id.in_(bindparam("booking_ids", expanding=True)))
    .values(booking_id=None, change_id=bindparam("change"))
)
_HOLD_OF_OFFERS = (
    update(_claim)
    .where(_claim.c.offer_id.in_(bindparam("offer_ids", expanding=True)))
    .values(offer_id=None, change_id=bindparam("change"))
)
_END_OFFERS = (
    update(_offer)
    .where(_offer.c.id.in_(bindparam("offer_ids", expanding=True)))
    .values(status=OfferStatus.GONE, ended_at=bindparam("now"))
)
_LET_GO = delete(_claim).where(
    _claim.c.change_id.is_not(None),
    _claim.c.quarter_at.in_(bindparam("quarters", expanding=True)),
    _claim.c.person_id.in_(bindparam("people", expanding=True)),
)
_LET_GO_OF_CHANGES = delete(_claim).where(_claim.c.change_id.in_(bindparam("change_ids", expanding=True)))


def hold(session: Session, booking_ids: Sequence[int], change_id: int) -> None:
    """Take the quarters of these bookings out of their hands, and hold them for whoever undoes the publish."""
    session.execute(_HOLD, {"booking_ids": list(booking_ids), "change": change_id})


def hold_offers(session: Session, offer_ids: Sequence[int], change_id: int, now: datetime) -> None:
    """End these offers, and hold their quarters for whoever undoes the publish."""
    session.execute(_HOLD_OF_OFFERS, {"offer_ids": list(offer_ids), "change": change_id})
    session.execute(_END_OFFERS, {"offer_ids": list(offer_ids), "now": now})


def let_go(session: Session, slot: Slot, member_id: int) -> None:
    """Give back what this publish, or one before it, holds of a slot that is needed."""
    session.execute(_LET_GO, {"quarters": slot.quarters, "people": [slot.analyst_id, member_id]})


def place(session: Session, outcome: Outcome, now: datetime) -> None:
    """Put a booking where the plan says, its old quarters being held, or cancel it."""
    booking = outcome.booking
    values: dict[str, Any] = {"sequence": _booking.c.sequence + 1, "revised_at": now.replace(microsecond=0)}
    if outcome.slot is None:
        values |= {"status": BookingStatus.CANCELLED, "cancelled_at": now, "cancelled_by": CancelledBy.STAFF}
    else:
        slot = outcome.slot
        values |= {"analyst_id": slot.analyst_id, "starts_at": slot.starts_at, "ends_at": slot.ends_at}
        let_go(session, slot, booking.member_id)
        offers.give_way(session, slot, booking.member_id, now, to=(slot.analyst_id, booking.member_id))
        claims.take(session, slot, booking.member_id, booking.id)
    session.execute(update(_booking).where(_booking.c.id == booking.id).values(**values))


_CONFIRMED_IN = select(_booking.c.id).where(
    _booking.c.occurrence_id.in_(bindparam("part", expanding=True)),
    (_booking.c.status == CONFIRMED) | (_booking.c.cancelled_by == CancelledBy.STAFF),
)


_RAISE = (
    update(_booking)
    .where(_booking.c.id.in_(bindparam("booking_ids", expanding=True)))
    .values(sequence=_booking.c.sequence + 1, revised_at=bindparam("at"))
)


def revise_bookings(session: Session, occurrence_ids: Sequence[int], but: Iterable[int], now: datetime) -> list[int]:
    """Raise the SEQUENCE of the bookings in occurrences whose change shows in them; the ids of those.

    Of the cancelled ones only what we cancelled: a booking that its member gave up is in no calendar.
    """
    found: list[int] = []
    done = set(but)
    for first in range(0, len(occurrence_ids), BATCH_SIZE):
        part = occurrence_ids[first : first + BATCH_SIZE]
        ids = session.scalars(_CONFIRMED_IN, {"part": list(part)}).all()
        found += [booking_id for booking_id in ids if booking_id not in done]
    for first in range(0, len(found), BATCH_SIZE):
        part = found[first : first + BATCH_SIZE]
        session.execute(_RAISE, {"booking_ids": part, "at": now.replace(microsecond=0)})
    return found


def touch(programme: Programme, now: datetime) -> None:
    """Count a change that a public feed shows."""
    programme.version += 1
    programme.published_at = now


def close(session: Session, changes: Sequence[Change], now: datetime) -> None:
    """Let go of what publishes hold that can no longer be undone; of each stays what it takes to ask for its like."""
    if changes:
        session.execute(_LET_GO_OF_CHANGES, {"change_ids": [change.id for change in changes]})
    for change in changes:
        change.before, change.closed_at = {name: change.before.get(name, []) for name in KEPT}, now
