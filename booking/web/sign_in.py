"""Sign in: ask for a letter, type its code, or press its link."""

from __future__ import annotations

import hmac
import json
import re
import uuid
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from booking.domain import addresses, errors, tokens
from booking.services import sessions
from booking.services import sign_in as deeds
from booking.services.sign_in import Visit
from booking.web import access, context, csrf, reader, refusals, security
from booking.web.reader import current_user

blueprint = Blueprint("sign_in", __name__)

TYPED = "typed-"  # how the fields of a form that led here are named while they travel
MOST_TYPED = 6_000  # characters in all


def safe_path(target: str | None) -> str:
    """A path on this site to go back to; `/` for anything that could lead elsewhere."""
    if not target or not re.fullmatch(r"/(?![/\\])[\x21-\x7e]{0,1500}", target) or "\\" in target:
        return "/"
    return target


def typed_fields(form: MultiDict[str, str]) -> dict[str, str]:
    """The travelling fields of a form; nothing where they are too many or too long."""
    found = {name.removeprefix(TYPED): value for name, value in form.items() if name.startswith(TYPED)}
    return found if len(json.dumps(found)) <= MOST_TYPED else {}


def ask_first(return_to: str, typed: dict[str, str]) -> ResponseReturnValue:
    """The sign-in page in answer to a form that needs a signed-in reader: what was typed goes along."""
    return render_template("sign_in/ask.html", next=return_to, typed=typed, email="", error=""), 401


def wrong_address(typed: str) -> str | None:
    """What to enter instead, as a sentence; None for an address."""
    try:
        addresses.parse(typed)
    except addresses.NotAnAddress as error:
        return f"{str(error)[0].upper()}{str(error)[1:]}."
    return None


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access.public
def ask() -> ResponseReturnValue:
    """Ask for a letter. The answer is the same for every address."""
    return_to = safe_path(request.values.get("next"))
    if request.method == "POST":
        return _send(return_to)
    if current_user.is_authenticated:
        return redirect(return_to, 303)
    return render_template("sign_in/ask.html", next=return_to, typed={}, email="", error="")


def _send(return_to: str) -> ResponseReturnValue:
    """Send the email that was asked for, and go to the page that takes its code."""
    typed = typed_fields(request.form)
    email = request.form.get("email", "").strip()
    if (error := wrong_address(email)) is not None:
        return render_template("sign_in/ask.html", next=return_to, typed=typed, email=email[:300], error=error), 422
    sender = security.sender(context.settings())
    asked = deeds.ask(context.db(), email, sender, context.now(), return_to=return_to, typed=typed)
    return redirect(url_for("sign_in.look", sign_in=asked), 303)


@blueprint.get("/sign-in/<uuid:sign_in>")
@access.public
def look(sign_in: uuid.UUID) -> ResponseReturnValue:
    """Look into the mailbox; the code of the letter is typed here."""
    return render_template("sign_in/look.html", sign_in=sign_in, error="")


@blueprint.post("/sign-in/<uuid:sign_in>")
@access.public
def code(sign_in: uuid.UUID) -> ResponseReturnValue:
    """The six digits: five tries."""
    typed = re.sub(r"\s", "", request.form.get("code", ""))
    expected = tokens.six_digits(context.settings().secret_key, "sign-in-code", str(sign_in))
    if not re.fullmatch(r"[0-9]{6}", typed):
        error = "Write the six digits of the letter."
        return render_template("sign_in/look.html", sign_in=sign_in, error=error), 422
    try:
        visit = deeds.by_code(context.db(), sign_in, hmac.compare_digest(typed, expected), context.now(), **_here())
    except errors.WrongCode as refusal:
        words = refusals.sentence(refusal)
        return render_template("sign_in/look.html", sign_in=sign_in, error=words), 422
    except errors.SignInExpired as refusal:
        return again(refusals.sentence(refusal))
    return begin(visit)


@blueprint.route("/sign-in/link/<token>", methods=["GET", "POST"])
@access.token
def link(token: str) -> ResponseReturnValue:
    """The link of the letter: a page with a button, which signs in. Opening it alone does nothing."""
    if not tokens.verify(context.settings().secret_key, "sign-in", token):
        return again(refusals.SENTENCES["sign-in-expired"])
    if request.method == "POST":
        try:
            return begin(deeds.by_link(context.db(), uuid.UUID(tokens.subject(token)), context.now(), **_here()))
        except errors.SignInExpired as refusal:
            return again(refusals.sentence(refusal))
    return render_template("sign_in/link.html", token=token)


def again(words: str) -> ResponseReturnValue:
    return render_template("sign_in/ask.html", next="/", typed={}, email="", error=words), 410


def _here() -> dict[str, Any]:
    """This browser: what it is called, and the session that a new one replaces."""
    return {"device": reader.device(), "replaces": reader.session_id()}


def begin(visit: Visit) -> ResponseReturnValue:
    """Sign the person in, here, and take them back to where they were with what they had typed."""
    if visit.token is None:
        return again(refusals.SENTENCES["sign-in-expired"])
    reader.sign_in(visit.token)
    target = safe_path(visit.return_to)
    if visit.has_typed:
        target += f"{'&' if '?' in target else '?'}typed={visit.sign_in}"
    return redirect(target, 303)


def typed_before() -> dict[str, Any]:
    """What the reader typed on this page before they signed in; empty if nothing."""
    try:
        asked = uuid.UUID(request.args.get("typed", ""))
    except ValueError:
        return {}
    return deeds.typed_for(context.db(), current_user.id, asked, context.now())


@blueprint.post("/sign-out")
@access.public
def sign_out() -> ResponseReturnValue:
    """End the session in this browser, on the server too: a copy of its cookie opens nothing."""
    if current_user.is_authenticated and current_user.session_id is not None:
        sessions.sign_out(context.db(), current_user.id, current_user.session_id, context.now())
    reader.sign_out()
    csrf.renew()  # so that a form that is open in another tab can be told why it is refused
    current_app.logger.info("signed out")
    return redirect(url_for("programme.week"), 303)
