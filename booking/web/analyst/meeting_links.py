"""The analysts' own meeting links on one date."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors
from booking.domain.people.actor import Actor
from booking.services.publishing import meeting_links
from booking.web.coordinator.programme import series_pages
from booking.web.frame import access, context
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("analyst_links", __name__, url_prefix="/coordinator/occurrences")


@blueprint.post("/<uuid:public_id>/analyst-links")
@access.coordinator
def save(public_id: uuid.UUID) -> ResponseReturnValue:
    """Set the analysts' own meeting links on this date at once."""
    found = series_pages.occurrence_of(public_id)
    given = {
        place.analyst_id: request.form[name].strip()
        for place in found.roster
        if (name := f"link-{place.analyst.public_id}") in request.form
    }
    try:
        meeting_links.set_analyst_links(context.acting(Actor.staff(current_user.id)), public_id, given)
    except errors.TextNotAccepted as refusal:
        return series_pages.links_page(public_id, refusal)
    flash("Saved.")
    return redirect(url_for("coordinator.occurrence", public_id=public_id), 303)
