"""The free trial: sign up, then confirm by the link in the email. There is no such page while no trial is offered."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, tokens, zones
from booking.domain.people import free_trials
from booking.domain.people.actor import Actor
from booking.services.accounts import trials
from booking.services.accounts.sign_in import Browser
from booking.services.accounts.trials import SignUp
from booking.web.frame import access, context, current_reader, error_pages, security_headers
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("trial", __name__, url_prefix="/trial")
PURPOSE = "trial"
FIELDS = ("name", "email", "time_zone")
VALID = free_trials.CONFIRM_WORDS


def _days() -> int:
    """How long a trial lasts; where none is offered there is no such page."""
    return context.organisation().policy.trial_days or abort(404)


@blueprint.route("", methods=["GET", "POST"])
@access.public
def begin() -> ResponseReturnValue:
    """Sign up. The answer is the same for every address."""
    days = _days()
    values = dict.fromkeys(FIELDS, "")
    if request.method != "POST" or current_user.is_authenticated:
        values["time_zone"] = current_reader.chosen_zone() or ""
        return _form(days, values)
    values = {name: request.form.get(name, "").strip() for name in FIELDS}
    wanted = SignUp(values["email"], values["name"], values["time_zone"], security_headers.sender(context.settings()))
    try:
        trials.sign_up(context.acting(Actor.system()), wanted)
    except errors.TextNotAccepted as refusal:
        mistake = {refusal.field: f"{refusal.reason[0].upper()}{refusal.reason[1:]}."}
        return _form(days, values, mistake), 422
    except errors.TooManyRequests as refusal:
        page = _form(days, values, {"email": error_pages.sentence(refusal)})
        return page, 429, {"Retry-After": error_pages.seconds_until(refusal)}
    return render_template("trial/sent.html", email=values["email"], valid=VALID)


def _form(days: int, values: dict[str, str], mistakes: dict[str, str] | None = None) -> str:
    shown = {name: value[:300] for name, value in values.items()}
    groups = zones.choices(shown["time_zone"] or None)
    return render_template("trial/begin.html", days=days, values=shown, errors=mistakes or {}, groups=groups)


@blueprint.route("/<token>", methods=["GET", "POST"])
@access.token
def confirm(token: str) -> ResponseReturnValue:
    """The link of the email: a page with a button, which begins the trial. Opening it alone does nothing."""
    days = _days()
    if not tokens.verify(context.settings().secret_key, PURPOSE, token):
        return _expired()
    sign_up_id = uuid.UUID(tokens.subject(token))
    if request.method != "POST":
        row = trials.waiting(context.db(), sign_up_id, context.now())
        return _expired() if row is None else render_template("trial/confirm.html", sign_up=row, days=days, valid=VALID)
    browser = Browser(security_headers.sender(context.settings()), current_reader.device(), current_reader.session_id())
    try:
        begun = trials.confirm(context.acting(Actor.link()), sign_up_id, browser)
    except trials.TrialLinkExpired:
        return _expired()
    current_reader.sign_in(begun.token)
    flash("Welcome. Your free trial has begun, and you’re signed in.")
    return redirect(url_for("programme.week"), 303)


def _expired() -> ResponseReturnValue:
    return render_template("trial/confirm.html", sign_up=None, days=0, valid=VALID), 410
