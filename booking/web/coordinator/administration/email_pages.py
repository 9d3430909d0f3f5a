"""The emails, for a coordinator: what waits, what failed and can be sent again, what was sent."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.enums.emails import EmailName, EmailState
from booking.domain.people.actor import Actor
from booking.services.outbox.resend import resend
from booking.store.queries.outbox import email_log
from booking.web.frame import access, context, list_places
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("emails", __name__, url_prefix="/coordinator/emails")


@blueprint.get("")
@access.coordinator
def listed() -> ResponseReturnValue:
    """List what leaves next, or what left or failed last, fifty a page; `?show=failed`, `?after=` the last one read."""
    state = request.args.get("show", email_log.WAITING)
    if state not in email_log.STATES:
        abort(404)
    found = email_log.page(context.db(), EmailState(state), list_places.read(request.args.get("after", "")))
    return render_template(
        "coordinator/emails.html",
        emails=found[: email_log.PAGE],
        more=list_places.written(found[email_log.PAGE - 1].place) if len(found) > email_log.PAGE else None,
        state=state,
        states=email_log.STATES,
        counts=email_log.counts(context.db(), context.now()),
        most_counted=email_log.MAX_COUNTED,
        kept_days=email_log.KEPT_DAYS,
        titles={one.value: one.label for one in EmailName},
        zone=context.organisation().zone,
    )


@blueprint.post("/<uuid:public_id>/resend")
@access.coordinator
def again(public_id: uuid.UUID) -> ResponseReturnValue:
    """Put a failed email back into the outbox."""
    resend(context.acting(Actor.staff(current_user.id)), public_id)
    flash("We're sending it again.")
    return redirect(url_for("emails.listed", show=email_log.FAILED), 303)
