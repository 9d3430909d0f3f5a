"""Places on waitlists: shown, taken and left.

The pages of the signed-in member and of an email's link are the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, tokens
from booking.domain.bookings import waitlist_rules, waitlist_words
from booking.domain.bookings.policy import Rules
from booking.domain.bookings.slots import Slot
from booking.domain.bookings.timetable import Timetable
from booking.domain.bookings.waitlist_rules import WaitlistPlace
from booking.domain.errors import Refusal
from booking.domain.people.actor import Actor
from booking.services.bookings import waitlist
from booking.services.bookings.waitlist import Taking
from booking.store.queries.bookings import timetables, waitlist_queue
from booking.store.queries.bookings.own_waits import OwnWait
from booking.store.queries.bookings.waitlist_queue import Waits
from booking.web.frame import access, context, error_pages, template_globals
from booking.web.frame.current_reader import current_user
from booking.web.member import booking_limits, signed_links, slot_grid
from booking.web.member.slot_grid import Chosen

blueprint = Blueprint("places", __name__)


@dataclass(frozen=True, slots=True)
class WaitlistLinks:
    """Addresses of one waitlist entry's pages for its reader."""

    show: str
    accept: str
    decline: str
    leave: str
    choose: str
    is_own: bool  # the signed-in member's, not an email's


@dataclass(frozen=True, slots=True)
class Called:
    """A slot that is free now, for whoever is first: its start as the form sends it."""

    value: str
    starts_at: datetime
    analyst: str


def ahead(waits: Sequence[Waits | OwnWait]) -> dict[int, int]:
    """Returns how many people are ahead of each of these entries, by its id; a fixed number of statements."""
    organisation, now = context.organisation(), context.now()
    found = waitlist_queue.places(context.db(), {one.occurrence_id for one in waits}, organisation, now)
    return {
        one.id: waitlist_rules.ahead(
            found[one.occurrence_id], one.id, Rules(organisation.policy_for(one.series), organisation.zone, now)
        )
        for one in waits
        if one.occurrence_id in found
    }


def own(public_id: uuid.UUID) -> Waits:
    """The reader's own place; 404 for anybody else's."""
    found = waitlist_queue.one(context.db(), public_id)
    if found is None or found.member_id != current_user.id:
        abort(404)
    template_globals.times_at(found.clinic_at)
    return found


def links(public_id: uuid.UUID) -> WaitlistLinks:
    return WaitlistLinks(
        show=url_for("places.one", public_id=public_id),
        accept=url_for("places.accept", public_id=public_id),
        decline=url_for("places.decline", public_id=public_id),
        leave=url_for("places.leave", public_id=public_id),
        choose=url_for("places.choose_own", public_id=public_id),
        is_own=True,
    )


def held(token: str) -> tuple[Waits, WaitlistLinks]:
    """The place of an email's link, until a week after its clinic."""
    found = waitlist_queue.one(context.db(), signed_links.subject(token, "place"))
    if found is None or context.now() > found.clinic_ends_at + signed_links.VALID_AFTER:
        abort(404)
    template_globals.read_by(found.member_id)
    template_globals.times_at(found.clinic_at)
    return found, WaitlistLinks(
        show=url_for("places.managed", token=token),
        accept=url_for("places.managed_accept", token=token),
        decline=url_for("places.managed_decline", token=token),
        leave=url_for("places.managed_leave", token=token),
        choose=url_for("places.managed_choose", token=token),
        is_own=False,
    )


@blueprint.get("/waitlist/<uuid:public_id>")
@access.member
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """One place: how many are before, or what is offered."""
    return show(own(public_id), links(public_id))


@blueprint.post("/waitlist/<uuid:public_id>/accept")
@access.member
def accept(public_id: uuid.UUID) -> ResponseReturnValue:
    """Take what is offered."""
    return take(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.post("/waitlist/<uuid:public_id>/decline")
@access.member
def decline(public_id: uuid.UUID) -> ResponseReturnValue:
    """Let it pass."""
    return let_pass(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.post("/waitlist/<uuid:public_id>/leave")
@access.member
def leave(public_id: uuid.UUID) -> ResponseReturnValue:
    """Wait no longer."""
    return give_up(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.post("/waitlist/<uuid:public_id>/replaces")
@access.member
def choose_own(public_id: uuid.UUID) -> ResponseReturnValue:
    """Say which booking a slot would replace."""
    return choose(own(public_id), links(public_id), Actor.member(current_user.id))


@blueprint.get("/manage/place/<token>")
@access.token
def managed(token: str) -> ResponseReturnValue:
    """The same without sign-in, from an email."""
    return show(*held(token))


@blueprint.post("/manage/place/<token>/accept")
@access.token
def managed_accept(token: str) -> ResponseReturnValue:
    """Take what is offered."""
    return take(*held(token), Actor.link())


@blueprint.post("/manage/place/<token>/decline")
@access.token
def managed_decline(token: str) -> ResponseReturnValue:
    """Let it pass."""
    return let_pass(*held(token), Actor.link())


@blueprint.post("/manage/place/<token>/replaces")
@access.token
def managed_choose(token: str) -> ResponseReturnValue:
    """Say which booking a slot would replace."""
    return choose(*held(token), Actor.link())


@blueprint.post("/manage/place/<token>/leave")
@access.token
def managed_leave(token: str) -> ResponseReturnValue:
    """Wait no longer."""
    return give_up(*held(token), Actor.link())


def show(place: Waits, links: WaitlistLinks, refusal: Refusal | None = None) -> ResponseReturnValue:
    """Show the wish, how many are ahead, what is offered or free, and which booking accepting would replace."""
    session, organisation, now = context.db(), context.organisation(), context.now()
    found = timetables.timetable(session, place.occurrence, organisation, place.member_id)
    if found is None:
        abort(404)
    rules = found.rules(organisation, now)
    is_open = place.ended_at is None and not found.hours.is_cancelled
    waiting = waitlist_queue.places(session, {place.occurrence_id}, organisation, now).get(place.occurrence_id, [])
    mine = next((one for one in waiting if one.id == place.id), None)
    is_offered = is_open and place.lapses_at is not None and now < place.lapses_at
    called = [] if mine is None or not is_open or is_offered else _called(mine, found, rules)
    at = place.offered_at if is_offered else called[0].starts_at if called else place.clinic_at
    limit = (
        booking_limits.of(place.member_id, found, at or place.clinic_at) if is_open else booking_limits.BookingLimit()
    )
    page = render_template(
        "member/place.html",
        place=place,
        promise=_promise(place, found, waiting, rules) if is_offered else _free_words(called, now),
        how_it_works=waitlist_words.how_it_works(),
        wishes=_wishes(place),
        links=links,
        is_open=is_open,
        is_offered=is_offered,
        called=called,
        ahead=waitlist_rules.ahead(waiting, mine.id, rules) if mine is not None else 0,
        must_replace=limit.is_reached,
        choices=limit.replaceable,
        chosen=_chosen(place, limit),
        refusal=refusal,
        words=error_pages.sentence(refusal) if refusal is not None else "",
    )
    return page, error_pages.status(refusal) if refusal is not None else 200


def _chosen(place: Waits, limit: booking_limits.BookingLimit) -> uuid.UUID | None:
    """The booking that is named as replaced, if it can be; else the first that can."""
    offered = [one.public_id for one in limit.replaceable]
    return place.replaces if place.replaces in offered else next(iter(offered), None)


def _promise(place: Waits, found: Timetable, waiting: list[WaitlistPlace], rules: Rules) -> str:
    """Until when the open offer holds, and what happens then."""
    slot = Slot(place.offered_analyst_id or 0, place.offered_at or place.clinic_at, place.minutes)
    until = place.lapses_at or place.clinic_at
    others = [one for one in waiting if one.id != place.id]
    has_next = waitlist_rules.has_next(others, slot, found.hours, replace(rules, now=until))
    return waitlist_words.held(template_globals.mine(until, place.zone), has_next=has_next)


def _free_words(called: list[Called], now: datetime) -> str:
    if called and waitlist_rules.is_last_hour(called[0].starts_at, now):
        return waitlist_words.FIRST_COME
    return waitlist_words.FREE


def _called(mine: WaitlistPlace, found: Timetable, rules: Rules) -> list[Called]:
    """Returns slots that suit, are free and held for nobody: one analyst a start, earliest first."""
    analysts = {analyst.id: analyst for analyst in found.analysts}
    seen: dict[datetime, Slot] = {}
    for slot in waitlist_rules.fitting(mine, found.hours, rules):
        seen.setdefault(slot.starts_at, slot)
    return [
        Called(
            slot_grid.value_of(at, slot.minutes, str(analysts[slot.analyst_id].public_id)),
            at,
            analysts[slot.analyst_id].name,
        )
        for at, slot in sorted(seen.items())
    ]


def _wishes(place: Waits) -> str:
    """Returns the wish in words: length, analyst, acceptable starts in the reader's time."""
    words = f"{place.minutes} minutes with {place.analyst or 'any analyst'}"
    first = None if place.earliest_at is None else template_globals.mine(place.earliest_at, place.zone)
    last = None if place.latest_at is None else template_globals.mine(place.latest_at, place.zone)
    if first and last:
        return f"{words}, starting between {first} and {last}"
    return words + (f", starting from {first}" if first else f", starting by {last}" if last else "")


def take(place: Waits, links: WaitlistLinks, actor: Actor) -> ResponseReturnValue:
    """POST: accept, and go to the booking."""
    form = request.form
    try:
        replaces = uuid.UUID(form["replaces"]) if form.get("replaces") else None
        taking = Taking(replaces=replaces)
        if form.get("slot"):
            wanted = slot_grid.request_of(place.occurrence, Chosen(form["slot"][:80]), "", "", "")
            taking = Taking(wanted.starts_at, wanted.analyst, replaces)
    except (ValueError, slot_grid.NoSlotChosen):
        abort(404)
    try:
        made = waitlist.accept(context.acting(actor), place.public_id, taking=taking)
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        again = waitlist_queue.one(context.db(), place.public_id)
        return show(again or place, links, refusal)
    when = template_globals.mine(made.starts_at, place.zone)
    flash(
        f"Moved: your booking is now {when}, {made.minutes} minutes. We’ve emailed you the new time."
        if replaces is not None
        else f"You’re booked: {when}, {made.minutes} minutes. We’ve emailed you the details."
    )
    if links.is_own:
        return redirect(url_for("bookings.one", public_id=made.public_id, booked=1), 303)
    token = tokens.sign(context.settings().secret_key, "manage", str(made.public_id))
    return redirect(url_for("manage.one", token=token), 303)


def let_pass(place: Waits, links: WaitlistLinks, actor: Actor) -> ResponseReturnValue:
    """POST: decline what is offered."""
    waitlist.decline(context.acting(actor), place.public_id)
    flash("Declined. You stay on the waitlist.")
    return redirect(links.show, 303)


def choose(place: Waits, links: WaitlistLinks, actor: Actor) -> ResponseReturnValue:
    """POST: say which booking a slot would replace."""
    try:
        replaces = uuid.UUID(request.form.get("replaces", ""))
    except ValueError:
        flash("Choose one of your bookings.")
        return redirect(links.show, 303)
    waitlist.choose_replaced(context.acting(actor), place.public_id, replaces)
    flash("Saved. If you accept a slot, it replaces that booking.")
    return redirect(links.show, 303)


def give_up(place: Waits, links: WaitlistLinks, actor: Actor) -> ResponseReturnValue:
    """POST: leave the waitlist."""
    waitlist.leave(context.acting(actor), place.public_id)
    flash("You’ve left the waitlist.")
    return redirect(links.show, 303)
