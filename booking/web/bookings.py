"""My bookings."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from booking.domain.meetings import Appointment
from booking.store.queries import enrolments, waitlist
from booking.store.queries import meetings as queries
from booking.web import access, booked, context
from booking.web import places as places_pages
from booking.web.booked import Links

blueprint = Blueprint("bookings", __name__, url_prefix="/bookings")

MOST_PAST = 50
AFTERWARDS = timedelta(days=90)  # how long recordings and slides are listed
LONGEST = timedelta(hours=12)  # no slot is longer


@blueprint.get("")
@access.member
def mine() -> ResponseReturnValue:
    """Upcoming first, earliest first; the latest fifty that are past below, folded."""
    now = context.now()
    since = now - LONGEST
    recent = queries.appointments(context.db(), member_id=current_user.id, start=since)
    older = queries.appointments(context.db(), member_id=current_user.id, end=since, latest=MOST_PAST)
    held = [a for a in recent if not a.is_cancelled and a.ends_at > now]
    cancelled = [a for a in recent if a.is_cancelled and a.cancelled_by == "staff"]
    past = [a for a in reversed(recent) if a.ends_at <= now and not a.is_cancelled] + older
    waits = waitlist.of_member(context.db(), current_user.id)
    before = places_pages.before(waits)
    places = enrolments.of_member(context.db(), current_user.id, now - AFTERWARDS)
    return render_template(
        "member/bookings.html",
        enrolled=[one for one in places if one.ends_at > now],
        seen=[one for one in reversed(places) if one.ends_at <= now and not one.is_cancelled],
        waits=[(one, before.get(one.id, 0)) for one in waits],
        upcoming=[(a, links(a.public_id), booked.door(a.public_id), booked.opens_at(a)) for a in held],
        cancelled=cancelled,
        past=past,
        most_past=MOST_PAST,
    )


def links(public_id: uuid.UUID) -> Links:
    """The signed-in member's addresses of one booking."""
    return Links(
        show=url_for("bookings.one", public_id=public_id),
        move=url_for("bookings.move", public_id=public_id),
        cancel=url_for("bookings.cancel", public_id=public_id),
        entry=url_for("feeds.booking", public_id=public_id),
        accept=url_for("bookings.accept", public_id=public_id),
        wait=url_for("bookings.wait", public_id=public_id),
    )


def own(public_id: uuid.UUID) -> Appointment:
    """The reader's own booking; 404 for anybody else's."""
    found = queries.appointment(context.db(), public_id)
    if found is None or found.member_public_id != current_user.public_id:
        abort(404)
    return found


@blueprint.get("/<uuid:public_id>")
@access.member
def one(public_id: uuid.UUID) -> ResponseReturnValue:
    """One booking; `?booked=1` is where booking leads."""
    return booked.show(own(public_id), links(public_id), just_booked="booked" in request.args)


@blueprint.route("/<uuid:public_id>/move", methods=["GET", "POST"])
@access.member
def move(public_id: uuid.UUID) -> ResponseReturnValue:
    """Where it could go; POST moves it."""
    return booked.move(own(public_id), links(public_id), current_user.id)


@blueprint.route("/<uuid:public_id>/cancel", methods=["GET", "POST"])
@access.member
def cancel(public_id: uuid.UUID) -> ResponseReturnValue:
    """Asks; POST cancels."""
    return booked.cancel(own(public_id), links(public_id), current_user.id)


@blueprint.post("/<uuid:public_id>/accept")
@access.member
def accept(public_id: uuid.UUID) -> ResponseReturnValue:
    """Take what is offered instead, where the analyst is away."""
    return booked.accept(own(public_id), links(public_id), current_user.id)


@blueprint.post("/<uuid:public_id>/wait")
@access.member
def wait(public_id: uuid.UUID) -> ResponseReturnValue:
    """Rather wait for the analyst who was asked for."""
    return booked.wait(own(public_id), links(public_id), current_user.id)
