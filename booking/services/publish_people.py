"""Steps of a publish that concern people: bookings, offers, waitlist places, and the emails about them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from booking.domain.consequences import CANCELLED, UNCOVERED, Held, Outcome, Step
from booking.domain.notices import Difference, Notice, differences, email_of
from booking.domain.organisation import Organisation
from booking.domain.plan import Plan
from booking.store import claims, departures, letters, publishing, reminders, waiting
from booking.store import facts as letter_facts
from booking.store.bookings import Booking
from booking.store.changes import Change
from booking.store.people import Person
from booking.store.programme import Occurrence
from booking.store.waiting import Offer


def uncovered(plan: Plan) -> dict[int, set[int]]:
    """The analysts whose bookings come to wait for cover, by occurrence id."""
    found: dict[int, set[int]] = {}
    for outcome in plan.outcomes:
        if outcome.what == UNCOVERED:
            found.setdefault(outcome.booking.occurrence_id, set()).add(outcome.booking.analyst_id)
    return found


def settle(session: Session, plan: Plan, change: Change, organisation: Organisation, now: datetime) -> None:
    """Do what the plan says to bookings, offers and waitlist places, and queue the emails about it."""
    found = plan.changes
    by_id = {step.occurrence_id: step for step in found.steps if step.occurrence_id is not None}
    booking_ids = [outcome.booking.id for outcome in plan.outcomes]
    bookings = _bookings(session, booking_ids)
    was = {b.id: (b.starts_at, b.minutes, b.analyst.name) for b in bookings.values()}
    if booking_ids:
        publishing.hold(session, booking_ids, change.id)
    if plan.ended_offers:
        publishing.hold_offers(session, [one.id for one in plan.ended_offers], change.id, now)
    handed = [bookings[o.booking.id] for o in plan.outcomes if o.slot and o.slot.analyst_id != o.booking.analyst_id]
    departures.note(session, [(b.occurrence_id, b.analyst_id, b.sequence) for b in handed], now)
    for outcome in plan.outcomes:
        publishing.place(session, outcome, change.id, now)
    _offer_other_times(session, plan, change, now)
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
        publishing.let_go(session, slot, None, change.id)
        claims.hold_for_offer(session, slot, offer.id)
        made.append(offer.id)
    if made:
        change.before = {**change.before, "made_offers": made}


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
    elif outcome.what == UNCOVERED:
        told = letter_facts.booking_facts(
            session, booking, is_invited=False, was_at=letter_facts.stamp(was[0]), **_cover_facts(session, outcome)
        )
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
    return letters.row(
        email_of(outcome),
        booking.member.email,
        told,
        now,
        person_id=booking.member_id,
        booking_id=booking.id,
        due_at=change.due_at,
        change_id=change.id,
    )


def _cover_facts(session: Session, outcome: Outcome) -> dict[str, Any]:
    """What is offered to somebody who waits for cover, and until when."""
    told = {"lapses_at": letter_facts.stamp(outcome.ends_at or outcome.booking.starts_at)}
    if outcome.offered is not None:
        told["offered_at"] = letter_facts.stamp(outcome.offered.starts_at)
        told["offered_with"] = session.get_one(Person, outcome.offered.analyst_id).name
    return told


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
