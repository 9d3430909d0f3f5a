"""One visit as staff handle it: cancel, hand over, extend it, book a follow-up."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from booking.domain import errors, refusal_words, zones
from booking.domain.bookings import lengths, slots
from booking.domain.bookings.slots import Slot
from booking.domain.bookings.timetable import RosterAnalyst
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.enums.people import RoleName
from booking.domain.errors import Refusal
from booking.domain.meetings import Appointment
from booking.domain.people.actor import Actor
from booking.domain.recurrence import MAX_DURATION
from booking.services.bookings import notes, on_behalf
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.notes import write_note
from booking.store.people.people import Person
from booking.store.queries.bookings import timetables, visit_history
from booking.store.queries.programme import meeting_rows
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user
from booking.web.member import membership, slot_grid
from booking.web.member.slot_grid import Chosen

blueprint = Blueprint("visits", __name__, url_prefix="/analyst/visits")
MAX_RESULTS, MAX_PER_OCCURRENCE = 30, 3  # free starts offered
AHEAD = timedelta(days=28)


def _visit(public_id: uuid.UUID) -> Appointment:
    """A booking of the reader's own as an analyst, or any for a coordinator; 404 for the rest."""
    found = meeting_rows.appointment(context.db(), public_id)
    if found is None:
        return abort(404)
    may = RoleName.COORDINATOR in current_user.roles or found.analyst_public_id == current_user.public_id
    return found if may else abort(404)


@blueprint.get("/<uuid:public_id>")
@access.staff
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """Show the visit and everything that staff can do about it."""
    return _page(_visit(public_id))


def _page(visit: Appointment, refusal: Refusal | None = None) -> ResponseReturnValue:
    session, now = context.db(), context.now()
    member = visit_history.member(session, visit.member_public_id)
    last = member.member_until
    follow_ups = _free_starts(visit, 0, max(now, visit.meeting.ends_at), only_same=True)
    targets = _free_starts(visit, visit.minutes, now) if _may_move(visit, now) else []
    within = [[one for one in starts if membership.covers(last, one.starts_at)] for starts in (follow_ups, targets)]
    is_short = last is not None and (membership.is_over(last) or within != [follow_ups, targets])
    page = render_template(
        "analyst/visit.html",
        visit=visit,
        member=member,
        membership=membership.of_member(visit.member, last) if last is not None and is_short else "",
        colleagues=_free_colleagues(visit),
        is_over=now >= visit.ends_at,
        may_note=not visit.is_cancelled and (now >= visit.starts_at or visit.began_at is not None),
        note=_note(visit),
        follow_ups=within[0],
        targets=within[1],
        longer=visit.minutes + lengths.GRID_MINUTES,
        is_marked=visit.outcome is not None,
        marked=refusal_words.marked(VisitOutcome(visit.outcome)) if visit.outcome is not None else "",
        sent_after=notes.sent_after(visit.member),
        words=error_pages.sentence(refusal) if refusal is not None else "",
        key=str(uuid.uuid4()),
        day=zones.today(visit.starts_at, current_user.zone or context.organisation().zone),
    )
    return page, error_pages.status(refusal) if refusal is not None else 200


def _free_colleagues(visit: Appointment) -> list[RosterAnalyst]:
    """The other analysts of the clinic who are free at the visit's time."""
    here = timetables.timetable(context.db(), visit.meeting.public_id, context.organisation())
    if here is None:
        return []
    quarters = Slot(0, visit.starts_at, visit.minutes).quarters
    others = [one for one in here.analysts if one.public_id != visit.analyst_public_id]
    return [one for one in others if not any((one.id, quarter) in here.hours.taken for quarter in quarters)]


def _may_move(visit: Appointment, now: datetime) -> bool:
    """Neither cancelled nor over nor marked."""
    return not visit.is_cancelled and visit.outcome is None and now < visit.ends_at


@dataclass(frozen=True, slots=True)
class Start:
    """A free start as a select offers it: what it sends, when, with whom (a name) and for how long."""

    value: str
    starts_at: datetime
    zone: str
    analyst: str
    minutes: int


def _free_starts(visit: Appointment, minutes: int, since: datetime, *, only_same: bool = False) -> list[Start]:
    """The next free starts, at most three a clinic for each analyst, earliest first; with the same analyst only.

    For so many minutes, or what comes nearest to it of the lengths that are offered there.
    """
    organisation, now = context.organisation(), context.now()
    relaxed = organisation.for_staff()
    found: list[Start] = []
    for other in timetables.coming(context.db(), organisation, since - MAX_DURATION, since + AHEAD):
        names = {one.id: one for one in other.analysts}
        shown: Counter[int] = Counter()
        rules = other.policy(relaxed)
        for slot in slots.free(other.hours, rules.nearest_length(minutes), rules, now):
            who = names[slot.analyst_id]
            is_asked = who.public_id == visit.analyst_public_id or not only_same
            if is_asked and slot.starts_at >= since and shown[who.id] < MAX_PER_OCCURRENCE:
                shown[who.id] += 1
                value = f"{other.public_id} {slot_grid.value_of(slot.starts_at, slot.minutes, str(who.public_id))}"
                found.append(Start(value, slot.starts_at, other.zone, who.name, slot.minutes))
        if len(found) >= MAX_RESULTS:
            break
    return found[:MAX_RESULTS]


def _note(visit: Appointment) -> tuple[str, str]:
    """The stored note, or the one that was typed and could not be kept: (private, agreed)."""
    if "agreed" in request.form:
        return request.form.get("private", ""), request.form["agreed"]
    return visit_history.note_of(context.db(), visit.public_id)


@blueprint.post("/<uuid:public_id>/note")
@access.staff
def note(public_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the note and what was agreed."""
    visit = _visit(public_id)
    private, agreed = request.form.get("private", ""), request.form.get("agreed", "")
    try:
        write_note(context.acting(Actor.staff(current_user.id)), public_id, private, agreed)
    except Refusal as refusal:
        return _page(visit, refusal)
    flash("Note saved." + (f" {notes.sent_after(_visit(public_id).member)}." if agreed else ""))
    return redirect(url_for("visits.one", public_id=public_id), 303)


@blueprint.post("/<uuid:public_id>/<any(cancel,hand,lengthen,move,follow):what>")
@access.staff
def do(public_id: uuid.UUID, what: str) -> ResponseReturnValue:
    """Do it, or show the page with the reason why not."""
    visit = _visit(public_id)
    form, acting = request.form, context.acting(Actor.staff(current_user.id))
    reason = form.get("reason", "")
    try:
        if what == "cancel":
            on_behalf.cancel_for(acting, public_id, reason)
        elif what == "hand":
            colleague = _uuid(form.get("analyst", ""))
            on_behalf.hand_over(acting, public_id, colleague, reason)
        elif what == "move":
            on_behalf.move_for(acting, public_id, _wanted(), reason)
        elif what == "lengthen":
            on_behalf.lengthen(acting, public_id)
        else:
            _follow(visit)
    except Refusal as refusal:
        return _page(_visit(public_id), refusal)
    flash(f"Done. We've emailed {visit.member or 'the member'}.")
    if what == "hand" and RoleName.COORDINATOR not in current_user.roles:
        zone = current_user.zone or context.organisation().zone
        return redirect(url_for("analyst.day", day=zones.today(visit.starts_at, zone)), 303)
    return redirect(url_for("visits.one", public_id=public_id), 303)


def _follow(visit: Appointment) -> None:
    """Book the same member again; limits may be passed."""
    wanted = replace(_wanted(), key=request.form.get("key", "")[:64], topic=request.form.get("topic", ""))
    session = context.db()
    member_id = session.scalars(select(Person.id).where(Person.public_id == visit.member_public_id)).one()
    book(context.acting(Actor.staff(current_user.id, for_member=member_id)), wanted)


def _wanted() -> BookingRequest:
    """The request for the free start that was selected."""
    clinic, _, slot = request.form.get("slot", "").partition(" ")
    return slot_grid.request_of(_uuid(clinic), Chosen(slot[:80]), "", "", "")


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise errors.NotFound() from None
