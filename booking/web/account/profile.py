"""Me: name, time zone, how bookings reach my calendar, and signing out."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, zones
from booking.domain.people import sessions as session_rules
from booking.services.accounts import profile as profile_service
from booking.services.accounts import sessions
from booking.services.accounts.profile import ProfileChange
from booking.store.people.people import Person
from booking.store.queries.people import current_readers
from booking.web.account import sign_in
from booking.web.frame import access, context, current_reader
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.route("", methods=["GET", "POST"])
@access.signed_in
def profile() -> ResponseReturnValue:
    """One's own profile; mistakes stand beside their field, and what was typed stays."""
    person = context.db().get_one(Person, current_user.id)
    values = profile_service.values_of(person)
    stored_zone = values["time_zone"]
    mistakes: dict[str, str] = {}
    if request.method == "POST":
        values = {name: request.form.get(name, value) for name, value in values.items()}
        values["meeting_url"] = values["meeting_url"].strip()
        others = {name: value for name, value in values.items() if name != "time_zone"}
        zone = _zone_set(values["time_zone"])
        try:
            wanted = ProfileChange(time_zone=zone, **others)
            profile_service.change(context.db(), current_user.id, wanted, context.organisation(), context.now())
        except errors.TextNotAccepted as refusal:
            mistakes = {refusal.field: f"{refusal.reason[0].upper()}{refusal.reason[1:]}."}
        else:
            flash("Profile saved.")
            return redirect(url_for("me.profile"), 303)
    page = render_template(
        "me/profile.html",
        person=person,
        values=values,
        errors=mistakes,
        groups=zones.choices(values["time_zone"] or None),
        time_zone_was=request.form.get("time_zone_was", stored_zone),
        hours=profile_service.AGENDA_HOURS,
        roles=current_user.roles,
        signed_out_after=session_rules.idle_rule(sees_others=current_user.sees_others),
        sessions=current_readers.open_sessions(
            context.db(), current_user.id, context.now(), sees_others=current_user.sees_others
        ),
    )
    return page, 422 if mistakes else 200


def _zone_set(chosen: str) -> str | None:
    """The zone that the form sets; None where it is the one that it showed, as the browser may have told one since."""
    return None if request.form.get("time_zone_was") == chosen else chosen


@blueprint.post("/zone")
@access.signed_in
def zone() -> ResponseReturnValue:
    """What the browser says of its zone, or the answer to the one question about it.

    200 asks the page to show the question, 204 is for nothing to ask; an answer goes back to the page.
    """
    answer, named = request.form.get("answer", ""), request.form.get("zone", "")
    if answer == "heard":
        if current_user.zone is None:
            named = current_reader.chosen_zone() or named  # what was chosen before signing in
        asks = profile_service.hear_zone(context.db(), current_user.id, named, context.now())
        return ("", 200) if asks else ("", 204)
    if answer == "use":
        profile_service.use_zone(context.db(), current_user.id, named, context.now())
    return redirect(sign_in.safe_path(request.form.get("back")), 303)


@blueprint.post("/sessions/<uuid:public_id>/end")
@access.signed_in
def end_session(public_id: uuid.UUID) -> ResponseReturnValue:
    """Sign out one of one's own devices."""
    try:
        sessions.end_one(context.db(), current_user.id, public_id, context.now())
    except errors.NotFound:
        flash("That device was already signed out.")
    else:
        flash("Signed out on that device.")
    return redirect(url_for("me.profile", _anchor="sessions"), 303)


@blueprint.post("/sessions/end-others")
@access.signed_in
def end_other_sessions() -> ResponseReturnValue:
    """Sign out every device of one's own but this one."""
    ended = sessions.end_others(context.db(), current_user.id, current_user.session_id or 0, context.now())
    flash(f"Signed out on {ended} other {'device' if ended == 1 else 'devices'}.")
    return redirect(url_for("me.profile", _anchor="sessions"), 303)
