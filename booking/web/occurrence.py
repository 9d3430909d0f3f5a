"""One occurrence: what it is, and for a bookable one the grid to book it on."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import briefs, errors, policy, slots, wording, zones
from booking.domain.errors import Refusal
from booking.domain.meetings import Meeting
from booking.domain.organisation import Policy
from booking.domain.slots import Leaning, Slot
from booking.services import attend
from booking.services.book import Asked, BookingRequest, book, hindrance
from booking.services.enrol import enrol as enrol_deed
from booking.services.enrol import leave as leave_deed
from booking.services.waitlist import Wish, join
from booking.store import people
from booking.store.queries import enrolments, occurrences, timetables, visits, waitlist
from booking.store.queries import meetings as queries
from booking.store.queries.timetables import Timetable
from booking.store.queries.waitlist import Waits
from booking.web import access, booked, context, enrolling, membership, picker, places, refusals, sign_in
from booking.web.picker import Chosen
from booking.web.reader import current_user

blueprint = Blueprint("occurrence", __name__, url_prefix="/occurrences")


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds."""

    chosen: Chosen = field(default_factory=Chosen)
    topic: str = ""
    link: str = ""
    member: str = ""  # whom staff book for, by address


@blueprint.get("/<uuid:public_id>")
@access.public
def show(public_id: uuid.UUID) -> ResponseReturnValue:
    """The page; what was typed before signing in stands in its form again."""
    typed = Typed()
    if current_user.is_authenticated and "typed" in request.args:
        before = sign_in.typed_before()
        chosen = Chosen(before.get("slot", ""), before.get("minutes", ""))
        typed = Typed(chosen, before.get("topic", ""), before.get("link", ""))
    elif current_user.is_authenticated and "go_on" in request.args:
        typed = _going_on(public_id, request.args["go_on"])
    elif "slot" in request.args:
        typed = Typed(Chosen(request.args["slot"][:80]))
    return page(public_id, typed)


def _going_on(public_id: uuid.UUID, booking: str) -> Typed:
    """The form begun from an earlier visit of the reader's own: what was agreed, and the same analyst where free."""
    try:
        visit = visits.of_booking(context.db(), uuid.UUID(booking), current_user.id)
    except ValueError:
        visit = None
    if visit is None:
        return Typed()
    on = zones.today(visit.starts_at, current_user.zone or visit.zone)
    topic = f"Going on from {wording.day(on)} with {visit.analyst}: {visit.agreed or visit.topic}"
    found = timetables.timetable(context.db(), public_id, current_user.id)
    chosen = Chosen()
    same = next((a for a in found.analysts if a.public_id == visit.analyst_public_id), None) if found else None
    if found is not None and same is not None:
        free = slots.free(found.hours, 15, found.policy(context.organisation()), context.now())
        with_them = [slot for slot in slots.offered(found.hours, free) if slot.analyst_id == same.id]
        if with_them:
            chosen = Chosen(picker.value_of(with_them[0].starts_at, 15, str(same.public_id)), "15")
    return Typed(chosen, topic[: briefs.TOPIC_CHARACTERS])


@blueprint.post("/<uuid:public_id>")
@access.public
def make(public_id: uuid.UUID) -> ResponseReturnValue:
    """Book. Whoever is signed out signs in first, and finds the form as it was."""
    form = request.form
    instead = form.get("instead", "")
    slot = instead or form.get("slot", "")
    minutes = instead.partition("/")[0] if instead else form.get("minutes", "")
    chosen = Chosen(slot[:80], minutes[:3])
    typed = Typed(chosen, form.get("topic", ""), form.get("link", ""), form.get("member", "").strip()[:254])
    if not current_user.is_authenticated:
        fields = {"slot": slot[:80], "minutes": minutes[:3], "topic": typed.topic[:2500], "link": typed.link[:1000]}
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id), fields)
    key = form.get("key", "")[:64]
    try:
        wanted = picker.request_of(public_id, typed.chosen, typed.topic, typed.link, key)
        if typed.member and _is_staff():
            return _book_for(wanted, typed.member)
        made = book(context.db(), wanted, current_user.id, context.organisation(), context.now())
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return page(public_id, typed, refusal)
    return redirect(url_for("bookings.one", public_id=made.public_id, booked=1), 303)


def _is_staff() -> bool:
    return not current_user.roles.isdisjoint({access.ANALYST, access.COORDINATOR})


def _book_for(wanted: BookingRequest, email: str) -> ResponseReturnValue:
    """Staff book for a member, past the member's own limits; the register says so."""
    member = people.with_email(context.db(), email)
    if member is None:
        raise errors.NotAMember()
    book(context.db(), wanted, member.id, context.organisation(), context.now(), staff_id=current_user.id)
    flash(f"Booked for {member.name or 'the member'}, who is told.")
    return redirect(url_for("occurrence.show", public_id=wanted.occurrence), 303)


@blueprint.post("/<uuid:public_id>/wait")
@access.public
def wait(public_id: uuid.UUID) -> ResponseReturnValue:
    """Join the waitlist. Whoever is signed out signs in first, and finds the form as it was."""
    form = request.form
    typed = Typed(Chosen(), form.get("topic", ""), form.get("link", ""))
    if not current_user.is_authenticated:
        fields = {"topic": typed.topic[:2500], "link": typed.link[:1000]}
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id), fields)
    minutes, analyst = form.get("wait_minutes", ""), form.get("wait_analyst", "")
    try:
        wish = Wish(
            int(minutes) if re.fullmatch(r"[0-9]{1,3}", minutes) else 0,
            uuid.UUID(analyst) if analyst else None,
            typed.topic,
            typed.link,
        )
    except ValueError:
        abort(404)
    try:
        place = join(context.db(), public_id, wish, current_user.id, context.organisation(), context.now())
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return page(public_id, typed, refusal)
    return redirect(url_for("places.one", public_id=place.public_id), 303)


@blueprint.post("/<uuid:public_id>/enrol")
@access.public
def enrol(public_id: uuid.UUID) -> ResponseReturnValue:
    """Take a place in this one, or in all; whoever is signed out signs in first."""
    if not current_user.is_authenticated:
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id), {})
    whole = request.form.get("whole") == "1"
    try:
        enrol_deed(context.db(), public_id, current_user.id, context.organisation(), context.now(), whole=whole)
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return page(public_id, Typed(), refusal)
    flash("You have a place. A letter says so too.")
    return redirect(url_for("occurrence.show", public_id=public_id), 303)


@blueprint.post("/<uuid:public_id>/join")
@access.public
def join_now(public_id: uuid.UUID) -> ResponseReturnValue:
    """Take a place if there is none yet, and go to the door; whoever is signed out signs in first."""
    if not current_user.is_authenticated:
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id), {})
    try:
        attend.join(context.db(), public_id, context.organisation(), context.now(), member_id=current_user.id)
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return page(public_id, Typed(), refusal)
    return redirect(booked.door(public_id), 303)


@blueprint.post("/<uuid:public_id>/leave")
@access.member
def leave(public_id: uuid.UUID) -> ResponseReturnValue:
    """Give the place in it up; of a place in all, all of it."""
    for place in enrolments.of_member(context.db(), current_user.id, enrolling.FIRST, public_id):
        leave_deed(context.db(), place.enrolment, context.now(), member_id=current_user.id)
        flash("Your place is given up.")
    return redirect(url_for("occurrence.show", public_id=public_id), 303)


def page(public_id: uuid.UUID, typed: Typed, refusal: Refusal | None = None) -> ResponseReturnValue:
    """The page as it stands now, with what was typed and why it was refused."""
    meeting = queries.meeting(context.db(), public_id)
    if meeting is None:
        abort(404)
    status = refusals.status(refusal) if refusal is not None else 200
    is_bookable = meeting.kind in context.organisation().kinds and context.organisation().kinds[meeting.kind].bookable
    if not is_bookable or meeting.is_cancelled or meeting.ends_at <= context.now():
        words = refusals.sentence(refusal) if refusal is not None else ""
        place = enrolling.place(meeting) if not is_bookable else None
        page = render_template(
            "member/occurrence.html",
            meeting=meeting,
            refusal=refusal,
            words=words,
            place=place,
            membership="" if meeting.is_cancelled else membership.gap(meeting.starts_at),
        )
        return page, status
    member_id = current_user.id if current_user.is_authenticated else None
    found = timetables.timetable(context.db(), public_id, member_id)
    if found is None:
        abort(404)
    return _picker_page(meeting, found, typed, refusal), status


def _picker_page(meeting: Meeting, found: Timetable, typed: Typed, refusal: Refusal | None) -> str:
    rules = found.policy(context.organisation())
    now = context.now()
    is_lost = isinstance(refusal, errors.SlotTaken) and not refusal.own
    is_visitor = not current_user.is_authenticated
    lost = typed.chosen.slot if is_lost else ""
    made = picker.grids(found, rules, now, typed.chosen, lost, leaning=None if is_visitor else _leaning(found, now))
    if is_visitor:
        _without_names(made)
    minutes = next((n for n in rules.slot_minutes if str(n) == typed.chosen.minutes), rules.slot_minutes[0])
    has_free = any(grid.has_free for grid in made)
    gap = membership.gap(found.hours.starts_at)
    return render_template(
        "member/clinic.html",
        meeting=meeting,
        found=found,
        rules=policy.in_words(rules),
        door_minutes=rules.door_minutes,
        grids=made,
        minutes=minutes,
        typed=typed,
        refusal=refusal,
        words=_words(refusal),
        nearest=_nearest(found, rules, typed) if is_lost else [],
        elsewhere_free=[] if has_free or gap else _elsewhere(found, rules, minutes),
        has_free=has_free,
        membership=gap,
        hindrance=None if is_visitor or _is_staff() or gap else _hindrance(found, rules),
        is_staff=not is_visitor and _is_staff(),
        key=str(uuid.uuid4()),
        is_visitor=is_visitor,
        can_wait=not gap and _can_wait(found, rules, made, now),
        queue=waitlist.count(context.db(), found.id),
        last=None if is_visitor else visits.last_of(context.db(), current_user.id, now),
        place=None if is_visitor else _place(found),
    )


def _can_wait(found: Timetable, rules: Policy, made: list[picker.Grid], now: datetime) -> bool:
    """Whether there is something to wait for: a length or an analyst with nothing free, while booking is open."""
    starts = slots.starts(found.hours, rules.slot_minutes[0])
    if not starts or now < starts[0] - timedelta(days=rules.horizon_days):
        return False
    if now > starts[-1] - timedelta(minutes=rules.notice_minutes):
        return False
    lines = [line for grid in made for rows in grid.blocks for line in rows]
    return bool(found.analysts) and any(not any(cell.value for cell in line.cells) for line in lines)


def _place(found: Timetable) -> tuple[Waits, int] | None:
    """The reader's place on the waitlist, and how many are before."""
    waits = waitlist.of_member(context.db(), current_user.id, found.public_id)
    return (waits[0], places.before(waits).get(waits[0].id, 0)) if waits else None


def _words(refusal: Refusal | None) -> str:
    if isinstance(refusal, picker.NoSlotChosen):
        return "Choose a time for the length you want."
    return refusals.sentence(refusal) if refusal is not None else ""


def _without_names(made: list[picker.Grid]) -> None:
    """A visitor sees that starts are free, and not with whom."""
    for grid in made:
        grid.blocks = [rows[:1] for rows in grid.blocks]
        for rows in grid.blocks:
            for cell in rows[0].cells:
                cell.names = ""


def _nearest(found: Timetable, rules: Policy, typed: Typed) -> list[tuple[str, Slot, list[str]]]:
    """The three nearest free starts: what the button sends, the slot, and who is free."""
    try:
        wanted = picker.request_of(found.public_id, typed.chosen, "", "", "")
    except picker.NoSlotChosen:
        return []
    free = slots.free(found.hours, wanted.minutes, rules, context.now())
    names = {analyst.id: analyst.name for analyst in found.analysts}
    return [
        (
            picker.value_of(slot.starts_at, slot.minutes, "any"),
            slot,
            [names[other.analyst_id] for other in free if other.starts_at == slot.starts_at],
        )
        for slot in slots.nearest(free, wanted.starts_at)
    ]


def _elsewhere(found: Timetable, rules: Policy, minutes: int) -> list[tuple[str, Timetable, Slot]]:
    """The next three clinics with a free start, where this one has none."""
    organisation = context.organisation()
    bookable = [name for name, kind in organisation.kinds.items() if kind.bookable]
    start, end = picker.horizon(rules, context.now())
    others = [t for t in timetables.coming(context.db(), bookable, start, end) if t.public_id != found.public_id]
    policies = [other.policy(organisation) for other in others]
    free = picker.starts_elsewhere(others, policies, context.now(), minutes)
    return [(picker.value_of(slot.starts_at, slot.minutes, "any"), other, slot) for other, slot in free]


def _leaning(found: Timetable, now: datetime) -> Leaning:
    """Who it will be for a reader who takes anyone."""
    names = {analyst.id: analyst.name for analyst in found.analysts}
    week = policy.week_of(found.hours.starts_at, context.organisation().zone)
    return occurrences.leaning(context.db(), current_user.id, names, week, now)


def _hindrance(found: Timetable, rules: Policy) -> str:
    """Why this reader could book nothing here, said beforehand; empty if they may."""
    at = Asked(found.id, found.hours.starts_at, found.hours.starts_at)
    refusal = hindrance(context.db(), current_user.id, at, rules, context.organisation(), context.now())
    return refusals.sentence(refusal) if refusal is not None else ""
