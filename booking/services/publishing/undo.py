"""Undo a publish before its emails go out: pages and calendars are put back, and nobody is emailed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, select, update
from sqlalchemy.orm import Session

from booking.domain import errors, zones
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import OfferStatus, WaitlistOutcome
from booking.domain.enums.refusals import RefusalCode
from booking.domain.planning import edits
from booking.domain.planning.plan import StoredProgramme
from booking.domain.planning.resolve import ResolvedRequest
from booking.services.action_context import ActionContext
from booking.services.publishing.planning import Asking
from booking.services.steps.serve import serve
from booking.services.transaction import transactional
from booking.store.bookings import departures, offers, reminders
from booking.store.bookings.bookings import CANCELLED, Booking
from booking.store.bookings.claims import Claim
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.db import locks
from booking.store.outbox import emails
from booking.store.outbox.emails import OutgoingEmail
from booking.store.programme import closures, publishing, snapshots
from booking.store.programme.changes import Change, StoredDraft
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.programme import Occurrence, Roster, Series
from booking.store.queries.bookings import waitlist_queue


class CannotUndo(errors.Refusal):
    """It can no longer be put back; `why` says in words what came in between. A plan can still change it."""

    code = RefusalCode.CANNOT_UNDO

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


_ADDED_BY = select(Occurrence.id).where(Occurrence.change_id == bindparam("change_id"))
_CHANGE = select(Change).where(Change.public_id == bindparam("change_id"))


@transactional
def undo(context: ActionContext, change_id: uuid.UUID) -> Change:
    """Put back what the publish changed; its emails go unsent, its new occurrences as if never announced.

    SEQUENCE does not fall: what had risen rises once more with the old content. A second undo changes nothing.
    Raises NotFound, and CannotUndo once its emails were due, after a later publish, or when somebody has built on it.
    """
    session, now = context.session, context.now
    programme = locks.programme(session)
    change = session.scalars(_CHANGE, {"change_id": change_id}).one_or_none()
    if change is None:
        raise errors.NotFound()
    if change.undone_at is not None:
        return change
    before = change.before
    _check_may_undo(session, change, before, now)
    ids = [row["id"] for row in before["occurrence"]]
    added = list(session.scalars(_ADDED_BY, {"change_id": change.id}))
    locks.occurrences(session, [*ids, *added])
    booking_ids = [row["id"] for row in before["booking"]]
    _check_nobody_built_on_it(session, change, ids, added)
    session.execute(delete(OutgoingEmail).where(OutgoingEmail.change_id == change.id, OutgoingEmail.sent_at.is_(None)))
    emails.put_back(session, before.get("emails", []))
    session.execute(delete(Claim).where(Claim.change_id == change.id))
    for offer_id in before.get("made_offers", ()):
        offers.end(session, offer_id, OfferStatus.GONE, now)
    departures.note(session, _leaving(session, before["booking"]), now)
    snapshots.put_back(session, "booking", before["booking"], now)
    snapshots.put_list_back(session, "claim", booking_ids, before["claim"])
    snapshots.put_back(session, "offer", before.get("offer", []), now)
    _hold_again(session, before.get("held_claim", []))
    offer_ids = [row["id"] for row in before.get("offer", [])]
    snapshots.put_list_back(session, "offer_claim", offer_ids, before.get("offer_claim", []))
    shown = [step_id for step_id in ids if step_id in _revised(session, before["occurrence"])]
    publishing.revise_bookings(session, shown, booking_ids, now)
    snapshots.put_back(session, "occurrence", before["occurrence"], now)
    snapshots.put_list_back(session, "roster", ids, before["roster"])
    snapshots.put_back(session, "waiting", _still_gone(session, before["waiting"]), now)
    closures.undo(session, change.id)
    _remove(session, change, added, before.get("added_series", []))
    owners = [row["id"] for row in before["series"]]
    snapshots.put_back(session, "series", before["series"], now)
    for name in ("module", "series_analyst"):
        snapshots.put_list_back(session, name, owners, before[name])
    for series_id, title in before["retitled"]:
        session.execute(
            update(Occurrence)
            .where(Occurrence.series_id == series_id, Occurrence.starts_at <= change.published_at)
            .where(Occurrence.title == title)
            .values(title=None)
        )
    own_titles = [{"id": occurrence_id, "title": title} for occurrence_id, title in before.get("own_titles", ())]
    if own_titles:
        session.execute(update(Occurrence), own_titles)
    session.execute(update(StoredDraft).where(StoredDraft.change_id == change.id).values(change_id=None))
    change.undone_at, change.closed_at = now, now
    change.before = {name: before.get(name, []) for name in publishing.KEPT}
    publishing.touch(programme, now)
    reminders.plan(session, booking_ids, context.organisation, now)
    context.record(AuditAction.UNDONE, AuditSubject.CHANGE, change.public_id, by=context.actor.staff_or_system_id)
    session.flush()
    return change


_HAS_A_LATER_ONE = select(exists().where(Change.id > bindparam("change_id"), Change.undone_at.is_(None)))
_HAS_LEFT = select(
    exists().where(
        OutgoingEmail.change_id == bindparam("change_id"),
        OutgoingEmail.sent_at.is_not(None)
        | (OutgoingEmail.attempts > 0)
        | (OutgoingEmail.due_at < bindparam("due_at")),  # or let go early
    )
)


def _check_may_undo(session: Session, change: Change, before: dict[str, Any], now: datetime) -> None:
    if now >= change.due_at or change.closed_at is not None or "occurrence" not in before:
        raise CannotUndo("the time to undo it has passed")
    if session.scalar(_HAS_A_LATER_ONE, {"change_id": change.id}):
        raise CannotUndo("something was published after it, so undo that first")
    if session.scalar(_HAS_LEFT, {"change_id": change.id, "due_at": change.due_at}):
        raise CannotUndo("one of its emails has already gone out")


_OPEN_OFFERS = select(Offer.id).where(
    Offer.occurrence_id.in_(bindparam("part", expanding=True)), Offer.status == OfferStatus.OPEN
)
_IS_BOOKED_OTHERWISE = select(
    exists().where(
        Offer.member_id.in_(select(Offer.member_id).where(Offer.id.in_(bindparam("ended", expanding=True)))),
        Offer.status == OfferStatus.OPEN,
        Offer.id.not_in(bindparam("made", expanding=True)),
    )
)
_IS_ENROLLED = select(exists().where(Enrolment.series_id.in_(bindparam("new_series", expanding=True))))


#: Whether anybody has booked, waits, was offered something or is enrolled in any of these dates.
_ARE_IN = [
    select(exists().where(table.occurrence_id.in_(bindparam("ids", expanding=True))))
    for table in (Booking, WaitlistEntry, Offer, Enrolment)
]


def _check_nobody_built_on_it(session: Session, change: Change, ids: list[int], added: list[int]) -> None:
    """Bookings, enrolments and waitlist places made since, and bookings that it moved and that moved again."""
    known = set(change.before.get("present", ()))
    offered = {*change.before.get("offers", ()), *change.before.get("made_offers", ())}
    for are_in in _ARE_IN:
        for part in _parts(added):
            if session.scalar(are_in, {"ids": list(part)}):
                raise CannotUndo("somebody has already enrolled in one of its new dates")
    for part in _parts(ids):
        if not known.issuperset(snapshots.present(session, part)):
            raise CannotUndo("somebody has booked in one of the dates that it changed")
        open_now = session.scalars(_OPEN_OFFERS, {"part": list(part)})
        if not offered.issuperset(open_now):
            raise CannotUndo("somebody has been offered a slot in one of the dates that it changed")
    ended = [row["id"] for row in change.before.get("offer", ())]
    made = change.before.get("made_offers", ())
    if ended and session.scalar(_IS_BOOKED_OTHERWISE, {"ended": list(ended), "made": list(made)}):
        raise CannotUndo("somebody whose offer it ended has been offered another slot since")
    if not _are_as_left(session, change):
        raise CannotUndo("a booking that it moved has changed since")
    new_series = change.before.get("added_series", [])
    if new_series and session.scalar(_IS_ENROLLED, {"new_series": list(new_series)}):
        raise CannotUndo("somebody has already enrolled in its new series")


_STILL_OPEN = select(Change.id).where(Change.id.in_(bindparam("ids", expanding=True)), Change.closed_at.is_(None))


def _hold_again(session: Session, claims: list[dict[str, Any]]) -> None:
    """Returns what it took over from earlier publishes, so far as these can still be undone."""
    ids = sorted({row["change_id"] for row in claims})
    still_open = set(session.scalars(_STILL_OPEN, {"ids": list(ids)}))
    held = [row for row in claims if row["change_id"] in still_open]
    snapshots.put_list_back(session, "held_claim", sorted(still_open), held)


_WHERE_THEY_ARE = select(
    Booking.public_id,
    Booking.status,
    Booking.cancelled_at,
    Booking.analyst_id,
    Booking.starts_at,
    Booking.minutes,
).where(Booking.id.in_(bindparam("ids", expanding=True)))


def _are_as_left(session: Session, change: Change) -> bool:
    """Whether each booking that it moved or cancelled is where it put it."""
    left = {line["booking"]: line["to"] for line in change.plan["bookings"]}
    for part in _parts([row["id"] for row in change.before["booking"]]):
        for row in session.execute(_WHERE_THEY_ARE, {"ids": list(part)}):
            to = left[str(row.public_id)]
            if to is None:
                is_as_left = row.status == CANCELLED and row.cancelled_at == change.published_at
            else:
                here = {"analyst_id": row.analyst_id, "starts_at": row.starts_at.isoformat(), "minutes": row.minutes}
                is_as_left = row.status != CANCELLED and to == here
            if not is_as_left:
                return False
    return True


_LEFT = select(WaitlistEntry.id).where(
    WaitlistEntry.id.in_(bindparam("ids", expanding=True)),
    WaitlistEntry.outcome.in_([WaitlistOutcome.LEFT, WaitlistOutcome.REMOVED]),
)


def _still_gone(session: Session, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The waitlist places that the publish ended, without those whose member has left since."""
    ids = set(session.scalars(_LEFT, {"ids": [row["id"] for row in before]})) if before else set()
    return [row for row in before if row["id"] not in ids]


_LEAVING = select(Booking.id, Booking.occurrence_id, Booking.analyst_id, Booking.sequence).where(
    Booking.id.in_(bindparam("was_with", expanding=True))
)


def _leaving(session: Session, before: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    """The bookings that leave the analyst whom the publish gave them to, as `departures.note` takes them."""
    was_with = {row["id"]: row["analyst_id"] for row in before}
    rows = session.execute(_LEAVING, {"was_with": list(was_with)})
    return [(row.occurrence_id, row.analyst_id, row.sequence) for row in rows if row.analyst_id != was_with[row.id]]


_REVISED = select(Occurrence.id, Occurrence.sequence).where(Occurrence.id.in_(bindparam("part", expanding=True)))


def _revised(session: Session, before: list[dict[str, Any]]) -> set[int]:
    """The occurrences whose SEQUENCE the publish raised."""
    had = {row["id"]: row["sequence"] for row in before}
    found: set[int] = set()
    for part in _parts(list(had)):
        rows = session.execute(_REVISED, {"part": list(part)})
        found |= {row_id for row_id, sequence in rows if sequence > had[row_id]}
    return found


_OF_SERIES = select(Occurrence.id).where(Occurrence.series_id.in_(bindparam("series_ids", expanding=True)))


def _remove(session: Session, change: Change, added: list[int], series_ids: list[int]) -> None:
    for part in _parts(added):
        session.execute(delete(Roster).where(Roster.occurrence_id.in_(part)))
        session.execute(delete(Occurrence).where(Occurrence.id.in_(part)))
    if series_ids:
        # the far end of a new series carries no change
        rest = list(session.scalars(_OF_SERIES, {"series_ids": list(series_ids)}))
        for part in _parts(rest):
            session.execute(delete(Roster).where(Roster.occurrence_id.in_(part)))
            session.execute(delete(Occurrence).where(Occurrence.id.in_(part)))
        session.execute(delete(Series).where(Series.id.in_(series_ids)))


def _parts(ids: list[int], size: int = 5000) -> list[list[int]]:
    return [ids[first : first + size] for first in range(0, len(ids), size)]


_DUE = select(Change).where(Change.due_at <= bindparam("now"), Change.closed_at.is_(None)).order_by(Change.id)


@transactional
def close(context: ActionContext) -> int:
    """Let go of what publishes hold that can no longer be undone, those who wait first; how many. For the worker."""
    session, now = context.session, context.now
    seen = session.scalars(_DUE, {"now": now}).all()
    touched = {row["id"] for change in seen for row in change.before.get("occurrence", [])}
    awaited = touched.intersection(waitlist_queue.awaited(session))
    locks.occurrences(session, awaited)
    open_ones = session.scalars(_DUE, {"now": now}, execution_options={"populate_existing": True}).all()
    publishing.close(session, open_ones, now)
    session.flush()
    serve(context, awaited)
    return len(open_ones)


_IS_OPEN = select(exists().where(Change.due_at <= bindparam("now"), Change.closed_at.is_(None)))


def is_open(session: Session, now: datetime) -> bool:
    """Whether a publish waits to be closed: one read."""
    return bool(session.scalar(_IS_OPEN, {"now": now}))


def reversed_asking(change: Change) -> Asking:
    """The series as they were before a publish, asked for like any other change; new ones end."""

    def asking(world: StoredProgramme, _analysts: Mapping[str, int], now: datetime) -> ResolvedRequest:
        asked = ResolvedRequest()
        by_id = {definition.id: definition for definition in world.definitions.values()}
        for before in snapshots.definitions(change.before):
            present = by_id.get(before.id)
            if present is None:
                continue
            asked.definitions[before.slug] = before
            if present.slug != before.slug:
                asked.came_from[before.slug] = present.slug
        for series_id in change.before.get("added_series", []):
            if series_id in by_id:
                new = by_id[series_id]
                asked.definitions[new.slug] = edits.withdraw(new, zones.today(now, new.rule.zone))
        asked.closures = closures.from_plan(change.plan).reversed(world.closures)
        return asked

    return asking
