"""Find cover for one date: what needs an analyst, and who is free to take it over."""

from __future__ import annotations

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, zones
from booking.domain.people.actor import Actor
from booking.services import cover as cover_services
from booking.web.coordinator.blueprint import blueprint
from booking.web.coordinator.dates.lookup import occurrence_of
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user


@blueprint.get("/occurrences/<uuid:public_id>/cover")
@access.coordinator
def cover(public_id: uuid.UUID) -> ResponseReturnValue:
    """What is uncovered there, and a button for each analyst who is free for some of it."""
    found = occurrence_of(public_id)
    needed, takers = cover_services.takers(context.db(), found, context.organisation(), context.now())
    return render_template(
        "dates/cover.html",
        occurrence=found,
        day=zones.today(found.starts_at, found.series.zone),
        needed=needed,
        takers=takers,
        away=[place.analyst for place in found.roster if place.is_away],
    )


@blueprint.post("/occurrences/<uuid:public_id>/cover")
@access.coordinator
def give_cover(public_id: uuid.UUID) -> ResponseReturnValue:
    """Give it to the analyst who was chosen; whatever has changed meanwhile is said."""
    try:
        analyst = uuid.UUID(request.form.get("analyst", ""))
    except ValueError:
        abort(400)
    try:
        count = cover_services.give(context.acting(Actor.staff(current_user.id)), public_id, analyst)
    except (cover_services.AlreadyCovered, cover_services.NothingToTake) as refusal:
        flash(error_pages.sentence(refusal))
    except errors.NotAllowed:
        flash("They’re not an analyst any more, so nothing has changed.")
    else:
        bookings = f"{count} {'booking' if count == 1 else 'bookings'}"
        flash(f"Covered: {bookings} handed over. We’re emailing the members and the analyst." if count else "Covered.")
    return redirect(url_for("coordinator.cover", public_id=public_id), 303)
