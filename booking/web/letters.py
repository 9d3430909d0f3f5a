"""The letters, for a coordinator: what waits, what failed and can be sent again, what was sent."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from booking.services.resend import resend
from booking.store.queries import outgoing
from booking.web import access, context

blueprint = Blueprint("letters", __name__, url_prefix="/coordinator/letters")


@blueprint.get("")
@access.coordinator
def listed() -> ResponseReturnValue:
    """Newest first, fifty at a time; `?show=failed`, and `?before=` the letter one has read to."""
    state = request.args.get("show", outgoing.WAITING)
    before = request.args.get("before", "")
    if state not in outgoing.STATES or not (before == "" or (before.isdecimal() and len(before) < 19)):
        abort(404)
    found = outgoing.page(context.db(), state, int(before) if before else None)
    return render_template(
        "coordinator/letters.html",
        letters=found[: outgoing.PAGE],
        older=found[outgoing.PAGE - 1].id if len(found) > outgoing.PAGE else None,
        state=state,
        states=outgoing.STATES,
        counts=outgoing.counts(context.db(), context.now()),
        kept_days=outgoing.KEPT_DAYS,
        zone=context.organisation().zone,
    )


@blueprint.post("/<uuid:public_id>/resend")
@access.coordinator
def again(public_id: uuid.UUID) -> ResponseReturnValue:
    """Put a failed letter back into the outbox."""
    resend(context.db(), public_id, context.now(), actor_id=current_user.id)
    flash("It is sent again.")
    return redirect(url_for("letters.listed", show=outgoing.FAILED), 303)
