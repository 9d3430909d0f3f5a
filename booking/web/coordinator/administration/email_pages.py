"""The emails, for a coordinator: what waits, was sent, failed or bounced, and the addresses that don't work."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.enums.emails import EmailName, EmailState
from booking.domain.people.actor import Actor
from booking.services.outbox import resend
from booking.store.queries.outbox import email_log, failing_addresses
from booking.web.frame import access, context, list_places
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("emails", __name__, url_prefix="/coordinator/emails")
TITLES = {one.value: one.label for one in EmailName}


@blueprint.get("")
@access.coordinator
def listed() -> ResponseReturnValue:
    """List what leaves next, or what left, failed or bounced last, fifty a page.

    `?show=failed` chooses the list, `?after=` is the last one read.
    """
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
        most_resent=resend.MOST,
        kept_days=email_log.KEPT_DAYS,
        titles=TITLES,
        zone=context.organisation().zone,
        now=context.now(),
    )


@blueprint.post("/resend-failed")
@access.coordinator
def resend_failed() -> ResponseReturnValue:
    """Send again all that had failed when the page was shown, up to a few hundred at a time."""
    try:
        seen_at = datetime.fromisoformat(request.form.get("seen_at", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        abort(400)
    count = resend.resend_all(context.acting(Actor.staff(current_user.id)), min(seen_at, context.now()))
    if not count:
        flash("There's nothing left to send again.")
    else:
        flash(f"We're sending {'1 email' if count == 1 else f'{count} emails'} again.")
    return redirect(url_for("emails.listed", show=email_log.FAILED), 303)


@blueprint.get("/addresses")
@access.coordinator
def addresses() -> ResponseReturnValue:
    """List the people whose email address doesn't work, the latest first, fifty a page."""
    found = failing_addresses.page(context.db(), list_places.read(request.args.get("after", "")))
    shown = found[: failing_addresses.PAGE]
    return render_template(
        "coordinator/failing_addresses.html",
        people=shown,
        more=list_places.written(shown[-1].place) if len(found) > len(shown) else None,
        states=email_log.STATES,
        zone=context.organisation().zone,
    )
