"""Publish what is asked for: exactly the plan that was shown, in one transaction, one publish at a time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.planning import PlaceKind, StepKind
from booking.domain.enums.refusals import RefusalCode
from booking.domain.planning.occurrences import Period
from booking.domain.planning.plan import Plan, facts
from booking.services.action_context import ActionContext
from booking.services.publishing import planning, publish_people
from booking.services.publishing.planning import Asking
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.programme import closures, plan_people, publishing, snapshots
from booking.store.programme.changes import Change
from booking.store.programme.programme import Programme, Series


class PlanChanged(errors.Refusal):
    """The store has moved on since the plan was shown; `plan` is what it comes to now."""

    code = RefusalCode.PLAN_CHANGED

    def __init__(self, plan: Plan) -> None:
        super().__init__("the plan has changed since it was shown")
        self.plan = plan


class PlanHurts(errors.Refusal):
    """The plan moves or cancels people's bookings, and nobody has seen it yet; `plan` is to be shown first."""

    code = RefusalCode.PLAN_HURTS

    def __init__(self, plan: Plan) -> None:
        super().__init__(f"{len(plan.outcomes)} bookings would be moved or cancelled")
        self.plan = plan


@dataclass(frozen=True, slots=True)
class PublishResult:
    """A publish that was done. `change` names it for undo, None where nothing changed."""

    plan: Plan
    change: uuid.UUID | None
    due_at: datetime | None

    @property
    def changed(self) -> bool:
        """Whether anything was stored that anybody sees."""
        return self.change is not None


@transactional
def publish(
    context: ActionContext, asking: Asking, *, uid_domain: str, fingerprint: str | None = None, with_past: bool = False
) -> PublishResult:
    """Store what is asked for; safe to run again.

    With `fingerprint` it is done only if the plan is still the one that was shown (PlanChanged); without one only if
    it moves and cancels nobody's booking (PlanHurts). Raises CannotPublish for mistakes and unanswered questions.
    Emails wait, freed quarters are held, and all can be undone until the plan's `due_at`, ten minutes at the most.
    Nothing is written where anything is raised.
    """
    session, now = context.session, context.now
    programme = locks.programme(session)
    found = planning.read_changes(session, asking, context.organisation, Period(now, with_past))
    if found.problems:
        raise errors.CannotPublish(found.problems)
    locks.occurrences(session, found.touched_ids)
    plan = planning.finish(session, found, context.organisation, now)
    locks.persons(session, {booking.member_id for booking in (o.booking for o in plan.outcomes)})
    if fingerprint is not None and plan.fingerprint != fingerprint:
        raise PlanChanged(plan)
    if plan.questions:
        raise errors.CannotPublish([_located(q.place, q.series, q.message) for q in plan.questions])
    if fingerprint is None and plan.outcomes:
        raise PlanHurts(plan)
    if programme.uid_domain is None:
        programme.uid_domain = uid_domain
    return _apply(context, programme, plan)


def _located(place: str, series: str, message: str) -> str:
    return f"{place}: {series}: {message}" if place else f"{series}: {message}"


def _apply(context: ActionContext, programme: Programme, plan: Plan) -> PublishResult:
    """Write the plan; the far end of series without an end is no change that anybody sees."""
    session, now = context.session, context.now
    found = plan.changes
    if plan.is_empty and not found.far:
        return PublishResult(plan, None, None)
    change = None if plan.is_empty else _record_change(context, plan)
    series_ids = _write_programme(session, plan, change, now)
    if change is not None:
        closures.write(session, change.id, found.closures, now)
        publish_people.apply(context, plan, change)
        added = [series_ids[one.after.slug] for one in found.series if one.before is None]
        change.before = {**change.before, "added_series": added}
        _write_audit(context, plan, change)
    publishing.touch(programme, now)
    if change is not None and change.due_at <= now:
        publishing.close(session, [change], now)
    session.flush()
    return PublishResult(plan, change.public_id if change else None, change.due_at if change else None)


def _record_change(context: ActionContext, plan: Plan) -> Change:
    """Store what is published, and what undo puts back."""
    session, now = context.session, context.now
    change = Change(
        actor_id=context.actor.staff_or_system_id,
        fingerprint=plan.fingerprint,
        plan=facts(plan),
        before=_before(session, plan),
        published_at=now,
        due_at=plan.due_at(now),
    )
    session.add(change)
    session.flush()
    return change


def _write_programme(session: Session, plan: Plan, change: Change | None, now: datetime) -> dict[str, int]:
    """Write series and occurrences; ids of the series by slug. `change` is None where nobody sees anything of it."""
    found = plan.changes
    steps = [*found.steps, *found.far]
    ids = publishing.write_series(session, found.series, now)
    ids |= _ids_of(session, {step.series for step in steps} - ids.keys())
    new = [step for step in found.steps if step.what == StepKind.APPEARS]
    publishing.add_occurrences(session, new, ids, now, change.id if change else None)
    publishing.add_occurrences(session, [step for step in found.far if step.what == StepKind.APPEARS], ids, now, None)
    uncovered = publish_people.uncovered(plan)
    for step in steps:
        if step.what != StepKind.APPEARS:
            publishing.change_occurrence(session, step, now, uncovered.get(step.occurrence_id or 0, ()))
    return ids


def _write_audit(context: ActionContext, plan: Plan, change: Change) -> None:
    """Write how much was published of what into the audit log."""
    found = plan.changes
    told: dict[str, Any] = {what: n for what in STEPS if (n := sum(step.what == what for step in found.steps))}
    if plan.outcomes:
        told["bookings"] = len(plan.outcomes)
    told["series"] = sorted({step.series for step in found.steps} | {one.after.slug for one in found.series})[:50]
    for what, some in (("closed", found.closures.added), ("lifted", found.closures.lifted)):
        if some:
            told[what] = [[one.first_on.isoformat(), one.last_on.isoformat()] for one in some]
    context.record(
        AuditAction.PUBLISHED, AuditSubject.CHANGE, change.public_id, by=context.actor.staff_or_system_id, **told
    )


STEPS = (StepKind.APPEARS, StepKind.MOVES, StepKind.CHANGES, StepKind.GOES, StepKind.RETURNS)


_SERIES_IDS = select(Series.slug, Series.id).where(Series.slug.in_(bindparam("slugs", expanding=True)))


def _ids_of(session: Session, slugs: set[str]) -> dict[str, int]:
    found = session.execute(_SERIES_IDS, {"slugs": list(slugs)}) if slugs else ()
    return {slug: series_id for slug, series_id in found}


_OPEN_CHANGES = select(Change.id).where(Change.closed_at.is_(None)).order_by(Change.id)


def _open_changes(session: Session) -> list[int]:
    """The ids of the publishes that can still be undone."""
    return list(session.scalars(_OPEN_CHANGES))


def _before(session: Session, plan: Plan) -> dict[str, Any]:
    """The rows as they are, for undo to put back."""
    found = plan.changes
    series_ids = [c.before.id for c in found.series if c.before is not None and c.before.id is not None]
    retitled = [
        [c.before.id, c.before.title] for c in found.series if c.before is not None and c.before.title != c.after.title
    ]
    occurrence_ids = found.touched_ids
    booking_ids = sorted(outcome.booking.id for outcome in plan.outcomes)
    waiting_ids = sorted(place.id for place in plan.places if place.what == PlaceKind.WAITING)
    offer_ids = sorted(one.id for one in plan.ended_offers)
    return {
        "series": snapshots.take(session, "series", series_ids),
        "module": snapshots.take_list(session, "module", series_ids),
        "series_analyst": snapshots.take_list(session, "series_analyst", series_ids),
        "occurrence": snapshots.take(session, "occurrence", occurrence_ids),
        "roster": snapshots.take_list(session, "roster", occurrence_ids),
        "booking": snapshots.take(session, "booking", booking_ids),
        "claim": snapshots.take_list(session, "claim", booking_ids),
        "waiting": snapshots.take(session, "waiting", waiting_ids),
        "offer": snapshots.take(session, "offer", offer_ids),
        "offer_claim": snapshots.take_list(session, "offer_claim", offer_ids),
        "held_claim": snapshots.take_list(session, "held_claim", _open_changes(session)),
        "offers": [one.id for one in plan_people.offers(session, occurrence_ids)],
        "retitled": retitled,
        "own_titles": [
            [step.occurrence_id, step.before.title]
            for step in found.far
            if step.before is not None and "own_title" in step.fields
        ],
        "present": snapshots.present(session, occurrence_ids),
    }
