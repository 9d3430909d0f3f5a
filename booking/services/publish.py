"""Publish what is asked for: exactly the plan that was shown, in one transaction, one publish at a time."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from booking.domain import errors
from booking.domain.consequences import CANCELLED, Held, Outcome, Step
from booking.domain.notices import Difference, Notice, differences
from booking.domain.organisation import Organisation
from booking.domain.plan import Plan, facts
from booking.services import planning
from booking.services.deed import deed
from booking.services.planning import Asking
from booking.store import departures, letters, locks, offers, publishing, register, reminders, snapshots, waiting
from booking.store import facts as letter_facts
from booking.store.bookings import Booking
from booking.store.changes import Change
from booking.store.people import Person
from booking.store.programme import Occurrence, Programme, Series


class PlanChanged(errors.Refusal):
    """The store has moved on since the plan was shown; `plan` is what it comes to now."""

    code = "plan-changed"

    def __init__(self, plan: Plan) -> None:
        super().__init__("the plan has changed since it was shown")
        self.plan = plan


class PlanHurts(errors.Refusal):
    """The plan moves or cancels people's bookings, and nobody has seen it yet; `plan` is to be shown first."""

    code = "plan-hurts"

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"{len(plan.outcomes)} bookings would be moved or cancelled")
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Published:
    """What was published. `change` names it for whoever undoes it, None where nothing changed."""

    plan: Plan
    change: uuid.UUID | None
    due_at: datetime | None

    @property
    def changed(self) -> bool:
        """Whether anything was stored that anybody sees."""
        return self.change is not None


@deed
def publish(
    session: Session,
    asking: Asking,
    organisation: Organisation,
    now: datetime,
    *,
    uid_domain: str,
    fingerprint: str | None = None,
    actor_id: int | None = None,
    with_past: bool = False,
) -> Published:
    """Store what is asked for; safe to run again.

    With `fingerprint` it is done only if the plan is still the one that was shown (PlanChanged); without one only if
    it moves and cancels nobody's booking (PlanHurts). Raises CannotPublish for mistakes and unanswered questions.
    Letters wait, freed quarters are held, and all can be undone until the plan's `due_at`, ten minutes at the most.
    Nothing is written where anything is raised.
    """
    programme = locks.programme(session)
    found = planning.read_changes(session, asking, organisation, now, with_past=with_past)
    if found.problems:
        raise errors.CannotPublish(found.problems)
    locks.occurrences(session, found.touched_ids)
    plan = planning.finish(session, found, organisation, now)
    locks.persons(session, {booking.member_id for booking in (o.booking for o in plan.outcomes)})
    if fingerprint is not None and plan.fingerprint != fingerprint:
        raise PlanChanged(plan)
    if plan.questions:
        raise errors.CannotPublish([_located(q.place, q.series, q.message) for q in plan.questions])
    if fingerprint is None and plan.outcomes:
        raise PlanHurts(plan)
    if programme.uid_domain is None:
        programme.uid_domain = uid_domain
    return _apply(session, programme, plan, organisation, now, actor_id)


def _located(place: str, series: str, message: str) -> str:
    return f"{place}: {series}: {message}" if place else f"{series}: {message}"


def _apply(
    session: Session,
    programme: Programme,
    plan: Plan,
    organisation: Organisation,
    now: datetime,
    actor_id: int | None,
) -> Published:
    found = plan.changes
    if plan.is_empty and not found.far:
        return Published(plan, None, None)
    change = None
    if not plan.is_empty:
        change = Change(
            actor_id=actor_id,
            fingerprint=plan.fingerprint,
            plan=facts(plan),
            before=_before(session, plan),
            published_at=now,
            due_at=plan.due_at(now),
        )
        session.add(change)
        session.flush()
    ids = publishing.write_series(session, found.series, now)
    ids |= _ids_of(session, {step.series for step in [*found.steps, *found.far]} - ids.keys())
    new = [step for step in found.steps if step.what == "appears"]
    publishing.add_occurrences(session, new, ids, now, change.id if change else None)
    publishing.add_occurrences(session, [s for s in found.far if s.what == "appears"], ids, now, None)
    for step in [*found.steps, *found.far]:
        if step.what != "appears":
            publishing.change_occurrence(session, step, now)
    if change is not None:
        _people(session, plan, change, organisation, now)
        change.before = {**change.before, "added_series": [ids[c.after.slug] for c in found.series if c.before is None]}
        counts = {what: n for what in STEPS if (n := sum(step.what == what for step in found.steps))}
        named = {"series": sorted({step.series for step in found.steps} | {c.after.slug for c in found.series})[:50]}
        hurt = {"bookings": len(plan.outcomes)} if plan.outcomes else {}
        register.write(
            session, "published", "change", change.public_id, now, actor_id=actor_id, **counts, **hurt, **named
        )
    if found.steps or found.far or found.series:
        publishing.touch(programme, now)
    if change is not None and change.due_at <= now:
        publishing.close(session, [change], now)
    session.flush()
    return Published(plan, change.public_id if change else None, change.due_at if change else None)


STEPS = ("appears", "moves", "changes", "goes", "returns")


def _ids_of(session: Session, slugs: set[str]) -> dict[str, int]:
    found = session.execute(select(Series.slug, Series.id).where(Series.slug.in_(slugs))) if slugs else ()
    return {slug: series_id for slug, series_id in found}


def _before(session: Session, plan: Plan) -> dict[str, Any]:
    """What undo puts back."""
    found = plan.changes
    series_ids = [c.before.id for c in found.series if c.before is not None and c.before.id is not None]
    retitled = [
        [c.before.id, c.before.title] for c in found.series if c.before is not None and c.before.title != c.after.title
    ]
    occurrence_ids = found.touched_ids
    booking_ids = sorted(outcome.booking.id for outcome in plan.outcomes)
    waiting_ids = sorted(place.id for place in plan.places if place.what == "waiting")
    return {
        "series": snapshots.take(session, "series", series_ids),
        "module": snapshots.take_list(session, "module", series_ids),
        "series_analyst": snapshots.take_list(session, "series_analyst", series_ids),
        "occurrence": snapshots.take(session, "occurrence", occurrence_ids),
        "roster": snapshots.take_list(session, "roster", occurrence_ids),
        "booking": snapshots.take(session, "booking", booking_ids),
        "claim": snapshots.take_list(session, "claim", booking_ids),
        "waiting": snapshots.take(session, "waiting", waiting_ids),
        "retitled": retitled,
        "present": snapshots.present(session, occurrence_ids),
    }


def _people(session: Session, plan: Plan, change: Change, organisation: Organisation, now: datetime) -> None:
    """Bookings, waitlist places and letters."""
    found = plan.changes
    by_id = {step.occurrence_id: step for step in found.steps if step.occurrence_id is not None}
    booking_ids = [outcome.booking.id for outcome in plan.outcomes]
    bookings = _bookings(session, booking_ids)
    was = {b.id: (b.starts_at, b.minutes, b.analyst.name) for b in bookings.values()}
    if booking_ids:
        publishing.hold(session, booking_ids, change.id)
    handed = [bookings[o.booking.id] for o in plan.outcomes if o.slot and o.slot.analyst_id != o.booking.analyst_id]
    departures.note(session, [(b.occurrence_id, b.analyst_id, b.sequence) for b in handed], now)
    for outcome in plan.outcomes:
        publishing.place(session, outcome, change.id, now)
    shown = [i for i, step in by_id.items() if publishing.PUBLISHED & set(step.fields)]
    publishing.revise_bookings(session, shown, booking_ids, now)
    _end_waiting(session, plan, by_id, now)
    session.expire_all()
    bookings = _bookings(session, booking_ids)
    told = []
    for outcome in plan.outcomes:
        step = by_id[outcome.booking.occurrence_id]
        differs = differences(step, found.definitions[step.series], organisation.kinds)
        booking = bookings[outcome.booking.id]
        told.append(_told(session, booking, outcome, step, differs, was[booking.id], change, now))
    if told:
        session.flush()
        letters.add(session, told)
    _tell_the_others(session, plan, by_id, change, organisation, now)
    reminders.plan(session, booking_ids, organisation, now)


def _end_waiting(session: Session, plan: Plan, by_id: dict[int, Step], now: datetime) -> None:
    gone = [p.id for p in plan.places if p.what == "waiting" and by_id[p.occurrence_id].after.reason is not None]
    if gone:
        session.execute(
            update(waiting.Waiting).where(waiting.Waiting.id.in_(gone)).values(ended_at=now, outcome="gone")
        )
    offers.withdraw(session, sorted(by_id), now)


def _bookings(session: Session, ids: Collection[int]) -> dict[int, Booking]:
    """The bookings by id with all that a letter about them says, in one statement."""
    of_occurrence = joinedload(Booking.occurrence).joinedload(Occurrence.series)
    with_it = (joinedload(Booking.analyst), joinedload(Booking.member), of_occurrence)
    rows = session.scalars(select(Booking).where(Booking.id.in_(ids)).options(*with_it))
    return {row.id: row for row in rows}


def _told(
    session: Session,
    booking: Booking,
    outcome: Outcome,
    step: Step,
    differs: list[Difference],
    was: tuple[datetime, int, str],
    change: Change,
    now: datetime,
) -> dict[str, Any]:
    """The letter about what becomes of one booking, as `letters.add` takes it."""
    reason = step.after.reason or ""
    if outcome.what == CANCELLED:
        booking.reason = reason
        told = letter_facts.booking_facts(session, booking, reason=reason)
        name = "cancelled-by-us"
    else:
        told = letter_facts.booking_facts(
            session,
            booking,
            was_at=letter_facts.stamp(was[0]),
            was_minutes=was[1],
            was_with=was[2],
            was_title=next((one.was for one in differs if one.what == "title"), ""),
            reason=reason,
        )
        name = "moved-by-us"
    return letters.row(
        name,
        booking.member.email,
        told,
        now,
        person_id=booking.member_id,
        booking_id=booking.id,
        due_at=change.due_at,
        change_id=change.id,
    )


def _tell_the_others(
    session: Session, plan: Plan, by_id: dict[int, Step], change: Change, organisation: Organisation, now: datetime
) -> None:
    """One letter to each other person who has a place in what is touched, whatever the number of them."""
    notices = [notice for notice in plan.notices if notice.letter == "programme-changed"]
    if not notices:
        return
    people = {
        person.id: person
        for person in session.scalars(select(Person).where(Person.id.in_({n.member_id for n in notices})))
    }
    ids = {occurrence_id for notice in notices for occurrence_id in notice.occurrence_ids}
    rows = {row.id: row for row in session.scalars(select(Occurrence).where(Occurrence.id.in_(ids)))}
    lines = {
        i: _line(
            rows[i], by_id[i], differences(by_id[i], plan.changes.definitions[by_id[i].series], organisation.kinds)
        )
        for i in ids
    }
    alone = {notice.booking_id for notice in notices if notice.booking_id is not None}
    bookings = _bookings(session, alone)
    waiting_letters = []
    for notice in notices:
        own = _lines_of(notice, lines)
        told = {"lines": own, "zone": rows[notice.occurrence_ids[0]].series.zone, **own[0]}
        if notice.booking_id is not None:
            told |= letter_facts.booking_facts(session, bookings[notice.booking_id])
        waiting_letters.append(
            letters.row(
                notice.letter,
                people[notice.member_id].email,
                told,
                now,
                person_id=notice.member_id,
                booking_id=notice.booking_id,
                due_at=change.due_at,
                change_id=change.id,
            )
        )
    letters.add(session, waiting_letters)


def _lines_of(notice: Notice, lines: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """What a letter tells, earliest first: a line for each of the reader's bookings and each other date."""
    booked = {booking.occurrence_id for booking in notice.bookings}
    found = [lines[i] for i in notice.occurrence_ids if i not in booked]
    found += [_booked_line(booking, lines[booking.occurrence_id]) for booking in notice.bookings]
    return sorted(found, key=lambda line: str(line["starts_at"]))


def _booked_line(booking: Held, line: dict[str, Any]) -> dict[str, Any]:
    """The reader's own time in place of the whole hours: it stays."""
    at = letter_facts.stamp(booking.starts_at)
    return {**line, "what": "changes", "starts_at": at, "was_at": at}


def _line(row: Occurrence, step: Step, differs: list[Difference]) -> dict[str, Any]:
    module = next((m.title for m in row.series.modules if m.number == row.module_number), "")
    before = step.before.starts_at if step.before is not None else row.starts_at
    return {
        "what": "goes" if step.after.reason is not None else step.what,
        "occurrence": str(row.public_id),
        "series": row.series.slug,
        "title": row.title or row.series.title,
        "module": module,
        "number": row.module_number,
        "starts_at": letter_facts.stamp(row.starts_at),
        "was_at": letter_facts.stamp(before),
        "reason": row.reason,
        "differs": [one._asdict() for one in differs],
    }
