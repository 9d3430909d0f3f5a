"""One booking: shown, moved, cancelled. The pages of the signed-in member and of the manage address are the same."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain import errors, tokens
from booking.domain.bookings import policy, policy_words
from booking.domain.bookings.timetable import Timetable
from booking.domain.errors import Refusal
from booking.domain.meetings import Appointment
from booking.domain.organisation import Policy
from booking.domain.people.actor import Actor
from booking.services import cover
from booking.services.bookings.book import history_of
from booking.services.bookings.cancel import cancel as cancel_booking
from booking.services.bookings.edit_topic import edit_brief
from booking.services.bookings.move import move as move_booking
from booking.store.bookings import bookings
from booking.store.queries.bookings import slot_search, timetables
from booking.store.queries.bookings.slot_search import Search
from booking.store.queries.programme import join_info, meeting_rows
from booking.web.frame import context, error_pages, template_globals
from booking.web.member import invitation, slot_grid
from booking.web.member.slot_grid import Chosen

MOVED = "Moved. We’ve emailed you the new time."


@dataclass(frozen=True, slots=True)
class BookingLinks:
    """Addresses of this booking's pages for its reader: the member, or the holder of its manage link."""

    show: str
    move: str
    cancel: str
    entry: str
    accept: str
    wait: str
    brief: str
    invite: str


def join_path(public_id: uuid.UUID) -> str:
    """The path of a permanent join address."""
    return f"/join/{tokens.sign(context.settings().secret_key, tokens.JOIN, str(public_id))}"


def rules_of(appointment: Appointment) -> Policy:
    return context.organisation().policy_for(appointment.meeting.series_slug)


def opens_at(appointment: Appointment) -> datetime:
    """Returns when its join link opens."""
    return policy.join_opens_at(rules_of(appointment), appointment.starts_at)


def show(appointment: Appointment, links: BookingLinks, *, just_booked: bool = False) -> ResponseReturnValue:
    """Show a booking: when, with whom, its join link, what happens next, and what is offered if its analyst is away."""
    session, now = context.db(), context.now()
    is_ahead = not appointment.is_cancelled and now < appointment.starts_at
    return render_template(
        "member/booking.html",
        appointment=appointment,
        meeting=appointment.meeting,
        links=links,
        just_booked=just_booked,
        offer=cover.offer_of(session, appointment.public_id, now) if is_ahead else None,
        waits_until=cover.waits_until(session, appointment.public_id) if is_ahead else None,
        stands_in_for=cover.stands_in_for(session, appointment.public_id) if is_ahead else "",
        too_soon=invitation.too_soon(appointment) if is_ahead else "",
        join_path=join_path(appointment.public_id),
        has_link=now >= appointment.ends_at or join_info.has_link(session, appointment.public_id),
        opens_at=opens_at(appointment),
        has_started=now >= appointment.starts_at,
        may_change=policy_words.may_change(rules_of(appointment), appointment.starts_at, now, _mine(appointment)),
    )


def _mine(appointment: Appointment) -> Callable[[datetime], str]:
    """Words for a time of this booking, the reader's own clock first."""
    return lambda instant: template_globals.mine(instant, appointment.meeting.zone)


def cancel(appointment: Appointment, links: BookingLinks, actor: Actor) -> ResponseReturnValue:
    """GET asks, POST cancels."""
    if request.method == "POST":
        cancel_booking(context.acting(actor), appointment.public_id)
        flash("Cancelled. We’ve emailed you a confirmation.")
        return redirect(links.show, 303)
    is_late = policy.is_late(rules_of(appointment), appointment.starts_at, context.now())
    if appointment.is_cancelled or context.now() >= appointment.starts_at:
        return redirect(links.show, 303)
    return render_template(
        "member/cancel.html", appointment=appointment, links=links, late_words=policy_words.LATE_NOW if is_late else ""
    )


def accept(appointment: Appointment, links: BookingLinks, actor: Actor) -> ResponseReturnValue:
    """Take what is offered instead."""
    cover.accept(context.acting(actor), appointment.public_id)
    flash(MOVED)
    return redirect(links.show, 303)


def wait(appointment: Appointment, links: BookingLinks, actor: Actor) -> ResponseReturnValue:
    """Rather wait for the analyst who was asked for: gives the booking up, and is never late."""
    cover.rather_wait(context.acting(actor), appointment.public_id)
    flash("Cancelled. It doesn’t count as late. You can book again when they’re back.")
    return redirect(links.show, 303)


def brief(appointment: Appointment, links: BookingLinks, actor: Actor) -> ResponseReturnValue:
    """GET shows the brief in a form, POST keeps it; what was typed stays where it is refused."""
    form, words, code, status = request.form, "", "", 200
    if request.method == "POST":
        try:
            edit_brief(
                context.acting(actor), appointment.public_id, topic=form.get("topic", ""), link=form.get("link", "")
            )
        except errors.NotFound:
            raise
        except Refusal as refusal:
            words, code, status = error_pages.sentence(refusal), refusal.code, error_pages.status(refusal)
        else:
            flash("Saved. Your analyst will read it before you meet.")
            return redirect(links.show, 303)
    elif appointment.is_cancelled or context.now() >= appointment.starts_at:
        return redirect(links.show, 303)
    page = render_template(
        "member/brief.html",
        appointment=appointment,
        links=links,
        topic=form.get("topic", appointment.topic),
        link=form.get("link", appointment.link),
        words=words,
        code=code,
    )
    return page, status


def move(appointment: Appointment, links: BookingLinks, actor: Actor) -> ResponseReturnValue:
    """GET shows where it could go, POST moves it."""
    if request.method == "POST":
        return _move(appointment, links, actor)
    if appointment.is_cancelled or context.now() >= appointment.starts_at:
        return redirect(links.show, 303)
    return _move_page(appointment, links, Chosen(minutes=str(appointment.minutes)))


def _move(appointment: Appointment, links: BookingLinks, actor: Actor) -> ResponseReturnValue:
    """Move the booking to the slot that the form names; the same page again where it is refused."""
    slot = request.form.get("instead", "") or request.form.get("slot", "")
    chosen = Chosen(slot[:80], request.form.get("minutes", "")[:3])
    if request.form.get("instead"):
        chosen = Chosen(slot[:80], slot.partition("/")[0])
    try:
        wanted = slot_grid.request_of(_target(appointment), chosen, "", "", "")
        moved = move_booking(context.acting(actor), appointment.public_id, wanted)
    except Refusal as refusal:
        return _move_page(appointment, links, chosen, refusal)
    is_same = moved.sequence == appointment.sequence
    flash("Nothing has changed: your booking is already at this time." if is_same else MOVED)
    return redirect(links.show, 303)


def _target(appointment: Appointment) -> uuid.UUID:
    """The clinic that the page is about: `?to=`, else the one it is in."""
    try:
        return uuid.UUID(request.values.get("to", ""))
    except ValueError:
        return appointment.meeting.public_id


def _move_page(
    appointment: Appointment, links: BookingLinks, chosen: Chosen, refusal: Refusal | None = None
) -> ResponseReturnValue:
    session, now, organisation = context.db(), context.now(), context.organisation()
    row = bookings.with_public_id(session, appointment.public_id)
    if row is None:
        raise errors.NotFound()
    search = slot_search.for_member(session, row.member_id, organisation, now, row.id)
    coming, target = search.coming(), _target(appointment)
    found = next((found for found in coming if found.public_id == target), None)
    found = found or timetables.timetable(session, target, organisation, row.member_id, row.id)
    if found is None or not organisation.kinds[found.kind].bookable:
        raise errors.NotFound()
    rules = found.policy(organisation)
    why_not = search.why_not(found)
    is_lost = isinstance(refusal, errors.SlotTaken) and not refusal.own
    kept = history_of(session, found, row.member_id, organisation, now).preference.keeping(row.analyst_id)
    current = slot_grid.value_of(row.starts_at, row.minutes, str(appointment.analyst_public_id))
    shown = replace(chosen, is_lost=is_lost, current=current)
    made = slot_grid.grids(found, found.rules(organisation, now), shown, verb="Move to", preference=kept)
    page = render_template(
        "member/move.html",
        appointment=appointment,
        meeting=meeting_rows.meeting(session, target),
        links=links,
        choices=[(one, _first_free(one, search, row.minutes)) for one in coming],
        target=target,
        grids=made,
        minutes=slot_grid.length_of(chosen, rules.slot_minutes, rules.nearest_length(row.minutes)),
        has_free=any(grid.has_free for grid in made) and why_not is None,
        why_not=error_pages.sentence(why_not) if why_not is not None else "",
        refusal=refusal,
        words=error_pages.sentence(refusal) if refusal is not None else "",
        is_visitor=False,
    )
    return page, error_pages.status(refusal) if refusal is not None else 200


def _first_free(found: Timetable, search: Search, minutes: int) -> str:
    """The first start there that the booking could move to, in words; empty where there is none."""
    free = search.bookable(found, found.policy(search.organisation).nearest_length(minutes))
    return template_globals.mine(free[0].starts_at, found.zone) if free else ""
