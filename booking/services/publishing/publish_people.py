"""Steps of a publish that concern people: bookings, offers, waitlist places, and the emails about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.domain.enums.bookings import WaitlistOutcome
from booking.domain.enums.planning import BookingFate, PlaceKind
from booking.domain.planning.consequences import Step
from booking.domain.planning.notices import WITHDRAWN
from booking.domain.planning.plan import Plan
from booking.services.action_context import ActionContext
from booking.services.publishing import publish_emails
from booking.services.steps import pass_on
from booking.store.bookings import claims, departures, reminders
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import Offer, WaitlistEntry
from booking.store.outbox.email_facts import Was
from booking.store.programme import publishing
from booking.store.programme.changes import Change


def uncovered(plan: Plan) -> dict[int, set[int]]:
    """The analysts whose bookings come to wait for cover, by occurrence id."""
    found: dict[int, set[int]] = {}
    for outcome in plan.outcomes:
        if outcome.what == BookingFate.UNCOVERED:
            found.setdefault(outcome.booking.occurrence_id, set()).add(outcome.booking.analyst_id)
    return found


def apply(context: ActionContext, plan: Plan, change: Change) -> None:
    """Do what the plan says to bookings, offers and waitlist places, and queue the emails about it."""
    session, now = context.session, context.now
    by_id = {step.occurrence_id: step for step in plan.changes.steps if step.occurrence_id is not None}
    booking_ids = [outcome.booking.id for outcome in plan.outcomes]
    bookings = publish_emails.bookings(session, booking_ids)
    was = {b.id: Was.of(b) for b in bookings.values()}
    _hold_freed(session, plan, change, now)
    _place_bookings(session, plan, bookings, by_id, now)
    _offer_other_times(session, plan, change, now)
    shown = [i for i, step in by_id.items() if publishing.PUBLISHED & set(step.fields)]
    publishing.revise_bookings(session, shown, booking_ids, now)
    _end_waiting(session, plan, by_id, now)
    session.expire_all()
    publish_emails.enqueue(context, plan, change, by_id, was)
    without = {notice.member_id for notice in plan.notices if notice.email == WITHDRAWN}
    ended = [one.id for one in plan.ended_offers if one.booking_id is None and one.member_id in without]
    pass_on.tell_withdrawn(session, ended, now, change)
    reminders.plan(session, booking_ids, context.organisation, now)


def _hold_freed(session: Session, plan: Plan, change: Change, now: datetime) -> None:
    """Hold the quarters of bookings that change and of offers that end until the publish can no longer be undone."""
    if plan.outcomes:
        publishing.hold(session, [outcome.booking.id for outcome in plan.outcomes], change.id)
    if plan.ended_offers:
        publishing.hold_offers(session, [one.id for one in plan.ended_offers], change.id, now)


def _place_bookings(
    session: Session, plan: Plan, bookings: Mapping[int, Booking], by_id: Mapping[int, Step], now: datetime
) -> None:
    """Put each booking where the plan puts it; a cancelled one gets the reason of its date."""
    handed = [bookings[o.booking.id] for o in plan.outcomes if o.taker_id is not None]
    departures.note(session, [(b.occurrence_id, b.analyst_id, b.sequence) for b in handed], now)
    for outcome in plan.outcomes:
        publishing.place(session, outcome, now)
        if outcome.what == BookingFate.CANCELLED:
            bookings[outcome.booking.id].reason = by_id[outcome.booking.occurrence_id].after.reason or ""


def _end_waiting(session: Session, plan: Plan, by_id: dict[int, Step], now: datetime) -> None:
    gone = [
        p.id for p in plan.places if p.what == PlaceKind.WAITING and by_id[p.occurrence_id].after.reason is not None
    ]
    if gone:
        session.execute(
            update(WaitlistEntry).where(WaitlistEntry.id.in_(gone)).values(ended_at=now, outcome=WaitlistOutcome.GONE)
        )


def _offer_other_times(session: Session, plan: Plan, change: Change, now: datetime) -> None:
    """Hold another time for those who wait for cover, where the plan has found one; undo ends these offers."""
    made = []
    for outcome in plan.outcomes:
        slot, booking = outcome.offered, outcome.booking
        if slot is None or outcome.ends_at is None:
            continue
        offer = Offer(
            member_id=booking.member_id,
            booking_id=booking.id,
            occurrence_id=booking.occurrence_id,
            analyst_id=slot.analyst_id,
            starts_at=slot.starts_at,
            minutes=slot.minutes,
            lapses_at=outcome.ends_at,
            created_at=now,
        )
        session.add(offer)
        session.flush()
        publishing.let_go(session, slot, booking.member_id)
        claims.hold_for_offer(session, slot, booking.member_id, offer.id, outcome.slot)
        made.append(offer.id)
    if made:
        change.before = {**change.before, "made_offers": made}
