"""One visit as staff handle it: cancel, hand over, extend it, book a follow-up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import bindparam, select

from booking.domain import errors, refusal_words, zones
from booking.domain.bookings import agenda_words, lengths, policy, running_order, slots
from booking.domain.bookings.slots import Slot
from booking.domain.bookings.timetable import RosterAnalyst, Timetable
from booking.domain.enums.bookings import VisitOutcome
from booking.domain.enums.people import RoleName
from booking.domain.errors import Refusal
from booking.domain.meetings import Appointment
from booking.domain.people.actor import Actor
from booking.services.bookings import notes, on_behalf
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.mark_attendance import mark
from booking.services.bookings.notes import write_note
from booking.services.bookings.start_visit import OVERRUN, begin
from booking.store.bookings import bookings
from booking.store.bookings.bookings import CAME, NO_SHOW
from booking.store.people.people import Person
from booking.store.queries.bookings import agenda_rows, timetables, visit_history, visit_queue
from booking.store.queries.bookings.agenda_rows import AgendaOwner
from booking.store.queries.bookings.visit_history import EarlierVisit
from booking.store.queries.programme import meeting_rows
from booking.web.analyst import free_starts
from booking.web.analyst.free_starts import StartList, StartSearch
from booking.web.frame import access, context, error_pages, list_places
from booking.web.frame.current_reader import current_user
from booking.web.member import booking_pages, membership, slot_grid
from booking.web.member.slot_grid import Chosen

blueprint = Blueprint("visits", __name__, url_prefix="/analyst/visits")
OUTCOMES = {CAME: CAME, NO_SHOW: NO_SHOW, "": None}


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


@dataclass(frozen=True, slots=True)
class Actions:
    """What can be done about the visit at this minute; nothing that is sure to be refused is offered."""

    may_start: bool
    may_mark: bool
    may_change: bool
    may_extend: bool
    colleagues: list[RosterAnalyst]
    join_path: str
    in_since: datetime | None


def _actions(visit: Appointment) -> Actions:
    now = context.now()
    is_ahead = not visit.is_cancelled and now < visit.ends_at
    may_change = is_ahead and visit.outcome is None
    here = timetables.timetable(context.db(), visit.meeting.public_id, context.organisation()) if may_change else None
    in_since = _in_since(visit)
    rules = context.organisation().policy_for(visit.meeting.series_slug)
    may_start = (
        not visit.is_cancelled
        and visit.outcome is None
        and in_since is None
        and policy.join_opens_at(rules, visit.starts_at) <= now < visit.meeting.ends_at + OVERRUN
    )
    return Actions(
        may_start,
        not visit.is_cancelled and now >= visit.starts_at,
        may_change,
        here is not None and _may_extend(visit, here),
        [] if here is None else _free_colleagues(visit, here),
        booking_pages.join_path(visit.public_id) if is_ahead else "",
        in_since,
    )


def _in_since(visit: Appointment) -> datetime | None:
    """Since when it is under way; None while it is not."""
    row = bookings.with_public_id(context.db(), visit.public_id)
    if row is None or visit.is_cancelled:
        return None
    hours = visit_queue.of_hours(context.db(), [row.occurrence_id]).get((row.occurrence_id, row.analyst_id), [])
    running = running_order.current(hours, visit.meeting.ends_at, context.now())
    return running.since if running is not None and running.turn.id == row.id else None


def _may_extend(visit: Appointment, here: Timetable) -> bool:
    """Whether the quarter that follows lies within the hours and is free."""
    own = next((one for one in here.analysts if one.public_id == visit.analyst_public_id), None)
    return (
        own is not None
        and visit.ends_at + slots.QUARTER <= visit.meeting.ends_at
        and (own.id, visit.ends_at) not in here.hours.taken
    )


def _free_colleagues(visit: Appointment, here: Timetable) -> list[RosterAnalyst]:
    """The other analysts of the clinic who are free at the visit's time."""
    quarters = Slot(0, visit.starts_at, visit.minutes).quarters
    others = [one for one in here.analysts if visit.analyst_public_id != one.public_id != visit.member_public_id]
    return [one for one in others if not any((one.id, quarter) in here.hours.taken for quarter in quarters)]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is looked for as a follow-up: a length, an analyst (a public id as text, empty for any), from when."""

    minutes: int
    analyst: str
    since: datetime
    lengths: tuple[int, ...]
    analysts: list[AgendaOwner]


def _follow_up(visit: Appointment) -> FollowUp:
    """What the address asks for; by itself the visit's own length and analyst."""
    offered = context.organisation().policy_for(visit.meeting.series_slug).slot_minutes
    offered = tuple(sorted({*offered, *timetables.own_lengths(context.db())}))
    asked = request.args.get("minutes", "")
    minutes = next(
        (one for one in offered if str(one) == asked), min(offered, key=lambda one: abs(one - visit.minutes))
    )
    analysts = agenda_rows.analysts(context.db())
    known = {str(one.public_id) for one in analysts}
    own = str(visit.analyst_public_id)
    analyst = request.args.get("analyst", own)
    analyst = analyst if analyst in {"", *known} else own
    since = free_starts.read_since(request.args.get("from", ""), max(context.now(), visit.meeting.ends_at))
    return FollowUp(minutes, analyst, since, offered, analysts)


def _page(
    visit: Appointment, refusal: Refusal | None = None, mistakes: dict[str, str] | None = None
) -> ResponseReturnValue:
    session, now = context.db(), context.now()
    member = visit_history.member(session, visit.member_public_id)
    actions, asked = _actions(visit), _follow_up(visit)
    follow_ups, targets, in_the_way = _offered(visit, member, actions, asked)
    history = _history(visit, member)
    page = render_template(
        "analyst/visit.html",
        visit=visit,
        member=member,
        membership=in_the_way,
        actions=actions,
        asked=asked,
        follow_ups=follow_ups,
        targets=targets,
        may_follow=member.closed_at is None and not _is_over(member),
        may_note=not visit.is_cancelled and (now >= visit.starts_at or visit.began_at is not None),
        note=_note(visit),
        before=agenda_rows.last_times(session, [visit.public_id], now).get(visit.public_id),
        seen=agenda_words.seen,
        history=history[: visit_history.HISTORY],
        earlier=list_places.written(history[visit_history.HISTORY - 1].place)
        if len(history) > visit_history.HISTORY
        else "",
        longer=visit.minutes + lengths.GRID_MINUTES,
        outcomes=agenda_words.OUTCOMES,
        marked=refusal_words.marked(VisitOutcome(visit.outcome)) if visit.outcome is not None else "",
        sent_after=notes.sent_after(visit.member),
        words=error_pages.sentence(refusal) if refusal is not None else "",
        errors=mistakes or {},
        key=str(uuid.uuid4()),
        whose=None if visit.analyst_public_id == current_user.public_id else visit.analyst_public_id,
        zone=current_user.zone or context.organisation().zone,
        day=zones.today(visit.starts_at, current_user.zone or context.organisation().zone),
    )
    return page, error_pages.status(refusal) if refusal is not None else 422 if mistakes else 200


def _history(visit: Appointment, member: Person) -> list[EarlierVisit]:
    """The member's visits before this one, or before the place that the address says: a page and one more."""
    row = bookings.with_public_id(context.db(), visit.public_id)
    here = (visit.starts_at, row.id if row is not None else 0)
    before = list_places.read(request.args.get("before", ""))
    return visit_history.earlier(context.db(), member.id, before or here)


def _is_over(member: Person) -> bool:
    return member.member_until is not None and membership.is_over(member.member_until)


def _offered(visit: Appointment, member: Person, actions: Actions, asked: FollowUp) -> tuple[StartList, StartList, str]:
    """Free starts for a follow-up and to move to, as the membership allows; and what of it is in the way."""
    wanted = StartSearch(asked.minutes, asked.since, uuid.UUID(asked.analyst) if asked.analyst else None)
    follow_ups, targets = free_starts.free_starts(wanted), StartList([])
    if actions.may_change:
        since = free_starts.read_since(request.args.get("move_from", ""), context.now())
        targets = free_starts.free_starts(StartSearch(visit.minutes, since))
    last = member.member_until
    if last is None:
        return follow_ups, targets, ""
    within = _within(last, follow_ups), _within(last, targets)
    is_short = membership.is_over(last) or within != (follow_ups, targets)
    return (*within, membership.of_member(visit.member, last) if is_short else "")


def _within(last: date, found: StartList) -> StartList:
    """The starts that a membership with that last day takes in."""
    starts = [one for one in found.starts if membership.covers(last, one.starts_at)]
    return found if len(starts) == len(found.starts) else StartList(starts)


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


@blueprint.post("/<uuid:public_id>/outcome")
@access.staff
def outcome(public_id: uuid.UUID) -> ResponseReturnValue:
    """Mark whether the member came, or correct the mark, on the day or later; the reason goes into the audit log."""
    visit, said = _visit(public_id), request.form.get("outcome")
    if said not in OUTCOMES:
        return _page(visit, mistakes={"outcome": "Choose what happened."})
    try:
        mark(context.acting(Actor.staff(current_user.id)), public_id, OUTCOMES[said], request.form.get("reason", ""))
    except errors.TextNotAccepted as refusal:
        return _page(visit, mistakes={"outcome_reason": f"Shorten the reason: {refusal.reason}."})
    except Refusal as refusal:
        return _page(_visit(public_id), refusal)
    flash(f"Marked “{agenda_words.OUTCOMES[VisitOutcome(said)]}”." if said else "The mark is taken back.")
    return redirect(url_for("visits.one", public_id=public_id, _anchor="outcome"), 303)


@blueprint.post("/<uuid:public_id>/start")
@access.staff
def start(public_id: uuid.UUID) -> ResponseReturnValue:
    """Turn to this member: their join link opens, the one before closes."""
    visit = _visit(public_id)
    try:
        begin(context.acting(Actor.staff(current_user.id)), public_id)
    except Refusal as refusal:
        return _page(visit, refusal)
    flash(f"Started. {visit.member}’s join link is open.")
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


_MEMBER_ID = select(Person.id).where(Person.public_id == bindparam("member_public_id"))


def _follow(visit: Appointment) -> None:
    """Book the same member again; limits may be passed."""
    wanted = replace(_wanted(), key=request.form.get("key", "")[:64], topic=request.form.get("topic", ""))
    session = context.db()
    member_id = session.scalars(_MEMBER_ID, {"member_public_id": visit.member_public_id}).one()
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
