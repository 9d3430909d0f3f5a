"""One visit as staff handle it: cancel, hand over, take the next quarter too, book a follow-up."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from booking.domain import errors, slots, zones
from booking.domain.errors import Refusal
from booking.domain.meetings import Appointment
from booking.services import staff
from booking.services.book import book
from booking.services.notes import write_note
from booking.store.people import Person
from booking.store.queries import meetings as queries
from booking.store.queries import timetables, visits
from booking.web import access, context, picker, refusals
from booking.web.picker import Chosen

blueprint = Blueprint("visits", __name__, url_prefix="/analyst/visits")
MOST = 12  # free starts offered for a follow-up


def _visit(public_id: uuid.UUID) -> Appointment:
    """A booking of the reader's own as an analyst, or any for a coordinator; 404 for the rest."""
    found = queries.appointment(context.db(), public_id)
    if found is None:
        return abort(404)
    may = "coordinator" in current_user.roles or found.analyst_public_id == current_user.public_id
    return found if may else abort(404)


@blueprint.get("/<uuid:public_id>")
@access.staff
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """What can be done for this member."""
    return _page(_visit(public_id))


def _page(visit: Appointment, refusal: Refusal | None = None) -> ResponseReturnValue:
    session, now = context.db(), context.now()
    here = timetables.timetable(session, visit.meeting.public_id)
    colleagues = [one for one in here.analysts if one.public_id != visit.analyst_public_id] if here else []
    quarters = [visit.starts_at + n * slots.QUARTER for n in range(visit.minutes // 15)]
    taken = here.hours.taken if here else frozenset()
    free = [one for one in colleagues if not any((one.id, quarter) in taken for quarter in quarters)]
    page = render_template(
        "analyst/visit.html",
        visit=visit,
        colleagues=free,
        is_over=now >= visit.ends_at,
        may_note=not visit.is_cancelled and (now >= visit.starts_at or visit.began_at is not None),
        note=_note(visit),
        follow_ups=_follow_ups(visit),
        words=refusals.sentence(refusal) if refusal is not None else "",
        key=str(uuid.uuid4()),
        day=zones.today(visit.starts_at, current_user.zone or context.organisation().zone),
    )
    return page, refusals.status(refusal) if refusal is not None else 200


def _follow_ups(visit: Appointment) -> list[tuple[str, uuid.UUID, object]]:
    """The next free starts with the same analyst, in later clinics: what the button sends, where, and when."""
    organisation, now = context.organisation(), context.now()
    bookable = [name for name, kind in organisation.kinds.items() if kind.bookable]
    start = max(now, visit.meeting.ends_at)
    found: list[tuple[str, uuid.UUID, object]] = []
    for other in timetables.coming(context.db(), bookable, start, start + timedelta(days=28)):
        analyst = next((one for one in other.analysts if one.public_id == visit.analyst_public_id), None)
        if analyst is None:
            continue
        for slot in slots.free(other.hours, 15, other.policy(organisation), now):
            if slot.analyst_id == analyst.id:
                value = picker.value_of(slot.starts_at, 15, str(visit.analyst_public_id))
                found.append((value, other.public_id, slot.starts_at))
                break
        if len(found) == MOST:
            break
    return found


def _note(visit: Appointment) -> tuple[str, str]:
    """What is noted, or what was typed and could not be kept."""
    if "agreed" in request.form:
        return request.form.get("private", ""), request.form["agreed"]
    return visits.note_of(context.db(), visit.public_id)


@blueprint.post("/<uuid:public_id>/note")
@access.staff
def note(public_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the note and what was agreed."""
    visit = _visit(public_id)
    private, agreed = request.form.get("private", ""), request.form.get("agreed", "")
    try:
        write_note(context.db(), public_id, private, agreed, context.now(), actor_id=current_user.id)
    except Refusal as refusal:
        return _page(visit, refusal)
    flash("Noted." + (" The member gets what was agreed by letter, half an hour after the end." if agreed else ""))
    return redirect(url_for("visits.one", public_id=public_id), 303)


@blueprint.post("/<uuid:public_id>/<any(cancel,hand,lengthen,follow):what>")
@access.staff
def do(public_id: uuid.UUID, what: str) -> ResponseReturnValue:
    """Do it; what cannot be done is said on the page."""
    visit = _visit(public_id)
    session, now, form = context.db(), context.now(), request.form
    reason, actor = form.get("reason", ""), current_user.id
    try:
        if what == "cancel":
            staff.cancel_for(session, public_id, reason, context.organisation(), now, actor_id=actor)
        elif what == "hand":
            colleague = _uuid(form.get("analyst", ""))
            staff.hand_over(session, public_id, colleague, reason, context.organisation(), now, actor_id=actor)
        elif what == "lengthen":
            staff.lengthen(session, public_id, context.organisation(), now, actor_id=actor)
        else:
            _follow(visit)
    except Refusal as refusal:
        return _page(_visit(public_id), refusal)
    flash(f"Done, and {visit.member or 'the member'} is told.")
    if what == "hand" and "coordinator" not in current_user.roles:
        zone = current_user.zone or context.organisation().zone
        return redirect(url_for("analyst.day", day=zones.today(visit.starts_at, zone)), 303)
    return redirect(url_for("visits.one", public_id=public_id), 303)


def _follow(visit: Appointment) -> None:
    """Book the same member again; limits may be passed."""
    clinic, _, slot = request.form.get("slot", "").partition(" ")
    key, topic = request.form.get("key", "")[:64], request.form.get("topic", "")
    wanted = picker.request_of(_uuid(clinic), Chosen(slot[:80], slot.partition("/")[0]), topic, "", key)
    session = context.db()
    member_id = session.scalars(select(Person.id).where(Person.public_id == visit.member_public_id)).one()
    book(session, wanted, member_id, context.organisation(), context.now(), staff_id=current_user.id)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise errors.NotFound() from None
