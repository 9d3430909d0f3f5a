"""The waitlist of a full lab or masterclass: join, accept the place that is held, leave; pass on what nobody took."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.services.bookings.enrol import add_place, check_may_enrol, has_place
from booking.services.steps import offer_places
from booking.services.steps.permission import check_coordinator
from booking.services.transaction import transactional
from booking.store.db import locks
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.enrolments import Enrolment
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import enrolled, place_queue

REASON = 500


@transactional
def join(context: ActionContext, occurrence_id: uuid.UUID) -> PlaceWait:
    """Wait for a place in a full date; twice is once.

    Raises NotFound, StillFree where a place is free, and what `enrol` raises for who may not enrol.
    """
    session, now = context.session, context.now
    row = locks.occurrence(session, occurrence_id)
    member = locks.person(session, context.actor.member_id)
    check_may_enrol(context, row, member)
    had = place_queue.of_member(session, row.id, member.id)
    if had is not None:
        return had
    offer_places.serve_places(context, row.id)
    if has_place(session, member.id, row) or not _is_full(context, row):
        raise errors.StillFree(())
    place = PlaceWait(occurrence_id=row.id, member_id=member.id, joined_at=now)
    session.add(place)
    session.flush()
    context.record(AuditAction.JOINED_WAITLIST, AuditSubject.WAITLIST_ENTRY, place.public_id, by=member.id)
    return place


def _is_full(context: ActionContext, row: Occurrence) -> bool:
    """Whether every place is taken or held."""
    session, capacity = context.session, context.organisation.policy_for(row.series.slug).capacity
    if not capacity:
        return False
    taken = enrolled.taken(session, row.series_id, [row.id])[row.id]
    return taken + place_queue.held(session, [row.id], context.now).get(row.id, 0) >= capacity


@transactional
def accept(context: ActionContext, place_id: uuid.UUID) -> Enrolment:
    """Enrol in the place that is held. Raises NotFound, OfferLapsed, and what `enrol` raises."""
    session, now = context.session, context.now
    place, row, member = _locked(context, place_id)
    if place.member_id != context.actor.member_id:
        raise errors.NotFound()
    had = has_place(session, member.id, row)
    if place.outcome == WaitlistOutcome.BOOKED and had is not None:
        return had
    if place.ended_at is not None or place.lapses_at is None or now >= place.lapses_at:
        raise errors.OfferLapsed()
    check_may_enrol(context, row, member)
    offer_places.end(context, place, WaitlistOutcome.BOOKED)
    return had or add_place(context, row, member)


@transactional
def decline(context: ActionContext, place_id: uuid.UUID) -> PlaceWait:
    """Decline the place that is held: the next in line has it, and the member waits on. Idempotent. Raises NotFound."""
    place, row, _ = _locked(context, place_id)
    if not context.actor.may_act_for(place.member_id):
        raise errors.NotFound()
    if place.ended_at is None and place.lapses_at is not None:
        offer_places.pass_by(context, place)
        by_id = context.actor.recorded(place.member_id)
        context.record(AuditAction.OFFER_DECLINED, AuditSubject.WAITLIST_ENTRY, place.public_id, by=by_id)
        offer_places.serve_places(context, row.id)
    return place


@transactional
def leave(context: ActionContext, place_id: uuid.UUID) -> PlaceWait:
    """Leave the waitlist; what is held goes to the next in line. Twice is once. Raises NotFound."""
    place, row, _ = _locked(context, place_id)
    if not context.actor.may_act_for(place.member_id):
        raise errors.NotFound()
    if place.ended_at is None:
        offer_places.end(context, place, WaitlistOutcome.LEFT)
        by_id = context.actor.recorded(place.member_id)
        context.record(AuditAction.LEFT_WAITLIST, AuditSubject.WAITLIST_ENTRY, place.public_id, by=by_id)
        offer_places.serve_places(context, row.id)
    return place


@transactional
def remove(context: ActionContext, place_id: uuid.UUID, reason: str) -> PlaceWait:
    """Take somebody off the waitlist as a coordinator; they get the reason. Twice is once.

    Raises NotAllowed, NotFound, TextNotAccepted.
    """
    by_id = check_coordinator(context)
    why = topics.clean_line("reason", reason, REASON)
    place, row, member = _locked(context, place_id)
    if place.ended_at is None:
        offer_places.end(context, place, WaitlistOutcome.REMOVED)
        context.record(
            AuditAction.REMOVED_FROM_WAITLIST, AuditSubject.WAITLIST_ENTRY, place.public_id, by=by_id, reason=why
        )
        told = {**email_facts.date_facts(row), "reason": why}
        emails.enqueue(
            context.session, EmailName.WAITLIST_REMOVED, member.email, told, context.now, person_id=member.id
        )
        offer_places.serve_places(context, row.id)
    return place


def _locked(context: ActionContext, place_id: uuid.UUID) -> tuple[PlaceWait, Occurrence, Person]:
    """The place, its date and its member, once both are locked. Raises NotFound."""
    session = context.session
    seen = place_queue.with_public_id(session, place_id)
    if seen is None:
        raise errors.NotFound()
    row = locks.occurrences(session, [seen.occurrence_id])[seen.occurrence_id]
    member = locks.person(session, seen.member_id)
    return session.get_one(PlaceWait, seen.id, populate_existing=True), row, member


@transactional
def offer_free_places(context: ActionContext, occurrence_id: int) -> int:
    """Hold what is free in a date for those who wait for it. Returns how many people are told."""
    locks.occurrences(context.session, [occurrence_id])
    return offer_places.serve_places(context, occurrence_id)


def lapsed(session: Session, now: datetime) -> list[int]:
    """The dates in which a held place was not accepted in time; one read, for the worker."""
    return place_queue.lapsed(session, now)


def awaited(session: Session) -> list[int]:
    """The dates whose places somebody waits for; one read, for the worker."""
    return place_queue.awaited(session)
