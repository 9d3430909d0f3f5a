"""The waitlist of a full lab or masterclass, from its page: join, accept the place that is held, leave."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors
from booking.domain.errors import Refusal
from booking.domain.people.actor import Actor
from booking.services.enrolling import place_waitlist
from booking.store.programme.programme import Occurrence
from booking.store.queries.programme import place_queue
from booking.web.account import sign_in
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user
from booking.web.member import occurrence
from booking.web.member.clinic import BookingForm

blueprint = Blueprint("place_waits", __name__)


@blueprint.post("/occurrences/<uuid:public_id>/wait-for-a-place")
@access.public
def join(public_id: uuid.UUID) -> ResponseReturnValue:
    """Join the waitlist; whoever is signed out signs in first."""
    if not current_user.is_authenticated:
        return sign_in.ask_first(url_for("occurrence.show", public_id=public_id), fields=())
    try:
        place_waitlist.join(context.acting(Actor.member(current_user.id)), public_id)
    except errors.NotFound:
        abort(404)
    except Refusal as refusal:
        return occurrence.page(public_id, BookingForm(), refusal)
    flash("You’re on the waitlist. If a place comes free, we hold it for you and email you.")
    return redirect(url_for("occurrence.show", public_id=public_id), 303)


def _date_of(place: uuid.UUID) -> uuid.UUID:
    """The date of the reader's own place on a waitlist, as its page's address says it; else 404."""
    found = place_queue.with_public_id(context.db(), place)
    if found is None or found.member_id != current_user.id:
        abort(404)
    return context.db().get_one(Occurrence, found.occurrence_id).public_id


@blueprint.post("/place-waits/<uuid:public_id>/accept")
@access.member
def accept(public_id: uuid.UUID) -> ResponseReturnValue:
    """Enrol in the place that is held."""
    date = _date_of(public_id)
    try:
        place_waitlist.accept(context.acting(Actor.member(current_user.id)), public_id)
    except Refusal as refusal:
        return occurrence.page(date, BookingForm(), refusal)
    flash("You’re enrolled. We’ve emailed you the details.")
    return redirect(url_for("occurrence.show", public_id=date), 303)


@blueprint.post("/place-waits/<uuid:public_id>/decline")
@access.member
def decline(public_id: uuid.UUID) -> ResponseReturnValue:
    """Decline the place that is held, and wait on."""
    date = _date_of(public_id)
    place_waitlist.decline(context.acting(Actor.member(current_user.id)), public_id)
    flash("You’ve declined the place. You’re still on the waitlist.")
    return redirect(url_for("occurrence.show", public_id=date), 303)


@blueprint.post("/place-waits/<uuid:public_id>/leave")
@access.member
def leave(public_id: uuid.UUID) -> ResponseReturnValue:
    """Leave the waitlist."""
    date = _date_of(public_id)
    place_waitlist.leave(context.acting(Actor.member(current_user.id)), public_id)
    flash("You’ve left the waitlist.")
    return redirect(url_for("occurrence.show", public_id=date), 303)
