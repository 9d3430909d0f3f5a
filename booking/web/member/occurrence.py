"""One occurrence: what it is, and for a bookable one the grid to book it on."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, wording, zones
from booking.domain.bookings import slots, topics
from booking.domain.errors import Refusal
from booking.domain.people.actor import Actor
from booking.services.bookings import attend
from booking.services.bookings.book import BookingRequest, book
from booking.services.bookings.enrol import enrol as enrol_member
from booking.services.bookings.enrol import leave as leave_enrolment
from booking.services.bookings.move import move
from booking.services.bookings.waitlist import Wish, join
from booking.store.people import people
from booking.store.queries.bookings import timetables, visit_history
from booking.store.queries.people import account_holdings
from booking.store.queries.programme import enrolled, meeting_rows
from booking.web.account import sign_in
from booking.web.frame import access, context, error_pages, forms, template_globals
from booking.web.frame.current_reader import current_user
from booking.web.member import booking_pages, clinic, enrolment, membership, slot_grid
from booking.web.member.clinic import BookingForm, Wished
from booking.web.member.slot_grid import Chosen

blueprint = Blueprint("occurrence", __name__, url_prefix="/occurrences")


@blueprint.get("/<uuid:public_id>")
@access.public
def show(public_id: uuid.UUID) -> ResponseReturnValue:
    """The page; what was typed before signing in stands in its form again."""
    typed = BookingForm()
    if (kept := forms.kept()) is not None:
        fields = dict(kept.fields)
        chosen = Chosen(fields.get("slot", "")[:80], fields.get("minutes", "")[:3])
        replaces = fields.get("replaces", "")[:36]
        typed = BookingForm(chosen, fields.get("topic", ""), fields.get("link", ""), "", replaces, _wished(fields))
    elif current_user.is_authenticated and "go_on" in request.args:
        typed = _going_on(public_id, request.args["go_on"])
    elif "slot" in request.args:
        typed = BookingForm(Chosen(request.args["slot"][:80]))
    elif "for" in request.args and clinic.is_staff():
        typed = BookingForm(member=_address_of(request.args["for"]))
    return page(public_id, typed)


def _address_of(member: str) -> str:
    """The email address of the person that somebody of staff books for; empty where the address names nobody."""
    try:
        found = account_holdings.with_public_id(context.db(), uuid.UUID(member))
    except ValueError:
        return ""
    return found.email if found is not None else ""


def _going_on(public_id: uuid.UUID, booking: str) -> BookingForm:
    """The form begun from an earlier visit of the reader's own: what was agreed, and the same analyst where free."""
    try:
        visit = visit_history.of_booking(context.db(), uuid.UUID(booking), current_user.id)
    except ValueError:
        visit = None
    if visit is None:
        return BookingForm()
    on = zones.today(visit.starts_at, current_user.zone or visit.zone)
    topic = f"Continuing from {wording.day(on)} with {visit.analyst}: {visit.agreed or visit.topic}"
    found = timetables.timetable(context.db(), public_id, context.organisation(), current_user.id)
    chosen = Chosen()
    same = next((a for a in found.analysts if a.public_id == visit.analyst_public_id), None) if found else None
    if found is not None and same is not None:
        rules = found.policy(context.organisation())
        shortest = rules.shortest
        free = slots.free(found.hours, shortest, rules, context.now())
        with_them = [slot for slot in slots.offered(found.hours, free, rules) if slot.analyst_id == same.id]
        if with_them:
            chosen = Chosen(slot_grid.value_of(with_them[0].starts_at, shortest, str(same.public_id)), str(shortest))
    return BookingForm(chosen, topic[: topics.TOPIC_CHARACTERS])


@blueprint.post("/<uuid:public_id>")
@access.public
def make(public_id: uuid.UUID) -> ResponseReturnValue:
    """Book. Whoever is signed out signs in first, and finds the form as it was."""
    form = request.form
    instead = form.get("instead", "")
    slot = instead or form.get("slot", "")
    minutes = instead.partition("/")[0] if instead else form.get("minutes", "")
    chosen = Chosen(slot[:80], minutes[:3])
    member, replaces = form.get("member", "").strip()[:254], form.get("replaces", "")[:36]
    typed = BookingForm(chosen, form.get("topic", ""), form.get("link", ""), member, replaces)
    if not current_user.is_authenticated:
        fields = [("slot", slot), ("minutes", minutes), ("topic", typed.topic), ("link", typed.link)]
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id), fields=fields)
    key = form.get("key", "")[:64]
    try:
        wanted = slot_grid.request_of(public_id, typed.chosen, typed.topic, typed.link, key)
        if typed.member and clinic.is_staff():
            return _book_for(wanted, typed.member)
        if typed.replaces:
            return _move_here(wanted, typed.replaces)
        made = book(context.acting(Actor.member(current_user.id)), wanted).booking
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return page(public_id, typed, refusal)
    return redirect(url_for("bookings.one", public_id=made.public_id, booked=1), 303)


def _move_here(wanted: BookingRequest, replaces: str) -> ResponseReturnValue:
    """Move a booking of the reader's here; what it is about goes along, or is as typed."""
    try:
        booking_id = uuid.UUID(replaces)
    except ValueError:
        raise errors.NotFound() from None
    moved = move(context.acting(Actor.member(current_user.id)), booking_id, wanted)
    flash("Moved. We’ve emailed you the new time.")
    return redirect(url_for("bookings.one", public_id=moved.public_id), 303)


def _book_for(wanted: BookingRequest, email: str) -> ResponseReturnValue:
    """Staff book for a member, past the member's own limits; the audit log says so."""
    member = people.with_email(context.db(), email)
    if member is None:
        raise errors.NotAMember()
    book(context.acting(Actor.staff(current_user.id, for_member=member.id)), wanted)
    flash(f"Booked for {member.name or 'the member'}. We’ve emailed them.")
    return redirect(url_for("occurrence.show", public_id=wanted.occurrence), 303)


@blueprint.post("/<uuid:public_id>/wait")
@access.public
def wait(public_id: uuid.UUID) -> ResponseReturnValue:
    """Join the waitlist. Whoever is signed out signs in first, and finds the form as it was."""
    form = request.form
    wished = _wished(form)
    typed = BookingForm(
        Chosen(), form.get("topic", ""), form.get("link", ""), "", form.get("replaces", "")[:36], wished
    )
    if not current_user.is_authenticated:
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id))
    try:
        wish = Wish(
            int(wished.minutes) if re.fullmatch(r"[0-9]{1,3}", wished.minutes) else 0,
            uuid.UUID(wished.analyst) if wished.analyst else None,
            typed.topic,
            typed.link,
            slot_grid.instant_of(wished.earliest),
            slot_grid.instant_of(wished.latest),
            uuid.UUID(typed.replaces) if typed.replaces else None,
        )
    except ValueError:
        abort(404)
    try:
        place = join(context.acting(Actor.member(current_user.id)), public_id, wish)
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return page(public_id, typed, refusal)
    return redirect(url_for("places.one", public_id=place.public_id), 303)


def _wished(fields: Mapping[str, str]) -> Wished:
    """The waitlist's fields of a form."""
    return Wished(*(fields.get(f"wait_{name}", "")[:36] for name in ("minutes", "analyst", "earliest", "latest")))


@blueprint.post("/<uuid:public_id>/enrol")
@access.public
def enrol(public_id: uuid.UUID) -> ResponseReturnValue:
    """Take a place in this one, or in all; whoever is signed out signs in first."""
    if not current_user.is_authenticated:
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id), fields=())
    whole = request.form.get("whole") == "1"
    try:
        enrol_member(context.acting(Actor.member(current_user.id)), public_id, whole=whole)
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return page(public_id, BookingForm(), refusal)
    flash("You’re enrolled. We’ve emailed you the details.")
    return redirect(url_for("occurrence.show", public_id=public_id), 303)


@blueprint.post("/<uuid:public_id>/join")
@access.public
def join_now(public_id: uuid.UUID) -> ResponseReturnValue:
    """Enrol if not enrolled yet, and go to the join link; a visitor signs in first."""
    if not current_user.is_authenticated:
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id), fields=())
    try:
        attend.join(context.acting(Actor.member(current_user.id)), public_id)
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return page(public_id, BookingForm(), refusal)
    return redirect(booking_pages.join_path(public_id), 303)


@blueprint.post("/<uuid:public_id>/leave")
@access.member
def leave(public_id: uuid.UUID) -> ResponseReturnValue:
    """Give the place in it up; of a place in all, all of it."""
    for place in enrolled.of_member(context.db(), current_user.id, enrolment.FIRST, public_id):
        leave_enrolment(context.acting(Actor.member(current_user.id)), place.enrolment)
        flash("Your enrolment is cancelled.")
    return redirect(url_for("occurrence.show", public_id=public_id), 303)


def _presenters(public_id: uuid.UUID) -> list[str]:
    """Returns the presenters; visitors see no names."""
    return meeting_rows.presenters(context.db(), public_id) if current_user.is_authenticated else []


def page(public_id: uuid.UUID, typed: BookingForm, refusal: Refusal | None = None) -> ResponseReturnValue:
    """The page as it stands now, with what was typed and why it was refused."""
    meeting = meeting_rows.meeting(context.db(), public_id)
    if meeting is None:
        abort(404)
    template_globals.times_at(meeting.starts_at)
    status = error_pages.status(refusal) if refusal is not None else 200
    is_bookable = meeting.kind in context.organisation().kinds and context.organisation().kinds[meeting.kind].bookable
    if not is_bookable or meeting.is_cancelled or meeting.ends_at <= context.now():
        words = error_pages.sentence(refusal) if refusal is not None else ""
        place = enrolment.place(meeting) if not is_bookable else None
        page = render_template(
            "member/occurrence.html",
            meeting=meeting,
            refusal=refusal,
            words=words,
            place=place,
            presenters=_presenters(public_id) if not is_bookable else [],
            membership="" if meeting.is_cancelled else membership.gap(meeting.starts_at),
        )
        return page, status
    return clinic.page(meeting, typed, refusal), status
