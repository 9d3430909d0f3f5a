"""Sign in: ask for an email, enter its code, or click its link."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain import errors, refusal_words, tokens
from booking.domain.enums.refusals import RefusalCode
from booking.domain.people import email_addresses
from booking.domain.people.sign_in import VALID_MINUTES, code_in, masked
from booking.services.accounts import sessions
from booking.services.accounts import sign_in as sign_in_service
from booking.services.accounts.sign_in import Browser, NewSession, RequestedSignIn
from booking.web.frame import access, context, csrf, current_reader, error_pages, input_guard, security_headers
from booking.web.frame.current_reader import current_user

blueprint = Blueprint("sign_in", __name__)

MAX_TYPED_LENGTH = 20_000  # characters of what travels along while somebody signs in


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Returns what was typed into the form that sends to the path `action`."""

    action: str
    fields: list[tuple[str, str]]

    @property
    def has_text(self) -> bool:
        """Whether there is anything but choices."""
        return any(" " in value.strip() for _, value in self.fields)


def safe_path(target: str | None) -> str:
    """A path on this site to go back to; `/` for anything that could lead elsewhere."""
    if not target or not re.fullmatch(r"/(?![/\\])[\x21-\x7e]{0,1500}", target) or "\\" in target:
        return "/"
    return target


def ask_first(return_to: str, reason: str = "", fields: Sequence[tuple[str, str]] | None = None) -> ResponseReturnValue:
    """The sign-in page in answer to a form that needs a signed-in reader; what was typed goes along.

    `fields` stand for those of the form where the page it returns to has others.
    """
    fields = csrf.typed_fields() if fields is None else fields
    typed = json.dumps({"action": request.path, "fields": fields}) if fields else ""
    return _ask_page(return_to, typed if len(typed) <= MAX_TYPED_LENGTH else "", reason=reason), 401


def _ask_page(return_to: str, typed: str = "", email: str = "", error: str = "", reason: str = "") -> str:
    """The page that asks for an email address; `typed` is JSON on its way, `reason` why it asks."""
    return render_template(
        "sign_in/ask.html", next=return_to, typed=typed, email=email[:300], error=error, reason=reason
    )


def _typed(stored: object) -> KeptForm | None:
    """Returns what `ask_first` wrote; None for anything else."""
    match stored:
        case {"action": str(action), "fields": list(fields)}:
            pairs = [tuple(pair) for pair in fields if isinstance(pair, list) and list(map(type, pair)) == [str, str]]
            return KeptForm(action, pairs)
    return None


def _sent_typed() -> dict[str, Any]:
    """Returns the form that travels along with the sign-in page; empty if there is none."""
    text = request.form.get("typed", "")
    try:
        found = json.loads(text) if len(text) <= MAX_TYPED_LENGTH else {}
    except (ValueError, RecursionError):
        return {}
    return found if _typed(found) is not None and input_guard.is_readable_json(found) else {}


def wrong_address(typed: str) -> str | None:
    """Returns what to enter instead, as a sentence; None for an address."""
    try:
        email_addresses.parse(typed)
    except email_addresses.NotAnAddress as error:
        return f"{str(error)[0].upper()}{str(error)[1:]}."
    return None


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access.public
def ask() -> ResponseReturnValue:
    """Ask for an email. The answer is the same for every address."""
    return_to = safe_path(request.values.get("next"))
    if request.method == "POST":
        return _send(return_to)
    if current_user.is_authenticated:
        return redirect(return_to, 303)
    before = _asked_before()
    if before is None:
        return _ask_page(return_to)
    return _ask_page(safe_path(before.return_to), json.dumps(before.typed) if before.typed else "", before.email)


def _asked_before() -> RequestedSignIn | None:
    """The request that another email is asked for, from its own page; what was typed before goes along."""
    try:
        return sign_in_service.asked(context.db(), uuid.UUID(request.args.get("again", "")), context.now())
    except ValueError:
        return None


def _send(return_to: str) -> ResponseReturnValue:
    """Send the email that was asked for, and go to the page that takes its code."""
    typed = _sent_typed()
    email = request.form.get("email", "").strip()
    page = (return_to, json.dumps(typed) if typed else "", email)
    if (error := wrong_address(email)) is not None:
        return _ask_page(*page, error), 422
    sender = security_headers.sender(context.settings())
    try:
        asked = sign_in_service.ask(context.db(), email, sender, context.now(), return_to=return_to, typed=typed)
    except errors.TooManyRequests as refusal:
        return _wait(_ask_page(*page, error_pages.sentence(refusal)), refusal)
    return redirect(url_for("sign_in.look", sign_in=asked), 303)


def _wait(page: str, refusal: errors.TooManyRequests) -> Response:
    """The page again, with 429 and when the next try is free."""
    return Response(page, 429, headers={"Retry-After": error_pages.seconds_until(refusal)}, mimetype="text/html")


@blueprint.get("/sign-in/<uuid:sign_in>")
@access.public
def look(sign_in: uuid.UUID) -> ResponseReturnValue:
    """The page that takes the code; somebody who has signed in meanwhile, in another tab, goes on from here."""
    asked = sign_in_service.asked(context.db(), sign_in, context.now())
    if asked is None:
        return again()
    if _is_readers(asked):
        return _go_on(asked)
    return _look(asked)


def _look(asked: RequestedSignIn, error: str = "") -> str:
    return render_template("sign_in/look.html", asked=asked, minutes=VALID_MINUTES, error=error)


@blueprint.post("/sign-in/<uuid:sign_in>")
@access.public
def code(sign_in: uuid.UUID) -> ResponseReturnValue:
    """Sign in by the six digits, however they were typed or pasted."""
    asked = sign_in_service.asked(context.db(), sign_in, context.now())
    if asked is None:
        return again()
    if _is_readers(asked):  # the button was clicked twice, or the link in another tab
        return _go_on(asked)
    typed = code_in(request.form.get("code", ""))
    if typed is None:
        return _look(asked, "Enter the six digits from the email."), 422
    try:
        code = sign_in_service.TypedCode(typed, context.settings().secret_key)
        visit = sign_in_service.by_code(context.db(), sign_in, code, context.now(), _this_browser())
    except errors.WrongCode as refusal:
        return _look(asked, error_pages.sentence(refusal)), 422
    except errors.TooManyRequests as refusal:
        return _wait(_look(asked, error_pages.sentence(refusal)), refusal)
    except (errors.SignInExpired, errors.TriedTooOften) as refusal:
        return again(asked, refusal.code)
    return begin(visit)


@blueprint.route("/sign-in/link/<token>", methods=["GET", "POST"])
@access.token
def link(token: str) -> ResponseReturnValue:
    """The link of the email: a page that names the account, with a button that signs in. Opening it changes nothing."""
    if not tokens.verify(context.settings().secret_key, "sign-in", token):
        return again()
    asked = sign_in_service.asked(context.db(), uuid.UUID(tokens.subject(token)), context.now())
    if asked is None:
        return again()
    if _is_readers(asked):
        return _go_on(asked)
    if request.method == "POST":  # its token says that the page was shown to whoever is signed in here now
        try:
            return begin(sign_in_service.by_link(context.db(), asked.sign_in, context.now(), _this_browser()))
        except errors.SignInExpired:
            return again(asked)
    if not asked.is_open:
        return again(asked)
    return render_template("sign_in/link.html", token=token, account=masked(asked.email))


def _is_readers(asked: RequestedSignIn) -> bool:
    """Whether whoever is signed in here now is the person who asked."""
    return current_user.is_authenticated and asked.person_id == current_user.id


def _go_on(asked: RequestedSignIn) -> ResponseReturnValue:
    flash("You’re already signed in.")
    return redirect(_target(asked.sign_in, asked.return_to, has_typed=bool(asked.typed)), 303)


def again(
    asked: RequestedSignIn | None = None, reason: RefusalCode = RefusalCode.SIGN_IN_EXPIRED
) -> ResponseReturnValue:
    """Ask for another email, because this link or code does not work; what was typed before goes along."""
    return_to, typed = (safe_path(asked.return_to), asked.typed) if asked is not None else ("/", {})
    error = refusal_words.SENTENCES[reason]
    return _ask_page(return_to, json.dumps(typed) if typed else "", error=error), 410


def _this_browser() -> Browser:
    return Browser(security_headers.sender(context.settings()), current_reader.device(), current_reader.session_id())


def begin(visit: NewSession) -> ResponseReturnValue:
    """Sign the person in, here, and take them back to where they were with what they had typed."""
    current_reader.sign_in(visit.token)
    return redirect(_target(visit.sign_in, visit.return_to, has_typed=visit.has_typed), 303)


def _target(sign_in: uuid.UUID, return_to: str, *, has_typed: bool) -> str:
    """Returns where the person wanted to be, with what they typed there."""
    target = safe_path(return_to)
    return f"{target}{'&' if '?' in target else '?'}typed={sign_in}" if has_typed else target


def typed_before() -> KeptForm | None:
    """What the reader typed on this page before they signed in; None if nothing."""
    try:
        asked = uuid.UUID(request.args.get("typed", ""))
    except ValueError:
        return None
    return _typed(sign_in_service.typed_for(context.db(), current_user.id, asked, context.now()))


@blueprint.post("/sign-out")
@access.public
def sign_out() -> ResponseReturnValue:
    """End the session in this browser, on the server too: a copy of its cookie opens nothing."""
    if current_user.is_authenticated and current_user.session_id is not None:
        sessions.sign_out(context.db(), current_user.id, current_user.session_id, context.now())
    current_reader.sign_out()
    csrf.renew()  # so that a form that is open in another tab can be told why it is refused
    current_app.logger.info("signed out")
    return redirect(url_for("programme.week"), 303)
