"""The meeting link, recording and slides of one date, and its analysts' own meeting links."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.publishing import meeting_links
from booking.web.coordinator.blueprint import blueprint as of_coordinators
from booking.web.coordinator.dates import date_page, lookup
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("analyst_links", __name__, url_prefix="/coordinator/occurrences")


@of_coordinators.post("/occurrences/<uuid:public_id>/links")
@access.coordinator
def links(public_id: uuid.UUID) -> ResponseReturnValue:
    """Set the meeting link, the recording and the slides at once: nobody's booking changes by them."""
    given = {
        name: request.form[name].strip() for name in ("meeting_url", "recording", "slides") if name in request.form
    }
    try:
        meeting_links.set_links(
            context.acting(Actor.staff(current_user.id)),
            public_id,
            given,
            whole_series=request.form.get("scope") == "series",
        )
    except errors.TextNotAccepted as refusal:
        return date_page.refused_link(public_id, refusal, given)
    flash("Links saved.")
    return redirect(url_for("coordinator.occurrence", public_id=public_id), 303)


@blueprint.post("/<uuid:public_id>/analyst-links")
@access.coordinator
def save(public_id: uuid.UUID) -> ResponseReturnValue:
    """Set the analysts' own meeting links on this date at once."""
    found = lookup.occurrence_of(public_id)
    given = {
        place.analyst_id: request.form[name].strip()
        for place in found.roster
        if (name := f"link-{place.analyst.public_id}") in request.form
    }
    typed = {f"link-{place.analyst.public_id}": given.get(place.analyst_id, "") for place in found.roster}
    try:
        meeting_links.set_analyst_links(context.acting(Actor.staff(current_user.id)), public_id, given)
    except errors.TextNotAccepted as refusal:
        return date_page.refused_link(public_id, refusal, typed)
    flash("Links saved.")
    return redirect(url_for("coordinator.occurrence", public_id=public_id), 303)
