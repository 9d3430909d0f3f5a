"""Two accounts of one person become one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.domain import errors, wording
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.domain.enums.people import RoleName
from booking.domain.enums.refusals import RefusalCode
from booking.domain.organisation import Organisation
from booking.services.action_context import ActionContext
from booking.services.steps import pass_on
from booking.services.transaction import transactional
from booking.store.bookings import bookings, offers
from booking.store.db import locks
from booking.store.outbox import email_facts, emails
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people import importing, merging
from booking.store.people.people import Person
from booking.store.queries.people import account_holdings


class CannotMerge(errors.Refusal):
    """The two collide; `problems` says each time where, and what to do first."""

    code = RefusalCode.CANNOT_MERGE

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def problems(session: Session, kept: Person, gone: Person, organisation: Organisation, now: datetime) -> list[str]:
    """Why the two cannot be merged now, each with what to do first; empty if they can."""
    if kept.id == gone.id:
        return ["This is the same account."]
    found = []
    if kept.closed_at is not None:
        found.append(f"The account of {kept.email} is closed: reopen it first.")
    found += [
        f"Both accounts have something on {wording.when(at, None, organisation.zone)}. Cancel or move one first."
        for at in merging.shared_quarters(session, kept.id, gone.id)
        if at >= now
    ]
    if merging.have_open_offers(session, kept.id, gone.id):
        found.append("Both accounts are being offered a slot: accept or decline one of the two first.")
    return found


@transactional
def merge(context: ActionContext, kept_id: uuid.UUID, gone_id: uuid.UUID) -> Person:
    """Give everything of one account to the other, and delete the one.

    Bookings, enrolments, waitlist places, rosters and history pass over.
    Sessions, API tokens and calendar addresses of the deleted account end. Both accounts' roles are kept, and the
    longer membership. The deleted address gets an email; upcoming invitations are sent anew. Raises NotFound,
    CannotMerge.
    """
    session, now = context.session, context.now
    kept, gone = _locked(session, kept_id, gone_id, now)
    found = problems(session, kept, gone, context.organisation, now)
    if found:
        raise CannotMerge(found)
    bookings.rename(session, [gone.id], now)
    invited = [one.id for one in account_holdings.upcoming_bookings(session, gone.id, now) if one.is_invited]
    waits = {place.occurrence_id for place in account_holdings.waitlist_places(session, gone.id)}
    for place_id in merging.waiting_twice(session, kept.id, gone.id):
        offers.end_place(session, place_id, WaitlistOutcome.LEFT, now)
    _take_over(session, kept, gone)
    old, old_id = gone.email, gone.public_id
    session.flush()
    merging.give_to(session, kept.id, gone.id, now)
    session.expunge(gone)
    session.expire_all()
    unsent = (OutgoingEmail.person_id == kept.id) & OutgoingEmail.sent_at.is_(None) & OutgoingEmail.failed_at.is_(None)
    session.execute(update(OutgoingEmail).where(unsent).values(to_email=kept.email))
    for booking in account_holdings.upcoming_bookings(session, kept.id, now):
        if booking.id in invited:
            told = email_facts.booking_facts(session, booking)
            emails.enqueue(
                session, EmailName.INVITATION, kept.email, told, now, person_id=kept.id, booking_id=booking.id
            )
    emails.enqueue(session, EmailName.ACCOUNTS_MERGED, old, {"old": old, "new": kept.email}, now)
    context.record(
        AuditAction.MERGED, AuditSubject.PERSON, kept.public_id, by=context.actor.staff_or_system_id, gone=str(old_id)
    )
    session.flush()
    for occurrence_id in sorted(waits):
        pass_on.pass_on(context, occurrence_id)
    return kept


def _locked(session: Session, kept_id: uuid.UUID, gone_id: uuid.UUID, now: datetime) -> tuple[Person, Person]:
    """Both, once whatever they have upcoming is locked."""
    kept, gone = account_holdings.with_public_id(session, kept_id), account_holdings.with_public_id(session, gone_id)
    if kept is None or gone is None:
        raise errors.NotFound()
    ids = [kept.id, gone.id]
    concerned = bookings.shown_in(session, ids, now)
    for person_id in ids:
        concerned |= account_holdings.occurrences_held(session, person_id, now)
        concerned |= {o for o, analyst_id in importing.rostered(session, now) if analyst_id == person_id}
    locks.occurrences(session, concerned)
    found = locks.persons(session, ids)
    return found[kept.id], found[gone.id]


def _take_over(session: Session, kept: Person, gone: Person) -> None:
    """Roles, membership and what the kept account has not set itself."""
    kept.member_until = _later(kept, gone)
    kept.trial_until = max((day for day in (kept.trial_until, gone.trial_until) if day is not None), default=None)
    kept.trial_ending_told_at = kept.trial_ending_told_at or gone.trial_ending_told_at
    kept.time_zone = kept.time_zone or gone.time_zone
    kept.meeting_url = kept.meeting_url or gone.meeting_url
    kept.about = kept.about or gone.about
    importing.grant_roles(session, [(kept.id, role) for role in sorted(gone.role_names - kept.role_names)])


def _later(kept: Person, gone: Person) -> date | None:
    """The last day of the longer membership, None for one without; of those who are members."""
    members = [one.member_until for one in (kept, gone) if RoleName.MEMBER in one.role_names]
    if not members:
        return kept.member_until
    return None if None in members else max(day for day in members if day is not None)
