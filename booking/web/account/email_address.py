"""Change one's own email address: ask for it, then confirm it by the link that the new address gets."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, tokens
from booking.services.accounts import change_email
from booking.web.frame import access, context, error_pages
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("address", __name__, url_prefix="/me/address")
PURPOSE = "address"


@blueprint.route("", methods=["GET", "POST"])
@access.signed_in
def ask() -> ResponseReturnValue:
    """Enter the new address. The answer is the same whether another account has it or not."""
    if request.method != "POST":
        return render_template("address/ask.html", email="", errors={})
    typed = request.form.get("email", "").strip()
    try:
        made = change_email.ask(context.db(), current_user.id, typed, context.now())
    except errors.TextNotAccepted as refusal:
        words = f"{refusal.reason[0].upper()}{refusal.reason[1:]}."
        return render_template("address/ask.html", email=typed[:300], errors={"email": words}), 422
    except errors.TooManyRequests as refusal:
        words = error_pages.sentence(refusal)
        return render_template("address/ask.html", email=typed[:300], errors={"email": words}), 429
    return render_template("address/sent.html", email=made.email)


@blueprint.route("/<token>", methods=["GET", "POST"])
@access.token
def confirm(token: str) -> ResponseReturnValue:
    """The link of the email: a page with a button, which changes the address. Opening it alone does nothing."""
    if not tokens.verify(context.settings().secret_key, PURPOSE, token):
        return render_template("address/confirm.html", asked=None), 410
    request_id = uuid.UUID(tokens.subject(token))
    if request.method != "POST":
        asked = change_email.waiting(context.db(), request_id, context.now())
        return render_template("address/confirm.html", asked=asked), 200 if asked else 410
    try:
        change_email.confirm(context.db(), request_id, context.now())
    except (change_email.AddressChangeExpired, errors.AddressTaken):
        return render_template("address/confirm.html", asked=None), 410
    flash("Your email address has changed. Sign in with the new one from now on.")
    return redirect(url_for("programme.week"), 303)
