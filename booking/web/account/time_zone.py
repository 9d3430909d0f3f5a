"""The page on which a visitor chooses the zone of the times they read; it needs no script."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import zones
from booking.web.account import sign_in
from booking.web.frame import access, context, current_reader
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("time_zone", __name__)

KEPT = timedelta(days=365)


@blueprint.get("/time-zone")
@access.public
def show() -> ResponseReturnValue:
    """The zones to choose from; somebody who is signed in has theirs in their profile."""
    if current_user.is_authenticated:
        return redirect(url_for("me.profile"), 303)
    back = sign_in.safe_path(request.args.get("back"))
    chosen = current_reader.chosen_zone()
    return render_template("member/time_zone.html", groups=zones.choices(), chosen=chosen, back=back)


@blueprint.post("/time-zone")
@access.public
def choose() -> ResponseReturnValue:
    """Keep the choice in this browser; an empty one leaves it to the browser again."""
    answer = redirect(sign_in.safe_path(request.form.get("back")), 303)
    zone = zones.of_browser(request.form.get("time_zone", ""))
    if zone is None:
        answer.delete_cookie(current_reader.ZONE_COOKIE)
    else:
        is_https = context.settings().is_https
        answer.set_cookie(current_reader.ZONE_COOKIE, zone, max_age=KEPT, secure=is_https, samesite="Lax")
    return answer
