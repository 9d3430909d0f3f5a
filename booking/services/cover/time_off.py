"""An analyst is off, or comes after all: the rosters, the bookings and everybody concerned, in one transaction."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.domain.bookings.cover_rules import Covered
from booking.domain.bookings.slots import Slot
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.domain.enums.bookings import OfferStatus
from booking.domain.enums.emails import EmailName
from booking.domain.enums.planning import CoverFate, LineKind
from booking.domain.enums.refusals import RefusalCode
from booking.domain.planning.updates import Line
from booking.services.action_context import ActionContext
from booking.services.cover import asking
from booking.services.cover.preview import CoverPreview, PlannedAbsence, show, shown_of
from booking.services.cover.steps import cancel, hand, left_by, line_of, offer_for, pending_of
from booking.services.steps import pass_on
from booking.services.steps.serve import serve
from booking.services.steps.tell_colleagues import tell_colleagues
from booking.services.transaction import transactional
from booking.store.bookings import claims, offers
from booking.store.bookings.bookings import Booking
from booking.store.bookings.waitlist_entries import Offer
from booking.store.db import locks
from booking.store.db.base import new_public_id
from booking.store.outbox import email_facts, emails
from booking.store.people import people
from booking.store.people.people import Person
from booking.store.people.time_off import TimeOff
from booking.store.programme.programme import Roster


class CoverChanged(errors.Refusal):
    """Bookings have changed since the cover was shown; `shown` is what it is now."""

    code = RefusalCode.COVER_CHANGED

    def __init__(self, shown: CoverPreview) -> None:
        super().__init__("the plan has changed since it was shown")
        self.shown = shown


@transactional
def report(
    context: ActionContext, analyst: uuid.UUID, span: tuple[datetime, datetime], *, fingerprint: str, note: str = ""
) -> TimeOff:
    """Store the time off and do what was shown, in one go; coordinators are emailed at once.

    Join links stay the same. Raises CoverChanged where bookings have changed since it was shown, NotFound,
    SpanNotAccepted.
    """
    session, now = context.session, context.now
    seen = show(session, analyst, span, context.organisation, now)
    rows = list(locks.occurrences(session, [place.occurrence_id for place in seen.cover.places]).values())
    members = {booking.member_id for place in seen.cover.places for booking in place.bookings}
    locks.persons(session, members)
    shown = shown_of(session, PlannedAbsence(seen.analyst, *span, rows), context.organisation, now)
    if shown.fingerprint != fingerprint:
        raise CoverChanged(shown)
    return carry_out(context, shown, note=note)


def carry_out(
    context: ActionContext,
    shown: CoverPreview,
    *,
    note: str,
    for_good: bool = False,
    told: dict[int, list[Line]] | None = None,
) -> TimeOff:
    """Store the time off and do what is shown; its occurrences and the members booked there are locked.

    `for_good`: they leave and will not be back, which is what coordinators are told. What members are told is emailed,
    or added to `told` by booking where the caller emails it.
    """
    session, now = context.session, context.now
    starts_at, ends_at = shown.starts_at, shown.ends_at
    person, ids = shown.analyst, [row.id for row in shown.rows]
    away = TimeOff(
        public_id=new_public_id(),
        analyst_id=person.id,
        starts_at=starts_at,
        ends_at=ends_at,
        reported_by_id=context.actor.staff_or_system_id,
        note=note[:500],
        created_at=now,
    )
    session.add(away)
    session.execute(
        update(Roster).where(Roster.analyst_id == person.id, Roster.occurrence_id.in_(ids)).values(is_away=True)
    )
    session.flush()
    withdrawn = pass_on.withdraw(session, ids, now, person.id)
    lines = {c.booking.id: [_settle(context, c, person, for_good=for_good)] for c in shown.cover.covered}
    if told is None:
        asking.tell_members(session, lines, now)
    else:
        told |= lines
    handed = [session.get_one(Booking, one.booking.id) for one in shown.cover.of(CoverFate.HANDED)]
    tell_colleagues(context, handed, person.name)
    coordinators = people.coordinators(session)
    uncovered = {c.booking.id for c in shown.cover.of(CoverFate.ASKED)}
    left = [one for one in shown.left if one.booking_id is None or one.booking_id in uncovered]
    wanted = asking.WantedCover(person.name, left, shown.analysts)
    asked = asking.ask(session, wanted, now, but={one.id for one in coordinators})
    _tell_coordinators(context, _consequences(shown, away.note, for_good=for_good), coordinators, asked)
    counts = {f"bookings_{what}": count for what in CoverFate if (count := len(shown.cover.of(what)))}
    context.record(
        AuditAction.AWAY,
        AuditSubject.PERSON,
        person.public_id,
        by=context.actor.staff_or_system_id,
        starts_at=email_facts.stamp(starts_at),
        ends_at=email_facts.stamp(ends_at),
        asked=len(asked),
        **counts,
    )
    serve(context, ids)
    pass_on.tell_withdrawn(session, withdrawn, now)
    return away


def _settle(context: ActionContext, covered: Covered, person: Person, *, for_good: bool) -> Line:
    """Do what is shown to one booking; what its member is told. Nobody can wait for somebody who left for good."""
    session = context.session
    booking = session.get_one(Booking, covered.booking.id, populate_existing=True)
    why = f"{person.name} {'no longer sees members' if for_good else 'is away'}"
    if covered.what == CoverFate.HANDED and covered.slot is not None:
        may_wait = covered.may_wait and not for_good
        booking.asked_for_id = person.id if may_wait else None
        return hand(context, booking, covered.slot.analyst_id, f"{why}.", may_wait=may_wait)
    if covered.what == CoverFate.CANCELLED or covered.lapses_at is None:
        return cancel(context, booking, f"{why}, and no other analyst is free then.", actor_id=None)
    told: dict[str, Any] = {"lapses_at": email_facts.stamp(covered.lapses_at), "is_invited": False}
    if covered.what == CoverFate.OFFERED and covered.slot is not None:
        _offer(context, booking, covered.slot, covered.lapses_at)
        told["offered_at"] = email_facts.stamp(covered.slot.starts_at)
        told["offered_with"] = session.get_one(Person, covered.slot.analyst_id).name
    elif covered.what == CoverFate.NOBODY:
        told["others"] = asking.other_times(context, booking)
    return line_of(session, booking, LineKind.UNCOVERED, **told)


def _offer(context: ActionContext, booking: Booking, slot: Slot, lapses_at: datetime) -> None:
    """Hold another slot for whoever has this booking."""
    session = context.session
    offer = Offer(
        member_id=booking.member_id,
        booking_id=booking.id,
        occurrence_id=booking.occurrence_id,
        analyst_id=slot.analyst_id,
        starts_at=slot.starts_at,
        minutes=booking.minutes,
        lapses_at=lapses_at,
        created_at=context.now,
    )
    session.add(offer)
    session.flush()
    claims.hold_for_offer(session, slot, booking.member_id, offer.id, booking.slot)


def _consequences(shown: CoverPreview, note: str, *, for_good: bool) -> dict[str, Any]:
    """What coordinators are told of somebody's time off, as facts."""
    cover = shown.cover
    zone_of = {row.id: row.series.zone for row in shown.rows}
    nobody_for = {one.occurrence_id for one in cover.presented if not shown.has_taker(one)}
    presented = {one.occurrence_id for one in cover.presented}
    return {
        "analyst": shown.analyst.name,
        "analyst_zone": shown.analyst.time_zone,
        "starts_at": email_facts.stamp(shown.starts_at),
        "ends_at": email_facts.stamp(shown.ends_at),
        "note": note,
        "is_closed": shown.analyst.closed_at is not None,
        "has_left": for_good,
        "meetings": [
            {
                "title": shown.titles[place.occurrence_id],
                "starts_at": email_facts.stamp(place.starts_at),
                "zone": zone_of[place.occurrence_id],
                "is_presented": place.occurrence_id in presented,
                "has_nobody": place.occurrence_id in nobody_for,
            }
            for place in sorted(cover.places, key=lambda place: place.starts_at)
        ],
        "handed": len(cover.of(CoverFate.HANDED)),
        "offered": len(cover.of(CoverFate.OFFERED)),
        "asked": len(cover.of(CoverFate.ASKED)),
        "nobody": len(cover.of(CoverFate.NOBODY)),
        "cancelled": len(cover.of(CoverFate.CANCELLED)),
    }


def _tell_coordinators(
    context: ActionContext, told: dict[str, Any], coordinators: list[Person], asked: set[int]
) -> None:
    """Email coordinators the consequences at once; one who could take something over is asked in the same email."""
    session, now = context.session, context.now
    for person in coordinators:
        mine = {"cover": "", "may_take": True} if person.id in asked else {"may_take": False}
        emails.enqueue(session, EmailName.SOMEONE_AWAY, person.email, {**told, **mine}, now, person_id=person.id)


_TIME_OFF = select(TimeOff).where(TimeOff.public_id == bindparam("away_id"))


@transactional
def back(context: ActionContext, away_id: uuid.UUID) -> TimeOff:
    """The analyst is back, or comes after all: on the rosters again, from now on. Raises NotFound."""
    session, now = context.session, context.now
    away = session.scalars(_TIME_OFF, {"away_id": away_id}).one_or_none()
    if away is None:
        raise errors.NotFound()
    if away.ended_at is not None:
        return away
    ids = [row.id for row in left_by(session, away, now)]
    locks.occurrences(session, ids)
    for booking in pending_of(session, ids, now):
        offer = offer_for(session, booking) if booking.analyst_id == away.analyst_id else None
        if offer is not None:
            offers.end(session, offer.id, OfferStatus.GONE, now)
    session.execute(
        update(Roster).where(Roster.occurrence_id.in_(ids), Roster.analyst_id == away.analyst_id).values(is_away=False)
    )
    away.ended_at = now
    analyst = session.get_one(Person, away.analyst_id)
    context.record(AuditAction.BACK, AuditSubject.PERSON, analyst.public_id, by=context.actor.staff_or_system_id)
    session.flush()
    serve(context, ids)
    return away


_ON_RECORD = (
    select(TimeOff, Person)
    .join(Person, Person.id == TimeOff.analyst_id)
    .where(TimeOff.ended_at.is_(None), TimeOff.ends_at > bindparam("now"))
    .order_by(TimeOff.starts_at, TimeOff.id)
    .limit(bindparam("most"))
)


def on_record(session: Session, now: datetime, most: int = 50) -> list[tuple[TimeOff, Person]]:
    """The times away that are not over, soonest first."""
    found = session.execute(_ON_RECORD, {"most": most, "now": now})
    return [(away, person) for away, person in found]
