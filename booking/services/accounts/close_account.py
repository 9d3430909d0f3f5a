"""Close an account, and open it again."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.people import RoleName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.planning.updates import Line
from booking.services.action_context import ActionContext
from booking.services.cover import leaving
from booking.services.cover.asking import tell_members
from booking.services.cover.steps import cancel
from booking.services.steps import pass_on
from booking.services.transaction import transactional
from booking.store import feed_fetches
from booking.store.bookings import offers, reminders
from booking.store.db import locks
from booking.store.people import api_tokens, people, sessions
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings
from booking.store.queries.programme import place_queue

REASON = "The account was closed."


class LastCoordinator(errors.Refusal):
    """Nobody else could coordinate, or open the account again."""

    code = RefusalCode.LAST_COORDINATOR


@transactional
def close(context: ActionContext, public_id: uuid.UUID, *, cancels: bool) -> Person:
    """Close an account: nobody can sign in to it, and its sessions, API tokens and calendar addresses end for good.

    With `cancels` the person's upcoming bookings and enrolments end too, each with its email, and those on the waitlist
    are served; without, they stay and can be cancelled from their emails. Waitlist places and reminders end either way.
    What they staff as an analyst goes through cover. Idempotent. Raises NotFound, LastCoordinator.
    """
    session, now = context.session, context.now
    found = account_holdings.with_public_id(session, public_id)
    if found is None:
        raise errors.NotFound()
    hours = leaving.staffed(session, found.id, now)
    held = account_holdings.occurrences_held(session, found.id, now)
    locks.occurrences(session, {*held, *(row.id for row in hours)})
    covered = {booking.member_id for booking in account_holdings.staffed_bookings(session, found.id, now)}
    person = locks.persons(session, {found.id, *covered})[found.id]
    if person.closed_at is not None:
        return person
    if RoleName.COORDINATOR in person.role_names and [one.id for one in people.coordinators(session)] == [person.id]:
        raise LastCoordinator("this is the only coordinator; give somebody else that role first")
    person.closed_at = now
    _end_access(session, person, now)
    concerned = _end_places(session, person, now)
    concerned |= _end_bookings(context, person, cancels=cancels)
    if RoleName.ANALYST in person.role_names:
        leaving.leave(context, person, hours, note=REASON)
    session.flush()
    for occurrence_id in sorted(concerned):
        pass_on.pass_on(context, occurrence_id)
    context.record(
        AuditAction.CLOSED, AuditSubject.PERSON, person.public_id, by=context.actor.staff_or_system_id, cancels=cancels
    )
    return person


def _end_access(session: Session, person: Person, now: datetime) -> None:
    """Sessions, tokens, calendar addresses: none of them comes back when the account is opened again."""
    sessions.end_all(session, person.id, now)
    api_tokens.revoke_all(session, person.id, now)
    person.member_feed_generation += 1
    person.analyst_feed_generation += 1
    person.member_feed_fetched_at = person.analyst_feed_fetched_at = None
    for role in (RoleName.MEMBER, RoleName.ANALYST):
        feed_fetches.forget(session, role, person.id)


def _end_places(session: Session, person: Person, now: datetime) -> set[int]:
    """Leave every waitlist; returns the occurrences."""
    places = account_holdings.waitlist_places(session, person.id)
    for place in places:
        offers.end_place(session, place.id, WaitlistOutcome.LEFT, now)
    for waits in place_queue.open_of_member(session, person.id):  # the worker passes on what was held
        waits.ended_at, waits.outcome, waits.lapses_at = now, WaitlistOutcome.LEFT, None
    return {place.occurrence_id for place in places}


def _end_bookings(context: ActionContext, person: Person, *, cancels: bool) -> set[int]:
    """Cancel what is upcoming, or only its reminders; returns the occurrences in which slots came free."""
    session, now = context.session, context.now
    upcoming = account_holdings.upcoming_bookings(session, person.id, now)
    if not cancels:
        reminders.drop(session, [booking.id for booking in upcoming])
        return set()
    freed = {booking.occurrence_id for booking in upcoming}
    told: dict[int, list[Line]] = {}
    for booking in upcoming:
        told[booking.id] = [cancel(context, booking, REASON, actor_id=context.actor.staff_or_system_id)]
    tell_members(session, told, now)
    for place in account_holdings.open_enrolments(session, person.id):
        place.left_at = now
        place.sequence += 1
        place.revised_at = now.replace(microsecond=0)
    return freed


@transactional
def reopen(context: ActionContext, public_id: uuid.UUID) -> Person:
    """Open a closed account again, with its roles and history; what ended when it closed stays ended. Idempotent.

    Raises NotFound.
    """
    session = context.session
    found = account_holdings.with_public_id(session, public_id)
    if found is None:
        raise errors.NotFound()
    person = locks.person(session, found.id)
    if person.closed_at is None:
        return person
    leaving.come_back(session, [person.id], context.now)
    person.closed_at = None
    context.record(AuditAction.REOPENED, AuditSubject.PERSON, person.public_id, by=context.actor.staff_or_system_id)
    session.flush()
    return person
