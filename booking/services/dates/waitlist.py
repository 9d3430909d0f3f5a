"""The waitlist of a clinic as a coordinator manages it: hold a free slot for somebody now, or remove them."""

from __future__ import annotations

import uuid

from sqlalchemy import bindparam, select

from booking.domain import errors
from booking.domain.bookings import topics
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.emails import EmailName
from booking.services.action_context import ActionContext
from booking.services.steps import pass_on
from booking.services.steps.permission import check_coordinator
from booking.services.transaction import transactional
from booking.store.bookings import offers
from booking.store.bookings.waitlist_entries import WaitlistEntry
from booking.store.db import locks
from booking.store.outbox import email_facts, emails
from booking.store.people.people import Person
from booking.store.programme.programme import Occurrence

REASON = 500


@transactional
def remove(context: ActionContext, place_id: uuid.UUID, reason: str) -> WaitlistEntry:
    """End somebody's place on the waitlist; what was held for them goes to the next in line, and they get the reason.

    Twice is once. Raises NotAllowed, NotFound, TextNotAccepted.
    """
    session, now = context.session, context.now
    by_id = check_coordinator(context)
    why = topics.clean_line("reason", reason, REASON)
    place = _locked(context, place_id)
    if place.ended_at is None:
        offers.end_place(session, place.id, WaitlistOutcome.REMOVED, now)
        context.record(
            AuditAction.REMOVED_FROM_WAITLIST, AuditSubject.WAITLIST_ENTRY, place.public_id, by=by_id, reason=why
        )
        _tell(context, place, why)
        session.refresh(place)
        pass_on.pass_on(context, place.occurrence_id)
    return place


@transactional
def offer_now(context: ActionContext, place_id: uuid.UUID) -> WaitlistEntry:
    """Hold a free slot that suits them for this person now, whoever is ahead of them; they get the email of an offer.

    Raises NotAllowed, NotFound, OfferLapsed for a place that has ended, SlotTaken where nothing that suits is free or
    something is held for them already.
    """
    by_id = check_coordinator(context)
    place = _locked(context, place_id)
    if place.ended_at is not None:
        raise errors.OfferLapsed()
    if not pass_on.offer_to(context, place, by_id):
        raise errors.SlotTaken()
    return place


_PLACE = select(WaitlistEntry).where(WaitlistEntry.public_id == bindparam("place_id"))


def _locked(context: ActionContext, place_id: uuid.UUID) -> WaitlistEntry:
    """The place, once its occurrence and its member are locked. Raises NotFound."""
    session = context.session
    seen = session.scalars(_PLACE, {"place_id": place_id}).one_or_none()
    if seen is None:
        raise errors.NotFound()
    locks.occurrences(session, [seen.occurrence_id])
    locks.person(session, seen.member_id)
    return session.get_one(WaitlistEntry, seen.id, populate_existing=True)


def _tell(context: ActionContext, place: WaitlistEntry, reason: str) -> None:
    session = context.session
    occurrence, member = session.get_one(Occurrence, place.occurrence_id), session.get_one(Person, place.member_id)
    if occurrence.ends_at <= context.now:
        return
    told = {**email_facts.date_facts(occurrence), "reason": reason}
    emails.enqueue(session, EmailName.WAITLIST_REMOVED, member.email, told, context.now, person_id=member.id)
