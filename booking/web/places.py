"""Places on waitlists: shown, taken and left.

The pages of the signed-in member and of the letter's address are the same.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, slots, tokens, waitlist, waitlist_words
from booking.domain.errors import Refusal
from booking.domain.organisation import Policy
from booking.domain.slots import Slot
from booking.services import waitlist as deeds
from booking.store.queries import timetables
from booking.store.queries import waitlist as queries
from booking.store.queries.timetables import Timetable
from booking.store.queries.waitlist import Waits
from booking.web import access, context, limits, manage, refusals, shell
from booking.web.reader import current_user

blueprint = Blueprint("places", __name__)


@dataclass(frozen=True, slots=True)
class Links:
    """Where one place's pages are, for whoever is looking."""

    show: str
    accept: str
    decline: str
    leave: str
    is_own: bool  # the signed-in member's, not a letter's


@dataclass(frozen=True, slots=True)
class Called:
    """A slot that is free now, for whoever is first: its start as the form sends it."""

    value: str
    starts_at: datetime
    analyst: str


def before(waits: list[Waits]) -> dict[int, int]:
    """How many go before each of these places, by its id; a fixed number of statements."""
    organisation, now = context.organisation(), context.now()
    ids = {one.occurrence_id for one in waits}
    since = queries.since(now, organisation.policy.no_show_days)
    found = queries.places(context.db(), ids, organisation, now, since)
    return {one.id: waitlist.before(found[one.occurrence_id], one.id) for one in waits if one.occurrence_id in found}


def own(public_id: uuid.UUID) -> Waits:
    """The reader's own place; 404 for anybody else's."""
    found = queries.one(context.db(), public_id)
    if found is None or found.member_id != current_user.id:
        abort(404)
    shell.times_at(found.clinic_at)
    return found


def links(public_id: uuid.UUID) -> Links:
    return Links(
        show=url_for("places.one", public_id=public_id),
        accept=url_for("places.accept", public_id=public_id),
        decline=url_for("places.decline", public_id=public_id),
        leave=url_for("places.leave", public_id=public_id),
        is_own=True,
    )


def held(token: str) -> tuple[Waits, Links]:
    """The place of a letter's address, until a week after its clinic."""
    found = queries.one(context.db(), manage.subject(token, "place"))
    if found is None or context.now() > found.clinic_ends_at + manage.VALID_AFTER:
        abort(404)
    shell.read_by(found.member_id)
    shell.times_at(found.clinic_at)
    return found, Links(
        show=url_for("places.managed", token=token),
        accept=url_for("places.managed_accept", token=token),
        decline=url_for("places.managed_decline", token=token),
        leave=url_for("places.managed_leave", token=token),
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
    return take(own(public_id), links(public_id), current_user.id)


@blueprint.post("/waitlist/<uuid:public_id>/decline")
@access.member
def decline(public_id: uuid.UUID) -> ResponseReturnValue:
    """Let it pass."""
    return let_pass(own(public_id), links(public_id), current_user.id)


@blueprint.post("/waitlist/<uuid:public_id>/leave")
@access.member
def leave(public_id: uuid.UUID) -> ResponseReturnValue:
    """Wait no longer."""
    return give_up(own(public_id), links(public_id), current_user.id)


@blueprint.get("/manage/place/<token>")
@access.token
def managed(token: str) -> ResponseReturnValue:
    """The same without sign-in, from a letter."""
    return show(*held(token))


@blueprint.post("/manage/place/<token>/accept")
@access.token
def managed_accept(token: str) -> ResponseReturnValue:
    """Take what is offered."""
    return take(*held(token), None)


@blueprint.post("/manage/place/<token>/decline")
@access.token
def managed_decline(token: str) -> ResponseReturnValue:
    """Let it pass."""
    return let_pass(*held(token), None)


@blueprint.post("/manage/place/<token>/leave")
@access.token
def managed_leave(token: str) -> ResponseReturnValue:
    """Wait no longer."""
    return give_up(*held(token), None)


def show(place: Waits, links: Links, refusal: Refusal | None = None) -> ResponseReturnValue:
    """What one waits for, how many are before, what is offered, and what taking it would replace."""
    session, now = context.db(), context.now()
    found = timetables.timetable(session, place.occurrence, context.organisation(), place.member_id)
    if found is None:
        abort(404)
    rules = found.policy(context.organisation())
    is_open = place.ended_at is None and not found.hours.is_cancelled
    is_offered = is_open and place.lapses_at is not None and now < place.lapses_at
    called = _called(place, found, rules, now) if is_open and not is_offered else []
    at = place.offered_at if is_offered else called[0].starts_at if called else None
    limit = limits.of(place.member_id, found, at) if at is not None else limits.Limit()
    page = render_template(
        "member/place.html",
        place=place,
        promise=_promise(place, found, rules) if is_offered else waitlist_words.FIRST_COME,
        how_it_works=waitlist_words.how_it_works(),
        links=links,
        is_open=is_open,
        is_offered=is_offered,
        called=called,
        before=before([place]).get(place.id, 0) if is_open else 0,
        must_replace=limit.is_reached,
        choices=limit.replaceable,
        refusal=refusal,
        words=refusals.sentence(refusal) if refusal is not None else "",
    )
    return page, refusals.status(refusal) if refusal is not None else 200


def _promise(place: Waits, found: Timetable, rules: Policy) -> str:
    """Until when the open offer holds, and what happens then."""
    slot = Slot(place.offered_analyst_id or 0, place.offered_at or place.clinic_at, place.minutes)
    until = place.lapses_at or place.clinic_at
    organisation, now = context.organisation(), context.now()
    since = queries.since(now, rules.no_show_days)
    waiting = queries.places(context.db(), {place.occurrence_id}, organisation, now, since)
    others = [one for one in waiting.get(place.occurrence_id, []) if one.id != place.id]
    has_next = waitlist.has_next(others, slot, found.hours, rules, organisation.zone, until)
    return waitlist_words.held(shell.mine(until, place.zone), has_next=has_next)


def _called(place: Waits, found: Timetable, rules: Policy, now: datetime) -> list[Called]:
    """What is free within the last hour and fits."""
    names = {analyst.id: analyst.name for analyst in found.analysts}
    seen: dict[datetime, Slot] = {}
    for slot in slots.free(found.hours, place.minutes, rules, now):
        if slot.starts_at - now <= waitlist.LAST_HOUR and place.analyst_id in {None, slot.analyst_id}:
            seen.setdefault(slot.starts_at, slot)
    return [Called(f"{at:%Y%m%dT%H%MZ}", at, names[slot.analyst_id]) for at, slot in seen.items()]


def take(place: Waits, links: Links, member_id: int | None) -> ResponseReturnValue:
    """POST: accept, and go to the booking."""
    form = request.form
    try:
        start = form.get("start", "")
        starts_at = datetime.strptime(start, "%Y%m%dT%H%MZ").replace(tzinfo=UTC) if start else None
        replaces = uuid.UUID(form["replaces"]) if form.get("replaces") else None
    except ValueError:
        abort(404)
    try:
        made = deeds.accept(
            context.db(),
            place.public_id,
            context.organisation(),
            context.now(),
            member_id=member_id,
            starts_at=starts_at,
            replaces=replaces,
        )
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        again = queries.one(context.db(), place.public_id)
        return show(again or place, links, refusal)
    if links.is_own:
        return redirect(url_for("bookings.one", public_id=made.public_id, booked=1), 303)
    token = tokens.sign(context.settings().secret_key, "manage", str(made.public_id))
    return redirect(url_for("manage.one", token=token), 303)


def let_pass(place: Waits, links: Links, member_id: int | None) -> ResponseReturnValue:
    """POST: decline what is offered."""
    deeds.decline(context.db(), place.public_id, context.organisation(), context.now(), member_id=member_id)
    flash("Declined. You stay on the waitlist.")
    return redirect(links.show, 303)


def give_up(place: Waits, links: Links, member_id: int | None) -> ResponseReturnValue:
    """POST: leave the waitlist."""
    deeds.leave(context.db(), place.public_id, context.organisation(), context.now(), member_id=member_id)
    flash("You’ve left the waitlist.")
    return redirect(links.show, 303)
