"""Hold free places of a lab or a masterclass for those who wait. The occurrence is locked."""

from __future__ import annotations

from typing import Any

from booking.domain.bookings import waitlist_rules
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import AfterOffer, WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.store import audit_log
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.place_waits import PlaceWait
from booking.store.programme.programme import SCHEDULED, Occurrence
from booking.store.queries.programme import enrolled, place_queue


def serve_places(context: ActionContext, occurrence_id: int) -> int:
    """End what is over, let go of what was not accepted in time, then hold each free place for whoever is next.

    Never more are enrolled or held than there are places. Returns how many people are told; where nobody waits it is
    one read.
    """
    session, now = context.session, context.now
    waiting = place_queue.queue(session, occurrence_id)
    if not waiting:
        return 0
    session.flush()
    occurrence = session.get_one(Occurrence, occurrence_id)
    if occurrence.status != SCHEDULED or occurrence.ends_at <= now:
        for one in waiting:
            end(context, one, WaitlistOutcome.GONE)
        return 0
    lapsed = [one for one in waiting if one.lapses_at is not None and one.lapses_at <= now]
    for one in lapsed:
        pass_by(context, one)
        audit_log.write(session, AuditAction.OFFER_LAPSED, AuditSubject.WAITLIST_ENTRY, one.public_id, now)
    held, left = _hold(context, occurrence, place_queue.queue(session, occurrence_id))
    for one in lapsed:
        became = AfterOffer.OFFERED if held else AfterOffer.FREE if left else AfterOffer.OVER
        _tell(context, EmailName.PLACE_LAPSED, one, occurrence, became=became)
    return len(lapsed) + held


def _hold(context: ActionContext, occurrence: Occurrence, waiting: list[PlaceWait]) -> tuple[int, int]:
    """Hold what is free for the first who have nothing held yet; returns for how many, and how many places are left.

    Who let a place pass is left out until the date has been full again.
    """
    session, now = context.session, context.now
    policy = context.organisation.policy_for(occurrence.series.slug)
    holding = sum(one.lapses_at is not None for one in waiting)
    others = [one for one in waiting if one.lapses_at is None and one.passed_at is None]
    free = len(waiting)
    if policy.capacity:
        taken = enrolled.taken(session, occurrence.series_id, [occurrence.id])[occurrence.id]
        free = max(policy.capacity - taken - holding, 0)
    if not free:
        for one in waiting:
            one.passed_at = None
        session.flush()
        return 0, 0
    count = 0
    for one in others[:free]:
        member = session.get_one(Person, one.member_id)
        zone = member.time_zone or context.organisation.zone
        until = waitlist_rules.held_until(occurrence.starts_at, zone, policy, now)
        if until <= now:  # too near for anybody to answer: whoever comes first has it
            break
        one.lapses_at = until
        has_next = len(others) > free
        _tell(
            context,
            EmailName.PLACE_OFFERED,
            one,
            occurrence,
            lapses_at=email_facts.stamp(until),
            has_next=has_next,
        )
        audit_log.write(session, AuditAction.OFFERED, AuditSubject.WAITLIST_ENTRY, one.public_id, now)
        count += 1
    session.flush()
    return count, free - count


def pass_by(context: ActionContext, place: PlaceWait) -> None:
    """Let go of what is held for somebody, who waits on behind the others."""
    place.lapses_at, place.passed_at, place.joined_at = None, context.now, context.now
    context.session.flush()


def end(context: ActionContext, place: PlaceWait, outcome: WaitlistOutcome) -> None:
    """End somebody's place on the waitlist, and what is held for them."""
    place.ended_at, place.outcome, place.lapses_at = context.now, outcome, None
    context.session.flush()


def _tell(context: ActionContext, name: EmailName, place: PlaceWait, occurrence: Occurrence, **more: Any) -> None:
    session = context.session
    member = session.get_one(Person, place.member_id)
    told = {**email_facts.date_facts(occurrence), **more}
    emails.enqueue(session, name, member.email, told, context.now, person_id=member.id)
